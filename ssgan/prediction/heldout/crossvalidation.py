"""Held-out outputs of any method: it is trained again on each fold, briefly.

What they say of the labels holds for any training that is about as sure of itself.
"""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ssgan.models.gan import GAN
from ssgan.models.inference import apply
from ssgan.prediction.baselines import Array, Folds, stratified
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.ensemble import Model
from ssgan.prediction.fitting import fit_network
from ssgan.prediction.labels import Labeled
from ssgan.prediction.resolve import resolve_config
from ssgan.randomness import Rng
from ssgan.training.runner import Progress

TRAINING_FOLDS = 3
INTERVAL_FOLDS = 5


def make_folds(
    rows: Labeled, config: PredictorConfig, repeats: int = 1, count: int = TRAINING_FOLDS
) -> Folds:
    """The folds that all is compared on; the first repeat is the same for any number of them."""
    rng, count = Rng(("auto", config.seed)), min(count, config.search.folds)
    return stratified(rows.values.numpy(), rows.classes, rng, folds=count, repeats=repeats)


def interval_folds(values: Array, config: PredictorConfig) -> Folds:
    """The folds of the labelled numbers (n,) that prediction intervals come from."""
    count = min(INTERVAL_FOLDS, config.search.folds)
    return stratified(values, 0, Rng(("intervals", config.seed)), folds=count, repeats=1)


def short_training(
    gan: GAN, config: PredictorConfig, rows: Labeled, train: Array, phase: str = ""
) -> Generator[Progress, None, tuple[Model, Any]]:
    """`fit_network` by the labels of the rows `train` (n,), the others among the unlabeled ones."""
    part = rows.part(torch.from_numpy(train))
    short = resolve_config(shorten_config(config, config.search.steps), gan, part)
    return (yield from fit_network(gan, short, part, phase=phase))


def shorten_config(config: PredictorConfig, steps: int) -> PredictorConfig:
    """The config with at most so many steps, of its members as well."""
    members = [replace(m, config=shorten_config(m.config, steps)) for m in config.members]
    return replace(config, steps=min(steps, config.steps or steps), members=tuple(members))


def labeled_outputs(gan: GAN, network: Model, rows: Labeled, rows_wanted: Array) -> Array:
    """Outputs of a network for the labelled rows `rows_wanted`: logits (m, K) or numbers (m,)."""
    packed: Tensor = rows.packed[torch.from_numpy(rows_wanted)]
    outputs: Array = apply(network, packed, gan.codec, gan.runtime).double().numpy()
    return outputs if rows.classes else outputs[:, 0]


def held_out_outputs(
    gan: GAN, config: PredictorConfig, rows: Labeled, folds: Folds, phase: str
) -> Generator[Progress, None, Array]:
    """Outputs of a short training for every labelled row, each in the fold that hides its label.

    Logits (n, K), or numbers (n,); from folds that are drawn once.
    """
    outputs = np.empty((len(rows.values), rows.classes) if rows.classes else len(rows.values))
    for fold, (_, train, test) in enumerate(folds, 1):
        part = f"{phase}, fold {fold} of {len(folds.of) * folds.count}"
        network, _ = yield from short_training(gan, config, rows, train, part)
        outputs[test] = labeled_outputs(gan, network, rows, test)
    return outputs
