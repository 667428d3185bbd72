"""Finetuning: the discriminator's trunk under a new head, from few labels.

    model = finetune(gan, few_images, few_labels)
    model.predict(images)

The labels tell the task: classes for classification, numbers for regression. Methods:

    propagation  trunk and head are trained together, on labelled samples and, for classification,
                 on unlabeled ones, whose labels come from a graph of nearest neighbours
    consistency  the same, the labels of unlabeled samples from an average of the network, on
                 changed views of them
    k-plus-one   the same, and the network goes on telling real samples from the generator's
    probe        logistic or ridge regression on the standardised features
    knn          what the nearest labelled samples have, in feature space
    svm          DCGAN's own probe: every depth max-pooled to 4 x 4, a linear support vector machine
    graph        the graph alone, of classes or numbers: the labels of the nearest samples
    baseline     what folds of the labels choose of logistic or ridge regression, nearest
                 neighbours, a support vector machine and gradient boosting on the samples
    auto         a method that learns from the unlabeled samples where folds of the labels say that
                 it beats the probe and the baselines, else the best of those

The first three may be put together, as in "consistency+k-plus-one". All but "baseline" work on
what `readout` names: all depths of the trunk, its last, or a student of both networks.
"""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ssgan import metrics
from ssgan.config import InputError
from ssgan.data import Codec, Targets, codec_from_json, digest
from ssgan.metrics.generation import MOST_SAMPLES
from ssgan.models.gan import GAN, GANConfig
from ssgan.models.inference import apply
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.crossvalidation import temperature_of
from ssgan.prediction.intervals import FILE as INTERVALS
from ssgan.prediction.intervals import MIN_LABELS, Intervals, from_bytes, train_intervals
from ssgan.prediction.labels import Labeled, labeled
from ssgan.prediction.learning import KEPT, read_out
from ssgan.prediction.network import Network
from ssgan.prediction.rebuild import rebuilt_network
from ssgan.prediction.resolve import resolve_config
from ssgan.prediction.select import CHOICE, Learnt, choosing, stored_choice
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.runs.storage import read_object
from ssgan.runs.transport import pack, unpack
from ssgan.runtime import Runtime, runtime
from ssgan.training.runner import Progress, finish

Array = NDArray[Any]
TEMPERATURE = "temperature.json"


@dataclass(frozen=True)
class Predictor:
    """A codec, a trunk under a head, and what the outputs mean."""

    config: PredictorConfig
    codec: Codec
    network: Network
    targets: Targets  # classes and dtype of the labels; its values are empty
    runtime: Runtime
    about: Mapping[str, Any]  # "gan": its data and config; "labels": task, count, scale, ...
    intervals: Intervals | None = None  # where the intervals of a regression come from
    temperature: float = 1.0  # of the probabilities of classes

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

    def predict_interval(self, samples: Any, level: float = 0.9) -> Array:
        """Where the true number of each raw sample lies, (N, 2), right for about `level` of them.

        Raises ValueError for classes, and where no intervals were learnt: with `calibrate` off,
        and from fewer than 10 labels.
        """
        if self.intervals is None:
            raise InputError(
                "this model has no prediction intervals: finetune on 10 numbers or more, with "
                "`calibrate`, or use predict_proba for classes"
            )
        center, scale = self.about["labels"]["scale"]
        found = self.intervals.of(self.codec.pack(samples), self.codec, self.runtime, level)
        scaled: Array = found * scale + center
        return scaled

    def predict_proba(self, samples: Any) -> Array:
        """The probability of every class, (N, K) in the order of `classes`, rows sum to 1.

        A softmax of what the head gives, divided by the temperature that folds of the labelled
        rows found: 1 from fewer than three labels of a class. Raises ValueError for regression.
        """
        if self.classes is None:
            raise InputError("a regression has no class probabilities: use predict")
        outputs = torch.from_numpy(self.outputs(samples) / self.temperature)
        return outputs.softmax(1).numpy()

    def features(self, samples: Any) -> Array:
        """Standardised features of the finetuned trunk, or student, float32 (N, F)."""
        packed = self.codec.pack(samples)
        return apply(self.network.features, packed, self.codec, self.runtime).numpy()


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
    config = resolve_config(config, gan, rows)
    about = identity(gan, rows)
    held = claim(run, gan, config, about) if run is not None else None
    gan = yield from read_out(gan, config, rows, held)
    learnt = yield from choosing(gan, config, rows, held)
    calibrated: dict[str, Any] = {}
    if rows.classes:
        calibrated["temperature"] = yield from calibrate(gan, learnt, rows, held)
    else:
        calibrated["intervals"] = yield from intervals_of(gan, learnt.config, rows, held)
    return Predictor(
        config=learnt.config,
        codec=gan.codec,
        network=learnt.network,
        targets=rows.targets,
        runtime=gan.runtime,
        about=about | ({"choice": learnt.choice} if learnt.choice else {}),
        **calibrated,
    )


def identity(gan: GAN, rows: Labeled) -> dict[str, Any]:
    """What a model was made from: the "gan" and the "labels"."""
    source = {name: value for name, value in gan.data.items() if name != "run"}
    return {"gan": source | {"config": gan.config.to_json()}, "labels": rows.metadata()}


def claim(path: str | Path, gan: GAN, config: PredictorConfig, about: Mapping[str, Any]) -> Run:
    """The model directory of this finetuning, with what else loading needs."""
    whole = {"format": 1, "kind": "predictor", "config": config.to_json(), **about}
    run = Run.claim(path, whole, growing=("config.steps",))
    run.write("codec.json", json.dumps(gan.codec.to_json()))
    run.write("origin.json", json.dumps({"run": gan.data.get("run")}))
    return run


def intervals_of(
    gan: GAN, config: PredictorConfig, rows: Labeled, run: Run | None
) -> Generator[Progress, None, Intervals | None]:
    """The networks of the folds of a regression: those of the run, or new ones."""
    if run and (run.path / INTERVALS).exists():
        data = (run.path / INTERVALS).read_bytes()
        return from_bytes(data, gan.codec, config, gan.config, gan.runtime)
    found = (yield from train_intervals(gan, config, rows)) if config.calibrate else None
    if run and found:
        run.write(INTERVALS, found.to_bytes())
    return found


def calibrate(
    gan: GAN, learnt: Learnt, rows: Labeled, run: Run | None
) -> Generator[Progress, None, float]:
    """The temperature of a classifier: of the folds of "auto", of the run, or of new folds."""
    if learnt.choice is not None:
        return float(learnt.choice.get("temperature", 1.0))
    if not learnt.config.calibrate:
        return 1.0
    if run and (run.path / TEMPERATURE).exists():
        return stored_temperature(run.path, None)
    config = learnt.config
    if config.method == "baseline":  # not to be chosen again in every fold
        config = replace(config, baseline=learnt.kept["name"])
    found = yield from temperature_of(gan, config, rows)
    if run:
        run.write(TEMPERATURE, json.dumps({"temperature": found}))
    return found


def stored_temperature(path: Path, choice: Mapping[str, Any] | None) -> float:
    """The temperature that a model directory holds; 1 where it has none."""
    if (path / TEMPERATURE).exists():
        return float(read_object(path / TEMPERATURE)["temperature"])
    return float((choice or {}).get("temperature", 1.0))


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

    Raises FileNotFoundError if there is none or its finetuning has not ended, InputError if the
    directory holds something else.
    """
    run = Run.open(path)
    if run.config.get("kind") != "predictor":
        raise InputError(f"{path} holds a {run.config.get('kind')}, expected a finetuned model")
    choice, config = None, PredictorConfig.from_json(run.config["config"])
    if config.method == "auto" and (run.path / CHOICE).exists():
        choice, config = stored_choice(run.path)
    tensors = finished(run, config, choice)
    codec = codec_from_json(json.loads((run.path / "codec.json").read_text()))
    gan = GANConfig.from_json(run.config["gan"]["config"])
    kept = read_object(run.path / KEPT) if (run.path / KEPT).exists() else None
    network = rebuilt_network(codec, config, gan, tensors, kept)
    on, stored = runtime(device, codec.shape), run.path / INTERVALS
    intervals = None
    if stored.exists():
        intervals = from_bytes(stored.read_bytes(), codec, config, gan, on)
    about = {name: run.config[name] for name in ("gan", "labels")}
    about |= {"run": str(run.path.resolve())} | ({"choice": choice} if choice else {})
    return Predictor(
        config=config,
        codec=codec,
        network=on.place(network).eval(),
        targets=stored_targets(run.config["labels"]),
        runtime=on,
        about=about,
        intervals=intervals,
        temperature=stored_temperature(run.path, choice),
    )


def stored_targets(labels: Mapping[str, Any]) -> Targets:
    """Targets without values, from what a model directory says of its labels."""
    classes = None if labels["classes"] is None else tuple(labels["classes"])
    values = np.empty(0, np.int64 if classes else np.float64)
    return Targets(values=values, classes=classes, dtype=labels["dtype"])


def finished(
    run: Run, config: PredictorConfig, choice: Mapping[str, Any] | None
) -> Mapping[str, Tensor]:
    """The weights of a model directory; FileNotFoundError where its finetuning has not ended."""
    checkpoint, labels = run.load(), run.config["labels"]
    if labels["classes"] is None:
        none = not config.calibrate or labels["count"] < MIN_LABELS
        calibrated = none or (run.path / INTERVALS).exists()
    else:
        none = not config.calibrate or choice is not None
        calibrated = none or (run.path / TEMPERATURE).exists()
    steps = (config.steps or 0) if config.learns else 0
    if not (checkpoint and checkpoint.step >= steps and calibrated and config.method != "auto"):
        raise FileNotFoundError(f"{run.path} is not finished: run the same `ssgan finetune` again")
    return checkpoint.tensors


def evaluate(
    model: Predictor | GAN,
    samples: Any,
    labels: Any = None,
    seed: int = 0,
    reference: str | None = None,
) -> dict[str, float]:
    """How good a predictor is on labelled samples, or how close a GAN comes to samples.

    Classification: accuracy, balanced accuracy, macro F1, log loss, calibration error; regression:
    MAE, RMSE, R2, and how often intervals hold; unlabeled rows are left out. A GAN: distances,
    coverage, a two-sample test and, where its training rows are others, whether it remembers those
    (see `ssgan.metrics`; nothing is downloaded). Their names say what `reference` calls the
    samples; by default "train" if those are what the GAN learnt from, else "real". Raises
    ValueError for a predictor without labels or with a reference, and for labels that it does not
    know.
    """
    if isinstance(model, GAN):
        if labels is not None:
            raise InputError("a GAN is compared with samples, not with labels: leave them out")
        return closeness(model, samples, seed, reference)
    if reference is not None:
        raise InputError("only a GAN is compared with a reference: leave it out for a predictor")
    if labels is None:
        raise InputError("a predictor is evaluated on labelled samples: give their labels")
    values = model.targets.encode(labels)
    known = np.flatnonzero(~np.isnan(values) if model.classes is None else values >= 0)
    if model.classes is None:
        guesses = model.numbers(samples)
        found = metrics.regression(values[known], guesses[known])
        if model.intervals is not None:
            intervals = model.predict_interval(samples)[known]
            found["interval_90_coverage"] = metrics.interval_coverage(values[known], intervals)
            found["interval_90_width"] = metrics.interval_width(values[known], intervals)
        return found
    return metrics.predictions(values[known], model.predict_proba(samples)[known])


def closeness(gan: GAN, samples: Any, seed: int, reference: str | None) -> dict[str, float]:
    """How close a GAN comes to raw samples; at most 10,000 of each, and of its training rows."""
    codec, real, train = gan.codec, gan.codec.pack(samples)[:MOST_SAMPLES], gan.rows()
    fake = codec.expand(codec.pack(gan.sample(len(real), seed)))
    x = codec.expand(real)
    own = train is not None and digest(train[: len(real)].numpy()) == digest(real.numpy())
    called = reference or ("train" if own else "real")
    found = metrics.samples(x, fake, seed, reference=called)
    found |= metrics.told_apart(x, fake, seed, reference=called)
    if train is not None and not own:
        order = Rng(("closeness", seed)).permutation(len(train))[:MOST_SAMPLES]
        found |= metrics.memorisation(codec.expand(train[order]), x, fake, seed)
    return found
