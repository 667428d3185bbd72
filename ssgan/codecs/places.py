"""Where numbers lie among those seen: values that are states, and places in [-1, 1]."""

from dataclasses import dataclass

import numpy as np

from ssgan.codecs.codec import Array

FEW = 32  # so few distinct numbers are levels on a scale, evenly spaced
STATES = 128  # distinct values up to which each is a state of its own
REPEATS = 4  # rows that each of them must have on average
MASS = 0.01  # share of the rows from which one value among others is a state
MASSES = 16  # most values that are so
FEWEST = 8  # rows that such a value must have
KNOTS = 256  # of the map from values to places, evenly ranked
TAIL = 0.01  # share of the values that can be a heavy tail, on either side
ROOM = 0.1  # what a heavy tail takes of the places, where all others take 1


@dataclass(frozen=True)
class Seen:
    """The numbers of a column: which, ascending, and how many rows have each."""

    values: Array
    counts: Array

    @classmethod
    def of(cls, values: Array) -> "Seen":
        """The distinct values of these, sorted, and how often each comes."""
        return cls(*np.unique(values, return_counts=True))

    @property
    def ordered(self) -> Array:
        """The value of every row, ascending."""
        return np.repeat(self.values, self.counts)

    def without(self, values: tuple[float, ...]) -> "Seen":
        """The others."""
        kept = ~np.isin(self.values, values)
        return Seen(self.values[kept], self.counts[kept])

    def few(self, most: int) -> bool:
        """Whether values are two, or up to `most` that repeat."""
        rows = int(self.counts.sum())
        return len(self.values) <= 2 or len(self.values) <= min(most, rows // REPEATS)


def states_of(seen: Seen) -> tuple[float, ...]:
    """The values, ascending, that are states of their own: all of few, else those that repeat.

    A generator draws a state; a place it hits more or less, so that the neighbours of many zeros
    become zeros, and whole numbers that go with a category come beside another one.
    """
    if len(seen.values) < 2:
        return ()
    if seen.few(STATES):
        return tuple(seen.values.tolist())
    common = np.flatnonzero(seen.counts >= max(MASS * seen.counts.sum(), FEWEST))
    common = common[np.argsort(-seen.counts[common], kind="stable")[:MASSES]]
    return tuple(seen.values[np.sort(common)].tolist())


def knots_of(seen: Seen) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Values, ascending, and the places in [-1, 1] where they lie; those between interpolate.

    Two values, or a few that repeat, are all there are and evenly spaced whatever their
    frequencies: no places are given then. Others lie by their rank; a tail that reaches further
    than the rest of its side lies by the logarithm of what is beyond, as a generator that is
    slightly wrong about the last ranks would be far off in value.
    """
    if seen.few(FEW):
        return tuple(seen.values.tolist()), ()
    ordered = seen.ordered
    last = len(ordered) - 1
    ranks = np.rint(np.linspace(0, last, min(KNOTS, last + 1))).astype(np.int64)
    ends = np.rint(2 ** np.arange(0, np.log2(max(TAIL * last, 1)), 0.5)).astype(np.int64)
    ranks = np.unique(np.concatenate([ranks, ends, last - ends]))
    places = places_of(ranks / last, last, is_heavy(-ordered[::-1]), is_heavy(ordered))
    return tuple(ordered[ranks].tolist()), tuple(places.tolist())


def is_heavy(ordered: Array) -> bool:
    """Whether the top of ascending values reaches further than all between it and the middle."""
    last = len(ordered) - 1
    if TAIL * last < 10:
        return False
    middle, edge = ordered[last // 2], ordered[int(last * (1 - TAIL))]
    return bool(ordered[-1] / 2 - edge / 2 > edge / 2 - middle / 2)


def places_of(shares: Array, last: int, low: bool, high: bool) -> Array:
    """Places in [-1, 1] of values by the share of all that lies below them."""

    def beyond(outside: Array) -> Array:
        depth = np.log(TAIL / (outside + 1 / last)) / np.log(TAIL * last)
        return np.asarray(ROOM * depth.clip(0))

    raised = shares.clip(TAIL if low else 0, 1 - TAIL if high else 1)
    raised = raised + (beyond(1 - shares) if high else 0) - (beyond(shares) if low else 0)
    return np.asarray(2 * (raised - raised[0]) / (raised[-1] - raised[0]) - 1)
