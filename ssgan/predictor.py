"""Finetuning: the discriminator's trunk under a new head, from few labels.

    model = finetune(gan, few_images, few_labels)
    model.predict(images)

The labels tell the task: classes for classification, numbers for regression. Four methods:

    finetune   trunk and head are trained together, on labelled rows and, for classification, on
               unlabeled ones too, whose labels were spread over a graph of nearest neighbours
    probe      logistic or ridge regression on the standardised features of all depths
    svm        DCGAN's own probe: every depth max-pooled to 4 x 4, a linear support vector machine
    spread     the graph alone: the labels of the nearest rows
"""

import copy
import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ssgan import metrics
from ssgan.data import Codec, Targets, codec_from_json, digest, targets
from ssgan.finetuning import (
    UNLABELED_SHARE,
    Finetune,
    Graph,
    Head,
    Network,
    PredictorConfig,
    first_shares,
    new_head,
)
from ssgan.gan import GAN, REFERENCE, apply
from ssgan.heads import Neighbours, Votes, linear_head, margin_head
from ssgan.metrics.generation import MOST
from ssgan.networks import trunk
from ssgan.networks.readout import Readout, pooled
from ssgan.progress import Pace, Progress, carry_out, finish
from ssgan.randomness import Draw, seeded
from ssgan.runs import Run
from ssgan.runtime import Runtime, runtime
from ssgan.training import Batches, Stream, fill, pack_parts
from ssgan.transport import pack, unpack

Array = NDArray[Any]
GRAPH = 10_000  # unlabeled rows that the labels are spread over, at most


@dataclass(frozen=True)
class Predictor:
    """A codec, a trunk under a head, and what the outputs mean."""

    config: PredictorConfig
    codec: Codec
    network: Network
    targets: Targets  # classes and dtype of the labels; its values are empty
    runtime: Runtime
    about: Mapping[str, Any]  # "gan": its data and config; "labels": task, count, scale, ...

    def __deepcopy__(self, memo: object) -> "Predictor":
        return self  # it never changes, so scikit-learn's `clone` may share it

    def __getstate__(self) -> dict[str, Any]:
        return pack(vars(self))

    def __setstate__(self, state: dict[str, Any]) -> None:
        unpack(self, state)

    @property
    def classes(self) -> tuple[Any, ...] | None:
        return self.targets.classes

    @property
    def task(self) -> str:
        return self.targets.task

    def outputs(self, samples: Any) -> Array:
        """What the head gives for raw samples: logits (N, K), or standardised numbers (N, 1)."""
        network = self.network
        return apply(network, self.codec.pack(samples), self.codec, self.runtime).double().numpy()

    def predict(self, samples: Any) -> Array:
        """A label for every raw sample, (N,) in the dtype of the labels it was finetuned on."""
        if self.classes is None:
            return self.targets.decode(self.numbers(samples))
        return self.targets.decode(self.outputs(samples).argmax(1))

    def numbers(self, samples: Any) -> Array:
        """What a regression predicts for raw samples, float64 (N,), not rounded."""
        center, scale = self.about["labels"]["scale"]
        numbers: Array = self.outputs(samples)[:, 0] * scale + center
        return numbers

    def predict_proba(self, samples: Any) -> Array:
        """The probability of every class, (N, K) in the order of `classes`, rows sum to 1.

        They are not calibrated; those of method "svm" are a softmax of margins. Raises ValueError
        for regression.
        """
        if self.classes is None:
            raise ValueError("a regression has no class probabilities: use predict")
        return torch.from_numpy(self.outputs(samples)).softmax(1).numpy()

    def features(self, samples: Any) -> Array:
        """Standardised features of all depths of the finetuned trunk, float32 (N, F)."""
        packed = self.codec.pack(samples)
        return apply(self.network.features, packed, self.codec, self.runtime).numpy()


@dataclass(frozen=True)
class Labeled:
    """The rows that a predictor learns from, packed, and what their labels mean."""

    packed: Tensor  # (N, ...)
    values: Tensor  # (N,) int64 class indices, or float32 standardised numbers
    targets: Targets  # without values
    scale: tuple[float, float]  # mean and deviation of the numbers
    unlabeled: Tensor | None  # packed rows (M, ...)


def labeled(gan: GAN, samples: Any, labels: Any, unlabeled: Any, seed: int) -> Labeled:
    """Sort out what is labelled and what is not; see `finetune`."""
    found = labels if isinstance(labels, Targets) else targets(labels)
    packed = gan.codec.pack(samples)
    if len(packed) != len(found.values):
        raise ValueError(f"{len(packed)} samples but {len(found.values)} labels: one label a row")
    mine = torch.from_numpy(found.labeled)
    values = torch.from_numpy(found.values[found.labeled])
    scale = (0.0, 1.0)
    if found.classes is None:
        scale = (float(values.mean()), float(values.std(correction=0)))
        values = ((values - scale[0]) / scale[1]).float()
    rest = np.setdiff1d(np.arange(len(packed)), found.labeled)
    others = [packed[torch.from_numpy(rest)]]
    more = gan.codec.pack(unlabeled) if unlabeled is not None else gan.rows()
    others += [more] if more is not None else []
    rows = torch.cat(others)
    keep = Draw(("graph", seed)).permutation(len(rows))[:GRAPH]
    meaning = Targets(values=found.values[:0], classes=found.classes, dtype=found.dtype)
    return Labeled(packed[mine], values, meaning, scale, rows[keep] if len(rows) else None)


def initial(gan: GAN, config: PredictorConfig, outputs: int) -> Network:
    """A copy of the GAN's trunk under an untrained head."""
    body = copy.deepcopy(gan.discriminator.trunk)
    readout = copy.deepcopy(gan.readout)
    head = new_head(len(readout.center), outputs, Draw(("finetune", config.seed)))
    return Network(body, readout, head).to(gan.runtime.device)


def fitted(gan: GAN, config: PredictorConfig, rows: Labeled) -> Network:
    """The network of a method that is fitted at once."""
    network, classes = initial(gan, config, 1), rows.targets.classes
    count = None if classes is None else len(classes)
    if config.method == "svm":
        network.readout = Readout(len(gan.readout.center), "max").to(gan.runtime.device)
        every = rows.packed if rows.unlabeled is None else rows.unlabeled[:REFERENCE]
        maps = gan.apply(lambda x: pooled(network.trunk(x), "max"), every)
        network.readout.fit(maps.to(gan.runtime.device))
    if config.method == "spread":
        over = graph(rows)
        network.head = Neighbours(len(over.packed), len(gan.readout.center), over.classes)
        network.head.fit(gan.apply(network.features, over.packed).numpy(), over.labels.numpy())
    else:
        features = gan.apply(network.features, rows.packed).double().numpy()
        labels = rows.values.numpy()
        if config.method == "svm" and count is not None:
            network.head = margin_head(features, labels, count)
        else:
            network.head = linear_head(features, labels, count)
    return network.to(gan.runtime.device).requires_grad_(False).eval()


def graph(rows: Labeled) -> Graph:
    """All packed rows and their class indices, -1 for the unlabeled."""
    others = rows.packed[:0] if rows.unlabeled is None else rows.unlabeled
    unknown = torch.full((len(others),), -1, dtype=torch.int64)
    labels = torch.cat([rows.values.long(), unknown])
    return Graph(torch.cat([rows.packed, others]), labels, len(rows.targets.classes or ()))


def streams(gan: GAN, config: PredictorConfig, rows: Labeled) -> tuple[dict[str, Stream], str]:
    """What the task of finetuning draws its batches from, and how nearness was told at first."""
    device = gan.runtime.device
    mine = Stream((rows.packed.to(device), rows.values.to(device)), config.batch)
    if config.unlabeled == 0:
        return {"labeled": mine}, "none"
    over = graph(rows)
    space, shares = first_shares(gan, over)
    theirs = Stream((over.packed.to(device), shares.to(device)), UNLABELED_SHARE * config.batch)
    return {"labeled": mine, "unlabeled": theirs}, space


def meaning(rows: Labeled) -> dict[str, Any]:
    """What a model directory says of its labels."""
    return {
        "task": rows.targets.task,
        "classes": rows.targets.classes,
        "dtype": rows.targets.dtype,
        "scale": rows.scale,
        "count": len(rows.values),
        "unlabeled": None if rows.unlabeled is None else digest(rows.unlabeled.numpy()),
        "fingerprint": digest(rows.packed.numpy()) + digest(rows.values.numpy()),
    }


def settled(config: PredictorConfig | None, rows: Labeled) -> PredictorConfig:
    """The config for these rows; refuses a method that cannot learn from them."""
    config = config or PredictorConfig()
    numbers = rows.targets.classes is None
    if numbers and config.method in ("svm", "spread"):
        raise ValueError(f"method {config.method!r} is for classes, the labels are numbers: probe?")
    if config.method != "finetune" or (numbers or rows.unlabeled is None):
        return replace(config, unlabeled=0.0)
    return config


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
    config = settled(config, rows)
    about: dict[str, Any] = {
        "gan": {k: v for k, v in gan.data.items() if k != "run"} | {"config": gan.config.to_json()},
        "labels": meaning(rows),
    }
    held = None
    if run is not None:
        identity = {"format": 1, "kind": "predictor", "config": config.to_json(), **about}
        held = Run.claim(run, identity, growing=("config.steps",))
        held.write("codec.json", json.dumps(gan.codec.to_json()))
        held.write("origin.json", json.dumps({"run": gan.data.get("run")}))
    if config.method == "finetune":
        outputs = len(rows.targets.classes) if rows.targets.classes else 1
        network = initial(gan, config, outputs)
        task = Finetune(config, network, gan.codec, gan.runtime, graph(rows))
        sources, about["space"] = streams(gan, config, rows)
        batches = Batches(sources, Draw(("finetune", config.seed)))
        yield from carry_out(task, batches, Pace(config.steps, config.batch), held)
        network = task.result
    else:
        network = fitted(gan, config, rows)
        if held:
            held.save(config.steps, *pack_parts({"mean": network}))
    return Predictor(config, gan.codec, network, rows.targets, gan.runtime, about)


def finetune(
    gan: GAN,
    samples: Any,
    labels: Any,
    config: PredictorConfig | None = None,
    *,
    unlabeled: Any = None,
    run: str | Path | None = None,
) -> Predictor:
    """Put the GAN's trunk under a new head that predicts `labels` (N,) of raw samples.

    Strings, integers and booleans are classes, floats are numbers to regress on, or a `Targets`
    says it; rows whose label is -1, NaN, None or "" are unlabeled. `unlabeled` are more samples
    without labels; by default those that the GAN was trained on, which are read again if need be.
    `run` names a directory to keep the predictor in. Raises ValueError for labels or samples that
    cannot be used, FileExistsError for a directory that holds something else.
    """
    return finish(finetuning(gan, samples, labels, config, unlabeled=unlabeled, run=run))


def load_predictor(path: str | Path, device: str | None = None) -> Predictor:
    """The predictor of a model directory.

    Raises FileNotFoundError if there is none or its finetuning has not ended, ValueError if the
    directory holds something else.
    """
    run = Run.open(path)
    if run.config.get("kind") != "predictor":
        raise ValueError(f"{path} holds a {run.config.get('kind')}, expected a finetuned model")
    config, checkpoint = PredictorConfig.from_json(run.config["config"]), run.load()
    if checkpoint is None or checkpoint.step < config.steps:
        raise FileNotFoundError(f"{path} is not finished: run the same `ssgan finetune` again")
    codec = codec_from_json(json.loads((run.path / "codec.json").read_text()))
    width, tensors = run.config["gan"]["config"]["width"], checkpoint.tensors
    network = rebuilt(codec, config, width, tensors)
    labels, on = run.config["labels"], runtime(device, codec.shape)
    classes = None if labels["classes"] is None else tuple(labels["classes"])
    values = np.empty(0, np.int64 if classes else np.float64)
    found = Targets(values=values, classes=classes, dtype=labels["dtype"])
    about: dict[str, Any] = {
        "gan": run.config["gan"],
        "labels": labels,
        "run": str(run.path.resolve()),
    }
    return Predictor(config, codec, on.place(network).eval(), found, on, about)


def rebuilt(
    codec: Codec, config: PredictorConfig, channels: int, tensors: Mapping[str, Tensor]
) -> Network:
    """The network that a checkpoint holds: the averaged one, and its voters if there are any."""
    state = {k.removeprefix("mean/"): v for k, v in tensors.items() if k.startswith("mean/")}
    votes = {k.removeprefix("voters/"): v for k, v in tensors.items() if k.startswith("voters/")}
    features = len(state["readout.center"])
    with seeded(Draw(("rebuilt",))):
        body = trunk(codec.shape, channels)
        if "head.rows" in state:
            rows, classes = state["head.shares"].shape
            head: nn.Module = Neighbours(rows, features, classes)
        elif "head.weight" in state:
            head = nn.Linear(features, len(state["head.bias"]))
        else:
            head = Head(features, len(state["head.linear.bias"]))
    readout = Readout(features, "max" if config.method == "svm" else "mean")
    network = Network(body, readout, head)
    fill(network, state)
    if votes:
        voters = Neighbours(len(votes["rows"]), features, votes["shares"].shape[1])
        voters.load_state_dict(votes)
        network.head = Votes(head, voters)
    return network.requires_grad_(False)


def evaluate(
    model: Predictor | GAN, samples: Any, labels: Any = None, seed: int = 0
) -> dict[str, float]:
    """How good a predictor is on labelled samples, or how close a GAN comes to samples.

    Classification: accuracy, balanced accuracy, macro F1, log loss, calibration error; regression:
    MAE, RMSE, R2; unlabeled rows are left out. A GAN: distances and coverage in a feature space
    that needs no download (see `ssgan.metrics`). Raises ValueError for a predictor without labels
    and for labels that it does not know.
    """
    if isinstance(model, GAN):
        if labels is not None:
            raise ValueError("a GAN is compared with samples, not with labels: leave them out")
        real = model.codec.pack(samples)
        fake = model.codec.pack(model.sample(min(len(real), MOST), seed))
        return metrics.samples(model.codec.expand(real), model.codec.expand(fake), seed)
    if labels is None:
        raise ValueError("a predictor is evaluated on labelled samples: give their labels")
    values = model.targets.encode(labels)
    known = np.flatnonzero(~np.isnan(values) if model.classes is None else values >= 0)
    if model.classes is None:
        guesses = model.numbers(samples)
        return metrics.regression(values[known], guesses[known])
    return metrics.predictions(values[known], model.predict_proba(samples)[known])
