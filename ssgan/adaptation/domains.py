"""Two domains: samples with labels, samples without, and how both become tensors of one shape."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ssgan.adaptation.frames import fit_both_codecs
from ssgan.codecs.codec import Array
from ssgan.codecs.dtypes import as_python
from ssgan.config import InputError
from ssgan.data import Codec, Data, Targets, digest, targets
from ssgan.data.labels.targets import sorted_classes
from ssgan.data.labels.values import first_few, raw_labels
from ssgan.models.domain import CALIBRATION, Domain
from ssgan.prediction.labels import Labeled
from ssgan.randomness import Rng

FEWEST = 20  # samples that say something about a domain


@dataclass(frozen=True)
class Few:
    """Labels that the target has after all."""

    samples: Any  # raw samples (n, ...)
    labels: Any  # (n,), raw
    files: Mapping[str, str]  # those of a model directory that say which rows they are of


@dataclass(frozen=True)
class Domains:
    """The source with its labels, and the target; batches of both have one shape."""

    source: Domain
    values: Tensor  # (N,) int64 class indices, or float32 standardised numbers, of the source
    target: Domain
    targets: Targets  # what the labels mean, without values
    scale: tuple[float, float]  # mean and deviation of numbers
    frame: str  # how both became one shape, in words
    data: Mapping[str, Any]  # source, options and fingerprint of both, by their names
    few: Domain | None = None  # samples of the target with labels, where it has any
    few_values: Tensor | None = None  # theirs, like `values`

    @property
    def codec(self) -> Codec:
        """That of the target, which the model is for."""
        return self.target.codec

    @property
    def classes(self) -> int:
        """Number of classes; 0 for numbers."""
        return len(self.targets.classes or ())

    def labels(self) -> dict[str, Any]:
        """What a model directory says of the labels."""
        values = np.empty(0)
        rows = Labeled(self.source.samples, self.values, self.targets, self.scale, None, 0, values)
        metadata = rows.metadata() | {"unlabeled": digest(self.target.samples.numpy())}
        if self.few is None or self.few_values is None:
            return metadata
        few = digest(self.few.samples.numpy()) + digest(self.few_values.numpy())
        return metadata | {"target_count": len(self.few), "target_fingerprint": few}


def make_domains(
    source: Data, target: Data, frame: str = "pad", task: Any = None, few: Few | None = None
) -> Domains:
    """Both data sets as domains; InputError for two that nothing can be carried between.

    Of the target no labels are read but those of `few`.
    """
    coded = source_labels(source, task)
    refuse_domains(source, target)
    codecs, words = fit_both_codecs(source, target, frame)
    packed = codecs[0].pack(source.x)[torch.from_numpy(coded.labeled)]
    values, scale = coded.values[coded.labeled], (0.0, 1.0)
    if coded.classes is None:
        scale = (float(values.mean()), float(values.std()))
    if few is not None:
        coded, values = with_classes_of(coded, values, few.labels)
    domains = Domains(
        source=Domain(codecs[0], packed),
        values=target_values(values, coded, scale),
        target=Domain(codecs[1], codecs[1].pack(target.x)),
        targets=replace(coded, values=coded.values[:0]),
        scale=scale,
        frame=words,
        data={"source": data_identity(source), "target": data_identity(target)},
    )
    if few is None:
        return domains
    known = target_values(coded.encode(few.labels), coded, scale)
    return replace(domains, few=Domain(codecs[1], codecs[1].pack(few.samples)), few_values=known)


def target_values(values: Array, coded: Targets, scale: tuple[float, float]) -> Tensor:
    """Class indices as they are, numbers by the mean and deviation of the source's."""
    if coded.classes is not None:
        return torch.from_numpy(values)
    return torch.from_numpy((values - scale[0]) / scale[1]).float()


def with_classes_of(coded: Targets, values: Array, labels: Any) -> tuple[Targets, Array]:
    """The targets of the source and its class indices, with classes that only the target has.

    A warning says which classes one of both domains has alone, and their shares.
    """
    if coded.classes is None:
        return coded, values
    here, counts = np.unique(np.asarray(raw_labels(labels), dtype=object), return_counts=True)
    known = dict(zip([as_python(label) for label in here], counts / counts.sum(), strict=True))
    new = {label: share for label, share in known.items() if label not in coded.classes}
    for label, share in new.items():
        warnings.warn(
            f"class {label!r}, {100 * share:.0f} % of the target's labels, has no label in the "
            "source: it is learnt from the target's labels alone",
            UserWarning,
            stacklevel=3,
        )
    for place, label in enumerate(coded.classes):
        if label not in known:
            share = 100 * float((values == place).mean())
            warnings.warn(
                f"class {label!r}, {share:.0f} % of the source's labels, has no label in the "
                "target: leave it out of the source if the target has none",
                UserWarning,
                stacklevel=3,
            )
    if not new:
        return coded, values
    classes = sorted_classes(np.array([*coded.classes, *new], dtype=object))
    order = np.array([classes.index(label) for label in coded.classes])
    return replace(coded, classes=classes), order[values]


def source_labels(source: Data, task: Any) -> Targets:
    """The labels of the source; InputError where it has none."""
    if source.y is None:
        columns = ", ".join(str(name) for name in getattr(source.x, "columns", ()))
        advice = f"name their column: {columns}" if columns else "give a labelled data set"
        raise InputError(f"the source {source.source} holds no labels to learn from: {advice}")
    return targets(source.y, task=task, no_label=source.no_label)


def refuse_domains(source: Data, target: Data) -> None:
    """InputError for domains of two kinds, for equal ones, and for too few samples."""
    if source.kind != target.kind:
        raise InputError(
            f"the source holds {source.kind}, the target {target.kind}: both domains must be of "
            "one modality"
        )
    if len(target) < FEWEST:
        raise InputError(
            f"a target of {len(target)} samples does not say what its domain is like: give "
            f"{FEWEST} or more, or predict them with a model of the source"
        )
    if source.fingerprint == target.fingerprint:
        raise InputError(
            "source and target hold the same samples, so there is nothing to adapt: finetune on "
            "them, or give another target"
        )
    if source.kind == "table" and set(source.x.columns) != set(target.x.columns):
        differ = sorted(map(str, set(source.x.columns) ^ set(target.x.columns)))
        raise InputError(
            f"columns that only one of both tables has: {first_few(differ)}: leave them out with "
            "drop (--drop), or name the column of labels with target (--target)"
        )


def data_identity(data: Data) -> dict[str, Any]:
    """What a model directory says of a data set."""
    metadata = {"source": data.source, "options": data.options}
    return metadata | {"rows": len(data), "fingerprint": data.fingerprint}


def calibration_samples(domain: Domain, seed: int) -> Domain:
    """A part of a domain that statistics are taken of, the same for the same seed."""
    order = Rng(("adapt", seed, "reference")).permutation(len(domain))[:CALIBRATION]
    return replace(domain, samples=domain.samples[order])
