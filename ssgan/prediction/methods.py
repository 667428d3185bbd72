"""How each method makes a network from a GAN and labelled rows."""

import copy
import json
from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from ssgan.config import InputError
from ssgan.data import Codec
from ssgan.models.gan import GAN, REFERENCE, GANConfig
from ssgan.models.student import StudentConfig, reading_out, readout_of, untrained
from ssgan.networks import trunk
from ssgan.networks.readout import Pooling, Readout
from ssgan.prediction.baselines import (
    Simple,
    candidates,
    choose,
    cross_validated,
    flat,
    stratified,
    too_few,
)
from ssgan.prediction.baselines import fitted as fit
from ssgan.prediction.finetuning import (
    FITTED,
    UNLABELED_SHARE,
    Finetune,
    Head,
    Network,
    PredictorConfig,
    first_shares,
    new_head,
)
from ssgan.prediction.graph import Neighbours, Votes
from ssgan.prediction.heads import Nearest, linear_head, margin_head, nearest_head
from ssgan.prediction.labels import Labeled
from ssgan.prediction.teachers import TEACHERS
from ssgan.randomness import Rng, seeded
from ssgan.runs.run import Run
from ssgan.training.batches import Batches, Stream
from ssgan.training.runner import Progress, run_training
from ssgan.training.schedule import Schedule
from ssgan.training.state import fill, pack_parts
from ssgan.transforms.views import check, movable, natural

SIMPLE = "simple.json"
STEPS = {"finetune": 400, "consistency": 5000, "joint": 1500}  # where the config names none


def settled(config: PredictorConfig | None, gan: GAN, rows: Labeled) -> PredictorConfig:
    """The config with all that was left open, for these rows.

    Raises ValueError for a method or transforms that these rows cannot have.
    """
    config = config or PredictorConfig()
    asked = config.readout or readout_for(gan, config, rows)
    config = replace(config, readout="all" if config.method == "simple" else readout_of(gan, asked))
    if config.method == "svm" and not rows.classes:
        raise InputError("method 'svm' is for classes, the labels are numbers: probe?")
    if config.method == "auto":  # what it chooses is settled then
        check(config.transforms or (), gan.codec)
        return config
    learns = tuple(name for name in config.learns if rows.classes or name != "finetune")
    if config.unlabeled == 0 or rows.unlabeled is None or not learns:
        config = replace(config, unlabeled=0.0)
    if config.transforms is not None:
        check(config.transforms, gan.codec)
    elif config.warp == 0 or not (config.learns or config.readout == "student"):
        config = replace(config, transforms=())
    else:
        config = replace(config, transforms=found_transforms(gan, rows))
    return replace(config, steps=config.steps or max(STEPS.get(m, 1) for m in (*config.learns, "")))


def readout_for(gan: GAN, config: PredictorConfig, rows: Labeled) -> str:
    """The readout where none is named: "auto" takes a student where it has views to learn from.

    Those of images that keep a class, or that are stated to keep a number; a student without them
    is worth no more than all depths.
    """
    found = bool(rows.classes) if config.transforms is None else {*config.transforms} - {"noise"}
    views = found and movable(gan.codec) and config.warp
    asked = config.method == "auto" and views and rows.unlabeled is not None
    return "student" if asked and hasattr(gan.generator, "maps") else "all"


def found_transforms(gan: GAN, rows: Labeled) -> tuple[str, ...]:
    """Those natural for the unlabeled rows; only noise for numbers, which a turn might change."""
    if not rows.classes:
        return ("noise",)
    return natural(gan.codec, gan.codec.expand(rows.every()[:REFERENCE]), rows.seed)


def initial(gan: GAN, config: PredictorConfig, outputs: int) -> Network:
    """A copy of the GAN's trunk under an untrained head."""
    body = copy.deepcopy(gan.trunk)
    readout = copy.deepcopy(gan.readout)
    head = new_head(len(readout.center), outputs, Rng(("finetune", config.seed)))
    return Network(body, readout, head).to(gan.runtime.device)


def fitted(gan: GAN, config: PredictorConfig, rows: Labeled) -> Network:
    """The network of a method that is fitted at once."""
    network, count = initial(gan, config, 1), rows.classes or None
    if config.method == "svm":
        network.readout = unfitted(config, len(gan.readout.center)).to(gan.runtime.device)
        maps = gan.apply(lambda x: network.readout.pooled(network.trunk(x)), reference(rows))
        network.readout.fit(maps.to(gan.runtime.device))
    if config.method == "spread":
        over = rows.graph()
        network.head = Neighbours(len(over.packed), len(gan.readout.center), over.classes)
        network.head.fit(gan.apply(network.features, over.packed).numpy(), over.labels.numpy())
    else:
        features = gan.apply(network.features, rows.packed).double().numpy()
        labels = rows.values.numpy()
        if config.method == "svm" and count is not None:
            network.head = margin_head(features, labels, count)
        elif config.method == "knn":
            network.head = nearest_head(features, labels, count)
        else:
            network.head = linear_head(features, labels, count)
    return network.to(gan.runtime.device).requires_grad_(False).eval()


def unfitted(config: PredictorConfig, features: int) -> Readout:
    """The readout of a network with so many features, to be fitted or filled."""
    pooling: Pooling = "max" if config.method == "svm" else "mean"
    return Readout(features, pooling, last=config.readout == "last")


class Flat(nn.Module):
    """A trunk that sees nothing: samples (N, ...) as one map (N, F)."""

    def forward(self, x: Tensor) -> list[Tensor]:
        return [x.flatten(1)]


class SimpleHead(nn.Module):
    """A simple model as a head: its few rows are its state, it is fitted again when loaded."""

    def __init__(self, model: Simple) -> None:
        super().__init__()
        self.model = model
        for name, tensor in model.to_tensors().items():
            self.register_buffer(name, tensor)

    def forward(self, features: Tensor) -> Tensor:
        said = torch.from_numpy(self.model.predict(features.float().cpu().numpy()))
        return said.to(features.device).reshape(len(features), -1).float()


def simple(gan: GAN, config: PredictorConfig, rows: Labeled) -> Simple:
    """The one that the config names, or that folds of the labelled rows choose; the simplest where
    they cannot. ValueError for a name that there is not."""
    x, labels = flat(gan.codec, rows.packed), rows.values.numpy()
    answers = candidates(x, labels, rows.classes, config.seed)
    name = config.simple or next(iter(answers))
    if name not in answers:
        raise InputError(f"no simple model {name!r} for such rows; there are {', '.join(answers)}")
    if config.simple is None and not too_few(labels, rows.classes):
        folds = stratified(labels, rows.classes, Rng(("simple model", config.seed)))
        found = {n: cross_validated(a, labels, rows.classes, folds) for n, a in answers.items()}
        name = choose({n: measured.scores for n, measured in found.items()}, folds).name
    return fit(name, x, labels, rows.classes, config.seed)


def on_samples(model: Simple) -> Network:
    """A simple model in the place of a network: it sees the encoded samples themselves."""
    network = Network(Flat(), Readout(model.rows.shape[1]), SimpleHead(model))
    return network.requires_grad_(False).eval()


def reading(
    gan: GAN, config: PredictorConfig, rows: Labeled, held: Run | None = None
) -> Generator[Progress, None, GAN]:
    """The GAN with the readout of a settled config; a student is trained, once for a run."""
    transforms = config.transforms
    if transforms is None and config.readout == "student":  # "auto" settles what it chooses later
        transforms = () if config.warp == 0 else found_transforms(gan, rows)
    asked = StudentConfig(
        steps=config.student_steps,
        batch=config.student_batch,
        views=config.student_views,
        transforms=transforms,
        warp=config.warp,
        seed=config.seed,
    )
    place = held.path / "student" if held else None
    return (yield from reading_out(gan, config.readout or "all", rows.every(), asked, run=place))


def reference(rows: Labeled) -> Tensor:
    """Rows whose features a readout is standardised by."""
    return rows.packed if rows.unlabeled is None else rows.few()[:REFERENCE]


def task_of(gan: GAN, config: PredictorConfig, rows: Labeled) -> Finetune:
    """The task of finetuning with the teachers that the method names."""
    network = initial(gan, config, rows.classes or 1)
    task = Finetune(config, network, gan.codec, gan.runtime, rows.graph())
    if config.unlabeled:
        names = [name for name in config.learns if name in TEACHERS]
        args = (gan, task.views, rows.classes, rows.prior().to(gan.runtime.device))
        task.learn_from([TEACHERS[n](config, task.network, task.mean, *args) for n in names])
    return task


def streams(
    gan: GAN, config: PredictorConfig, rows: Labeled, task: Finetune
) -> tuple[dict[str, Stream], str]:
    """What the task draws its batches from, and where nearness was told at first."""
    device = gan.runtime.device
    found = {"labeled": Stream((rows.packed.to(device), rows.values.to(device)), config.batch)}
    if task.teachers:
        found["every"] = Stream((rows.every().to(device),), config.ratio * config.batch)
    if not task.spreads:
        return found, "none"
    space, shares = first_shares(gan, task.rows)
    theirs = (task.rows.packed.to(device), shares.to(device))
    return found | {"unlabeled": Stream(theirs, UNLABELED_SHARE * config.batch)}, space


def learning(
    gan: GAN, config: PredictorConfig, rows: Labeled, held: Run | None = None, phase: str = ""
) -> Generator[Progress, None, tuple[Network, dict[str, Any]]]:
    """Train or fit by a settled config; returns the network and what is worth telling of it."""
    if config.method in FITTED:
        model = simple(gan, config, rows) if config.method == "simple" else None
        network = on_samples(model) if model else fitted(gan, config, rows)
        if held:
            if model:
                held.write(SIMPLE, json.dumps(model.to_json()))
            held.save(1, *pack_parts({"mean": network}))
        return network, {"space": "none", "simple": model.to_json() if model else None}
    task = task_of(gan, config, rows)
    sources, space = streams(gan, config, rows, task)
    batches = Batches(sources, Rng(("finetune", config.seed)))
    schedule = Schedule(config.steps or 1, config.batch, phase=phase)
    yield from run_training(task, batches, schedule, held)
    return task.result, {"space": space, "simple": None}


def network_of(
    codec: Codec,
    config: PredictorConfig,
    gan: GANConfig,
    tensors: Mapping[str, Tensor],
    about: Mapping[str, Any] | None = None,
) -> Network:
    """The network that a checkpoint holds: the averaged one, and its voters if there are any.

    `about` is what a simple model is remade from, whose few rows are the checkpoint.
    """
    if about is not None:
        own = {name: tensors[f"mean/head.{name}"] for name in ("rows", "labels")}
        return on_samples(Simple.from_tensors(own, about))
    state = {k.removeprefix("mean/"): v for k, v in tensors.items() if k.startswith("mean/")}
    votes = {k.removeprefix("voters/"): v for k, v in tensors.items() if k.startswith("voters/")}
    features = len(state["readout.center"])
    with seeded(Rng(("rebuilt",))):
        made = untrained if config.readout == "student" else trunk
        body = made(codec.shape, gan.width, gan.body, gan.depth)
        head = rebuilt_head(state, features)
    network = Network(body, unfitted(config, features), head)
    fill(network, state)
    if votes:
        voters = Neighbours(len(votes["rows"]), features, votes["shares"].shape[1])
        voters.load_state_dict(votes)
        network.head = Votes(head, voters)
    return network.requires_grad_(False)


def rebuilt_head(state: Mapping[str, Tensor], features: int) -> nn.Module:
    """A head for these weights, still without them; it shows in their names which it is."""
    if "head.values" in state:
        rows, outputs = state["head.values"].shape
        return Nearest(rows, features, outputs, classes=outputs > 1)
    if "head.shares" in state:
        return Neighbours(len(state["head.rows"]), features, state["head.shares"].shape[1])
    if "head.weight" in state:
        return nn.Linear(features, len(state["head.bias"]))
    return Head(features, len(state["head.linear.bias"]))
