"""Samples in the containers of other libraries as one array, tensor or data frame.

None of these libraries is imported: what they give is told by what it can do.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor

from ssgan.codecs.arrays import as_array
from ssgan.config import InputError, InputTypeError
from ssgan.data.images.pictures import array_of
from ssgan.data.options import ReadOptions
from ssgan.data.signals.lengths import equal_lengths
from ssgan.data.tables.frames import plain_frame, whole_numbers_of

LABELS = ("label", "labels", "target", "y")  # columns of a data set of pictures
EXPECTED = (
    "a numpy array, a torch tensor, a data frame of pandas or polars, an Arrow table, a torch "
    "Dataset or DataLoader, or a list of arrays or of PIL images"
)


def gather(x: Any, options: ReadOptions | None = None) -> tuple[Any, Any]:
    """Samples of any container as one array, tensor or data frame, and their labels or None.

    Labels come from a torch Dataset of pairs, and from a column of a data set of pictures.
    """
    options = options or ReadOptions()
    refuse_sparse(x)
    if isinstance(x, pd.Series):
        x = x.to_frame()
    if isinstance(x, pd.DataFrame):
        return plain_frame(x, options.na), None
    if isinstance(x, np.ma.MaskedArray):
        x = as_array(x)
    if isinstance(x, np.ndarray) and x.dtype.names:
        return plain_frame(pd.DataFrame(x), options.na), None
    if isinstance(x, np.ndarray | Tensor):
        return x, None
    if callable(getattr(x, "collect", None)):  # a lazy frame of polars
        x = x.collect()
    if callable(getattr(x, "to_frame", None)):  # a series of polars
        x = x.to_frame()
    if hasattr(x, "features") and hasattr(x, "column_names"):  # Hugging Face
        return of_features(x, options)
    if callable(getattr(x, "to_pandas", None)):
        table = x.to_arrow() if callable(getattr(x, "to_arrow", None)) else x  # of polars
        return plain_frame(whole_numbers_of(table, x.to_pandas()), options.na), None
    if isinstance(x, torch.utils.data.DataLoader):
        return of_batches(x, options)
    if isinstance(x, torch.utils.data.Dataset):
        return of_items(x, options)
    if not isinstance(x, list | tuple):
        raise InputTypeError(f"expected {EXPECTED}, got {type(x).__name__}")
    return of_list(x, options), None


def stacked(x: Any) -> Any:
    """Samples as one array, tensor or data frame; lists of equal ones are joined."""
    return gather(x)[0]


def of_list(x: Sequence[Any], options: ReadOptions) -> Any:
    """A list of samples of one kind as one array, tensor or data frame."""
    if not x:
        raise InputError("expected at least one sample, got an empty list")
    if all(isinstance(part, Image.Image) for part in x):
        return array_of(x, options)
    if any(isinstance(part, Image.Image) for part in x):
        raise InputTypeError("expected PIL images alone, got other samples among them")
    if all(isinstance(part, dict) for part in x):
        return plain_frame(pd.DataFrame(list(x)), options.na)
    if all(isinstance(part, pd.DataFrame) for part in x):
        return plain_frame(pd.concat(x, ignore_index=True), options.na)
    if (options.modality or "").startswith("signal"):
        return equal_lengths([np.asarray(part) for part in x], options.length)
    refuse_shapes(x)
    if all(isinstance(part, Tensor) for part in x):
        return torch.stack(list(x))
    return np.stack([np.asarray(sample) for sample in x])


def refuse_shapes(samples: Iterable[Any]) -> None:
    """Refuse samples of several shapes, saying which came."""
    shapes = sorted({tuple(np.shape(sample)) for sample in samples})
    if len(shapes) > 1:
        raise InputError(f"expected samples of one shape, got {shapes[:5]}: resize them first")


def refuse_sparse(x: Any) -> None:
    """Sparse matrices and sparse columns have no dense form that is sure to fit in memory."""
    matrix = hasattr(x, "toarray") and hasattr(x, "nnz")
    if isinstance(x, Tensor) and x.layout != torch.strided:
        matrix = True
    if matrix:
        rows, columns = x.shape
        raise InputTypeError(
            f"a sparse matrix of {rows} x {columns} is not taken: give x.toarray() "
            f"({8 * rows * columns / 2**20:,.0f} MiB of float64), or fewer columns, as "
            "sklearn.decomposition.TruncatedSVD(100).fit_transform(x) gives them"
        )


def of_items(dataset: Any, options: ReadOptions) -> tuple[Any, Any]:
    """The items of a torch Dataset: samples, or pairs of a sample and its label."""
    sized = hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")
    items = [dataset[i] for i in range(len(dataset))] if sized else list(dataset)
    if not items:
        raise InputError("expected at least one sample, got an empty Dataset")
    if isinstance(items[0], dict):
        raise InputTypeError("expected items that are samples or (sample, label), got dict")
    if not isinstance(items[0], tuple | list):
        return of_list(items, options), None
    if len(items[0]) != 2:
        raise InputTypeError(
            f"expected items that are samples or (sample, label), got {len(items[0])} parts"
        )
    samples, labels = zip(*items, strict=True)
    return of_list(samples, options), np.array(
        [python_scalar(label) for label in labels], dtype=object
    )


def of_batches(loader: Any, options: ReadOptions) -> tuple[Any, Any]:
    """The batches of a DataLoader below each other: samples, or pairs with labels."""
    batches = list(loader)
    if not batches:
        raise InputError("expected at least one batch, got none")
    pairs = isinstance(batches[0], tuple | list)
    samples = [batch[0] if pairs else batch for batch in batches]
    if not all(isinstance(part, Tensor) for part in samples):
        raise InputTypeError(f"expected batches of tensors, got {type(samples[0]).__name__}")
    labels = [python_scalar(y) for batch in batches for y in batch[1]] if pairs else None
    return torch.cat(samples), None if labels is None else np.array(labels, dtype=object)


def python_scalar(label: Any) -> Any:
    """A label as Python has it, not as a scalar of NumPy or torch."""
    return label.item() if hasattr(label, "item") else label


def of_features(dataset: Any, options: ReadOptions) -> tuple[Any, Any]:
    """A data set of Hugging Face: pictures with their labels, or a table."""
    first = dataset[0] if len(dataset) else {}
    pictures = [name for name, value in first.items() if isinstance(value, Image.Image)]
    if not pictures:
        return plain_frame(dataset.to_pandas(), options.na), None
    if len(pictures) > 1:
        raise InputError(
            f"the data set has pictures in {', '.join(pictures)}: take one, as dataset['image']"
        )
    named = next((name for name in LABELS if name in first), None)
    images = [row[pictures[0]] for row in dataset]
    labels = None if named is None else np.array([row[named] for row in dataset], dtype=object)
    return of_list(images, options), labels
