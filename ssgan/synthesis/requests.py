"""How many synthetic rows of every class: requests, and strategies as imbalanced-learn has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data.labels.values import Label
from ssgan.synthesis.context import Context, Filter


@dataclass(frozen=True, kw_only=True)
class Request:
    """How many synthetic samples are asked for, which of them pass, and from which seed.

    Parameters
    ----------
    n : int, default=None
        Samples in all, 1 or more.
    per_class : int, default=None
        Samples of every class, 1 or more.
    strategy : str, float, dict or callable, default=None
        What fills up the classes of the labelled rows, as `strategy_counts` takes it.
    counts : mapping of class to int, default=None
        Samples of every class; with `n`, which is their sum, or alone.
    balance : bool, default=False
        Whether `n` samples are equally many of every class, not as often as the GAN makes them.
    filters : sequence of str or Filter, default=()
        What samples have to pass, in order; names are those of `FILTERS`.
    seed : int, default=0
        The same seed, the same samples.
    classifier : str, estimator or sequence of them, default=None
        What the samples are to help: "logistic", "forest", "boosting", "cnn" or "linear" (over the
        GAN's features), or a classifier of scikit-learn, which sees the columns as numbers. By
        default logistic regression and boosting for rows of columns, else "linear".

    Raises
    ------
    InputError
        For other than one of `n` (or `counts`), `per_class` and `strategy`, and numbers below 1.

    Examples
    --------
    >>> from ssgan.synthesis import Request
    >>> Request(n=100, balance=True).by_class
    True
    """

    n: int | None = None
    per_class: int | None = None
    strategy: Any = None
    counts: Mapping[Any, int] | None = None
    balance: bool = False
    filters: Sequence[str | Filter] = ()
    seed: int = 0
    classifier: Any = None

    def __post_init__(self) -> None:
        numbers = {"n": self.n, "per_class": self.per_class}
        refuse_fractions({name: count for name, count in numbers.items() if count is not None})
        for count in numbers.values():
            if count is not None and count < 1:
                raise InputError(f"expected a number of samples of 1 or more, got {count}")
        by_n = self.n is not None or self.counts is not None
        if by_n + (self.per_class is not None) + (self.strategy is not None) != 1:
            raise InputError("expected one of n, per_class and strategy: each says how many")
        if self.balance and not by_n:
            raise InputError("balance goes with n: per_class and strategy balance classes")

    @property
    def by_class(self) -> bool:
        """Whether rare classes are to count as much as frequent ones."""
        return self.balance or self.n is None or self.counts is not None

    def total(self, counts: Array | None) -> int:
        """How many samples are asked for.

        Parameters
        ----------
        counts : array of int, (K,), or None
            How many of its classes, where it has some.

        Returns
        -------
        int
        """
        return self.n or 0 if counts is None else int(counts.sum())

    def class_counts(self, context: Context) -> Array | None:
        """How many samples of every class are asked for.

        Parameters
        ----------
        context : Context
            What is known of the labelled samples.

        Returns
        -------
        array of int, (K,), or None
            None: as often as the GAN makes them.
        """
        if not self.by_class:
            return None
        classes = context.classes
        if not classes:
            raise InputError("counts and balance are for classes, the model predicts numbers")
        if self.strategy is None:
            each = len(classes) * (self.per_class or 0)
            total = sum((self.counts or {}).values()) if self.n is None else self.n
            return counts_for(classes, total or each, self.counts)
        if context.indices is None:
            raise InputError(
                "a strategy fills up the classes of labelled rows: give labeled=(x, y)"
            )
        known = context.indices[context.indices >= 0]
        real = np.bincount(known, minlength=len(classes)).tolist()
        labels = context.labels(known)
        more = strategy_counts(self.strategy, dict(zip(classes, real, strict=True)), labels)
        if not any(more.values()):
            raise InputError(
                f"all classes have {max(real)} labelled rows: ask for a number, by n or per class"
            )
        return np.array([more.get(label, 0) for label in classes])


def counts_for(classes: Sequence[Label], n: int, counts: Mapping[Any, int] | None = None) -> Array:
    """How many samples of every class sum to a number.

    Parameters
    ----------
    classes : sequence of label
        The K classes.
    n : int
        Samples in all, 1 or more.
    counts : mapping of class to int, default=None
        Samples of some classes, none of the others; by default equally many of all.

    Returns
    -------
    ndarray of int (K,)

    Raises
    ------
    InputError
        For n < 1, unknown classes and counts that do not add up.

    Examples
    --------
    >>> from ssgan.synthesis import counts_for
    >>> counts_for(["a", "b"], 5).tolist(), counts_for(["a", "b"], 2, {"b": 2}).tolist()
    ([3, 2], [0, 2])
    """
    refuse_fractions({"n": n, **(counts or {})})
    if n < 1:
        raise InputError(f"expected a number of samples of 1 or more, got {n}")
    if counts is None:
        return np.array([n // len(classes) + (k < n % len(classes)) for k in range(len(classes))])
    if unknown := [label for label in counts if label not in classes]:
        raise InputError(f"class {unknown[0]!r} is none of {', '.join(map(repr, classes))}")
    if sum(counts.values()) != n or min(counts.values()) < 0:
        raise InputError(f"expected counts of 0 or more that sum to n = {n}, got {dict(counts)}")
    return np.array([counts.get(label, 0) for label in classes])


def refuse_fractions(counts: Mapping[Any, Any]) -> None:
    """InputError for a number of samples that is none, such as 2.5."""
    for name, count in counts.items():
        if not isinstance(count, Integral):
            raise InputError(f"expected whole numbers of samples, got {count!r} for {name!r}")


def strategy_counts(strategy: Any, counts: Mapping[Any, int], labels: Any = None) -> dict[Any, int]:
    """How many rows to add, class by class, in imbalanced-learn's words for over-sampling.

    Parameters
    ----------
    strategy : str, float, dict or callable
        "minority", "not minority", "not majority" (as "auto") or "all": these classes shall have
        as many rows as the most frequent one. A number up to 1: the ratio of two classes. A dict:
        how many rows each class shall have. A function that gives one for `labels`.
    counts : mapping of class to int
        The rows that there are.
    labels : array (N,), default=None
        Their labels, for a function.

    Returns
    -------
    dict of class to int

    Raises
    ------
    InputError
        For an unknown strategy, and one that asks for fewer rows than there are.

    Examples
    --------
    >>> from ssgan.synthesis import strategy_counts
    >>> strategy_counts("auto", {"a": 10, "b": 4})
    {'b': 6}
    >>> strategy_counts({"b": 5}, {"a": 10, "b": 4})
    {'b': 1}
    """
    if callable(strategy):
        strategy = strategy(labels)
    if isinstance(strategy, Mapping):
        return counts_to_reach(strategy, counts)
    majority = max(counts, key=lambda label: counts[label])
    if isinstance(strategy, Real):
        return counts_in_ratio(strategy, counts, majority)
    minority = min(counts, key=lambda label: counts[label])
    filled = {
        "all": set(counts),
        "auto": set(counts) - {majority},
        "not majority": set(counts) - {majority},
        "not minority": set(counts) - {minority},
        "minority": {minority},
    }
    if not isinstance(strategy, str) or strategy not in filled:
        raise InputError(
            f"expected sampling_strategy to be one of {', '.join(filled)}, a number up to 1, a "
            f"dict or a function, got {strategy!r}"
        )
    size = counts[majority]
    return {label: size - count for label, count in counts.items() if label in filled[strategy]}


def counts_to_reach(strategy: Mapping[Any, int], counts: Mapping[Any, int]) -> dict[Any, int]:
    """Rows to add so that each class in `strategy` has as many as it says."""
    refuse_fractions(strategy)
    for label, count in strategy.items():
        if label not in counts:
            raise InputError(f"sampling_strategy: class {label!r} is none of {list(counts)}")
        if count < counts[label]:
            raise InputError(
                f"sampling_strategy: class {label!r} has {counts[label]} rows, asked were {count}: "
                "a GAN adds rows, it takes none away"
            )
    return {label: strategy[label] - count for label, count in counts.items() if label in strategy}


def counts_in_ratio(ratio: Any, counts: Mapping[Any, int], majority: Any) -> dict[Any, int]:
    """Rows to add so that the rarer of two classes has `ratio` times as many as the other."""
    if len(counts) != 2:
        raise InputError(
            f"sampling_strategy: a ratio is for two classes, there are {len(counts)}: give a dict"
        )
    if not 0 < ratio <= 1:
        raise InputError(f"sampling_strategy: expected a ratio in (0, 1], got {ratio}")
    more = {
        label: int(counts[majority] * ratio - count)
        for label, count in counts.items()
        if label != majority
    }
    if min(more.values()) <= 0:
        raise InputError(
            f"sampling_strategy: {counts} are in a ratio of {ratio} or more already: raise it"
        )
    return more
