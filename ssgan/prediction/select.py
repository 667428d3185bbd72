"""Method "auto": an average of candidates, weighed by what they say of held-out labels.

Ordinary models and graphs predict held-out labels on the same folds: on the samples, on what the
GAN reads, on both side by side and on a student. Each is calibrated there, and their average is
weighed by `weigh`, mixed with the weights of a prior average, which count the more the fewer labels
there are. A training that learns from unlabeled samples is tried where samples have views and what
is fitted at once does not rule it out; its own held-out predictions decide about it. Where nothing
can be held out the prior average is taken.
"""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from scipy.special import log_softmax, logsumexp

from ssgan.codecs.codec import Array
from ssgan.models.gan import GAN
from ssgan.prediction.baselines import FEWEST_NUMBERS, Folds, foldable, kinds
from ssgan.prediction.baselines.models import MOST_KERNEL
from ssgan.prediction.calibration import temperature
from ssgan.prediction.comparison import PLAIN, compare, costs_of
from ssgan.prediction.config import Member, PredictorConfig
from ssgan.prediction.crossvalidation import FOLDS, answers, folds_of, short_training
from ssgan.prediction.ensemble import Model, weigh
from ssgan.prediction.heldout import Candidates, held_out
from ssgan.prediction.labels import Labeled
from ssgan.prediction.learning import learning
from ssgan.prediction.resolve import has_views, resolve_config
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.training.runner import Progress

CHOICE = "choice.json"
FITTED_FOLDS = 5  # where no training is tried on them
HELD_OUT = 1000  # labelled samples that weigh candidates, more or less
OFTEN = 150  # held-out samples in all, up to which folds are drawn again
PRIOR = 20  # labels that the prior average counts as
MEMBERS = 6  # at most
COSTLY = 10  # classes, above which boosting takes too long
WORSE = 2.0  # standard errors by which a training is behind after a fold that rules it out
LINEAR = ("logistic", "ridge")


@dataclass(frozen=True)
class Learnt:
    """What a model was learnt by, in the end, and what was found on the way."""

    network: Model
    config: PredictorConfig  # resolved
    kept: Any = None  # what a fit keeps beside its network
    choice: Mapping[str, Any] | None = None  # of "auto"


def choosing(
    gan: GAN, config: PredictorConfig, rows: Labeled, run: Run | None = None
) -> Generator[Progress, None, Learnt]:
    """`learning` by any resolved config; "auto" chooses first, once for a run."""
    choice = None
    if config.method == "auto":
        choice, config = yield from choice_of(gan, config, rows, run)
    network, kept = yield from learning(gan, config, rows, run)
    return Learnt(network, config, kept, choice)


def choice_of(
    gan: GAN, config: PredictorConfig, rows: Labeled, run: Run | None
) -> Generator[Progress, None, tuple[dict[str, Any], PredictorConfig]]:
    """The choice of "auto", made or stored, and the config to learn by."""
    if run and run.has(CHOICE):
        return stored_choice(run)
    choice, members = yield from choose_members(gan, config, rows)
    config = resolve_config(replace(config, method="ensemble", members=members), gan, rows)
    if run:
        told = {"choice": choice, "config": config.to_json()}
        run.write(CHOICE, json.dumps(told, indent=1))
    return choice, config


def stored_choice(run: Run) -> tuple[dict[str, Any], PredictorConfig]:
    """The choice that a model directory holds, and the config that was learnt by."""
    told = run.read_object(CHOICE)
    return told["choice"], PredictorConfig.from_json(told["config"])


def choose_members(
    gan: GAN, config: PredictorConfig, rows: Labeled
) -> Generator[Progress, None, tuple[dict[str, Any], tuple[Member, ...]]]:
    """The choice as JSON, with the "verdict" of folds and "temperature" of the average; members."""
    known, deep = candidates(gan, config, rows), training(gan, config, rows)
    if reason := unjudged(rows):
        weights, found = prior(known), Found({}, {}, np.empty(0))
        verdict: dict[str, Any] = {"means": {}, "abstained": True, "reason": reason}
    else:
        found, weights = yield from judged(gan, known, deep, few(rows), config)
        verdict = {"abstained": False, **verdict_of(found, weights)}
    if deep:
        known = {**known, deep.method: deep}
    members = tuple(
        Member(
            config=final(known[name], rows),
            weight=weight,
            temperature=found.temperatures.get(name, 1.0),
        )
        for name, weight in weights.items()
    )
    verdict |= {"chosen": "average", "weights": weights}
    choice: dict[str, Any] = {"method": "ensemble", "readout": config.readout, "verdict": verdict}
    if rows.classes and found.outputs:
        choice["temperature"] = warmth(mean_of(found.outputs, weights), found.labels)
    return choice, members


@dataclass(frozen=True)
class Found:
    """Held-out outputs of every candidate: log-probabilities (R, n, K), calibrated by its
    temperature, or numbers (R, n)."""

    outputs: dict[str, Array]
    temperatures: dict[str, float]
    labels: Array  # (n,)

    def add(self, name: str, outputs: Array) -> None:
        """Take in what a candidate gave."""
        self.temperatures[name] = 1.0
        if outputs.ndim == 3:
            self.temperatures[name] = warmth(outputs, self.labels)
            outputs = log_softmax(outputs / self.temperatures[name], axis=2)
        self.outputs[name] = outputs


def judged(
    gan: GAN,
    known: Candidates,
    deep: PredictorConfig | None,
    rows: Labeled,
    config: PredictorConfig,
) -> Generator[Progress, None, tuple[Found, dict[str, float]]]:
    """What every candidate says of held-out labels, and the weights of the average."""
    labels = rows.values.numpy()
    repeats = max(1, min(config.search.repeats, OFTEN // len(labels)))
    folds = folds_of(rows, config, repeats, FOLDS if deep else FITTED_FOLDS)
    found = Found({}, {}, labels)
    for name, measured in held_out(gan, known, rows, folds).items():
        found.add(name, measured.outputs)
    weights = weighed(found, prior(known), config)
    if deep:
        average = mean_of(found.outputs, weights)
        said = yield from tried(gan, deep, rows, Folds(folds.of[:1]), average)
        if said is not None:
            found.add(deep.method, np.repeat(said[None], len(folds.of), 0))
            weights = weighed(found, prior(known), config)
    return found, weights


def weighed(found: Found, before: Mapping[str, float], config: PredictorConfig) -> dict[str, float]:
    """The weights of a few candidates: what the folds say, drawn towards the prior average."""
    trust = PRIOR / (PRIOR + len(found.labels))
    said = weigh(found.outputs, found.labels, Rng(("weigh", config.seed)))
    mixed = {n: trust * before.get(n, 0) + (1 - trust) * said.get(n, 0) for n in found.outputs}
    most = sorted(mixed, key=lambda name: -mixed[name])[:MEMBERS]
    total = sum(mixed[name] for name in most)
    return {name: mixed[name] / total for name in most if mixed[name] > 0}


def tried(
    gan: GAN, deep: PredictorConfig, rows: Labeled, folds: Folds, average: Array
) -> Generator[Progress, None, Array | None]:
    """Held-out outputs (n, ...) of a short training; None where what is fitted at once, `average`
    (R, n, ...), is never wrong, or is far ahead after the first fold."""
    labels = rows.values.numpy()
    costs = costs_of(average, labels)
    if not costs.any():
        return None
    said = np.empty(average.shape[1:])
    for number, (_, train, test) in enumerate(folds):
        network, _ = yield from short_training(gan, deep, rows, train, "comparison")
        said[test] = answers(gan, network, rows, test)
        gaps = costs_of(said[None, test], labels[test]) - costs[test]
        error = float(gaps.std()) / len(gaps) ** 0.5
        if number == 0 and gaps.mean() > WORSE * error:
            return None
    return said


def candidates(gan: GAN, config: PredictorConfig, rows: Labeled) -> dict[str, PredictorConfig]:
    """What is fitted at once, by names: a kind of model, or a graph, on each readout."""
    asked = config.readout or "all"
    readouts = ["samples"]
    if asked != "samples":
        readouts += ["samples+all", "all" if asked in ("samples+all", "student") else asked]
    if asked == "student":
        readouts.append("student")
    known = kinds(rows.classes, (len(rows.packed), prod(gan.codec.shape)), usual=False)
    if rows.classes > COSTLY:
        known.pop("boosting", None)
    found = {}
    for readout in readouts:
        names = [n for n in known if readout == "samples" or n in (*LINEAR, "svm")]
        names += ["k-nn"] if readout == "student" else []
        for name in names:
            own = replace(config, method="on-features", baseline=name, readout=readout)
            found[f"{name} on {readout}"] = own
        if rows.unlabeled is not None:
            found[f"graph on {readout}"] = replace(config, method="graph", readout=readout)
    return found


def prior(known: Candidates) -> dict[str, float]:
    """Equal weights of a few candidates of different kinds, which are seldom all far off."""
    student, numbers = "svm on student" in known, "ridge on samples" in known
    names = ["logistic on samples", "forest on samples", "svm on samples+all"]
    names += ["ridge on samples", "ridge on samples+all"]
    names += [] if numbers else ["graph on samples+all"]
    if student:
        names = ["svm on samples+all", "logistic on student", "svm on student", "graph on student"]
    found = [name for name in names if name in known] or list(known)[:1]
    return dict.fromkeys(found, 1 / len(found))


def training(gan: GAN, config: PredictorConfig, rows: Labeled) -> PredictorConfig | None:
    """The training that learns from unlabeled samples, where those have views."""
    if rows.unlabeled is None or not has_views(gan, config, rows) or not config.unlabeled:
        return None
    graph = rows.classes and config.readout == "student"
    method = "consistency+propagation" if graph else "consistency"
    return resolve_config(replace(config, method=method), gan, rows)


def unjudged(rows: Labeled) -> str | None:
    """Why no label can be held out; None where some can."""
    labels = rows.values.numpy()
    if not rows.classes:
        few = len(labels) < FEWEST_NUMBERS
        words = f"of {len(labels)} labels none can be held out: they are fewer than 10"
    else:
        few = foldable(labels, rows.classes) < 2
        words = "some class has one label, so that none can be held out"
    return f"{words}. The average is the usual one" if few else None


def few(rows: Labeled) -> Labeled:
    """About HELD_OUT of the labelled samples, five of a class at least; the rest is unlabeled."""
    count, labels = len(rows.values), rows.values.numpy()
    if count <= HELD_OUT:
        return rows
    order = Rng(("held out", rows.seed)).permutation(count).numpy()
    if not rows.classes:
        return rows.part(rows.values.new_tensor(order[:HELD_OUT]).long())
    kept = []
    for name in np.unique(labels):
        own = order[labels[order] == name]
        kept.append(own[: max(5, round(HELD_OUT * len(own) / count))])
    return rows.part(rows.values.new_tensor(np.concatenate(kept)).long())


def final(config: PredictorConfig, rows: Labeled) -> PredictorConfig:
    """The config to learn from all labels by: the linear models of many are a probe's."""
    if len(rows.values) > MOST_KERNEL and config.baseline in LINEAR:
        return replace(config, method="probe", baseline=None)
    return config


def warmth(outputs: Array, labels: Array) -> float:
    """The temperature of logits (R, n, K) for labels (n,)."""
    repeats, _, classes = outputs.shape
    return temperature(outputs.reshape(-1, classes), np.tile(labels, repeats))


def mean_of(outputs: Mapping[str, Array], weights: Mapping[str, float]) -> Array:
    """The weighted mean of probabilities, as their log (R, n, K), or of numbers (R, n)."""
    stacked = np.stack([outputs[name] for name in weights])
    each = np.array(list(weights.values())).reshape(-1, *[1] * (stacked.ndim - 1))
    found: Array = (
        logsumexp(stacked, axis=0, b=each) if stacked.ndim == 4 else (each * stacked).sum(0)
    )
    return found


def verdict_of(found: Found, weights: Mapping[str, float]) -> dict[str, Any]:
    """What is told of a choice: "means" in points, a "comparison" with ordinary models, why."""
    average = mean_of(found.outputs, weights)
    plain = {n: v for n, v in found.outputs.items() if n.endswith(PLAIN) and "graph" not in n}
    compared = compare(average, plain, found.labels)
    means = {
        name: compare(outputs, plain, found.labels).score for name, outputs in found.outputs.items()
    }
    return {
        "means": {**means, "average": compared.score},
        "comparison": compared.to_json(),
        "reason": f"{recipe(weights)}. {compared.line}",
    }


def recipe(weights: Mapping[str, float]) -> str:
    """What an average is made of, in words."""
    return ", ".join(f"{100 * weight:.0f} % {name}" for name, weight in weights.items())
