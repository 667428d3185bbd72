"""Where numbers lie among those seen: places in [-1, 1], and states that are ranges of values."""

from dataclasses import dataclass

import numpy as np

from ssgan.codecs.codec import Array

FEW = 32  # so few distinct numbers are levels on a scale, evenly spaced
MANY = 128  # so few that repeat are all there are: no others come back
REPEATS = 4  # rows that each of FEW must have on average
TAUGHT = 50  # and each of MANY
COMMON = 0.002  # share of the rows from which one of these is a state of its own
MASS = 0.01  # the same among more values
MASSES = 16  # most values among more that are so
FEWEST = 100  # rows that such a value must have: fewer teach no state, and mislead few labels
KNOTS = 256  # of the map from values to places, evenly ranked
TAIL = 0.01  # share of the values that can be a heavy tail, on either side
HEAVY = 0.5  # how much further a heavy tail reaches, in ten times less of the rows
ROOM = 0.1  # what a heavy tail takes of the places, where all others take 1

Range = tuple[float, float]  # the least and the greatest value of a state


@dataclass(frozen=True)
class Seen:
    """The numbers of a column: which, ascending, and how many rows have each."""

    values: Array
    counts: Array

    @classmethod
    def of(cls, values: Array) -> "Seen":
        """The distinct values of these, sorted, and how often each comes."""
        return cls(*np.unique(values, return_counts=True))

    def few(self, most: int) -> bool:
        """Whether values are two, or up to `most` that repeat."""
        rows = int(self.counts.sum())
        each = REPEATS if most == FEW else TAUGHT
        return len(self.values) <= 2 or len(self.values) <= min(most, rows // each)

    @property
    def common(self) -> Array:
        """Which values are states of their own."""
        rows = self.counts.sum()
        if self.few(MANY):
            return np.asarray(self.counts >= COMMON * rows)
        common = self.counts >= max(MASS * rows, FEWEST)
        common[np.argsort(-self.counts, kind="stable")[MASSES:]] = False
        return np.asarray(common)

    @property
    def tails(self) -> tuple[bool, bool]:
        """Whether the lower and the upper tail are heavy; not where values are few."""
        if self.few(MANY) or TAIL * self.counts.sum() < 10:
            return False, False
        ordered = self.ordered
        return is_heavy(-ordered[::-1]), is_heavy(ordered)

    @property
    def ordered(self) -> Array:
        """The value of every row, ascending."""
        return np.repeat(self.values, self.counts)


def is_heavy(ordered: Array) -> bool:
    """Whether the top thousandth of ascending values lies far beyond the top hundredth.

    Further than half of what that is from the middle: a third of it is normal.
    """
    last = len(ordered) - 1
    middle, edge, far = (ordered[int(last * share)] / 2 for share in (0.5, 1 - TAIL, 1 - TAIL / 10))
    return bool(far - edge > HEAVY * (edge - middle))


def ranges_of(seen: Seen) -> tuple[Range, ...]:
    """The states of a column, ascending: common values, what lies between them, heavy tails.

    A generator draws a state, and a place it hits more or less. So the neighbours of many zeros do
    not become zeros, whole numbers that go with a category come beside that one, and a tail is as
    rare as it is. None for a column that would have one.
    """
    if len(seen.values) < 2:
        return ()
    share = np.cumsum(seen.counts) / seen.counts.sum()
    low, high = seen.tails
    part = (low & (share <= TAIL)) * 1 + (high & (share > 1 - TAIL)) * 2
    alone = seen.common
    new = alone[1:] | alone[:-1] | (part[1:] != part[:-1])
    firsts = np.concatenate([[0], np.flatnonzero(new) + 1])
    lasts = np.append(firsts[1:] - 1, len(seen.values) - 1)
    if len(firsts) < 2:
        return ()
    return tuple(zip(seen.values[firsts].tolist(), seen.values[lasts].tolist(), strict=True))


def knots_of(seen: Seen) -> tuple[tuple[float, ...], tuple[float, ...], bool]:
    """Values, ascending, the places where they lie, and whether there are no others.

    Two values, or a few that repeat, are evenly spaced whatever their frequencies; no places are
    given then. Others lie by their rank, equal ones on a stretch, and those of a heavy tail by the
    logarithm of what is beyond. Those between the knots interpolate.
    """
    if seen.few(FEW):
        return tuple(seen.values.tolist()), (), True
    if seen.few(MANY):
        middles = (np.cumsum(seen.counts) - seen.counts / 2) / seen.counts.sum()
        return tuple(seen.values.tolist()), tuple((2 * middles - 1).tolist()), True
    ordered, last = seen.ordered, int(seen.counts.sum()) - 1
    ranks = np.rint(np.linspace(0, last, min(KNOTS, last + 1))).astype(np.int64)
    ends = np.rint(2 ** np.arange(0, np.log2(max(TAIL * last, 1)), 0.5)).astype(np.int64)
    ranks = np.unique(np.concatenate([ranks, ends, last - ends]))
    places = places_of(ranks / last, last, *seen.tails)
    return tuple(ordered[ranks].tolist()), tuple(places.tolist()), False


def places_of(shares: Array, last: int, low: bool, high: bool) -> Array:
    """Places in [-1, 1] of values by the share of all that lies below them."""

    def beyond(outside: Array) -> Array:
        depth = np.log(TAIL / (outside + 1 / last)) / np.log(TAIL * last)
        return np.asarray(ROOM * depth.clip(0))

    raised = shares.clip(TAIL if low else 0, 1 - TAIL if high else 1)
    raised = raised + (beyond(1 - shares) if high else 0) - (beyond(shares) if low else 0)
    return np.asarray(2 * (raised - raised[0]) / (raised[-1] - raised[0]) - 1)
