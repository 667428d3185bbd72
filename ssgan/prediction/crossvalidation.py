"""What a method says of labelled samples when it has learnt from others of them.

All that is told from labels without losing one comes from here: which method to take (`select`),
how sure a classifier may be (`temperature_of`) and how far off numbers may be (`intervals`).
Trainings on a fold are short: what they tell holds for any training that is about as sure of
itself.
"""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ssgan.models.gan import GAN
from ssgan.models.inference import apply
from ssgan.prediction.baselines import Array, Folds, stratified, too_few
from ssgan.prediction.calibration import temperature
from ssgan.prediction.comparison import Comparison
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.ensemble import Model
from ssgan.prediction.heldout import compared, held_out
from ssgan.prediction.labels import Labeled
from ssgan.prediction.learning import learning
from ssgan.prediction.methods import METHODS
from ssgan.prediction.resolve import resolve_config
from ssgan.randomness import Rng
from ssgan.training.runner import Progress

FOLDS = 3
CALIBRATION_FOLDS = 10  # of what is fitted at once: fewer labels make it less sure than it will be


def folds_of(rows: Labeled, config: PredictorConfig, repeats: int = 1, count: int = FOLDS) -> Folds:
    """The folds that all is compared on; the first repeat is the same for any number of them."""
    rng, count = Rng(("auto", config.seed)), min(count, config.search.folds)
    return stratified(rows.values.numpy(), rows.classes, rng, folds=count, repeats=repeats)


def short_training(
    gan: GAN, config: PredictorConfig, rows: Labeled, train: Array, phase: str = ""
) -> Generator[Progress, None, tuple[Model, Any]]:
    """`learning` from the labels of the rows `train` (n,), the others among the unlabeled ones."""
    part, most = rows.part(torch.from_numpy(train)), config.search.steps
    short = resolve_config(shortened(config, most), gan, part)
    return (yield from learning(gan, short, part, phase=phase))


def shortened(config: PredictorConfig, most: int) -> PredictorConfig:
    """The config with at most so many steps, of its members as well."""
    members = [replace(m, config=shortened(m.config, most)) for m in config.members]
    return replace(config, steps=min(most, config.steps or most), members=tuple(members))


def answers(gan: GAN, network: Model, rows: Labeled, held: Array) -> Array:
    """What a network gives for the labelled rows `held`: logits (m, K) or numbers (m,), float64."""
    packed: Tensor = rows.packed[torch.from_numpy(held)]
    outputs: Array = apply(network, packed, gan.codec, gan.runtime).double().numpy()
    return outputs if rows.classes else outputs[:, 0]


def held_out_outputs(
    gan: GAN, config: PredictorConfig, rows: Labeled, folds: Folds, phase: str
) -> Generator[Progress, None, Array]:
    """What a short training gives for every labelled row, each in the fold that hides its label.

    Logits (n, K), or numbers (n,); from folds that are drawn once.
    """
    outputs = np.empty((len(rows.values), rows.classes) if rows.classes else len(rows.values))
    for _, train, test in folds:
        network, _ = yield from short_training(gan, config, rows, train, phase)
        outputs[test] = answers(gan, network, rows, test)
    return outputs


def temperature_of(
    gan: GAN, config: PredictorConfig, rows: Labeled
) -> Generator[Progress, None, tuple[float, Comparison | None]]:
    """The temperature of the probabilities that a resolved config gives, and how good it is beside
    ordinary models on the same folds.

    It is 1, and nothing is compared, where some class has too few labels to hold any out. A graph
    needs none: its shares are as sure as hidden labels have told. Where there are many labels, it
    is told by the first folds alone, and nothing is compared.
    """
    labels, held, outputs = rows.values.numpy(), [np.empty(0, np.int64)], []
    method = METHODS.get(config.method)
    if too_few(labels, rows.classes):
        return 1.0, None
    count = CALIBRATION_FOLDS if method and method.fit else FOLDS
    folds = folds_of(rows, config, count=count)
    if method and method.calibrated:
        votes = held_out(gan, {config.method: config}, rows, folds)[config.method].outputs
        return 1.0, compared(gan, config, rows, votes, folds)
    for _, train, test in folds:
        if sum(map(len, held)) < config.search.calibration_rows:
            network, _ = yield from short_training(gan, config, rows, train, "calibration")
            outputs.append(answers(gan, network, rows, test))
            held.append(test)
    said, order = np.concatenate(outputs), np.concatenate(held)
    found = temperature(said, labels[order])
    if len(order) < len(labels):
        return found, None
    return found, compared(gan, config, rows, said[order.argsort()][None], folds)
