"""Loading of what a training left in a directory: a GAN, or a model that was finetuned from one."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ssgan.config import InputError
from ssgan.data import Targets
from ssgan.models import pretraining
from ssgan.models.gan import GAN
from ssgan.models.stored import check_kinds, stored_body, stored_codec
from ssgan.prediction.auto.choice import CHOICE, AutoChoice, stored_choice
from ssgan.prediction.calibration.adjusting import SHARES, stored_shares
from ssgan.prediction.calibration.intervals import INTERVALS, MIN_LABELS, fold_configs, from_bytes
from ssgan.prediction.calibration.temperature import TEMPERATURE, stored_temperature
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.fitting import STUDENT, stored_fit
from ssgan.prediction.heldout.comparison import kept_comparison
from ssgan.prediction.predictor import Predictor
from ssgan.prediction.rebuild import rebuilt_network
from ssgan.runs.run import Run
from ssgan.runs.storage import understood
from ssgan.runtime import runtime

MADE_FROM = ("gan", "labels", "adaptation", "network")  # what a model was made from; adapted: all


def load(
    path: str | Path,
    device: str | None = None,
    checkpoint: str | None = None,
    encoder: Any = None,
) -> GAN | Predictor:
    """Load what `pretrain` or `finetune` has left in a directory.

    Parameters
    ----------
    path : str or Path
        The directory.
    device : str, optional
        Where to put it: "cpu", "cuda" or "cuda:1"; by default the best that there is.
    checkpoint : {"last", "best"}, optional
        Of a GAN the last intact checkpoint, which is the default, or that of the lowest distance
        between generated samples and those of the training. A model has one state alone.
    encoder : str, Path, torch.nn.Module, callable or Encoder, optional
        The frozen network that samples are encoded by, where there was one in pretraining;
        "embedded" is the copy that a run may hold. A run never runs one that is not named: without
        it only samples are known that were encoded on this machine before.

    Returns
    -------
    GAN or Predictor
        A GAN comes without its training samples, which `GAN.training_samples` reads again.

    Raises
    ------
    FileNotFoundError
        If there is no run, no such checkpoint yet, or a finetuning that has not ended.
    InputError
        If the directory holds neither, or a checkpoint is named for a model.

    Examples
    --------
    >>> import numpy, ssgan, tempfile
    >>> x = numpy.random.default_rng(0).normal(size=(40, 3))
    >>> with tempfile.TemporaryDirectory() as path:
    ...     gan = ssgan.pretrain(x, run=f"{path}/gan", steps=2, batch=8, width=2, latent=4)
    ...     model = ssgan.finetune(gan, x, x[:, 0], method="probe", run=f"{path}/model")
    ...     ssgan.load(f"{path}/gan"), ssgan.load(f"{path}/model")
    (<GAN of vectors (3,): gan, ...>, Predictor(regression by probe, from 40 labels))
    """
    kind = Run.open(path).config.get("kind")
    if kind == "gan":
        return pretraining.load(path, device, checkpoint or "last", encoder)
    if kind != "predictor":
        raise InputError(
            f"{path} holds a run of kind {kind!r}, expected a GAN or a model: give the directory "
            "that `pretrain` or `finetune` was given as `run`"
        )
    if checkpoint is not None:
        raise InputError(
            f"{path} holds a model, which has one state alone: leave checkpoint={checkpoint!r} out"
        )
    return load_predictor(path, device, encoder)


def load_predictor(path: str | Path, device: str | None = None, encoder: Any = None) -> Predictor:
    """The predictor of a model directory.

    Raises FileNotFoundError if there is none or its finetuning has not ended, InputError if the
    directory holds something else.
    """
    run = Run.open(path)
    if run.config.get("kind") != "predictor":
        raise InputError(
            f"{path} holds a run of kind {run.config.get('kind')!r}, expected a finetuned model"
        )
    run.check()
    warn_of_student(run)
    labels, choice, config = stored_config(run)
    tensors = finished_weights(run, config, choice)
    codec, body = stored_codec(run, encoder), stored_body(run)
    facts = stored_fit(run)
    with understood(run.path / "checkpoints"):
        network = rebuilt_network(codec, config, body, tensors, facts)
    on, intervals = runtime(device, codec.shape), None
    if run.has(INTERVALS):
        with understood(run.path / INTERVALS):
            configs = fold_configs(config, choice)
            intervals = from_bytes(run.read(INTERVALS), codec, configs, body, on)
    metadata = {name: run.config[name] for name in MADE_FROM if name in run.config}
    metadata["run"] = str(run.path.resolve())
    if comparison := kept_comparison(run):
        metadata["comparison"] = comparison.to_json()
    model = Predictor(
        config=config,
        codec=codec,
        network=on.place(network).eval(),
        targets=stored_targets(labels),
        runtime=on,
        about=metadata,
        intervals=intervals,
        temperature=temperature_for(run, choice),
        shares=stored_shares(run) if run.has(SHARES) else None,
        choice=choice,
    )
    with understood(run.path):
        predict_once(model)
    return model


def predict_once(model: Predictor) -> None:
    """Predict a sample: a model of files that do not fit together fails here, if at all."""
    sample = model.codec.decode(torch.zeros(1, *model.codec.shape))
    model.predict(sample)
    if model.classes is not None:
        model.predict_proba(sample)
    elif model.intervals is not None:
        model.predict_interval(sample)


def warn_of_student(run: Run) -> None:
    """Say where what is left of a student's training is damaged; the model itself is whole."""
    place = run.path / STUDENT
    if not (place / "config.json").is_file():
        return
    try:
        student = Run.open(place)
        student.check()
        for step in student.steps():
            student.load(step)
    except InputError as error:
        warnings.warn(
            f"{error}; predictions do not depend on it, going on with the training would",
            UserWarning,
            stacklevel=3,
        )


def stored_config(
    run: Run,
) -> tuple[Mapping[str, Any], AutoChoice | None, PredictorConfig]:
    """What a model directory says of the labels, of the choice of "auto", and how it learnt."""
    with understood(run.path / "config.json"):
        labels, config = run.config["labels"], PredictorConfig.from_json(run.config["config"])
        check_kinds(labels, {"classes": list | None, "dtype": str, "count": int, "task": str})
        stored_targets(labels)
    if not config.is_auto or not run.has(CHOICE):
        return labels, None, config
    with understood(run.path / CHOICE):
        return labels, *stored_choice(run)


def stored_targets(labels: Mapping[str, Any]) -> Targets:
    """Targets without values, from what a model directory says of its labels."""
    classes = None if labels["classes"] is None else tuple(labels["classes"])
    values = np.empty(0, np.int64 if classes else np.float64)
    return Targets(values=values, classes=classes, dtype=labels["dtype"])


def finished_weights(
    run: Run, config: PredictorConfig, choice: AutoChoice | None
) -> Mapping[str, Tensor]:
    """The weights of a model directory; FileNotFoundError where its finetuning has not ended."""
    checkpoint, labels = run.load(), run.config["labels"]
    if labels["classes"] is None:
        none = not config.calibrate or labels["count"] < MIN_LABELS
        calibrated = none or run.has(INTERVALS)
    else:
        none = not config.calibrate or choice is not None
        calibrated = none or run.has(TEMPERATURE)
        calibrated = calibrated and (config.shares in (None, "labels") or run.has(SHARES))
    steps = (config.steps or 0) if config.learns else 0
    if checkpoint and checkpoint.step < steps <= max(run.steps()):
        raise InputError(
            f"the newest checkpoint of {run.path} is damaged, the one before is of step "
            f"{checkpoint.step}: restore it from a backup, or run the same `ssgan finetune` again, "
            "which goes on from there"
        )
    if not (checkpoint and checkpoint.step >= steps and calibrated and not config.is_auto):
        raise FileNotFoundError(f"{run.path} is not finished: run the same `ssgan finetune` again")
    return checkpoint.tensors


def temperature_for(run: Run, choice: AutoChoice | None) -> float:
    """The temperature of a model directory, or of the choice of "auto"; 1 where there is none."""
    if run.has(TEMPERATURE):
        return stored_temperature(run)
    return (choice.temperature if choice else None) or 1.0
