"""Checked dataclasses as configs, and the errors and warnings of what cannot be used."""

import dataclasses
import difflib
import pkgutil
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib import import_module
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Self, TypeVar

__version__ = "0.2.0"  # of the package
Kind = TypeVar("Kind")


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


class Settings:
    """A config: a frozen dataclass that JSON describes, and of which some fields can be changed."""

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON, nested configs as objects."""
        return dataclasses.asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """The config that `to_json` gave, or a part of one over the defaults."""
        return cls().changed(fields)

    def changed(self, fields: Mapping[str, Any]) -> Self:
        """This config with other values of some fields; of a nested config, a table changes some.

        InputError for a field that there is not.
        """
        return with_fields(self, fields)


def from_settings(kind: type[Kind], fields: Mapping[str, Any]) -> Kind:
    """The dataclass `kind` from some of its fields; InputError for one that it does not have."""
    check_names(fields, [field.name for field in dataclasses.fields(kind)])  # type: ignore[arg-type]
    return kind(**fields)


def with_fields(config: Kind, fields: Mapping[str, Any]) -> Kind:
    """A config, changed by some of its fields, and they by tables of theirs where they are configs.

    InputError for a field that there is not.
    """
    check_names(fields, [field.name for field in dataclasses.fields(config)])  # type: ignore[arg-type]
    changed = {name: changed_value(getattr(config, name), value) for name, value in fields.items()}
    return dataclasses.replace(config, **changed)  # type: ignore[type-var]


def changed_value(before: Any, value: Any) -> Any:
    """The new value of a field; a table changes the config that was there."""
    nested = dataclasses.is_dataclass(before) and isinstance(value, Mapping)
    return with_fields(before, value) if nested else value


def names_in(folder: Path) -> tuple[str, ...]:
    """The names of what the files of a package's folder make: "k-plus-one" of k_plus_one.py.

    None of them is imported, so that a config can know its choices without what needs a config.
    """
    files = pkgutil.iter_modules([str(folder)])
    return tuple(file.name.replace("_", "-") for file in files)


def constants_in(
    package: str, path: Iterable[str], constant: str, every: bool = True
) -> dict[str, Any]:
    """The constant of that name of each module of a package: {"k-plus-one": ...} of k_plus_one.py.

    So a new file is a new entry of a table, which nothing else has to name. AttributeError for a
    module without the constant; with `every` False it is passed over.
    """
    constants = {}
    for file in pkgutil.iter_modules(path):
        module = import_module(f"{package}.{file.name}")
        if hasattr(module, constant):
            constants[file.name.replace("_", "-")] = getattr(module, constant)
        elif every:
            raise AttributeError(
                f"{module.__file__} has no {constant}: a file of its folder names one"
            )
    return constants


def refuse_empty(name: Any, option: str) -> None:
    """Refuse an empty name, as an unset variable gives: as a path it is the current directory."""
    if isinstance(name, str) and not name.strip():
        raise InputError(f"{option} is empty: give one")


def there_are(name: Any, known: Iterable[str]) -> str:
    """How a refusal of a name ends: which names there are, first the one that was meant."""
    names = [*known]
    near = difflib.get_close_matches(str(name).lower().replace("_", "-"), names, 1)
    meant = f": did you mean {near[0]!r}? There" if near else "; there"
    return f"{meant} are {', '.join(names)}"


def check_names(fields: Collection[str], known: Collection[str]) -> None:
    """InputError for a field that is not known, with the one that was meant where that shows."""
    if unknown := sorted(set(fields) - set(known)):
        near = [name for wrong in unknown for name in difflib.get_close_matches(wrong, known, 1)]
        meant = f": did you mean {', '.join(near)}? There" if near else "; there"
        names = ", ".join(known) or "none"
        raise InputError(f"no setting {', '.join(unknown)}{meant} are {names}")


def check_numbers(settings: Any, least: Mapping[str, int] | None = None) -> None:
    """Refuse a number field that is no finite number, not whole where its default is, or too small.

    Numbers of NumPy become Python's. The least value is 0 unless `least` names another. A switch is
    True or False and nothing else: text, "no" among it, would be taken for True.
    """
    for field in dataclasses.fields(settings):
        value, low = plain_number(settings, field.name), (least or {}).get(field.name, 0)
        if isinstance(field.default, bool) and not isinstance(value, bool):
            raise InputError(f"expected {field.name} to be true or false, got {value!r}")
        if isinstance(field.default, bool) or not isinstance(field.default, int | float):
            continue
        whole = isinstance(field.default, int)
        fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if not fits or not low <= value <= sys.float_info.max:
            kind = "a whole number" if whole else "a number"
            raise InputError(f"expected {field.name} to be {kind} from {low} on, got {value!r}")


def check_optional_number(settings: Any, name: str) -> None:
    """Refuse a field that is neither None nor a finite number from 0 on."""
    value = plain_number(settings, name)
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if value is not None and not (fits and 0 <= value <= sys.float_info.max):
        raise InputError(f"expected {name} to be a number from 0 on, or None, got {value!r}")


def plain_number(settings: Any, name: str) -> Any:
    """The value of a field; a number of NumPy becomes Python's, there too."""
    value = getattr(settings, name)
    if isinstance(value, Real) and value.__class__ not in {bool, int, float}:
        value = int(value) if isinstance(value, Integral) else float(value)
        object.__setattr__(settings, name, value)
    return value


def unused_setting(name: str, users: Sequence[str], method: str) -> InputError:
    """The refusal of a setting that a method does not use; `users` are those that do."""
    *others, last = users
    who, instead = (f"{', '.join(others)} and {last}", "one of them") if others else (last, last)
    return InputError(
        f"{name} is for {who}, method {method!r} does not use it: leave it out, or take {instead}"
    )


def check_used(config: Any, uses: Mapping[str, Sequence[str]]) -> None:
    """Refuse settings that the config's method does not use, beside those that all methods share;
    `uses` says which ones each method has."""
    default = type(config)()
    for name in dict.fromkeys(name for names in uses.values() for name in names):
        users = [method for method, names in uses.items() if name in names]
        if getattr(config, name) != getattr(default, name) and config.method not in users:
            raise unused_setting(name, users, config.method)


def check_optional(settings: Any, name: str, above: float = 0, most: float | None = None) -> None:
    """Refuse a field that is neither None nor a finite number above `above`, and at most `most`.

    `check_numbers` goes by defaults, and passes over a field whose default is None.
    """
    value, top = plain_number(settings, name), sys.float_info.max if most is None else most
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is not None and not (number and above < value <= top):
        limit = "" if most is None else f" and at most {most}"
        raise InputError(f"expected {name} to be a number above {above}{limit}, got {value!r}")


def check_optional_count(settings: Any, name: str) -> None:
    """Refuse a field that is neither None nor a whole number from 1 on."""
    value = plain_number(settings, name)
    if value is not None and (type(value) is not int or not 1 <= value <= sys.float_info.max):
        raise InputError(f"expected {name} to be a whole number from 1 on, got {value!r}")


def check_kind(settings: Any, name: str, kinds: type | tuple[type, ...]) -> None:
    """Make a nested field that is a table its one kind of settings; refuse what is of no kind."""
    value = getattr(settings, name)
    if isinstance(value, Mapping) and not isinstance(kinds, tuple):
        object.__setattr__(settings, name, from_settings(kinds, value))
    elif not isinstance(value, kinds):
        named = [kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
        expected = ", ".join(f"{'an' if kind[0] in 'AEIO' else 'a'} {kind}" for kind in named)
        raise InputError(
            f"expected {name} to be {expected} or a table of its settings, got {value!r}"
        )


def check_listed(settings: Any, name: str, known: Collection[str]) -> None:
    """Make a field a tuple, JSON and TOML have lists; refuse what lists no names, or others."""
    values, names = getattr(settings, name), tuple(known)
    if isinstance(values, str | bytes) or not isinstance(values, Sequence):
        raise InputError(f"expected {name} to be a list out of {', '.join(names)}, got {values!r}")
    if unknown := [value for value in values if value not in names]:
        singular = name.removesuffix("s")
        raise InputError(f"no {singular} {unknown[0]!r}{there_are(unknown[0], names)}")
    object.__setattr__(settings, name, tuple(values))
