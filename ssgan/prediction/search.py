"""How much is tried on folds of the labels: settings of what compares, weighs and calibrates."""

from dataclasses import dataclass

from ssgan.config import check_kind, check_numbers, check_optional


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """How much is tried where folds of the labels choose, compare and calibrate.

    Parameters
    ----------
    folds : int, default=10
        Folds of any cross-validation, at most.
    repeats : int, default=5
        Repeats of the folds, at most.
    repeat_rows : int, default=150
        Held-out samples in all, up to which "auto" draws its folds again.
    calibration_rows : int, default=2000
        Held-out samples that tell a temperature.
    steps : int, default=400
        Updates of a training on a fold, at most.
    values : int, default=7
        Values of a penalty or another parameter, at most: those in the middle.
    trees : int, default=100
        Trees of a boosted baseline.
    tolerance : float, default=1e-6
        Relative, to which a graph's equations are solved.

    Raises
    ------
    InputError
        For values that cannot be used.

    Examples
    --------
    >>> from ssgan import SearchConfig
    >>> SearchConfig(values=3).middle((0.01, 0.1, 1.0, 10.0, 100.0))
    (0.1, 1.0, 10.0)
    """

    folds: int = 10
    repeats: int = 5
    repeat_rows: int = 150
    calibration_rows: int = 2000
    steps: int = 400
    values: int = 7
    trees: int = 100
    tolerance: float = 1e-6

    def __post_init__(self) -> None:
        least = dict.fromkeys(("repeats", "repeat_rows", "calibration_rows", "steps"), 1)
        check_numbers(self, least={"folds": 2, "values": 1, "trees": 1, **least})

    def middle(self, values: tuple[float, ...]) -> tuple[float, ...]:
        """At most `values` of some values, around the middle one.

        Parameters
        ----------
        values : tuple of float
            Sorted values.

        Returns
        -------
        tuple of float
        """
        first = max(0, len(values) // 2 - self.values // 2)
        return values[first : first + self.values]


DEFAULT_SEARCH = SearchConfig()


@dataclass(frozen=True, kw_only=True)
class WeighConfig:
    """How candidates are weighed (Caruana et al. 2004, sections 2.2 to 2.4)."""

    bags: int = 10  # selections that are averaged, each among half of the candidates
    first: int = 3  # best candidates that every selection starts from
    rounds: int = 15  # further members of each, chosen one by one, again and again
    least: float = 0.02  # weight, below which a candidate is left out

    def __post_init__(self) -> None:
        check_numbers(self, least={"bags": 1, "first": 1})


@dataclass(frozen=True, kw_only=True)
class SharesConfig:
    """How shares of classes are estimated, and when classes are said not to match.

    Parameters
    ----------
    held : float, default=20
        Samples that the shares of the labels count as, beside the unlabeled ones.
    trust : float, default=2.5
        The same again by the labels of a class: trust / labels of a class of the unlabeled samples.
        Few labels make poor probabilities, and many poor ones are no better.
    doubt : float, default=0.5
        An estimate within doubt / sqrt(labels of a class) of the shares of the labels changes
        nothing.
    checked : int, default=2000
        Unlabeled samples that are looked at for classes that do not match.
    expected : int, default=20
        Samples that a class should have among them, for none to be worth a warning.
    errors : float, default=3
        Standard errors that the share of samples far from all labelled ones is above in a warning.
    least : float, default=0.1
        The share that it is above.

    Raises
    ------
    InputError
        For values that cannot be used.

    Examples
    --------
    >>> from ssgan import SharesConfig
    >>> SharesConfig(trust=10.0).weight(labels=20, samples=1000)
    520.0
    """

    held: float = 20.0
    trust: float = 2.5
    doubt: float = 0.5
    checked: int = 2000
    expected: int = 20
    errors: float = 3.0
    least: float = 0.1

    def __post_init__(self) -> None:
        check_numbers(self, least={"checked": 1, "expected": 1})

    def weight(self, labels: float, samples: int) -> float:
        """How many samples the shares of the labels count as, beside the unlabeled ones.

        Parameters
        ----------
        labels : float
            Labels a class.
        samples : int
            Unlabeled samples.

        Returns
        -------
        float
        """
        return self.held + self.trust / labels * samples

    def within(self, labels: float) -> float:
        """The distance from the shares of the labels that is no evidence of others.

        Parameters
        ----------
        labels : float
            Labels a class.

        Returns
        -------
        float
        """
        return float(self.doubt / labels**0.5)


DEFAULT_SHARES = SharesConfig()


@dataclass(frozen=True, kw_only=True)
class AutoConfig:
    """How method "auto" weighs its candidates.

    Parameters
    ----------
    folds : int, default=5
        Folds of the labels where no training is tried on them.
    held_out : int, default=1000
        Labelled samples that weigh candidates, more or less; the others only teach.
    prior : float, default=20
        Labels that the prior average counts as, against those that are held out.
    members : int, default=6
        Candidates in the average, at most.
    boosted_classes : int, default=10
        Classes, above which boosting takes too long to be a candidate.
    behind : float, default=2.0
        Standard errors by which a training is behind on its first fold that rule it out.
    weigh : WeighConfig, default=WeighConfig()
        How candidates are weighed by their held-out predictions.
    budget : float or None, default=None
        Seconds after which no further candidate is compared; None for all of them. What is chosen
        then depends on the machine. With a budget no student is trained unless the readout asks for
        one.

    Raises
    ------
    InputError
        For values that cannot be used.

    Examples
    --------
    >>> from ssgan.prediction.search import AutoConfig
    >>> AutoConfig(prior=20.0).trust(labels=20)
    0.5
    """

    folds: int = 5
    held_out: int = 1000
    prior: float = 20.0
    members: int = 6
    boosted_classes: int = 10
    behind: float = 2.0
    weigh: WeighConfig = WeighConfig()
    budget: float | None = None

    def __post_init__(self) -> None:
        check_optional(self, "budget")
        check_kind(self, "weigh", WeighConfig)
        check_numbers(self, least={"folds": 2, "held_out": 1, "members": 1})

    def trust(self, labels: int) -> float:
        """The weight of the prior average beside so many held-out labels.

        Parameters
        ----------
        labels : int
            How many held-out labels there are.

        Returns
        -------
        float
            Between 0 and 1.
        """
        return self.prior / (self.prior + labels)
