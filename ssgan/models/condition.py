"""Conditions of a generator: the class of a sample, or numbers, and whether it has any.

Numbers may be those of captions, which an encoder makes rows of.

A condition is float32 (N, K + 1): a one for the class, or K standardised numbers over the root of
K, so that a row is of about the length 1 in either case; and a last column that is 1 where there is
a label. A row without one is all 0. A fake copies the whole row from its real partner, so that
having a label never tells real from fake.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ssgan.codecs.arrays import as_array
from ssgan.codecs.codec import Array, Json
from ssgan.codecs.text import as_texts
from ssgan.config import InputError
from ssgan.data import Encoder, Targets
from ssgan.data.encoders.captions import Captions
from ssgan.data.encoders.loading import encoder_again
from ssgan.data.encoders.sentences import SentenceModel, installed_model
from ssgan.data.labels.targets import (
    dtype_of,
    minus_task,
    numbers_from_labels,
    sorted_classes,
    task_of,
)
from ssgan.data.labels.values import Label, first_few, raw_labels, unlabeled
from ssgan.randomness import Rng

KEPT_ROWS = 2000  # rows of numbers that are kept to draw from
MOST_KEPT = 400_000  # numbers in them
SHOWN = 16  # captions that are kept as texts


@dataclass(frozen=True, kw_only=True)
class Condition:
    """How labels become conditions, and how often each came in training."""

    classes: tuple[Label, ...] | None  # sorted; None where labels are numbers
    dtype: str  # of the raw labels, a numpy name
    presence: float  # share of the training rows that have a label
    shares: tuple[float, ...] = ()  # of each class among the rows with a label
    center: tuple[float, ...] = ()  # of each number over those rows
    scale: tuple[float, ...] = ()
    known: tuple[tuple[float, ...], ...] = ()  # some of those rows, standardised
    encoder: Encoder | None = None  # of captions
    texts: tuple[str, ...] = ()  # the captions of the first rows in `known`, to be shown

    @property
    def numbers(self) -> int:
        """How many a label has: K; the number of classes where it is a class."""
        return len(self.center) if self.classes is None else len(self.classes)

    @property
    def width(self) -> int:
        return self.numbers + 1

    def encode(self, labels: Any, n: int) -> Tensor:
        """Conditions (n, K + 1) of one label or of n of them; -1, NaN and None have none.

        Raises InputError for a class that is not known and for another number of labels.
        """
        values = self.measured(labels) if self.classes is None else self.indices(labels)
        if len(values) not in (1, n):
            raise InputError(f"expected one label or {n}, one for each sample, got {len(values)}")
        rows = self.standardised(values) if self.classes is None else self.one_hot(values)
        return rows.expand(n, -1) if len(rows) == 1 else rows

    def indices(self, labels: Any) -> Array:
        """Class indices (N,) of one raw label or many, -1 where there is none."""
        single = isinstance(labels, str) or np.ndim(labels) == 0
        known = Targets(values=np.empty(0, np.int64), classes=self.classes, dtype=self.dtype)
        return known.encode([labels] if single else labels)

    def measured(self, labels: Any) -> Array:
        """Numbers (N, K) of one label or many, texts among them where there were captions."""
        if self.encoder is not None and (texts := as_texts(np.atleast_1d(labels))) is not None:
            encoded: Array = self.encoder.rows(texts).astype(np.float64)
            return encoded
        array = as_array(labels).astype(np.float64)
        array = array.reshape(-1, 1) if self.numbers == 1 and array.ndim < 2 else array
        array = array[None] if array.ndim == 1 else array
        if array.ndim != 2 or array.shape[1] != self.numbers:
            raise InputError(
                f"expected labels of {self.numbers} numbers each, got shape {np.shape(labels)}"
            )
        return refuse_partial(array)

    def one_hot(self, indices: Array) -> Tensor:
        """Class indices (N,) as conditions (N, K + 1); -1 is none."""
        rows = torch.zeros(len(indices), self.width)
        present = torch.from_numpy(np.flatnonzero(indices >= 0))
        rows[present, torch.from_numpy(indices[indices >= 0])] = 1.0
        rows[present, -1] = 1.0
        return rows

    def standardised(self, values: Array) -> Tensor:
        """Numbers (N, C) as conditions (N, C + 1); a row with NaN is none."""
        present = ~np.isnan(values).any(1, keepdims=True)
        unit = np.array(self.scale) * np.sqrt(self.numbers)
        rows = np.where(present, (values - np.array(self.center)) / unit, 0.0)
        return torch.from_numpy(np.concatenate([rows, present], 1).astype(np.float32))

    def sample(self, n: int, rng: Rng) -> Tensor:
        """Conditions (n, K + 1) as often as they came in training, on the device of `rng`."""
        if self.classes is None:
            known = torch.tensor(self.known, dtype=torch.float32, device=rng.device)
            rows = known[rng("which").integers(len(known), n)]
        else:
            ends = torch.tensor(self.shares, device=rng.device).cumsum(0)
            index = torch.bucketize(rng("which").uniform(n), ends[:-1], right=True)
            rows = torch.nn.functional.one_hot(index, self.numbers).float()
        present = (rng("present").uniform(n, 1) < self.presence).float()
        return torch.cat([rows * present, present], 1)

    def parse(self, text: str) -> Any:
        """The class of that name, or the numbers in "1.5,2"; InputError for others."""
        if self.classes is not None:
            for label in self.classes:
                if str(label) == text:
                    return label
            raise InputError(
                f"label {text!r} is none of the {len(self.classes)} classes "
                f"{first_few(self.classes)}"
            )
        try:
            return self.measured([float(part) for part in text.split(",")])[0]
        except ValueError as error:
            raise InputError(
                f"expected a label of {self.numbers} numbers, as 1.5,2, got {text!r}"
            ) from error

    def decode(self, indices: Any) -> Array:
        """Class indices (N,) as raw labels in their dtype."""
        known = Targets(values=np.empty(0, np.int64), classes=self.classes, dtype=self.dtype)
        return known.decode(indices)

    def examples(self) -> Array:
        """Labels (N, K) that `texts` stand for."""
        unit = np.array(self.scale) * np.sqrt(self.numbers)
        rows: Array = np.array(self.known[: len(self.texts)]) * unit + np.array(self.center)
        return rows

    def to_json(self) -> dict[str, Json]:
        """Without the texts, which are of the data."""
        fields = {name: v for name, v in vars(self).items() if name not in ("encoder", "texts")}
        if self.encoder is not None:
            fields["encoder"] = self.encoder.to_json()
        return {name: list(v) if isinstance(v, tuple) else v for name, v in fields.items()}

    @classmethod
    def from_json(
        cls, fields: Mapping[str, Json], encoder: Any = None, texts: tuple[str, ...] = ()
    ) -> "Condition":
        """The condition that `to_json` described; `encoder` is what the user names as its own."""
        fields_of_texts: dict[str, Any] = {
            "known": tuple(map(tuple, fields["known"])),
            "texts": texts,
        }
        if "encoder" in fields:
            packaged = fields["encoder"]["name"] == SentenceModel.packaged
            named = installed_model() if encoder is None and packaged else encoder
            fields_of_texts["encoder"] = encoder_again(fields["encoder"], named)
        plain = {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}
        return cls(**{**plain, **fields_of_texts})


def fit_condition(labels: Any, n: int) -> tuple[Condition, Tensor]:
    """The condition of labels for n samples, and its rows (n, K + 1); of captions (n, M, K + 1).

    Labels are classes (n,), one number each (n,) or several (n, K), told apart as `targets` does;
    -1, NaN, None and "" have none, nor have rows of NaN. Raises InputError where none has any.
    """
    if len(labels) != n:
        raise InputError(f"{n} samples but {len(labels)} labels: one label a row")
    if isinstance(labels, Captions):
        return fit_captions(labels)
    if np.ndim(labels) == 2 and np.shape(labels)[1] != 1:
        return fit_numbers(refuse_partial(as_array(labels).astype(np.float64)), "float64")
    raw = raw_labels(labels)
    missing = unlabeled(raw, minus_task(raw))
    present = raw[~missing]
    if not len(present):
        raise InputError(
            f"a conditional GAN needs labels and none of the {n} rows has one (-1, NaN and empty "
            "mean unlabeled): give some, or train without conditions"
        )
    if task_of(present) == "regression":
        return fit_numbers(numbers_from_labels(raw, missing)[:, None], dtype_of(labels, present))
    return fit_classes(labels, raw, present)


def fit_classes(labels: Any, raw: Array, present: Array) -> tuple[Condition, Tensor]:
    """The condition of labels that are classes, and theirs (N, K + 1)."""
    classes, dtype = sorted_classes(present), dtype_of(labels, present)
    indices = Targets(values=np.empty(0, np.int64), classes=classes, dtype=dtype).encode(raw)
    counts = np.bincount(indices[indices >= 0], minlength=len(classes))
    condition = Condition(
        classes=classes,
        dtype=dtype,
        presence=float((indices >= 0).mean()),
        shares=tuple((counts / counts.sum()).tolist()),
    )
    return condition, condition.one_hot(indices)


def fit_numbers(values: Array, dtype: str) -> tuple[Condition, Tensor]:
    """The condition of labels that are numbers, and theirs (N, C + 1)."""
    present = values[~np.isnan(values).any(1)]
    if not len(present):
        raise InputError(
            f"a conditional GAN needs labels and all {len(values)} rows are NaN: give some, or "
            "train without conditions"
        )
    deviation = present.std(0)
    condition = Condition(
        classes=None,
        dtype=dtype,
        presence=len(present) / len(values),
        center=tuple(present.mean(0).tolist()),
        scale=tuple(np.where(deviation > 0, deviation, 1.0).tolist()),
    )
    rows = condition.standardised(present[kept_rows(*present.shape)])[:, :-1]
    known = tuple(map(tuple, rows.tolist()))
    return replace(condition, known=known), condition.standardised(values)


def kept_rows(n: int, numbers: int) -> Array:
    """Which of n rows of so many numbers are kept to draw from."""
    count = min(KEPT_ROWS, max(1, MOST_KEPT // numbers))
    return Rng(("conditions",)).numpy().permutation(n)[:count]


def fit_captions(captions: Captions) -> tuple[Condition, Tensor]:
    """The condition of captions, and those of every sample (N, M, K + 1), the last of them 0."""
    flat, counts = captions.flat, [len(captions_of_sample) for captions_of_sample in captions.texts]
    condition, rows = fit_numbers(captions.rows(flat).astype(np.float64), "float64")
    shown = kept_rows(len(flat), condition.numbers)[:SHOWN]
    condition = replace(
        condition,
        presence=float(np.mean(np.array(counts) > 0)),
        encoder=captions.encoder,
        texts=tuple(flat[row] for row in shown),
    )
    every = torch.zeros(len(counts), max(counts), condition.width)
    for sample, captions_of_sample in enumerate(torch.split(rows, counts)):
        every[sample, : len(captions_of_sample)] = captions_of_sample
    return condition, every


def one_of_each(conditions: Tensor, rng: Rng) -> Tensor:
    """A condition (N, C) of each sample: the only one, or drawn from several (N, M, C)."""
    if conditions.dim() == 2:
        return conditions
    counts = conditions[..., -1].sum(1)
    drawn = (rng.uniform(len(conditions)).to(counts) * counts).long()
    return conditions[torch.arange(len(conditions), device=conditions.device), drawn]


def refuse_partial(values: Array) -> Array:
    """Rows of numbers that are finite or all NaN, as they came; InputError for others."""
    wrong = ~np.isfinite(values).all(1) & ~np.isnan(values).all(1)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"expected labels of finite numbers, or of NaN alone for none, row {row} is "
            f"{values[row].tolist()}"
        )
    return values
