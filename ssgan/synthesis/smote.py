"""SMOTE: rows between neighbours of one class (Chawla et al. 2002, section 4.2)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from ssgan.config import InputError
from ssgan.randomness import Rng

Array = NDArray[Any]


def smote(
    features: Array, classes: Array, counts: Array, rng: Rng, *, neighbours: int | None = None
) -> tuple[Array, Array]:
    """`counts` (K,) new rows of every class between rows (N, F) of class indices (N,).

    5 neighbours, or as many as a class has; a class of one row is repeated. Raises ValueError for
    fewer than 1, more `neighbours` than a class has other rows, and for a class without rows.
    """
    if neighbours is not None and neighbours < 1:
        raise InputError(f"expected 1 neighbour or more, got {neighbours}: give None to have 5")
    rows, labels = [features[:0]], [np.empty(0, np.int64)]
    for index, count in enumerate(counts):
        if count == 0:
            continue
        mine = features[classes == index]
        most = len(mine) - 1
        if most < 0 or (neighbours is not None and neighbours > most):
            raise InputError(
                f"class {index} has {len(mine)} rows, too few for {neighbours or 1} neighbours: "
                "label more of it, or ask for fewer"
            )
        rows.append(between(mine, int(count), min(neighbours or 5, most), rng("class", index)))
        labels.append(np.full(count, index))
    return np.concatenate(rows), np.concatenate(labels)


def between(rows: Array, count: int, neighbours: int, rng: Rng) -> Array:
    """`count` points, each on the line from a row to one of its neighbours."""
    random = rng.numpy()
    first = random.integers(len(rows), size=count)
    if neighbours == 0:
        return rows[first]
    near = NearestNeighbors(n_neighbors=neighbours).fit(rows).kneighbors(return_distance=False)
    other = rows[near[first, random.integers(neighbours, size=count)]]
    made: Array = rows[first] + random.random((count, 1)) * (other - rows[first])
    return made.astype(features_dtype(rows))


def features_dtype(rows: Array) -> Any:
    return rows.dtype if rows.dtype.kind == "f" else np.float64
