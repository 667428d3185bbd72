"""SMOTE: rows between neighbours of one class."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.randomness import Rng
from ssgan.synthesis.gate.labeled_rows import Added, Augmenter, LabeledRows


def smote(
    features: Array, classes: Array, counts: Array, rng: Rng, *, neighbours: int | None = None
) -> tuple[Array, Array]:
    """New rows of every class, each between two rows that are neighbours.

    Parameters
    ----------
    features : ndarray (N, F)
        Rows.
    classes : ndarray of int (N,)
        Their class indices, from 0 on.
    counts : ndarray of int (K,)
        How many new rows of every class.
    rng : Rng
        The source of randomness.
    neighbours : int or None, default=None
        Nearest neighbours of a row that are chosen from; None is 5, or as many as a class has. A
        class of one row is repeated.

    Returns
    -------
    rows : ndarray (M, F)
        M is the sum of `counts`; class by class.
    classes : ndarray of int (M,)

    Raises
    ------
    InputError
        For fewer than 1 neighbour, more than a class has other rows, and a class without rows.

    References
    ----------
    Chawla et al. 2002, "SMOTE: Synthetic Minority Over-sampling Technique", section 4.2.

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.randomness import Rng
    >>> from ssgan.synthesis import smote
    >>> x, y = np.array([[0.0], [1.0], [10.0], [11.0]]), np.array([0, 0, 1, 1])
    >>> rows, classes = smote(x, y, np.array([0, 3]), Rng(("example",)))
    >>> classes.tolist(), bool(((rows >= 10) & (rows <= 11)).all())
    ([1, 1, 1], True)
    """
    if neighbours is not None and neighbours < 1:
        raise InputError(f"expected 1 neighbour or more, got {neighbours}: give None to have 5")
    rows, labels = [features[:0]], [np.empty(0, np.int64)]
    for index, count in enumerate(counts):
        if count == 0:
            continue
        mine = features[classes == index]
        available = len(mine) - 1
        if available < 0 or (neighbours is not None and neighbours > available):
            raise InputError(
                f"class {index} has {len(mine)} rows, too few for {neighbours or 1} neighbours: "
                "label more of it, or ask for fewer"
            )
        used = min(neighbours or 5, available)
        rows.append(interpolate(mine, int(count), used, rng("class", index)))
        labels.append(np.full(count, index))
    return np.concatenate(rows), np.concatenate(labels)


def interpolate(rows: Array, count: int, neighbours: int, rng: Rng) -> Array:
    """`count` points, each on the line from a row to one of its neighbours."""
    random = rng.numpy()
    first = random.integers(len(rows), size=count)
    if neighbours == 0:
        return rows[first]
    near = NearestNeighbors(n_neighbors=neighbours).fit(rows).kneighbors(return_distance=False)
    neighbour = rows[near[first, random.integers(neighbours, size=count)]]
    points: Array = rows[first] + random.random((count, 1)) * (neighbour - rows[first])
    return points.astype(rows.dtype if rows.dtype.kind == "f" else np.float64)


def interpolated(rows: LabeledRows, ratio: float = 1.0) -> Augmenter:
    """The augmenter that adds rows between neighbours of a class.

    They fill up rare classes where these are to count as much as frequent ones, else there are
    `ratio` times as many of every class.
    """
    features, classes = rows.features, rows.classes

    def add(at: Array, rng: Rng) -> Added:
        counts = np.bincount(classes[at])
        missing = np.where(counts > 0, counts.max() - counts, 0)
        more = missing if rows.balanced and missing.any() else (ratio * counts).astype(int)
        return smote(features[at], classes[at], more, rng)

    return add


BASELINE = interpolated
