"""Method "auto": an average of candidates, weighed by their predictions of held-out labels.

Ordinary models and graphs predict held-out labels on the same folds: on the samples, on what the
GAN reads, on both side by side and on a student. Each is calibrated there, and their average is
weighed by `weigh`, mixed with the weights of a prior average, which count the more the fewer labels
there are. A training that learns from unlabeled samples is tried where samples have views and what
is fitted at once does not rule it out; its own held-out predictions decide about it. Where nothing
can be held out the prior average is taken.
"""

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import Any

import numpy as np
from scipy.special import log_softmax, logsumexp

from ssgan.codecs.codec import Array
from ssgan.models.gan import GAN
from ssgan.prediction.baselines import FEWEST_NUMBERS, Folds, foldable, suitable_kinds
from ssgan.prediction.baselines.models import MOST_KERNEL
from ssgan.prediction.budget import Budget
from ssgan.prediction.calibration import fit_temperature
from ssgan.prediction.comparison import ON_SAMPLES, compare, costs_of
from ssgan.prediction.config import Member, PredictorConfig
from ssgan.prediction.crossvalidation import (
    TRAINING_FOLDS,
    interval_folds,
    labeled_outputs,
    make_folds,
    short_training,
)
from ssgan.prediction.ensemble import weigh
from ssgan.prediction.heldout import UNBOUNDED, Candidates, held_out
from ssgan.prediction.labels import Labeled
from ssgan.prediction.resolve import has_views, resolve_config
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.training.runner import Progress

CHOICE = "choice.json"
FOLD_MEMBERS = "fold_members"  # of a regression: the members of every fold of its intervals
LINEAR = ("logistic", "ridge")
AutoChoice = dict[str, Any]  # as JSON: method, readout, temperature, and the verdict of the folds
# Outputs (m, ...) for the labelled rows of the second array, from training on those of the first.
FoldTraining = Callable[[Array, Array, str], Generator[Progress, None, Array]]


def choose_once(
    gan: GAN, config: PredictorConfig, rows: Labeled, run: Run | None
) -> Generator[Progress, None, tuple[AutoChoice | None, PredictorConfig]]:
    """The choice of "auto", made or the one that a run holds, and the config to learn by; None and
    the same config for another method."""
    if config.method != "auto":
        return None, config
    if run and run.has(CHOICE):
        return stored_choice(run)
    choice, members = yield from choose_members(gan, config, rows)
    config = resolve_config(replace(config, method="ensemble", members=members), gan, rows)
    if run:
        run.write(CHOICE, json.dumps({"choice": choice, "config": config.to_json()}, indent=1))
    return choice, config


def stored_choice(run: Run) -> tuple[AutoChoice, PredictorConfig]:
    """The choice that a model directory holds, and the config that was learnt by."""
    stored = run.read_object(CHOICE)
    return stored["choice"], PredictorConfig.from_json(stored["config"])


@dataclass(frozen=True)
class HeldOutOutputs:
    """Held-out outputs of every candidate: log-probabilities (R, n, K), calibrated by its
    temperature, or numbers (R, n)."""

    of: dict[str, Array]
    temperatures: dict[str, float]
    labels: Array  # (n,)

    def add(self, name: str, outputs: Array) -> None:
        """Take in the outputs of a candidate."""
        self.temperatures[name] = 1.0
        if outputs.ndim == 3:
            self.temperatures[name] = repeated_temperature(outputs, self.labels)
            outputs = log_softmax(outputs / self.temperatures[name], axis=2)
        self.of[name] = outputs


def choose_members(
    gan: GAN, config: PredictorConfig, rows: Labeled
) -> Generator[Progress, None, tuple[AutoChoice, tuple[Member, ...]]]:
    """The choice, with the "verdict" of folds and the "temperature" of the average; its members."""
    fitted, stepped = fitted_candidates(gan, config, rows), stepped_candidate(gan, config, rows)
    candidates = {**fitted, **({stepped.method: stepped} if stepped else {})}
    if reason := why_not_held_out(rows):
        weights, outputs = prior_weights(fitted), HeldOutOutputs({}, {}, np.empty(0))
        verdict: dict[str, Any] = {"means": {}, "abstained": True, "reason": reason}
    else:
        few = subsample(rows, config.auto.held_out)
        outputs, weights = yield from weigh_candidates(gan, fitted, stepped, few, config)
        verdict = {"abstained": False, **make_verdict(outputs, weights)}
        if config.auto.budget and (late := [n for n in candidates if n not in outputs.of]):
            verdict["left_out"] = late
            verdict["reason"] += f"; time was up for {', '.join(late)}"
    verdict |= {"chosen": "average", "weights": weights}
    choice: AutoChoice = {"method": "ensemble", "readout": config.readout, "verdict": verdict}
    if rows.classes and outputs.of:
        average = mean_outputs(outputs.of, weights)
        choice["temperature"] = repeated_temperature(average, outputs.labels)
    elif len(outputs.labels) == len(rows.values):
        nested = fold_weights(outputs, prior_weights(fitted), config)
        choice[FOLD_MEMBERS] = [
            [member.to_json() for member in make_members(each, candidates, outputs, rows)]
            for each in nested
        ]
    return choice, make_members(weights, candidates, outputs, rows)


def make_members(
    weights: Mapping[str, float], candidates: Candidates, outputs: HeldOutOutputs, rows: Labeled
) -> tuple[Member, ...]:
    """The members of an average, to learn from these labels."""
    return tuple(
        Member(
            config=final_config(candidates[name], rows),
            weight=weight,
            temperature=outputs.temperatures.get(name, 1.0),
        )
        for name, weight in weights.items()
    )


def fold_weights(
    outputs: HeldOutOutputs, before: Mapping[str, float], config: PredictorConfig
) -> list[dict[str, float]]:
    """The weights that each fold of the prediction intervals would have had without its labels.

    So what a fold is held out from has not been chosen by it.
    """
    found = []
    for _, train, _ in interval_folds(outputs.labels, config):
        own = {name: each[:, train] for name, each in outputs.of.items()}
        part = HeldOutOutputs(own, outputs.temperatures, outputs.labels[train])
        found.append(mixed_weights(part, before, config))
    return found


def weigh_candidates(
    gan: GAN,
    candidates: Candidates,
    stepped: PredictorConfig | None,
    rows: Labeled,
    config: PredictorConfig,
) -> Generator[Progress, None, tuple[HeldOutOutputs, dict[str, float]]]:
    """Held-out outputs of every candidate, and the weights of the average."""
    labels, budget = rows.values.numpy(), Budget(config.auto.budget)
    repeats = max(1, min(config.search.repeats, config.search.repeat_rows // len(labels)))
    folds = make_folds(rows, config, repeats, TRAINING_FOLDS if stepped else config.auto.folds)
    outputs = HeldOutOutputs({}, {}, labels)
    measured = yield from held_out(gan, candidates, rows, folds, budget)
    for name, one in measured.items():
        outputs.add(name, one.outputs)
    weights = mixed_weights(outputs, prior_weights(candidates), config)
    if stepped:
        trial = Trial(
            train_on=partial(train_on_fold, gan, stepped, rows),
            behind=config.auto.behind,
            final=(stepped.steps or 1) / min(config.search.steps, stepped.steps or 1),
            budget=budget,
        )
        own = yield from try_training(
            trial, mean_outputs(outputs.of, weights), labels, Folds(folds.of[:1])
        )
        if own is not None:
            outputs.add(stepped.method, np.repeat(own[None], len(folds.of), 0))
            weights = mixed_weights(outputs, prior_weights(candidates), config)
    return outputs, weights


def mixed_weights(
    outputs: HeldOutOutputs, before: Mapping[str, float], config: PredictorConfig
) -> dict[str, float]:
    """The weights of a few candidates: what the folds say, drawn towards the prior average."""
    trust = config.auto.trust(len(outputs.labels))
    rng = Rng(("weigh", config.seed))
    weights = weigh(outputs.of, outputs.labels, rng, config.auto.weigh)
    mixed = {n: trust * before.get(n, 0) + (1 - trust) * weights.get(n, 0) for n in outputs.of}
    most = sorted(mixed, key=lambda name: -mixed[name])[: config.auto.members]
    total = sum(mixed[name] for name in most)
    return {name: mixed[name] / total for name in most if mixed[name] > 0}


def train_on_fold(
    gan: GAN, config: PredictorConfig, rows: Labeled, train: Array, test: Array, fold: str
) -> Generator[Progress, None, Array]:
    """Outputs of a short training on the labelled rows `train` for the rows `test`; people are told
    which fold that is."""
    network, _ = yield from short_training(gan, config, rows, train, f"comparison, {fold}")
    return labeled_outputs(gan, network, rows, test)


@dataclass(frozen=True)
class Trial:
    """A training that is tried on folds, and when it is given up."""

    train_on: FoldTraining
    behind: float  # standard errors after the first fold
    final: float = 1.0  # how many times as long the training on all labels is
    budget: Budget = UNBOUNDED


def try_training(
    trial: Trial, average: Array, labels: Array, folds: Folds
) -> Generator[Progress, None, Array | None]:
    """Held-out outputs (n, ...) of a training on each of the folds, which are drawn once.

    None where the average of what is fitted at once, (R, n, ...), is never wrong for labels (n,),
    or is far ahead after the first fold; and where no time is left for the other folds and for the
    training on all labels.
    """
    costs = costs_of(average, labels)
    if not costs.any() or trial.budget.spent():
        return None
    outputs, began = np.empty(average.shape[1:]), trial.budget.clock()
    for number, (_, train, test) in enumerate(folds):
        fold = f"fold {number + 1} of {len(folds.of) * folds.count}"
        outputs[test] = yield from trial.train_on(train, test, fold)
        gaps = costs_of(outputs[None, test], labels[test]) - costs[test]
        error = float(gaps.std()) / len(gaps) ** 0.5
        if number == 0 and gaps.mean() > trial.behind * error:
            return None
        rest = (TRAINING_FOLDS - 1 + trial.final) * (trial.budget.clock() - began)
        if number == 0 and not trial.budget.affords(rest):
            return None
    return outputs


def fitted_candidates(
    gan: GAN, config: PredictorConfig, rows: Labeled
) -> dict[str, PredictorConfig]:
    """What is fitted at once, by names: a kind of model, or a graph, on each readout."""
    base = config.readout or "all"
    readouts = ["samples"]
    if base != "samples":
        readouts += ["samples+all", "all" if base in ("samples+all", "student") else base]
    if base == "student":
        readouts.append("student")
    kinds = suitable_kinds(rows.classes, (len(rows.packed), prod(gan.codec.shape)), usual=False)
    if rows.classes > config.auto.boosted_classes:
        kinds.pop("boosting", None)
    candidates = {}
    for readout in readouts:
        names = [n for n in kinds if readout == "samples" or n in (*LINEAR, "svm")]
        names += ["k-nn"] if readout == "student" else []
        for name in names:
            model = replace(config, method="on-features", baseline=name, readout=readout)
            candidates[f"{name} on {readout}"] = model
        if rows.unlabeled is not None:
            candidates[f"graph on {readout}"] = replace(config, method="graph", readout=readout)
    return candidates


def stepped_candidate(gan: GAN, config: PredictorConfig, rows: Labeled) -> PredictorConfig | None:
    """The training that learns from unlabeled samples, where those have views."""
    if rows.unlabeled is None or not has_views(gan, config, rows) or not config.unlabeled:
        return None
    graph = rows.classes and config.readout == "student"
    method = "consistency+propagation" if graph else "consistency"
    return resolve_config(replace(config, method=method), gan, rows)


def prior_weights(candidates: Candidates) -> dict[str, float]:
    """Equal weights of a few candidates of different kinds, which are seldom all far off."""
    student, numbers = "svm on student" in candidates, "ridge on samples" in candidates
    names = ["logistic on samples", "forest on samples", "svm on samples+all"]
    names += ["ridge on samples", "ridge on samples+all"]
    names += [] if numbers else ["graph on samples+all"]
    if student:
        names = ["svm on samples+all", "logistic on student", "svm on student", "graph on student"]
    members = [name for name in names if name in candidates] or list(candidates)[:1]
    return dict.fromkeys(members, 1 / len(members))


def why_not_held_out(rows: Labeled) -> str | None:
    """Why no label can be held out; None where some can."""
    labels = rows.values.numpy()
    if not rows.classes:
        few = len(labels) < FEWEST_NUMBERS
        words = f"of {len(labels)} labels none can be held out: they are fewer than 10"
    else:
        few = foldable(labels, rows.classes) < 2
        words = "some class has one label, so that none can be held out"
    return f"{words}. The average is the usual one" if few else None


def subsample(rows: Labeled, size: int) -> Labeled:
    """About `size` of the labelled samples, five of a class at least; the rest is unlabeled."""
    count, labels = len(rows.values), rows.values.numpy()
    if count <= size:
        return rows
    order = Rng(("held out", rows.seed)).permutation(count).numpy()
    if not rows.classes:
        return rows.part(rows.values.new_tensor(order[:size]).long())
    kept = []
    for name in np.unique(labels):
        own = order[labels[order] == name]
        kept.append(own[: max(5, round(size * len(own) / count))])
    return rows.part(rows.values.new_tensor(np.concatenate(kept)).long())


def final_config(config: PredictorConfig, rows: Labeled) -> PredictorConfig:
    """The config to learn from all labels by: the linear models of many are a probe's."""
    if len(rows.values) > MOST_KERNEL and config.baseline in LINEAR:
        return replace(config, method="probe", baseline=None)
    return config


def repeated_temperature(outputs: Array, labels: Array) -> float:
    """The temperature of logits (R, n, K) for labels (n,)."""
    repeats, _, classes = outputs.shape
    return fit_temperature(outputs.reshape(-1, classes), np.tile(labels, repeats))


def mean_outputs(outputs: Mapping[str, Array], weights: Mapping[str, float]) -> Array:
    """The weighted mean of probabilities, as their log (R, n, K), or of numbers (R, n)."""
    stacked = np.stack([outputs[name] for name in weights])
    each = np.array(list(weights.values())).reshape(-1, *[1] * (stacked.ndim - 1))
    mean: Array = (
        logsumexp(stacked, axis=0, b=each) if stacked.ndim == 4 else (each * stacked).sum(0)
    )
    return mean


def make_verdict(outputs: HeldOutOutputs, weights: Mapping[str, float]) -> dict[str, Any]:
    """What a choice says of itself: "means" in points, a "comparison" with ordinary models, why."""
    ordinary = {n: v for n, v in outputs.of.items() if n.endswith(ON_SAMPLES) and "graph" not in n}
    comparison = compare(mean_outputs(outputs.of, weights), ordinary, outputs.labels)
    means = {n: compare(each, ordinary, outputs.labels).score for n, each in outputs.of.items()}
    return {
        "means": {**means, "average": comparison.score},
        "comparison": comparison.to_json(),
        "reason": f"{describe_weights(weights)}. {comparison.line}",
    }


def describe_weights(weights: Mapping[str, float]) -> str:
    """What an average is made of, in words."""
    return ", ".join(f"{100 * weight:.0f} % {name}" for name, weight in weights.items())
