"""Tables: a codec for each column, laid side by side.

packed      [numbers, those that may be missing first][codes, by the width of their block]
            [which state a number is in, by how many there are]
encoded     [numbers in [-1, 1]][one-hot blocks: is it missing? yes or no; then those of codes]
            [one-hot blocks of the states of numbers][where in its state each of these is]

Blocks of one width lie together, so that a few operations serve any number of columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ssgan.codecs.arrays import as_array, axes_and_dtype, encoded, head_of
from ssgan.codecs.codec import ROW_TRANSFORMS, Array, Json, gaussian
from ssgan.codecs.columns import Column, column_from_json, fit_column
from ssgan.codecs.differences import Pairs, pairs_in, with_differences, without_differences
from ssgan.codecs.dtypes import Series, dtype_from_json, dtype_to_json
from ssgan.codecs.places import Range
from ssgan.codecs.plain import plain_column
from ssgan.config import InputError, InputTypeError
from ssgan.randomness import Rng

GUMBEL_TEMPERATURE = 0.2  # of the Gumbel-softmax (Jang et al. 2017), as in CTGAN (Xu et al. 2019)
FLAG = 2  # states of a missing flag: present, missing


@dataclass(frozen=True, kw_only=True)
class TableCodec:
    """A data frame; see `Codec` for the methods.

    Columns that `pack` does not know are ignored, their order does not matter, the index is lost.
    Numbers come back within 1e-5 of their column's range, those with few values, categories and
    booleans exactly.

    Attributes
    ----------
    columns : tuple of Column
        How each column becomes numbers and codes: see `ssgan.codecs.columns`.
    names : str or dict
        Dtype of the columns' names, as JSON.
    container : str
        "pandas", or "numpy" for an array of objects (N, columns).
    later : tuple of (name, name)
        Dates that are never before another one are kept as the time between.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"age": [20, 40, 60], "job": ["cook", "smith", "cook"]})
    >>> codec = TableCodec.fit(frame)
    >>> codec.shape  # a number and two states
    (3,)
    >>> codec.decode(codec.expand(codec.pack(frame))).equals(frame)
    True
    """

    columns: tuple[Column, ...]
    names: Json  # dtype of the columns' names
    container: str  # "pandas", or "numpy" for an array of objects (N, columns)
    later: Pairs = ()  # dates that are the time after another one

    kind: ClassVar[str] = "table"
    form: ClassVar[str] = "a data frame"
    formats: ClassVar[tuple[str, ...]] = (".csv", ".parquet")
    numeric: ClassVar[bool] = False
    resizable: ClassVar[bool] = False
    lengthened: ClassVar[bool] = False
    transforms: ClassVar[tuple[str, ...]] = ROW_TRANSFORMS
    symmetries: ClassVar[tuple[str, ...]] = ()
    augmentations: ClassVar[tuple[str, ...]] = ()
    telling: ClassVar[bool] = False

    @classmethod
    def claims(cls, raw: Any, shape: tuple[int, ...] | None = None) -> bool:
        if hasattr(raw, "columns"):
            return True
        axes, dtype = axes_and_dtype(raw)
        return shape is None and axes == 2 and dtype in "OUT"

    @classmethod
    def coerce(cls, raw: Any, shape: tuple[int, ...] | None = None) -> Any:
        if hasattr(raw, "columns"):
            return raw
        rows = as_array(raw)
        rows = rows.reshape(len(rows), -1)
        return pd.DataFrame(rows, columns=[f"x{i}" for i in range(rows.shape[1])])

    @classmethod
    def fit(cls, raw: Any, shape: tuple[int, ...] | None = None) -> "TableCodec":
        return fit_table(raw)

    @property
    def shape(self) -> tuple[int]:
        blocks = sum(width * count for width, count in self.groups)
        return (self.numbers + blocks + len(self._links),)

    @cached_property
    def states(self) -> int:
        """How many states all numbers have."""
        return sum(len(column.states) for column in self.columns)

    @cached_property
    def repeated(self) -> int:
        return self.states + len(self._links)

    @property
    def raw_shape(self) -> tuple[int]:
        return (len(self.columns),)

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
    def numbers(self) -> int:
        """How many numbers all columns have."""
        return sum(column.numbers for column in self.columns)

    @cached_property
    def flags(self) -> int:
        """How many numbers may be missing."""
        return sum(column.numbers * column.flagged for column in self.columns)

    @cached_property
    def _order(self) -> list[int]:
        """For every packed place the one among the columns' own, side by side."""
        keys: list[tuple[int, int]] = []
        for column in self.columns:
            keys += [(0, not column.flagged)] * column.numbers
            keys += [(1, block) for block in column.blocks]
            keys += [(2, len(column.states))] * bool(column.states)
        return sorted(range(len(keys)), key=keys.__getitem__)

    @cached_property
    def groups(self) -> list[tuple[int, int]]:
        """(width, count) of one-hot blocks in their order: missing flags, codes, then states."""
        widths = [FLAG] * self.flags
        widths += sorted(block for column in self.columns for block in column.blocks)
        states = sorted(len(column.states) for column in self.columns if column.states)
        return [(w, len(list(same))) for part in (widths, states) for w, same in groupby(part)]

    @cached_property
    def _links(self) -> list[tuple[int, tuple[Range, ...]]]:
        """Which number has states, and between which places it lies in each, by their order."""
        order, start, linked = {own: at for at, own in enumerate(self._order)}, 0, []
        for column in self.columns:
            if column.states:
                state, number = start + column.width - 1, start + column.numbers - 1
                linked.append((order[state], (order[number], column.states)))
            start += column.width
        return [link for _, link in sorted(linked)]

    @cached_property
    def _linked(self) -> list[int]:
        """The numbers that have states, in the order of these."""
        return [number for number, _ in self._links]

    @cached_property
    def _ranges(self) -> tuple[Array, Array]:
        """Middle and half width of every state (S, L), in the column of its number; 0 elsewhere."""
        ranges = np.zeros((2, self.states, len(self._links)), np.float32)
        row = 0
        for column, (_, states) in enumerate(self._links):
            ends, rows = np.array(states), slice(row, row + len(states))
            ranges[0, rows, column] = ends.mean(1)
            ranges[1, rows, column] = (ends[:, 1] - ends[:, 0]) / 2
            row += len(states)
        return ranges[0], ranges[1]

    def _ranges_on(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The same on the device of x, made anew: it may be for gradients or not."""
        middles, widths = self._ranges
        return torch.from_numpy(middles).to(x.device), torch.from_numpy(widths).to(x.device)

    def pack(self, raw: Any) -> Tensor:
        frame = as_frame(raw)
        refuse_repeated(frame)
        absent = [column.name for column in self.columns if column.name not in frame.columns]
        if absent:
            raise InputError(
                f"there is no column {absent[0]!r}; expected {[c.name for c in self.columns]}, "
                f"got {list(frame.columns)}"
            )
        frame = with_differences(frame, self.later)
        parts = [packed_column(column, frame) for column in self.columns]
        return torch.from_numpy(np.concatenate(parts, axis=1)[:, self._order])

    def expand(self, packed: Tensor) -> Tensor:
        numbers = packed[:, : self.numbers].float()
        missing = numbers[:, : self.flags].isnan().float()
        codes = torch.cat([missing, packed[:, self.numbers :].float()], 1)
        parts, start = [numbers.nan_to_num(0.0)], 0
        for width, count in self.groups:
            states = torch.arange(width, device=packed.device)
            # A code that is missing itself is NaN, and so no state at all.
            one_hot = codes[:, start : start + count, None] == states
            parts.append(one_hot.flatten(1).float())
            start += count
        if not self.states:
            return torch.cat(parts, 1)
        x = torch.cat(parts, 1)
        middles, widths = self._ranges_on(x)
        states = x[:, -self.states :]
        within = (x[:, self._linked] - states @ middles) / (states @ widths).clamp_min(1e-12)
        return torch.cat([x, within.clamp(-1, 1) * ((states @ widths) > 0)], 1)

    def _blocks(self, x: Tensor) -> list[Tensor]:
        """The one-hot part of x as (N, count, width) for every group."""
        sizes = [width * count for width, count in self.groups]
        parts = torch.split(x[:, self.numbers : self.numbers + sum(sizes)], sizes, 1)
        return [
            part.reshape(len(x), count, width)
            for part, (width, count) in zip(parts, self.groups, strict=True)
        ]

    def activate(self, output: Tensor, rng: Rng) -> Tensor:
        """Numbers by tanh, states by a Gumbel-softmax whose noise is `rng`'s.

        A number lies in its state; what is missing has neither place nor state.
        """
        output = output.float()
        end = output.shape[1] - len(self._links)
        states = output[:, self.numbers : end]
        noise = rng("gumbel").uniform(*states.shape).to(output.device).clamp_min(1e-20)
        gumbel = -(-noise.log()).clamp_min(1e-20).log()
        noisy = torch.cat([output[:, : self.numbers], (states + gumbel) / GUMBEL_TEMPERATURE], 1)
        blocks = [block.softmax(2) for block in self._blocks(noisy)]
        return self._together(output[:, : self.numbers].tanh(), blocks)

    def _together(self, numbers: Tensor, blocks: list[Tensor]) -> Tensor:
        """Numbers (N, numbers) and the blocks of every group as one row, as data would have it."""
        soft = torch.cat([numbers[:, :0], *(block.flatten(1) for block in blocks)], 1)
        told, states = torch.split(soft, [soft.shape[1] - self.states, self.states], 1)
        present, within = torch.ones_like(numbers), numbers[:, self._linked]
        if self.flags:
            present[:, : self.flags] = drawn(blocks[0][:, : self.flags])[..., 0]
        if self.states:
            middles, widths = self._ranges_on(soft)
            kinds = len({len(states) for _, states in self._links})
            chosen = torch.cat([drawn(block).flatten(1) for block in blocks[-kinds:]], 1)
            lies = chosen @ middles + within * (chosen @ widths)
            numbers = numbers.index_copy(1, torch.tensor(self._linked, device=soft.device), lies)
            here = present[:, self._linked]
            states = states * here.repeat_interleave(
                torch.tensor([len(ranges) for _, ranges in self._links], device=soft.device), 1
            )
            within = within * here * (chosen @ (widths > 0).float())
        return torch.cat([numbers * present, told, states, within], 1)

    def log_likelihood(self, output: Tensor, x: Tensor, rng: Rng) -> Tensor:
        """States are as likely as `activate` draws them; numbers are Gaussian with one variance.

        So is where in its state a number lies, if it has any.
        """
        likelihood = output.new_zeros(len(x))
        if self.numbers:
            numbers = x[:, : self.numbers].clone()
            numbers[:, self._linked] = x[:, x.shape[1] - len(self._links) :]
            likelihood = gaussian(numbers, output[:, : self.numbers].tanh())
        for logits, states in zip(self._blocks(output), self._blocks(x), strict=True):
            likelihood = likelihood + (states * logits.log_softmax(2)).sum((1, 2))
        return likelihood

    def pictures(self, raw: Any) -> None:
        return None

    def preview(self, raw: Any, columns: int = 8) -> tuple[str, bytes]:
        return ".csv", head_of(raw)

    def decode(self, x: Tensor) -> Any:
        x = encoded(x, self.shape)
        numbers = x[:, : self.numbers].double()
        codes = [block.argmax(2) for block in self._blocks(x)]
        states = torch.cat([torch.empty(len(x), 0), *codes], 1)
        numbers[:, : self.flags][states[:, : self.flags] > 0] = torch.nan
        packed = torch.cat([numbers, states[:, self.flags :].double()], 1).numpy()
        own = np.empty_like(packed)
        own[:, self._order] = packed
        frame = self._unpacked(own)
        return frame.to_numpy(dtype=object) if self.container == "numpy" else frame

    def _unpacked(self, own: Array) -> pd.DataFrame:
        """The data frame of the columns' packed values side by side."""
        ends = np.cumsum([column.width for column in self.columns])
        parts = np.split(own, ends[:-1], axis=1)
        series = [column.unpack(part) for column, part in zip(self.columns, parts, strict=True)]
        frame = without_differences(pd.concat(series, axis=1), self.later)
        names = [column.name for column in self.columns]
        return frame.set_axis(pd.Index(names, dtype=dtype_from_json(self.names)), axis=1)

    def to_json(self) -> dict[str, Json]:
        columns = [column.to_json() for column in self.columns]
        about = {"kind": self.kind, "names": self.names, "container": self.container}
        about["later"] = [list(pair) for pair in self.later]
        return about | {"columns": columns}

    @classmethod
    def from_json(cls, fields: Mapping[str, Json]) -> "TableCodec":
        columns = tuple(column_from_json(column) for column in fields["columns"])
        later = tuple((name, other) for name, other in fields.get("later", ()))
        about = {"names": fields["names"], "container": fields["container"]}
        return cls(columns=columns, later=later, **about)


def drawn(states: Tensor) -> Tensor:
    """Soft one-hot blocks (..., width) as hard ones, with the gradient of the soft ones."""
    hard = torch.nn.functional.one_hot(states.argmax(-1), states.shape[-1]).to(states.dtype)
    return hard + states - states.detach()


def as_frame(raw: Any) -> pd.DataFrame:
    """A data frame, or an array of objects (N, columns) as one."""
    if callable(getattr(raw, "to_pandas", None)):  # polars and Arrow
        raw = raw.to_pandas()
    if isinstance(raw, list) and raw and all(isinstance(row, dict) for row in raw):
        raw = pd.DataFrame(raw)
    if isinstance(raw, pd.DataFrame):
        return raw
    array = np.asarray(raw)
    if array.ndim != 2:
        raise InputError(f"expected a data frame or rows (N, columns), got shape {array.shape}")
    return pd.DataFrame(array.astype(object), dtype=object)


def refuse_repeated(frame: pd.DataFrame) -> None:
    """InputError where two columns have one name."""
    if not frame.columns.is_unique:
        repeated = frame.columns[frame.columns.duplicated()][0]
        raise InputError(f"several columns are named {repeated!r}: rename them")


def packed_column(column: Column, frame: pd.DataFrame) -> Array:
    """A packed column of a frame; its errors name it."""
    try:
        return column.pack(frame[column.name])
    except (TypeError, ValueError) as error:
        text = str(error)
        named = text if text.startswith("column ") else f"column {column.name!r}: {text}"
        raise type(error)(named) from error


def fit_table(raw: Any) -> TableCodec:
    """The codec of a data frame or of an array of objects (N, columns).

    Raises InputError that names the column: for several of one name, for infinite
    values, for contents that are neither numbers, times, text nor booleans, and if all columns
    are constant.
    """
    frame = as_frame(raw)
    if not len(frame):
        raise InputError("expected at least one row, got an empty table")
    for name in frame.columns:
        if not isinstance(name, str | int | float):
            raise InputTypeError(f"expected column names that are text or numbers, got {name!r}")
    refuse_repeated(frame)
    container = "pandas" if isinstance(raw, pd.DataFrame) else "numpy"
    plain: dict[Any, Series] = {name: plain_column(frame[name]) for name in frame.columns}
    later = pairs_in(plain)
    dates = pd.DataFrame({name: plain[name] for pair in later for name in pair})
    differences = with_differences(dates, later)
    plain |= {name: differences[name] for name, _ in later}
    columns = tuple(fit_column(column) for column in plain.values())
    names = dtype_to_json(frame.columns.dtype)
    codec = TableCodec(columns=columns, names=names, container=container, later=later)
    if codec.shape == (0,):
        raise InputError("all columns are constant: there is nothing to learn")
    return codec


CODEC = TableCodec
