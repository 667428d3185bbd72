"""A network from a GAN and labels, by a resolved config: fitted at once, or trained by steps."""

import json
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

import torch

from ssgan.config import InputError
from ssgan.models.gan import GAN
from ssgan.models.readouts import reading_out
from ssgan.models.student.config import StudentConfig
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.ensemble import Model, ensemble_of
from ssgan.prediction.labels import Labeled
from ssgan.prediction.method import MakeLoss, Method
from ssgan.prediction.methods import METHODS
from ssgan.prediction.network import frozen
from ssgan.prediction.resolve import losses_of, natural_transforms
from ssgan.prediction.task import Finetune, Key, Learner
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.training.batches import Batches, Stream
from ssgan.training.runner import Progress, run_training
from ssgan.training.schedule import Schedule, TrainOptions
from ssgan.training.state import pack_parts
from ssgan.transforms.views import Views

UNNAMED = "lesson"  # begins the keys of losses without one: the random numbers of version 0.1
STUDENT = "student"  # the directory of the training of one
FIT_FILE = "fit.json"  # what a method that is fitted at once needs beside its weights
OLD_FIT_FILE = "simple.json"  # its name up to 0.2


def with_readout(
    gan: GAN, config: PredictorConfig, rows: Labeled, run: Run | None = None
) -> Generator[Progress, None, GAN]:
    """The GAN with the readout of a resolved config; a student is trained, once for a run."""
    student = student_config(gan, config, rows)
    place = run.path / STUDENT if run else None
    return (yield from reading_out(gan, config.readout or "all", rows.every(), student, run=place))


def student_config(gan: GAN, config: PredictorConfig, rows: Labeled) -> StudentConfig:
    """The student's config with what it has from the predictor's."""
    transforms = config.student.transforms
    transforms = config.transforms if transforms is None else transforms
    if transforms is None and config.distils:  # "auto" resolves its own later
        transforms = natural_transforms(gan, rows) if config.warp else ()
    return replace(config.student, transforms=transforms, warp=config.warp, seed=config.seed)


def fit_network(
    gan: GAN,
    config: PredictorConfig,
    rows: Labeled,
    run: Run | None = None,
    phase: str = "",
    options: TrainOptions | None = None,
) -> Generator[Progress, None, tuple[Model, Any]]:
    """Fit or train by a resolved config: the network, and what a fit keeps beside it."""
    if config.members:
        return (yield from fit_members(gan, config, rows, run, phase, options))
    method = METHODS.get(config.method)
    if method and method.fit:
        network, facts = method.fit(gan, config, rows)
        return save_fit(gan, network, facts, run), facts
    task = make_task(gan, config, rows)
    batches = Batches(make_streams(gan, rows, task), Rng(("finetune", config.seed)))
    schedule = Schedule(config.steps or 1, config.batch, options or TrainOptions(), phase)
    yield from run_training(task, batches, schedule, run)
    return task.result, None


def fit_members(
    gan: GAN,
    config: PredictorConfig,
    rows: Labeled,
    run: Run | None,
    phase: str,
    options: TrainOptions | None,
) -> Generator[Progress, None, tuple[Model, Any]]:
    """The members of an ensemble one by one; one that takes steps has a run of its own."""
    networks, facts = [], []
    for place, member in enumerate(config.members):
        member_run = None
        if run and member.config.learns:
            identity = {"format": 1, "kind": "member", "config": member.config.to_json()}
            identity["labels"] = rows.metadata()
            member_run = Run.claim(run.path / f"member-{place}", identity)
        reader = yield from with_readout(gan, member.config, rows, run)
        fit = fit_network(reader, member.config, rows, member_run, phase, options)
        network, fact = yield from fit
        networks.append(network)
        facts.append(fact)
    every = {"classes": rows.classes, "members": facts}
    return save_fit(gan, ensemble_of(networks, config, rows.classes), every, run), every


def save_fit(gan: GAN, network: Model, facts: Any, run: Run | None) -> Model:
    """The network as it predicts, which a run keeps."""
    network = frozen(network, gan.runtime.device)
    if run and facts is not None:
        run.write(FIT_FILE, json.dumps(facts))
    if run and not holds_fit(run, network):
        run.save(1, *pack_parts({"mean": network}))
    return network


def holds_fit(run: Run, network: Model) -> bool:
    """Whether a run holds these very weights: a finished one may lie where nobody can write."""
    tensors, _ = pack_parts({"mean": network})
    try:
        saved = run.load()
    except InputError:  # damaged
        return False
    return (
        saved is not None
        and saved.tensors.keys() == tensors.keys()
        and all(torch.equal(saved.tensors[name].cpu(), tensors[name].cpu()) for name in tensors)
    )


def stored_fit(run: Run) -> Any:
    """What a fit has kept in a model directory beside its network; None where it needs nothing."""
    name = next((name for name in (FIT_FILE, OLD_FIT_FILE) if run.has(name)), None)
    return None if name is None else run.read_object(name)


def make_task(gan: GAN, config: PredictorConfig, rows: Labeled) -> Finetune:
    """The task of finetuning, with the losses of unlabeled samples that the method names."""
    network = METHODS[config.learns[0]].start(gan, rows.classes or 1, config.seed)
    learner = Learner.start(network, Views(config.transforms or (), config.warp), gan.runtime)
    names = losses_of(config, rows.classes) if config.unlabeled else ()
    keyed = keyed_losses([METHODS[name] for name in names])
    losses = {key: make(config, learner, gan, rows) for key, make in keyed.items()}
    return Finetune(config, gan.codec, learner, losses)


def keyed_losses(methods: Sequence[Method]) -> dict[Key, MakeLoss]:
    """The losses of methods by the keys of their random numbers: own ones first, then by place."""
    keyed = [(m.key, m.loss) for m in methods if m.key and m.loss]
    unkeyed = [m.loss for m in methods if m.loss and not m.key]
    if len({key for key, _ in keyed}) < len(keyed):
        raise TypeError(f"two of {[key for key, _ in keyed]} draw by one key: give each its own")
    losses: dict[Key, MakeLoss] = {(key,): loss for key, loss in keyed}
    return losses | {(UNNAMED, place): loss for place, loss in enumerate(unkeyed)}


def make_streams(gan: GAN, rows: Labeled, task: Finetune) -> dict[str, Stream]:
    """What the task draws its batches from."""
    device = gan.runtime.device
    tensors = (rows.packed.to(device), rows.values.to(device))
    streams = {"labeled": Stream(tensors, task.config.batch)}
    for loss in task.losses.values():
        streams |= loss.streams
    return streams
