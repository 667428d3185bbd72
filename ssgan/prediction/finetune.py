"""Finetuning: the discriminator's trunk under a new head, from few labels.

    model = finetune(gan, few_images, few_labels)
    model.predict(images)

The labels tell the task: classes for classification, numbers for regression. Methods:

    propagation  trunk and head are trained together, on labelled samples and, for classification,
                 on unlabeled ones, whose labels come from a graph of nearest neighbours
    consistency  the same, the labels of unlabeled samples from an average of the network, on
                 changed views of them
    k-plus-one   the same, and the network goes on telling real samples from the generator's
    supervised   the same network, from the labels alone
    probe        logistic or ridge regression on the standardised features
    knn          what the nearest labelled samples have, in feature space
    svm          DCGAN's own probe: every depth max-pooled to 4 x 4, a linear support vector machine
    graph        the graph alone, of classes or numbers: the labels of the nearest samples
    baseline     what folds of the labels choose of logistic or ridge regression, nearest
                 neighbours, a support vector machine and gradient boosting on the samples
    on-features  one model of that kind, or a forest, on the features
    auto         the default: an average of the best of these, weighed by folds of labels, with a
                 method that learns from the unlabeled samples where it earns its place there

The first three may be put together, as in "consistency+k-plus-one". All but "baseline" work on
what `readout` names: all depths of the trunk, its last, the samples, those beside all depths, or a
student of both networks.
"""

import json
import warnings
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from ssgan.config import InputError, WorseModelWarning
from ssgan.data import Data, read
from ssgan.data.containers import gather
from ssgan.models.gan import GAN
from ssgan.prediction.comparison import Comparison
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.crossvalidation import temperature_of
from ssgan.prediction.intervals import INTERVALS, Intervals, from_bytes, train_intervals
from ssgan.prediction.labels import Labeled, labeled
from ssgan.prediction.learning import read_out
from ssgan.prediction.predictor import (
    COMPARISON,
    TEMPERATURE,
    Predictor,
    stored_comparison,
    stored_temperature,
)
from ssgan.prediction.record import record_split
from ssgan.prediction.resolve import check_settings, resolve_config
from ssgan.prediction.select import Learnt, choosing
from ssgan.runs.run import Run
from ssgan.training.runner import Progress, finish


def finetuning(
    gan: GAN,
    samples: Any,
    labels: Any,
    config: PredictorConfig | None = None,
    *,
    unlabeled: Any = None,
    run: str | Path | None = None,
) -> Generator[Progress, None, Predictor]:
    """`finetune`, step by step: yields its progress and returns the predictor."""
    rows = labeled(gan, samples, labels, unlabeled, config.seed if config else 0)
    return (yield from learning_from(gan, rows, config, run, {}))


def learning_from(
    gan: GAN,
    rows: Labeled,
    config: PredictorConfig | None,
    run: str | Path | None,
    files: Mapping[str, str] | None = None,
) -> Generator[Progress, None, Predictor]:
    """The predictor of labelled and unlabeled samples, step by step.

    `files` for the run say which labels these are; by default those of `record`.
    """
    config = config or PredictorConfig()
    check_settings(config, gan, rows)
    config = resolve_config(config, gan, rows)
    with nullcontext() if run is None else claim(run, gan, config, rows) as held:
        if held:
            record_split(held, gan, rows, files)
        return (yield from learn(gan, rows, config, held))


def learn(
    gan: GAN, rows: Labeled, config: PredictorConfig, held: Run | None
) -> Generator[Progress, None, Predictor]:
    """The predictor by a resolved config, step by step, in a run that is held."""
    about = identity(gan, rows)
    gan = yield from read_out(gan, config, rows, held)
    learnt = yield from choosing(gan, config, rows, held)
    calibrated: dict[str, Any] = {}
    calibration = calibrate if rows.classes else intervals_of
    name = "temperature" if rows.classes else "intervals"
    calibrated[name], beside = yield from calibration(gan, learnt, rows, held)
    if learnt.choice:
        about, beside = about | {"choice": learnt.choice}, None
    return Predictor(
        config=learnt.config,
        codec=gan.codec,
        network=learnt.network,
        targets=rows.targets,
        runtime=gan.runtime,
        about=about | ({"comparison": beside.to_json()} if beside else {}),
        **calibrated,
    )


def identity(gan: GAN, rows: Labeled) -> dict[str, Any]:
    """What a model was made from: the "gan" and the "labels"."""
    source = {name: value for name, value in gan.data.items() if name != "run"}
    return {"gan": source | {"config": gan.config.to_json()}, "labels": rows.metadata()}


@contextmanager
def claim(path: str | Path, gan: GAN, config: PredictorConfig, rows: Labeled) -> Iterator[Run]:
    """The model directory of this finetuning, with what else loading needs.

    Nobody else writes to it meanwhile.
    """
    about = identity(gan, rows)
    whole = {"format": 1, "kind": "predictor", "config": config.to_json(), **about}
    run = Run.claim(path, whole, growing=("config.steps",))
    with run.writing() as held:
        held.write("codec.json", json.dumps(gan.codec.to_json()))
        held.write("origin.json", json.dumps({"run": gan.data.get("run")}))
        yield held


def intervals_of(
    gan: GAN, learnt: Learnt, rows: Labeled, run: Run | None
) -> Generator[Progress, None, tuple[Intervals | None, Comparison | None]]:
    """The networks of the folds of a regression, those of the run or new ones; and how good they
    are beside ordinary models."""
    config = learnt.config
    if run and run.has(INTERVALS):
        found = from_bytes(run.read(INTERVALS), gan.codec, config, gan.config, gan.runtime)
        return found, comparison_of(run)
    trained = (yield from train_intervals(gan, config, rows)) if config.calibrate else None
    if trained is None:
        return None, None
    if run:
        keep_comparison(run, None if learnt.choice else trained[1])  # "auto" has its own
        run.write(INTERVALS, trained[0].to_bytes())
    return trained


def calibrate(
    gan: GAN, learnt: Learnt, rows: Labeled, run: Run | None
) -> Generator[Progress, None, tuple[float, Comparison | None]]:
    """The temperature of a classifier, of the folds of "auto", of the run, or of new folds; and how
    good it is beside ordinary models."""
    config = learnt.config
    if learnt.choice is not None:
        return float(learnt.choice.get("temperature", 1.0)), None
    if not config.calibrate:
        return 1.0, None
    if run and run.has(TEMPERATURE):
        return stored_temperature(run, None), comparison_of(run)
    if config.method == "baseline":  # not to be chosen again in every fold
        config = replace(config, baseline=learnt.kept["name"])
    found, beside = yield from temperature_of(gan, config, rows)
    if run:
        keep_comparison(run, beside)
        run.write(TEMPERATURE, json.dumps({"temperature": found}))
    return found, beside


def comparison_of(run: Run) -> Comparison | None:
    """The comparison that a run holds, if any."""
    found = stored_comparison(run)
    return Comparison.from_json(found["comparison"]) if found else None


def keep_comparison(run: Run, beside: Comparison | None) -> None:
    if beside:
        run.write(COMPARISON, json.dumps(beside.to_json()))


def finetune(
    gan: GAN,
    samples: Any,
    labels: Any = None,
    config: PredictorConfig | None = None,
    *,
    unlabeled: Any = None,
    run: str | Path | None = None,
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
    **fields
        Fields of `PredictorConfig`, which change the config: `method="auto"`, `steps=100`.

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
    samples, labels = given(samples, labels)
    if fields:
        config = (config or PredictorConfig()).changed(fields)
    rows = labeled(gan, samples, labels, unlabeled, config.seed if config else 0)
    model = finish(learning_from(gan, rows, config, run))
    if model.comparison and (worse := model.comparison.warning):
        warnings.warn(worse, WorseModelWarning, stacklevel=2)
    return model


def given(samples: Any, labels: Any) -> tuple[Any, Any]:
    """Raw samples of any container, path or name, and their labels."""
    if isinstance(samples, str | Path):
        samples = read(samples)
    x, own = (samples.x, samples.y) if isinstance(samples, Data) else gather(samples)
    labels = own if labels is None else labels
    if labels is None:
        raise InputError("the samples came without labels: give one for each, -1 where unknown")
    return x, labels
