"""The temperature of a classifier, which short trainings on folds of the labels tell."""

import json
from collections.abc import Generator

import numpy as np

from ssgan.models.gan import GAN
from ssgan.prediction.auto.candidates import Candidate
from ssgan.prediction.baselines import Array, Folds, too_few
from ssgan.prediction.calibration.mathematics import fit_temperature
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.heldout.comparison import FoldScores, keep_comparison, kept_comparison
from ssgan.prediction.heldout.crossvalidation import (
    TRAINING_FOLDS,
    labeled_outputs,
    make_folds,
    short_training,
)
from ssgan.prediction.heldout.fitted import compare_with_baselines, held_out
from ssgan.prediction.labels import Labeled
from ssgan.prediction.methods import METHODS
from ssgan.runs.run import Run
from ssgan.runs.storage import understood
from ssgan.training.runner import Progress

TEMPERATURE = "temperature.json"
CALIBRATION_FOLDS = 10  # of what is fitted at once: fewer labels make it less sure than it will be
Calibrated = tuple[float, FoldScores | None]  # a temperature; how good the model is beside others


def calibrate_classes(
    gan: GAN, config: PredictorConfig, rows: Labeled, run: Run | None
) -> Generator[Progress, None, Calibrated]:
    """`temperature_of` a resolved config, once for a run; 1 where the config does not calibrate."""
    if not config.calibrate:
        return 1.0, None
    if run and run.has(TEMPERATURE):
        return stored_temperature(run), kept_comparison(run)
    temperature, comparison = yield from temperature_of(gan, config, rows)
    if run:
        keep_comparison(run, comparison)
        run.write(TEMPERATURE, json.dumps({"temperature": temperature}))
    return temperature, comparison


def temperature_of(
    gan: GAN, config: PredictorConfig, rows: Labeled
) -> Generator[Progress, None, Calibrated]:
    """The temperature of the probabilities that a resolved config gives, and how good it is beside
    ordinary models on the same folds.

    It is 1, and nothing is compared, where some class has too few labels to hold any out. A graph
    needs none: hidden labels have calibrated its shares. Where there are many labels the first
    folds alone are used, and nothing is compared.
    """
    labels, method = rows.values.numpy(), METHODS.get(config.method)
    if too_few(labels, rows.classes):
        return 1.0, None
    folds, used = calibration_folds(rows, config)
    if method and method.calibrated:
        measured = yield from held_out(gan, [Candidate(config.method, config)], rows, folds)
        votes = measured[config.method].outputs
        return 1.0, (yield from compare_with_baselines(gan, config, rows, votes, folds))
    blocks = []
    for fold, (train, test) in enumerate(used, 1):
        phase = f"calibration, fold {fold} of {len(used)}"
        network, _ = yield from short_training(gan, config, rows, train, phase)
        blocks.append(labeled_outputs(gan, network, rows, test))
    outputs, order = np.concatenate(blocks), np.concatenate([test for _, test in used])
    temperature = fit_temperature(outputs, labels[order])
    if len(order) < len(labels):
        return temperature, None
    outputs = outputs[order.argsort()][None]
    return temperature, (yield from compare_with_baselines(gan, config, rows, outputs, folds))


def calibration_folds(
    rows: Labeled, config: PredictorConfig
) -> tuple[Folds, list[tuple[Array, Array]]]:
    """The folds of a resolved config, and those that are used: rows to train on, rows held out.

    They are the first that hold out as many labels as the config asks for.
    """
    method = METHODS.get(config.method)
    folds = make_folds(
        rows, config, count=CALIBRATION_FOLDS if method and method.fit else TRAINING_FOLDS
    )
    used: list[tuple[Array, Array]] = []
    for _, train, test in folds:
        if sum(len(part) for _, part in used) < config.search.calibration_rows:
            used.append((train, test))
    return folds, used


def stored_temperature(run: Run) -> float:
    """The temperature that a model directory holds."""
    with understood(run.path / TEMPERATURE):
        temperature = float(run.read_object(TEMPERATURE)["temperature"])
        if not 0 < temperature < float("inf"):
            raise ValueError(f"a temperature of {temperature}")
        return temperature
