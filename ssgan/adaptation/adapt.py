"""Adaptation: a model for a target without labels, from a source that has them.

    model = adapt(printed, letters, photographed)
    model.predict(photographed)

The methods are the files of `ssgan.adaptation.methods`; the guide to adaptation says what each
learns from both domains.
"""

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ssgan.adaptation.config import AdaptConfig
from ssgan.adaptation.domains import Domains, Few, data_identity, make_domains, source_labels
from ssgan.adaptation.method import TrainingPlace
from ssgan.adaptation.methods import METHODS
from ssgan.adaptation.network import body_for, network_config
from ssgan.adaptation.where import SOMEWHERE, Where
from ssgan.codecs.image import MOVES
from ssgan.config import InputError, check_used
from ssgan.data import Data, Targets, read
from ssgan.data.labels.ledger import Ledger
from ssgan.data.labels.split import split_files, split_record
from ssgan.data.labels.values import raw_labels, unlabeled
from ssgan.data.selection import take_samples
from ssgan.data.source import from_memory
from ssgan.models.config import GANConfig
from ssgan.models.inference import refuse_batch
from ssgan.prediction.network import frozen
from ssgan.prediction.predictor import Predictor
from ssgan.runs.run import Run
from ssgan.runtime import runtime
from ssgan.training.progress import show_progress
from ssgan.training.runner import Progress, finish
from ssgan.training.schedule import TrainOptions
from ssgan.transforms.views import check_transforms


def adapting(
    source: Data,
    target: Data,
    config: AdaptConfig | None = None,
    *,
    few: Few | None = None,
    task: Any = None,
    where: Where = SOMEWHERE,
) -> Generator[Progress, None, Predictor]:
    """`adapt` of two data sets, step by step: yields its progress and returns the predictor.

    `few` are labels of the target. `task` is "classification" or "regression", where the labels
    of the source leave open which of the two is meant.
    """
    config = config or AdaptConfig()
    domains = make_domains(source, target, config.frame, task, few)
    config = resolve_adaptation(config, domains)
    refuse_batch(domains.codec, config.batch)
    on = runtime(where.device, domains.codec.shape)
    files = record_files(domains, source, few) if where.run is not None else {}
    with nullcontext() if where.run is None else claim(where.run, domains, config, files) as locked:
        place = TrainingPlace(on, locked, where.options)
        network = yield from METHODS[config.method].learn(domains, config, place)
    return Predictor(
        config=network_config(config, METHODS[config.method].readout),
        codec=domains.codec,
        network=frozen(network, on.device),
        targets=domains.targets,
        runtime=on,
        about=model_identity(domains, config),
    )


def refuse_unused_fields(config: AdaptConfig) -> None:
    """InputError for settings that the method does not use."""
    check_used(config, {name: method.uses for name, method in METHODS.items()})


def resolve_adaptation(config: AdaptConfig, domains: Domains) -> AdaptConfig:
    """The config with all that was left open; InputError for what these domains cannot have."""
    method = METHODS[config.method]
    if not (method.numbers or domains.classes):
        raise InputError(
            f"method {config.method!r} is for classes, the labels are numbers: take one of "
            f"{', '.join(name for name, entry in METHODS.items() if entry.numbers)}"
        )
    refuse_candidates(config)
    used = config.candidates if config.method == "auto" else (config.method,)
    for_images = [name for name in used if METHODS[name].images]
    if for_images and domains.codec.kind != "images":
        raise InputError(
            f"method {for_images[0]!r} is for images, both domains hold {domains.codec.kind}: take "
            "another method"
        )
    if config.transforms is not None:
        check_transforms(config.transforms, domains.codec)
        transforms = config.transforms
    elif not config.warp:
        transforms = ()
    elif not domains.classes:
        transforms = ("noise",)  # a turn might change a number
    else:
        transforms = usual_transforms(domains)
    return replace(config, transforms=transforms, steps=config.steps or method.steps)


def refuse_candidates(config: AdaptConfig) -> None:
    """InputError where method "auto" would choose from networks of several forms."""
    unusable = [name for name in config.candidates if METHODS[name].readout != "student"]
    if config.method == "auto" and unusable:
        raise InputError(
            f"candidate {unusable[0]!r} has a network of another form than the rest: adapt by it "
            "alone"
        )


def usual_transforms(domains: Domains) -> tuple[str, ...]:
    """Those that keep a class in most domains: of images moves, and other textures and colours,
    which is how domains differ; of rows what their codec names."""
    if "texture" not in domains.codec.transforms:
        return domains.codec.natural
    return (*MOVES, "colour", "texture")


def model_identity(domains: Domains, config: AdaptConfig) -> dict[str, Any]:
    """What a model was made from: the target in place of the samples of a GAN, its network, the
    labels, and how it was adapted."""
    metadata = {
        "config": config.to_json(),
        "frame": domains.frame,
        "source": domains.data["source"],
    }
    return {
        "gan": domains.data["target"],
        "network": vars(body_for(domains, config, METHODS[config.method].readout)),
        "labels": domains.labels(),
        "adaptation": metadata,
    }


def current_model_identity(identity: dict[str, Any]) -> dict[str, Any]:
    """The identity of a model directory, also of one that described its network as a GAN's."""
    if "adaptation" not in identity:
        return identity
    metadata = dict(identity["adaptation"])
    metadata["config"] = AdaptConfig().changed(metadata["config"]).to_json()
    identity = identity | {"adaptation": metadata, "gan": dict(identity["gan"])}
    gan_config = identity["gan"].pop("config", None)
    network = vars(GANConfig.from_json(gan_config).body) if gan_config else identity["network"]
    return identity | {"network": network}


@contextmanager
def claim(
    path: str | Path, domains: Domains, config: AdaptConfig, files: Mapping[str, str]
) -> Iterator[Run]:
    """The model directory of an adaptation, with what else loading needs."""
    resolved = network_config(config, METHODS[config.method].readout)
    whole = {"format": 1, "kind": "predictor", "config": resolved.to_json()}
    metadata = model_identity(domains, config)
    run = Run.claim(path, whole | metadata, growing=(), renew=current_model_identity)
    with run.writing() as locked:
        locked.write("codec.json", json.dumps(domains.codec.to_json()))
        for name, text in files.items():
            locked.write(name, text)
        yield locked


def record_files(domains: Domains, source: Data, few: Few | None) -> dict[str, str]:
    """The files of a model directory that say which labels it learnt from: those of the source, or
    of the target where it has some; then the source's have names of their own."""
    coded = source_labels(source, domains.targets.task)
    ledger = Ledger(len(coded.labeled))
    counted = replace(coded, values=ledger.take(coded.values, coded.labeled))
    files = split_files(split_record(domains.data["source"], counted, coded.labeled), ledger)
    if few is None:
        return files
    return {f"source-{name}": text for name, text in files.items()} | dict(few.files)


def adapt(
    source_x: Any,
    source_y: Any,
    target_x: Any,
    target_y: Any = None,
    config: AdaptConfig | None = None,
    *,
    run: str | Path | None = None,
    device: str | None = None,
    task: str | None = None,
    progress: bool = False,
    **fields: Any,
) -> Predictor:
    """Learn to predict the samples of a target, from the labels of a source.

    Parameters
    ----------
    source_x : array (N, ...), data frame, data set, path or name
        Raw samples of the source, or what `ssgan.data.read` takes.
    source_y : array (N,) or None
        Their labels; None takes those that came with the samples. -1, NaN, None and "" mean
        unlabeled, and such samples are left out.
    target_x : array (M, ...), data frame, data set, path or name
        Samples of the target; labels that came with them are not read.
    target_y : array (M,), default=None
        A few labels of the target, -1, NaN, None or "" elsewhere: then it learns from both.
    config : AdaptConfig, default=None
        How to adapt; None is `AdaptConfig()`.
    run : str or Path, default=None
        A directory to keep the model in. An unfinished adaptation of the same samples, labels and
        config is taken up where it stopped.
    device : str, optional
        "cpu", "cuda" or "cuda:1"; by default the best that there is.
    task : {"classification", "regression"}, optional
        By default what the labels look like.
    progress : bool, default=False
        Show a bar, on a terminal or in a notebook.
    **fields
        Fields of `AdaptConfig`, which change the config: `method="dann"`, `steps=100`; and of
        `ssgan.training.schedule.TrainOptions`: `log_every=10` steps between two lines of the log,
        `checkpoints=20`.

    Returns
    -------
    Predictor
        It takes raw samples like those of the target.

    Raises
    ------
    InputError
        For samples, labels or fields that cannot be used, and for domains between which nothing
        can be carried.
    FileExistsError
        For a directory that holds something else.

    Examples
    --------
    >>> import numpy as np, ssgan
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(40) % 2
    >>> x = rng.normal(size=(40, 3)) + 9 * y[:, None]
    >>> model = ssgan.adapt(x, y, x[::-1] + 1, method="statistics", steps=40, width=2)
    >>> model
    Predictor(classification into 2 classes by statistics, from 40 labels)
    >>> float((model.predict(x + 1) == y).mean())
    1.0
    """
    options = TrainOptions.taken_from(fields)
    config = (config or AdaptConfig()).changed(fields)
    refuse_unused_fields(config)
    source, target = as_data(source_x, source_y), as_data(target_x)
    few = None if target_y is None else few_of(target, target_y)
    where = Where(run, device, options)
    training = adapting(source, target, config, few=few, task=task, where=where)
    return show_progress(training) if progress else finish(training)


def few_of(target: Data, labels: Any) -> Few:
    """The samples of the target that these labels (M,) are of."""
    if len(labels) != len(target):
        raise InputError(f"{len(target)} target samples but {len(labels)} labels: one label a row")
    raw = raw_labels(labels)
    rows = np.flatnonzero(~unlabeled(raw, no_label=target.no_label))
    if not len(rows):
        raise InputError("none of the target's labels says anything: leave target_y out")
    ledger = Ledger(len(rows))
    counted = Targets(values=ledger.take(raw, rows), classes=None, dtype=str(raw.dtype))
    files = split_files(split_record(data_identity(target), counted, rows), ledger)
    return Few(take_samples(target.x, rows), counted.values, files)


def as_data(samples: Any, labels: Any = None) -> Data:
    """Samples of any container, path or name as a data set, with other labels where any are
    given."""
    data = samples if isinstance(samples, Data) else read(samples)
    if labels is None:
        return data
    if len(np.shape(labels)) and len(labels) != len(data):
        raise InputError(f"{len(data)} source samples but {len(labels)} labels: one label a row")
    return replace(data, y=labels) if data.source != "memory" else from_memory(data.x, labels)
