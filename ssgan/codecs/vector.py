"""Vectors of plain numbers, standardised column by column."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from torch import Tensor

from ssgan.codecs.arrays import (
    as_array,
    as_tensor,
    axes_and_dtype,
    contain,
    container_of,
    encoded,
    finite_rows,
    head_of,
    how_to_match,
    in_dtype,
)
from ssgan.codecs.codec import ROW_TRANSFORMS, Array, Json, gaussian
from ssgan.codecs.ranges import LARGEST, mean_and_std, warn_outside
from ssgan.config import InputError, InputTypeError
from ssgan.randomness import Rng

STATISTICS = ("mean", "deviation", "low", "high", "whole")


@dataclass(frozen=True, kw_only=True)
class VectorCodec:
    """Rows of F numbers; see `Codec` for the methods.

    Decoded values stay in the range seen in fitting; columns that held whole numbers only are
    rounded. Whatever the dtype, the arithmetic is in float64 and only standardised values are
    float32.

    Attributes
    ----------
    container : str
        "numpy" or "torch".
    dtype : str
        Of the raw numbers, a numpy name.
    mean, deviation : tuple of float, F
        Of each column; the deviation of a constant one is 1.
    low, high : tuple of float, F
        Smallest and largest value of each column.
    whole : tuple of bool, F
        Whether a column held whole numbers only.

    Examples
    --------
    >>> import numpy as np
    >>> codec = VectorCodec.fit(np.array([[0.0, 1.0], [4.0, 1.0]]))
    >>> codec.mean, codec.expand(codec.pack(np.array([[4.0, 1.0]]))).tolist()
    ((2.0, 1.0), [[1.0, 0.0]])
    """

    container: str  # "numpy" or "torch"
    dtype: str  # of the raw numbers, a numpy name
    mean: tuple[float, ...]  # (F,), like all that follow
    deviation: tuple[float, ...]  # 1 for constant columns
    low: tuple[float, ...]
    high: tuple[float, ...]
    whole: tuple[bool, ...]  # all values were whole numbers

    kind: ClassVar[str] = "vectors"
    form: ClassVar[str] = "rows (N, F)"
    formats: ClassVar[tuple[str, ...]] = (".npy", ".npz", ".csv", ".parquet")
    numeric: ClassVar[bool] = True
    resizable: ClassVar[bool] = False
    lengthened: ClassVar[bool] = False
    transforms: ClassVar[tuple[str, ...]] = ROW_TRANSFORMS
    symmetries: ClassVar[tuple[str, ...]] = ()
    augmentations: ClassVar[tuple[str, ...]] = ()
    telling: ClassVar[bool] = False
    repeated: ClassVar[int] = 0

    @classmethod
    def claims(cls, raw: Any, shape: tuple[int, ...] | None = None) -> bool:
        if hasattr(raw, "columns") or shape is not None:
            return False
        axes, dtype = axes_and_dtype(raw)
        return axes == 2 and dtype in "biuf"

    @classmethod
    def coerce(cls, raw: Any, shape: tuple[int, ...] | None = None) -> Any:
        if not hasattr(raw, "columns"):
            return raw.reshape(len(raw), -1)
        if not all(dtype.kind in "biuf" for dtype in raw.dtypes) or raw.isna().any(axis=None):
            raise InputError("vectors are numbers, none missing: leave modality out for a table")
        return raw.to_numpy(np.float64)

    @classmethod
    def fit(cls, raw: Any, shape: tuple[int, ...] | None = None) -> "VectorCodec":
        return fit_vectors(raw)

    @property
    def shape(self) -> tuple[int]:
        return (len(self.mean),)

    @property
    def raw_shape(self) -> tuple[int]:
        return self.shape

    @property
    def cell_axes(self) -> tuple[int, ...]:
        return ()

    @property
    def architecture(self) -> str:
        return "auto"

    @property
    def natural(self) -> tuple[str, ...]:
        return ("corrupt",)

    @cached_property
    def _columns(self) -> dict[str, Array]:
        """The statistics as arrays, by name."""
        return {name: np.array(getattr(self, name)) for name in STATISTICS}

    def pack(self, raw: Any) -> Tensor:
        rows = as_array(raw)
        if rows.shape[1:] != self.shape or rows.dtype.kind not in "biuf":
            how = "leave out columns that are not among them"
            if rows.ndim > 2:
                how = "give x.reshape(len(x), -1) where they are these"
            how = how_to_match(rows.shape, self.shape, how)
            raise InputError(
                f"expected rows of {len(self.mean)} numbers, got {rows.dtype} {rows.shape}: {how}"
            )
        finite_rows(rows, "numbers")
        numbers, at = rows.astype(np.float64), self._columns
        warn_outside(numbers, at["low"], at["high"], range(len(self.mean)), stacklevel=4)
        with np.errstate(over="ignore"):
            rows = (numbers - at["mean"]) / at["deviation"]
        return as_tensor(rows.clip(-LARGEST, LARGEST).astype(np.float32))

    def expand(self, packed: Tensor) -> Tensor:
        return packed.float()

    def decode(self, x: Tensor) -> Any:
        at = self._columns
        rows = encoded(x, self.shape).double().numpy() * at["deviation"] + at["mean"]
        rows = np.where(at["whole"], np.rint(rows), rows).clip(at["low"], at["high"])
        return contain(in_dtype(rows, self.dtype), self.container)

    def activate(self, output: Tensor, rng: Rng) -> Tensor:
        """The output as it is: standardised values have no bounds."""
        return output.float()

    def log_likelihood(self, output: Tensor, x: Tensor, rng: Rng) -> Tensor:
        """Gaussian with the best single variance of the batch."""
        return gaussian(x, self.activate(output, rng))

    def pictures(self, raw: Any) -> None:
        return None

    def preview(self, raw: Any, columns: int = 8) -> tuple[str, bytes]:
        return ".csv", head_of(raw)

    def to_json(self) -> dict[str, Json]:
        columns = {name: list(getattr(self, name)) for name in STATISTICS}
        return {"kind": self.kind, "container": self.container, "dtype": self.dtype, **columns}

    @classmethod
    def from_json(cls, fields: Mapping[str, Json]) -> "VectorCodec":
        columns = {name: tuple(fields[name]) for name in STATISTICS}
        return cls(container=fields["container"], dtype=fields["dtype"], **columns)


def fit_vectors(raw: Any) -> VectorCodec:
    """The codec of an array or tensor (N, F) of numbers; InputError names a row that has NaN."""
    rows = as_array(raw)
    if rows.ndim != 2 or not rows.size:
        raise InputError(f"expected rows (N, F) of numbers, at least one, got shape {rows.shape}")
    if rows.dtype.kind not in "biuf":
        raise InputTypeError(
            f"expected numbers, got {rows.dtype}: pass a data frame for categories"
        )
    finite_rows(rows, "numbers (a data frame may have missing ones)")
    numbers = rows.astype(np.float64)
    mean, deviation = mean_and_std(numbers)
    # The deviation of equal numbers is rounding, not zero.
    constant = (numbers.min(0) == numbers.max(0)) | (deviation <= 1e-12 * np.abs(mean))
    return VectorCodec(
        container=container_of(raw),
        dtype=rows.dtype.name,
        mean=tuple(mean.tolist()),
        deviation=tuple(np.where(constant, 1.0, deviation).tolist()),
        low=tuple(numbers.min(0).tolist()),
        high=tuple(numbers.max(0).tolist()),
        whole=tuple((numbers == np.rint(numbers)).all(0).tolist()),
    )


CODEC = VectorCodec
