"""Rows of a table with one column filled by a model of the real rows, in place of the GAN's."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from ssgan.config import InputError
from ssgan.data.labels.values import first_few
from ssgan.metrics.tables import boosted_on
from ssgan.models.gan import GAN

MOST_ROWS = 200_000  # real rows that the model learns from


def relabeler(gan: GAN, column: Any, seed: int = 0) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """A function that gives rows of `gan` the value of `column` that real rows like them have.

    Parameters
    ----------
    gan : GAN
        Of a table; its training rows are read again where they are not at hand.
    column : hashable
        Name of the column, as a target that others are to learn from these rows.
    seed : int, default=0
        Of the model, gradient boosting, and of the training rows that it sees where there are many.

    Returns
    -------
    callable
        From a data frame to one with other values in that column.

    Raises
    ------
    InputError
        For a GAN of no table, a column that it does not have, and training rows that are gone.

    Notes
    -----
    The rows then say what the model says, not how often it is wrong: classes that overlap come
    apart. They teach another model better and resemble the real ones less.

    Examples
    --------
    >>> import pandas as pd, ssgan
    >>> frame = pd.DataFrame({"x": range(200), "y": ["low"] * 100 + ["high"] * 100})
    >>> gan = ssgan.pretrain(frame, steps=2, batch=8, width=2, latent=4, guard=False)
    >>> rows = relabeler(gan, "y")(gan.sample(50))
    >>> bool(((rows.x < 90) <= (rows.y == "low")).all())
    True
    """
    names = [one.name for one in getattr(gan.codec, "columns", ())]
    if column not in names:
        known = f"columns {first_few(names)}" if names else f"{gan.codec.form}, no table"
        raise InputError(f"there is no column {column!r} to relabel; the GAN has {known}")
    packed = gan.training_samples()
    if packed is None:
        raise InputError(
            "the training rows of this GAN are gone, so nothing says what the column is: load it "
            "from a run that was trained on a file"
        )
    chosen = np.random.default_rng(seed).permutation(len(packed))[:MOST_ROWS]
    real = gan.codec.decode(gan.codec.expand(packed[np.sort(chosen)]))
    predict = boosted_on(pd.DataFrame(real), column, seed)

    def relabel(rows: pd.DataFrame) -> pd.DataFrame:
        if not len(rows):
            return rows
        predicted = pd.Series(predict(rows), index=rows.index)
        if rows[column].dtype.kind in "iu":
            predicted = predicted.round()
        return rows.assign(**{column: predicted.astype(rows[column].dtype)})

    return relabel
