"""How close rows of a table are to real ones, column by column and together, as trees see them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.stats import ks_2samp
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import roc_auc_score
from torch import Tensor

from ssgan.config import InputError
from ssgan.randomness import Rng

Array = NDArray[Any]
FEWEST = 40  # rows of a side
MOST_LEVELS = 255  # that trees take as categories; the rarest beyond them are one
FAR = 0.999  # quantile by which tails are compared
DENSE = 0.05  # share of zeros, and of others, from which a column counts as inflated
SOUGHT = 2000  # rows whose nearest are looked for
NEAR = 0.05  # quantile of real rows' distances below which a row counts as near
DETERMINED = 0.999  # share of rows from which a column says what another one is
ROWS_A_LEVEL = 10  # that such a column has on average


@dataclass(frozen=True)
class TreeRows:
    """Rows of a table as numbers for trees: numbers as they are, levels by frequency, gaps NaN."""

    levels: dict[Any, list[str] | None]  # by column; None of numbers

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "TreeRows":
        """Those of the columns of a frame."""
        return cls({name: levels_of(frame[name]) for name in frame.columns})

    def rows(self, frame: pd.DataFrame) -> Array:
        """Rows (N, F), float64; levels that are not known are gaps."""
        columns = []
        for name, levels in self.levels.items():
            column = frame[name]
            if levels is not None:
                codes = pd.Index(levels).get_indexer(pd.Index(level_texts(column)))
                columns.append(np.where(codes < 0, np.nan, codes.clip(max=MOST_LEVELS - 1)))
            elif column.dtype.kind in "mM":
                seconds = column.astype("int64").to_numpy() / 1e9
                columns.append(np.where(column.isna(), np.nan, seconds))
            else:
                columns.append(column.to_numpy(np.float64, na_value=np.nan))
        return np.stack(columns, 1)

    @property
    def categorical(self) -> list[bool]:
        """Which columns have levels."""
        return [levels is not None for levels in self.levels.values()]


def of_numbers(column: "pd.Series[Any]") -> bool:
    """Whether a column has numbers or times, not levels."""
    return column.dtype.kind in "iufmM" and not isinstance(column.dtype, pd.CategoricalDtype)


def level_texts(column: "pd.Series[Any]") -> Array:
    """Levels as text, gaps as None."""
    texts = column.astype(object).where(column.notna(), None)
    return np.array([None if level is None else str(level) for level in texts], dtype=object)


def levels_of(column: "pd.Series[Any]") -> list[str] | None:
    """The levels of a column, the most frequent first; None of numbers."""
    if of_numbers(column):
        return None
    counted = pd.Series(level_texts(column), dtype=object).value_counts()
    return [str(level) for level in counted.index]


def boosted_on(frame: pd.DataFrame, column: Any, seed: int = 0) -> Callable[[pd.DataFrame], Any]:
    """A function from rows to what boosted trees make of `column`, learnt from those of a frame.

    Classes of levels, booleans and whole numbers with few values, else numbers.
    """
    others = frame.drop(columns=[column])
    known = frame[column].notna().to_numpy()
    seen = TreeRows.of(others)
    target = frame[column][known]
    classes = not of_numbers(target) or (target.dtype.kind in "iu" and target.nunique() <= FEWEST)
    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    model = kind(random_state=seed, categorical_features=seen.categorical)
    levels = target.unique()
    wanted = pd.Index(levels).get_indexer(pd.Index(target)) if classes else target.to_numpy(float)
    if len(levels) < 2:
        return lambda rows: np.repeat(levels, len(rows))
    model.fit(seen.rows(others)[known], wanted)

    def predict(rows: pd.DataFrame) -> Any:
        found = model.predict(seen.rows(rows))
        return levels[found] if classes else found

    return predict


def rows_told_apart(real: pd.DataFrame, fake: pd.DataFrame, seed: int = 0) -> float:
    """Area under the curve of boosted trees that tell fake rows from real ones; .5 is not at all.

    They learn from half of as many rows of each and are judged on the others.

    Parameters
    ----------
    real, fake : DataFrame
        Rows of the same columns, at least 40 of each.
    seed : int
        Draws the rows and the halves.

    Returns
    -------
    float

    Raises
    ------
    InputError
        For fewer rows.

    Examples
    --------
    >>> import pandas as pd
    >>> real = pd.DataFrame({"x": range(100), "y": range(100)})
    >>> rows_told_apart(real, real.assign(x=real.x[::-1].to_numpy() + 1000))
    1.0
    """
    n = min(len(real), len(fake)) // 2 * 2
    if n < FEWEST:
        raise InputError(f"expected at least {FEWEST} rows of a side, got {n}")
    rng = Rng(("rows told apart", seed)).numpy()
    sides = [frame.iloc[rng.permutation(len(frame))[:n]] for frame in (real, fake[real.columns])]
    both = pd.concat(sides, ignore_index=True)
    is_fake = np.arange(2 * n) >= n
    seen = TreeRows.of(both)
    x, learnt = seen.rows(both), np.arange(2 * n) % n < n // 2
    model = HistGradientBoostingClassifier(random_state=seed, categorical_features=seen.categorical)
    model.fit(x[learnt], is_fake[learnt])
    return float(roc_auc_score(is_fake[~learnt], model.predict_proba(x[~learnt])[:, 1]))


def table_measures(
    real: pd.DataFrame, fake: pd.DataFrame, held_out: pd.DataFrame | None = None, seed: int = 0
) -> dict[str, float]:
    """How fake rows differ from real ones.

    Parameters
    ----------
    real, fake : DataFrame
        Rows that a model learnt from, and rows that it made.
    held_out : DataFrame, optional
        Rows that it did not learn from.
    seed : int
        Draws the rows that are compared.

    Returns
    -------
    dict of str to float
        "told_apart": see `rows_told_apart`. "ks", "tv": mean distance of the distributions of
        columns of numbers, and of levels. "tail": the farthest quantile .999 of a column, as a
        factor from 1. "zeros": by how much the share of other values is wrong, at most, in columns
        of many zeros. "determined": the share of rows in which a column that says what another one
        is says so, at least. "near": the share of rows nearer to a real one than nineteen in twenty
        real ones are, and "near_held_out" of those held out. NaN where no column is so.

    Examples
    --------
    >>> import pandas as pd
    >>> real = pd.DataFrame({"x": [0, 1] * 40, "y": ["a", "b"] * 40})
    >>> found = table_measures(real, real)
    >>> found["tv"], found["determined"], found["tail"]
    (0.0, 1.0, 1.0)
    """
    fake = fake[real.columns]
    numbers = [name for name in real.columns if of_numbers(real[name])]
    levels = [name for name in real.columns if name not in numbers]
    found = {
        "told_apart": rows_told_apart(real, fake, seed),
        "ks": mean_of([ks_distance(real[name], fake[name]) for name in numbers]),
        "tv": mean_of([level_distance(real[name], fake[name]) for name in levels]),
        "tail": most_of([tail_factor(real[name], fake[name]) for name in numbers]),
        "zeros": most_of([zero_error(real[name], fake[name]) for name in numbers]),
        "determined": -most_of([-share for share in determined(real, fake).values()]),
    }
    near = nearness(
        real, {"near": fake} | ({} if held_out is None else {"near_held_out": held_out})
    )
    return found | near


def mean_of(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def most_of(values: list[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return max(known) if known else float("nan")


def plain_numbers(column: "pd.Series[Any]") -> Array:
    """Numbers or times that are not missing, as float64."""
    present = column.dropna()
    return present.astype("int64" if column.dtype.kind in "mM" else "float64").to_numpy(float)


def ks_distance(real: "pd.Series[Any]", fake: "pd.Series[Any]") -> float:
    """Of Kolmogorov and Smirnov, between numbers that are not missing; 1 where all are."""
    sides = plain_numbers(real), plain_numbers(fake)
    return float(ks_2samp(*sides).statistic) if all(map(len, sides)) else 1.0


def level_distance(real: "pd.Series[Any]", fake: "pd.Series[Any]") -> float:
    """Total variation between the shares of levels; a gap is one of them."""
    shares = [
        pd.Series(level_texts(side)).fillna("").value_counts(normalize=True)
        for side in (real, fake)
    ]
    return float(shares[0].sub(shares[1], fill_value=0).abs().sum() / 2)


def tail_factor(real: "pd.Series[Any]", fake: "pd.Series[Any]") -> float:
    """By which factor the far quantile differs, 1 or more; of columns that are not below 0."""
    sides = plain_numbers(real), plain_numbers(fake)
    if real.dtype.kind in "mM" or not all(map(len, sides)) or sides[0].min() < 0:
        return float("nan")
    ends = [float(np.quantile(side, FAR)) for side in sides]
    if min(ends) <= 0:
        return 1.0 if ends[0] == ends[1] else float("inf")
    return max(ends[0] / ends[1], ends[1] / ends[0])


def zero_error(real: "pd.Series[Any]", fake: "pd.Series[Any]") -> float:
    """By how much the share of values that are not 0 is wrong, of itself, where zeros are many."""
    if real.dtype.kind in "mM" or not len(plain_numbers(real)) or not len(plain_numbers(fake)):
        return float("nan")
    share, made = (float((plain_numbers(side) != 0).mean()) for side in (real, fake))
    return abs(made / share - 1) if 0 < share < 1 - DENSE else float("nan")


def determined(real: pd.DataFrame, fake: pd.DataFrame) -> dict[tuple[Any, Any], float]:
    """For columns (A, B) where A says what B is in real rows, the share of fake rows that agree."""
    counts = real.nunique()
    few = [name for name in real.columns if 2 <= counts[name] <= len(real) / ROWS_A_LEVEL]
    pairs = [(a, b) for a in few for b in few if a != b and counts[b] <= counts[a]]
    shares = {pair: share_as_said(real[[*pair]], fake[[*pair]]) for pair in pairs}
    return {pair: share for pair, share in shares.items() if share is not None}


def share_as_said(real: pd.DataFrame, fake: pd.DataFrame) -> float | None:
    """The share of fake rows in which A says what B is as in real ones; None if it does not."""
    name, other = real.columns
    known, rows = real.dropna(), fake.dropna()
    says = known.groupby(name, observed=True)[other].agg(lambda of: of.mode().iloc[0]).to_dict()
    agree = np.mean([says[a] == b for a, b in known.to_numpy(object)])
    if agree < DETERMINED or known[other].value_counts(normalize=True).iloc[0] >= DETERMINED:
        return None
    return float(np.mean([says.get(a) == b for a, b in rows.to_numpy(object)]))


def nearness(real: pd.DataFrame, sides: dict[str, pd.DataFrame]) -> dict[str, float]:
    """The share of rows of each side nearer to a real one than nineteen in twenty of these are."""
    space = Distances.of(real)
    x = space.rows(real)
    own = nearest_distances(x[:SOUGHT], x, itself=True)
    limit = float(own.quantile(NEAR))
    shares = {name: nearest_distances(space.rows(side)[:SOUGHT], x) for name, side in sides.items()}
    return {name: float((apart < limit).double().mean()) for name, apart in shares.items()}


@dataclass(frozen=True)
class Distances:
    """A space of rows: numbers by rank among real ones, in [0, 1], and levels that differ by 1."""

    numbers: dict[Any, Array]
    levels: dict[Any, list[str]]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "Distances":
        kinds = {name: levels_of(frame[name]) for name in frame.columns}
        numbers = {n: np.sort(plain_numbers(frame[n])) for n, kind in kinds.items() if kind is None}
        return cls(numbers, {name: kind for name, kind in kinds.items() if kind is not None})

    def rows(self, frame: pd.DataFrame) -> Tensor:
        """Rows (N, F), float32."""
        parts = []
        for name, ordered in self.numbers.items():
            present = frame[name].notna().to_numpy()
            ranks = np.full(len(frame), -0.5)
            values = plain_numbers(frame[name])
            ends = np.searchsorted(ordered, values), np.searchsorted(ordered, values, "right")
            ranks[present] = (ends[0] + ends[1]) / 2 / max(len(ordered), 1)
            parts.append(ranks[:, None])
        for name, levels in self.levels.items():
            codes = pd.Index(levels).get_indexer(pd.Index(level_texts(frame[name])))
            parts.append((codes[:, None] == np.arange(len(levels))) / np.sqrt(2))
        return torch.from_numpy(np.concatenate(parts, 1).astype(np.float32))


def nearest_distances(rows: torch.Tensor, others: torch.Tensor, itself: bool = False) -> Tensor:
    """The distance of each row to the nearest other one; `itself`: it is among these, once."""
    parts = torch.split(rows, 200)
    found = [torch.cdist(part, others).topk(1 + itself, 1, largest=False).values for part in parts]
    return torch.cat(found)[:, -1]
