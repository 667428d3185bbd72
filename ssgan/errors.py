"""The errors and warnings of whoever gives what cannot be used."""


class InputError(ValueError):
    """Something given from outside cannot be used: the message says what, and what to do.

    The command line prints it as one line. Any other ValueError is a fault of the program.

    Examples
    --------
    >>> import ssgan
    >>> try:
    ...     ssgan.GANConfig(steps=-1)
    ... except ssgan.InputError as error:
    ...     print(error)
    expected steps to be a whole number from 0 on, got -1
    """


class InputTypeError(InputError, TypeError):
    """The same for a value of a kind that cannot be used at all."""


class UnseenWarning(UserWarning):
    """Samples hold levels of a column that were not seen when their codec was fitted.

    `warnings.simplefilter("error", UnseenWarning)` refuses them, as `--strict` does.
    """


class WorseModelWarning(UserWarning):
    """On folds of the labels a model is worse than a constant guess, or than an ordinary model."""


class ClassesWarning(UserWarning):
    """Classes of the labels and of the unlabeled samples do not seem to be the same ones."""


class TrainingError(RuntimeError):
    """A training broke down, and going back to a good state did not help."""
