"""Finetuning: the discriminator's trunk under a new head, from few labels.

    model = finetune(gan, few_images, few_labels)
    model.predict(images)

The labels tell the task: classes for classification, numbers for regression. The methods are the
files of `ssgan.prediction.methods`; the guide to few labels says what each learns from. Some that
take steps may be put together, as in "consistency+k-plus-one". All but "baseline" work on what
`readout` names: all depths of the trunk, its last, the samples, those beside all depths, or a
student of both networks.
"""

import json
import warnings
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from ssgan.config import InputError, InputTypeError, WorseModelWarning
from ssgan.data import Data, read
from ssgan.data.containers import gather
from ssgan.data.encoders import embedded_files
from ssgan.models.gan import GAN
from ssgan.models.inference import refuse_batch
from ssgan.prediction.auto.weighing import choose_once
from ssgan.prediction.calibration import intervals, temperature
from ssgan.prediction.calibration.adjusting import (
    check_shares,
    warn_of_classes,
    with_class_shares,
    with_prior,
)
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.fitting import fit_network, with_readout
from ssgan.prediction.labels import Labeled, labeled
from ssgan.prediction.predictor import Predictor
from ssgan.prediction.record import record_split
from ssgan.prediction.resolve import check_settings, resolve_config
from ssgan.runs.run import Run
from ssgan.training.progress import show_progress
from ssgan.training.ranks import own_copy, refuse_differing
from ssgan.training.runner import Progress, finish
from ssgan.training.schedule import TrainOptions


def finetuning(
    gan: GAN,
    rows: Labeled,
    config: PredictorConfig | None = None,
    run: str | Path | None = None,
    files: Mapping[str, str] | None = None,
    options: TrainOptions | None = None,
) -> Generator[Progress, None, Predictor]:
    """`finetune`, step by step: yields its progress and returns the predictor.

    `files` for the run say which labels these are; by default those of `record`.
    """
    config = config or PredictorConfig()
    check_settings(config, gan, rows)
    check_shares(config, rows)
    config = resolve_config(config, gan, rows)
    refuse_batch(gan.codec, config.batch, config.student.batch)
    with nullcontext() if run is None else claim_model(run, gan, config, rows) as locked:
        if locked:
            record_split(locked, gan, rows, files)
        gan = yield from with_readout(gan, config, rows, locked)
        rows = with_prior(gan, config, rows)
        choice, config = yield from choose_once(gan, config, rows, locked)
        network, facts = yield from fit_network(gan, config, rows, locked, options=options)
        model = Predictor(
            config=config,
            codec=gan.codec,
            network=network,
            targets=rows.targets,
            runtime=gan.runtime,
            about=identity(gan, rows),
            choice=choice,
        )
        model = yield from with_calibration(model, gan, rows, locked, facts)
        model = with_class_shares(model, gan, rows, locked)
    warn_of_classes(model, gan, rows)
    return model


def with_calibration(
    model: Predictor, gan: GAN, rows: Labeled, run: Run | None, facts: Any
) -> Generator[Progress, None, Predictor]:
    """The predictor with its temperature or intervals, and how good it is beside ordinary models;
    `facts` is what the fit keeps. "auto" has compared already, and found a temperature."""
    config, choice = model.config, model.choice
    if choice and rows.classes:
        return replace(model, temperature=choice.temperature or 1.0)
    if config.method == "baseline" and rows.classes:  # not to be chosen again in every fold
        config = replace(config, baseline=facts["name"])
    if rows.classes:
        degrees, comparison = yield from temperature.calibrate_classes(gan, config, rows, run)
        model = replace(model, temperature=degrees)
    else:
        calibrate = intervals.calibrate_numbers(gan, config, rows, run, choice)
        ranges, comparison = yield from calibrate
        model = replace(model, intervals=ranges)
    if comparison and not choice:
        return replace(model, about={**model.about, "comparison": comparison.to_json()})
    return model


def identity(gan: GAN, rows: Labeled) -> dict[str, Any]:
    """What a model was made from: the "gan" and the "labels"."""
    source = {name: value for name, value in gan.data.items() if name != "run"}
    return {"gan": source | {"config": gan.config.to_json()}, "labels": rows.metadata()}


def current_identity(identity: dict[str, Any]) -> dict[str, Any]:
    """The identity of a model directory, with the settings by their names of today."""
    if identity.get("kind") != "predictor":
        return identity
    fields = {"shares": "labels"} | identity["config"]  # before there was that field
    return identity | {"config": PredictorConfig.from_json(fields).to_json()}


@contextmanager
def claimed(path: Path, whole: dict[str, Any]) -> Iterator[Run]:
    """The directory of that identity, to which nobody else writes."""
    run = Run.claim(path, whole, growing=("config.steps",), renew=current_identity)
    with run.writing() as locked:
        yield locked


@contextmanager
def claim_model(
    path: str | Path, gan: GAN, config: PredictorConfig, rows: Labeled
) -> Iterator[Run]:
    """The model directory of this finetuning, with what else loading needs.

    Nobody else writes to it meanwhile.
    """
    metadata = identity(gan, rows)
    whole = {"format": 1, "kind": "predictor", "config": config.to_json(), **metadata}
    refuse_differing(whole)
    with own_copy(Path(path)) as place, claimed(place, whole) as locked:
        locked.write("codec.json", json.dumps(gan.codec.to_json()))
        for name, content in embedded_files(gan.codec).items():
            locked.write(name, content)
        locked.write("origin.json", json.dumps({"run": gan.data.get("run")}))
        yield locked


def finetune(
    gan: GAN,
    samples: Any,
    labels: Any = None,
    config: PredictorConfig | None = None,
    *,
    unlabeled: Any = None,
    run: str | Path | None = None,
    progress: bool = False,
    **fields: Any,
) -> Predictor:
    """Put the GAN's trunk under a new head that predicts labels, from few of them.

    Parameters
    ----------
    gan : GAN
        What `pretrain` or `load` gave; it is not changed.
    samples : array (N, ...), data frame, list of images, data set, path or name
        Raw samples of the kind that the GAN was trained on, or what `ssgan.data.read` takes.
    labels : array (N,) or Targets, default=None
        Strings, integers and booleans are classes, floats are numbers to regress on, or a `Targets`
        says it. -1, NaN, None and "" mean unlabeled. None takes those that came with the samples.
    config : PredictorConfig, default=None
        How to finetune; None is `PredictorConfig()`.
    unlabeled : array (M, ...), default=None
        More samples, without labels; by default those that the GAN was trained on, which are read
        again if need be. Their weight is a field of the config.
    run : str or Path, default=None
        A directory to keep the predictor in. An unfinished finetuning of the same samples, labels
        and config is taken up where it stopped.
    progress : bool, default=False
        Show a bar, on a terminal or in a notebook.
    **fields
        Fields of `PredictorConfig`, which change the config: `method="auto"`, `steps=100`; and of
        `ssgan.training.schedule.TrainOptions`, for a training in steps: `log_every=10` steps
        between two lines of the log, `checkpoints=20`.

    Returns
    -------
    Predictor

    Raises
    ------
    InputError
        For samples, labels or fields that cannot be used.
    FileExistsError
        For a directory that holds something else.

    Warns
    -----
    WorseModelWarning
        Where folds of the labels say that an ordinary model, or a constant guess, is better.
    ClassesWarning
        Where a labelled class has no unlabeled sample, or many of those are like no labelled one.

    Examples
    --------
    >>> import numpy as np, ssgan
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(40) % 2
    >>> x = rng.normal(size=(40, 3)) + 9 * y[:, None]
    >>> gan = ssgan.pretrain(x, ssgan.GANConfig(steps=0, width=2))
    >>> model = ssgan.finetune(gan, x[:8], y[:8], method="probe", calibrate=False)
    >>> model
    Predictor(classification into 2 classes by probe, from 8 labels)
    >>> float((model.predict(x) == y).mean())
    1.0
    """
    if not isinstance(gan, GAN):
        raise InputTypeError(f"expected a GAN, got {gan!r}: open a run with ssgan.load(path)")
    samples, labels = read_labeled(samples, labels)
    options = TrainOptions.taken_from(fields)
    config = (config or PredictorConfig()).changed(fields)
    rows = labeled(gan, samples, labels, unlabeled, config.seed)
    training = finetuning(gan, rows, config, run, options=options)
    model = show_progress(training) if progress else finish(training)
    if model.comparison and (worse := model.comparison.warning):
        warnings.warn(worse, WorseModelWarning, stacklevel=2)
    return model


def read_labeled(samples: Any, labels: Any) -> tuple[Any, Any]:
    """Raw samples of any container, path or name, and their labels."""
    if isinstance(samples, str | Path):
        samples = read(samples)
    x, stored_labels = (samples.x, samples.y) if isinstance(samples, Data) else gather(samples)
    labels = stored_labels if labels is None else labels
    if labels is None:
        raise InputError("the samples came without labels: give one for each, -1 where unknown")
    return x, labels
