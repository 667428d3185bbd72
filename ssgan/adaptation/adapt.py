"""Adaptation: a model for a target without labels, from a source that has them.

    model = adapt(printed, letters, photographed)
    model.predict(photographed)

Methods:

    source-only  the labels of the source alone
    statistics   the same, batch norm by the statistics of the target
    dann         features that no critic can tell by their domain
    cdan         the same, class by class
"""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ssgan.adaptation.config import AdaptConfig
from ssgan.adaptation.domains import Domains, make_domains
from ssgan.adaptation.methods import METHODS
from ssgan.adaptation.network import described, design
from ssgan.config import InputError
from ssgan.data import Data, read
from ssgan.data.ledger import Ledger
from ssgan.data.source import from_memory
from ssgan.data.split import split_files, split_record
from ssgan.models.domain import CALIBRATION
from ssgan.models.natural import natural
from ssgan.prediction.network import frozen
from ssgan.prediction.predictor import Predictor
from ssgan.runs.run import Run
from ssgan.runtime import runtime
from ssgan.training.runner import Progress, finish
from ssgan.transforms.views import check_transforms


def adapting(
    source: Data,
    target: Data,
    config: AdaptConfig | None = None,
    *,
    task: Any = None,
    run: str | Path | None = None,
    device: str | None = None,
) -> Generator[Progress, None, Predictor]:
    """`adapt` of two data sets, step by step: yields its progress and returns the predictor.

    `task` says what the labels are where they do not.
    """
    config = config or AdaptConfig()
    domains = make_domains(source, target, config.frame, task)
    config = resolve_config(config, domains)
    on = runtime(device, domains.codec.shape)
    with nullcontext() if run is None else claim(run, domains, config, source) as held:
        network = yield from METHODS[config.method].learn(domains, config, on, held)
    return Predictor(
        config=described(config),
        codec=domains.codec,
        network=frozen(network, on.device),
        targets=domains.targets,
        runtime=on,
        about=identity(domains, config),
    )


def resolve_config(config: AdaptConfig, domains: Domains) -> AdaptConfig:
    """The config with all that was left open; InputError for what these domains cannot have."""
    method = METHODS[config.method]
    if not (method.numbers or domains.classes):
        raise InputError(f"method {config.method!r} is for classes, the labels are numbers: dann?")
    if config.transforms is not None:
        check_transforms(config.transforms, domains.codec)
        transforms = config.transforms
    elif not config.warp:
        transforms = ()
    elif not domains.classes:
        transforms = ("noise",)  # a turn might change a number
    else:
        some = domains.codec.expand(domains.target.samples[:CALIBRATION])
        transforms = natural(domains.codec, some, config.seed)
    return replace(config, transforms=transforms, steps=config.steps or method.steps)


def identity(domains: Domains, config: AdaptConfig) -> dict[str, Any]:
    """What a model was made from: its network and target, the labels, and how it was adapted."""
    network = design(domains, config).to_json()
    about = {"config": config.to_json(), "frame": domains.frame, "source": domains.data["source"]}
    return {
        "gan": domains.data["target"] | {"config": network},
        "labels": domains.labels(),
        "adaptation": about,
    }


@contextmanager
def claim(path: str | Path, domains: Domains, config: AdaptConfig, source: Data) -> Iterator[Run]:
    """The model directory of an adaptation, with what else loading needs."""
    whole = {"format": 1, "kind": "predictor", "config": described(config).to_json()}
    run = Run.claim(path, whole | identity(domains, config), growing=())
    with run.writing() as held:
        held.write("codec.json", json.dumps(domains.codec.to_json()))
        for name, text in records(domains, source).items():
            held.write(name, text)
        yield held


def records(domains: Domains, source: Data) -> dict[str, str]:
    """The files of a model directory that say which labels it learnt from: those of the source."""
    from ssgan.data import targets

    found = targets(source.y, no_label=source.no_label)
    ledger = Ledger(len(found.labeled))
    kept = replace(found, values=ledger.take(found.values, found.labeled))
    return split_files(split_record(domains.data["source"], kept, found.labeled), ledger)


def adapt(
    source_x: Any,
    source_y: Any,
    target_x: Any,
    config: AdaptConfig | None = None,
    *,
    run: str | Path | None = None,
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
    config : AdaptConfig, default=None
        How to adapt; None is `AdaptConfig()`.
    run : str or Path, default=None
        A directory to keep the model in. An unfinished adaptation of the same samples, labels and
        config is taken up where it stopped.
    **fields
        Fields of `AdaptConfig`, which change the config: `method="dann"`, `steps=100`; and
        `device`: "cpu", "cuda" or "cuda:1", by default the best that there is.

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
    device = fields.pop("device", None)
    config = (config or AdaptConfig()).changed(fields)
    source, target = as_data(source_x, source_y), as_data(target_x)
    return finish(adapting(source, target, config, run=run, device=device))


def as_data(samples: Any, labels: Any = None) -> Data:
    """Samples of any container, path or name as a data set, with other labels where any are
    given."""
    data = samples if isinstance(samples, Data) else read(samples)
    if labels is None:
        return data
    if len(np.shape(labels)) and len(labels) != len(data):
        raise InputError(f"{len(data)} source samples but {len(labels)} labels: one label a row")
    return replace(data, y=labels) if data.source != "memory" else from_memory(data.x, labels)
