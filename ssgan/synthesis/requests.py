"""How many synthetic rows of every class: requests, and strategies as imbalanced-learn has them."""

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ssgan.config import InputError
from ssgan.data.labels import Label

Array = NDArray[Any]


def counts_for(classes: Sequence[Label], n: int, counts: Mapping[Any, int] | None = None) -> Array:
    """Samples of every class (K,) that sum to `n`: as `counts` says, or equally many.

    Raises ValueError for n < 1, unknown classes and counts that do not add up.
    """
    refuse_parts({"n": n, **(counts or {})})
    if n < 1:
        raise InputError(f"expected a number of samples of 1 or more, got {n}")
    if counts is None:
        return np.array([n // len(classes) + (k < n % len(classes)) for k in range(len(classes))])
    if unknown := [label for label in counts if label not in classes]:
        raise InputError(f"class {unknown[0]!r} is none of {', '.join(map(repr, classes))}")
    if sum(counts.values()) != n or min(counts.values()) < 0:
        raise InputError(f"expected counts of 0 or more that sum to n = {n}, got {dict(counts)}")
    return np.array([counts.get(label, 0) for label in classes])


def refuse_parts(counts: Mapping[Any, Any]) -> None:
    """ValueError for a number of samples that is none, such as 2.5."""
    for name, count in counts.items():
        if not isinstance(count, Integral):
            raise InputError(f"expected whole numbers of samples, got {count!r} for {name!r}")


def wanted(strategy: Any, counts: Mapping[Any, int], labels: Any = None) -> dict[Any, int]:
    """How many rows to add, class by class, for the numbers of rows `counts` that there are.

    Raises ValueError for a strategy that is unknown or asks for fewer rows than there are.
    """
    if callable(strategy):
        strategy = strategy(labels)
    if isinstance(strategy, Mapping):
        return asked_for(strategy, counts)
    most = max(counts, key=lambda label: counts[label])
    if isinstance(strategy, Real):
        return in_ratio(strategy, counts, most)
    least = min(counts, key=lambda label: counts[label])
    chosen = {
        "all": set(counts),
        "auto": set(counts) - {most},
        "not majority": set(counts) - {most},
        "not minority": set(counts) - {least},
        "minority": {least},
    }
    if not isinstance(strategy, str) or strategy not in chosen:
        raise InputError(
            f"expected sampling_strategy to be one of {', '.join(chosen)}, a number up to 1, a "
            f"dict or a function, got {strategy!r}"
        )
    return {
        label: counts[most] - count for label, count in counts.items() if label in chosen[strategy]
    }


def asked_for(strategy: Mapping[Any, int], counts: Mapping[Any, int]) -> dict[Any, int]:
    """Rows to add so that each class in `strategy` has as many as it says."""
    refuse_parts(strategy)
    for label, count in strategy.items():
        if label not in counts:
            raise InputError(f"sampling_strategy: class {label!r} is none of {list(counts)}")
        if count < counts[label]:
            raise InputError(
                f"sampling_strategy: class {label!r} has {counts[label]} rows, asked were {count}: "
                "a GAN adds rows, it takes none away"
            )
    return {label: strategy[label] - count for label, count in counts.items() if label in strategy}


def in_ratio(ratio: Any, counts: Mapping[Any, int], most: Any) -> dict[Any, int]:
    """Rows to add so that the rarer of two classes has `ratio` times as many as the other."""
    if len(counts) != 2:
        raise InputError(
            f"sampling_strategy: a ratio is for two classes, there are {len(counts)}: give a dict"
        )
    if not 0 < ratio <= 1:
        raise InputError(f"sampling_strategy: expected a ratio in (0, 1], got {ratio}")
    more = {
        label: int(counts[most] * ratio - count) for label, count in counts.items() if label != most
    }
    if min(more.values()) <= 0:
        raise InputError(
            f"sampling_strategy: {counts} are in a ratio of {ratio} or more already: raise it"
        )
    return more
