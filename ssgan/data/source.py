"""Data sets: raw samples, what labels came with them, and where to read them again."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ssgan.codecs import Json, kind_of
from ssgan.config import InputError, InputTypeError
from ssgan.data.labels import digest, raw_labels


@dataclass(frozen=True, kw_only=True, eq=False)
class Data:
    """A data set in the form in which it came; `x` are the samples to learn from."""

    kind: str  # of `ssgan.codecs.CODECS`: "images", "table", "vectors"
    x: Any  # images (N, H, W) or (N, H, W, C), a data frame without the target, or rows (N, F)
    y: Any = None  # labels (N,) as they came, or None; -1, NaN, None and "" are unlabeled
    x_test: Any = None  # samples held out, like x, or None
    y_test: Any = None
    source: str = "memory"  # a name or an absolute path: `read(source, **options)` reads it again
    options: dict[str, Json] = field(default_factory=dict)  # those that it was read with
    names: list[str] | None = None  # file of each row of x, relative to the image folder
    quarantine: list[tuple[str, str]] = field(default_factory=list)  # (file or line, what is wrong)

    def __post_init__(self) -> None:
        for samples, labels, part in ((self.x, self.y, ""), (self.x_test, self.y_test, "test ")):
            if labels is not None and (samples is None or len(samples) != len(labels)):
                count = 0 if samples is None else len(samples)
                raise InputError(f"{count} {part}samples but {len(labels)} labels: one label a row")
        if self.names is not None and len(self.names) != len(self.x):
            raise InputError(f"{len(self.x)} samples but {len(self.names)} names: one name a row")

    def __len__(self) -> int:
        return len(self.x)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of the samples `x` with their dtypes and names; labels and test part have none."""
        return fingerprint(self.x, self.names)


def fingerprint(x: Any, names: list[str] | None = None) -> str:
    """The sha256 of raw samples and of their names, in hexadecimal."""
    if isinstance(x, pd.DataFrame):
        header = [(str(name), str(dtype)) for name, dtype in x.dtypes.items()]
        of_x = repr(header) + digest(pd.util.hash_pandas_object(x, index=False).to_numpy())
    else:
        of_x = digest(x)
    return hashlib.sha256(repr((of_x, names)).encode()).hexdigest()


def stacked(x: Any) -> Any:
    """Samples as one array, tensor or data frame; lists of equal ones are joined."""
    if isinstance(x, pd.Series):
        return x.to_frame()
    if isinstance(x, np.ndarray | Tensor | pd.DataFrame):
        return x
    if not isinstance(x, list | tuple):
        raise InputTypeError(
            "expected a numpy array, a torch tensor, a pandas data frame or a list of them, "
            f"got {type(x).__name__}"
        )
    if not x:
        raise InputError("expected at least one sample, got an empty list")
    if all(isinstance(part, pd.DataFrame) for part in x):
        return pd.concat(x, ignore_index=True)
    if all(isinstance(part, Tensor) for part in x):
        one_shape(x)
        return torch.stack(list(x))
    one_shape(x)
    return np.stack([np.asarray(sample) for sample in x])


def one_shape(samples: Any) -> None:
    """Refuse samples of several shapes, saying which came."""
    shapes = sorted({tuple(np.shape(sample)) for sample in samples})
    if len(shapes) > 1:
        raise InputError(f"expected samples of one shape, got {shapes[:5]}: resize them first")


def from_memory(
    x: Any,
    y: Any = None,
    *,
    x_test: Any = None,
    y_test: Any = None,
    image_shape: tuple[int, ...] | None = None,
) -> Data:
    """Samples in memory as a data set: arrays, tensors, data frames or lists of them.

    `image_shape`, (H, W) or (H, W, C), says that rows (N, H * W * C) are images. Raises TypeError
    or ValueError, with what came, for anything else.
    """
    x = stacked(x)
    kind = kind_of(x, image_shape)
    if not len(x):
        raise InputError("expected at least one sample, got none")
    options: dict[str, Json] = {}
    if image_shape is not None:
        options["image_shape"] = list(image_shape)
    return Data(
        kind=kind,
        x=x,
        y=raw_labels(y) if isinstance(y, list | tuple) else y,
        x_test=None if x_test is None else stacked(x_test),
        y_test=raw_labels(y_test) if isinstance(y_test, list | tuple) else y_test,
        options=options,
    )
