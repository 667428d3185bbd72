"""The prediction intervals of a regression, which short trainings on folds of the labels tell.

    intervals, _ = finish(train_intervals(gan, config, rows))  # a network for each fold
    intervals.of(packed, codec, on, level=0.9)                 # (M, 2), of standardised numbers

No label is lost to calibration: the model itself still learns from all of them (Barber et al. 2021,
"Predictive inference with the jackknife+", CV+).
"""

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from safetensors.torch import load, save
from torch import Tensor

from ssgan.codecs.codec import Array
from ssgan.data import Codec
from ssgan.models.config import Body
from ssgan.models.gan import GAN
from ssgan.models.inference import apply
from ssgan.prediction.auto.choice import AutoChoice
from ssgan.prediction.calibration.mathematics import cv_plus
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.ensemble import Model
from ssgan.prediction.heldout.comparison import FoldScores, keep_comparison, kept_comparison
from ssgan.prediction.heldout.crossvalidation import (
    INTERVAL_FOLDS,
    interval_folds,
    labeled_outputs,
    short_training,
)
from ssgan.prediction.heldout.fitted import compare_with_baselines
from ssgan.prediction.labels import Labeled
from ssgan.prediction.rebuild import rebuilt_network
from ssgan.runs.run import Run
from ssgan.runtime import Runtime
from ssgan.training.runner import Progress
from ssgan.training.state import pack_parts

INTERVALS = "intervals.safetensors"
MIN_LABELS = 10
KEPT_KEY = "told"  # the key of what fits keep, as files of 0.1 have it


@dataclass(frozen=True)
class Intervals:
    """A network for each fold of the labelled rows, and how far each was from the rows held out."""

    networks: tuple[Model, ...]
    kept: tuple[Any, ...]  # what a fit keeps beside its network
    residuals: Array  # (n,) standardised
    fold_of_row: Array  # (n,)

    def of(self, packed: Tensor, codec: Codec, on: Runtime, level: float) -> Array:
        """Intervals (M, 2) of standardised numbers for packed samples (M, ...)."""
        predicted = [apply(n, packed, codec, on)[:, 0].double().numpy() for n in self.networks]
        return cv_plus(self.residuals, self.fold_of_row, np.stack(predicted), level)

    def to_bytes(self) -> bytes:
        """As safetensors; `from_bytes` reads it again."""
        named = {f"fold{k}": network for k, network in enumerate(self.networks)}
        tensors, _ = pack_parts(named)
        tensors["residuals"] = torch.from_numpy(self.residuals)
        tensors["fold_of_row"] = torch.from_numpy(self.fold_of_row)
        plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        return save(plain, {KEPT_KEY: json.dumps(list(self.kept))})


def from_bytes(
    data: bytes, codec: Codec, configs: Sequence[PredictorConfig], body: Body, on: Runtime
) -> Intervals:
    """What `Intervals.to_bytes` gave; of folds that learnt by these configs."""
    size = int.from_bytes(data[:8], "little")  # of the header, as the format has it
    facts = json.loads(json.loads(data[8 : 8 + size])["__metadata__"][KEPT_KEY])
    tensors = load(data)
    networks = []
    for k, (fact, config) in enumerate(zip(facts, configs, strict=True)):
        start = f"fold{k}/"
        tensors_of_fold = {
            f"mean/{name.removeprefix(start)}": tensor
            for name, tensor in tensors.items()
            if name.startswith(start)
        }
        networks.append(
            on.place(rebuilt_network(codec, config, body, tensors_of_fold, fact)).eval()
        )
    residuals, folds = tensors["residuals"].numpy(), tensors["fold_of_row"].numpy()
    return Intervals(tuple(networks), tuple(facts), residuals, folds)


def fold_configs(config: PredictorConfig, choice: AutoChoice | None) -> list[PredictorConfig]:
    """The config of every fold: that of the model, or of members that "auto" chose without it."""
    count = min(INTERVAL_FOLDS, config.search.folds)
    if choice is None or not choice.fold_members:
        return [config] * count
    return [replace(config, members=members) for members in choice.fold_members]


def calibrate_numbers(
    gan: GAN,
    config: PredictorConfig,
    rows: Labeled,
    run: Run | None,
    choice: AutoChoice | None,
) -> Generator[Progress, None, tuple[Intervals | None, FoldScores | None]]:
    """`train_intervals` by a resolved config, once for a run; None where it does not calibrate, or
    where labels are too few. A run keeps how good the model is, but not where "auto" has compared.
    """
    configs = fold_configs(config, choice)
    if run and run.has(INTERVALS):
        stored = from_bytes(run.read(INTERVALS), gan.codec, configs, gan.config.body, gan.runtime)
        return stored, kept_comparison(run)
    trained = (yield from train_intervals(gan, configs, rows)) if config.calibrate else None
    if trained is None:
        return None, None
    intervals, comparison = trained
    if run:
        keep_comparison(run, None if choice else comparison)
        run.write(INTERVALS, intervals.to_bytes())
    return intervals, comparison


def train_intervals(
    gan: GAN, configs: Sequence[PredictorConfig], rows: Labeled
) -> Generator[Progress, None, tuple[Intervals, FoldScores | None] | None]:
    """Train a network for each fold by its resolved config, and compare them with ordinary models
    unless labels are many; None for too few labels."""
    if len(rows.values) < MIN_LABELS:
        return None
    values, config = rows.values.double().numpy(), configs[0]
    folds = interval_folds(values, config)
    residuals, networks, facts = np.zeros(len(values)), [], []
    for fold, (config, (_, train, test)) in enumerate(zip(configs, folds, strict=True), 1):
        phase = f"calibration, fold {fold} of {folds.count}"
        network, fact = yield from short_training(gan, config, rows, train, phase)
        residuals[test] = values[test] - labeled_outputs(gan, network, rows, test)
        networks.append(network)
        facts.append(fact)
    intervals = Intervals(tuple(networks), tuple(facts), residuals, folds.of[0])
    if len(values) > config.search.calibration_rows:
        return intervals, None
    outputs = (values - residuals)[None]
    return intervals, (yield from compare_with_baselines(gan, config, rows, outputs, folds))
