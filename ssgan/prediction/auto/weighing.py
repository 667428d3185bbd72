"""Method "auto": an average of candidates, weighed by their predictions of held-out labels.

Ordinary models and graphs predict held-out labels on the same folds: on the samples, on what the
GAN reads, on both side by side and on a student. Each is calibrated there, and their average is
weighed by `greedy_weights`, mixed with the weights of a prior average, which count the more the
fewer labels there are. A training that learns from unlabeled samples is tried where samples have
views and what is fitted at once does not rule it out; its own held-out predictions decide about it.
Where nothing can be held out the prior average is taken.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.special import log_softmax, logsumexp

from ssgan.codecs.codec import Array
from ssgan.models.gan import GAN
from ssgan.prediction.auto.budget import Budget
from ssgan.prediction.auto.candidates import (
    LINEAR,
    Candidate,
    fitted_candidates,
    stepped_candidate,
)
from ssgan.prediction.auto.choice import CHOICE, AutoChoice, keep_choice, stored_choice
from ssgan.prediction.baselines import FEWEST_NUMBERS, Folds, foldable
from ssgan.prediction.baselines.models import MOST_KERNEL
from ssgan.prediction.calibration.mathematics import fit_temperature
from ssgan.prediction.config import Member, PredictorConfig
from ssgan.prediction.ensemble import greedy_weights
from ssgan.prediction.heldout.comparison import compare, costs_of
from ssgan.prediction.heldout.crossvalidation import (
    TRAINING_FOLDS,
    interval_folds,
    labeled_outputs,
    make_folds,
    short_training,
)
from ssgan.prediction.heldout.fitted import UNBOUNDED, held_out
from ssgan.prediction.labels import Labeled
from ssgan.prediction.resolve import resolve_config
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.training.runner import Progress

# Outputs (m, ...) for the labelled rows of the second array, from training on those of the first.
FoldTraining = Callable[[Array, Array, str], Generator[Progress, None, Array]]


def choose_once(
    gan: GAN, config: PredictorConfig, rows: Labeled, run: Run | None
) -> Generator[Progress, None, tuple[AutoChoice | None, PredictorConfig]]:
    """The choice of "auto", made or the one that a run holds, and the config to learn by; None and
    the same config for another method."""
    if not config.is_auto:
        return None, config
    if run and run.has(CHOICE):
        return stored_choice(run)
    choice, members = yield from choose_members(gan, config, rows)
    config = resolve_config(replace(config, method="ensemble", members=members), gan, rows)
    if run:
        keep_choice(run, choice, config)
    return choice, config


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
    """The choice, with what the folds say of it; its members."""
    fitted, stepped = fitted_candidates(gan, config, rows), stepped_candidate(gan, config, rows)
    candidates = (*fitted, stepped) if stepped else fitted
    if reason := why_not_held_out(rows):
        weights, outputs = priors(fitted), HeldOutOutputs({}, {}, np.empty(0))
        choice = AutoChoice(readout=config.readout, reason=reason, abstained=True, weights=weights)
    else:
        few = subsample(rows, config.auto.held_out)
        outputs, weights = yield from weigh_candidates(gan, fitted, stepped, few, config)
        choice = explain_choice(outputs, weights, candidates, config)
    if rows.classes and outputs.of:
        average = mean_outputs(outputs.of, weights)
        choice = replace(choice, temperature=repeated_temperature(average, outputs.labels))
    elif len(outputs.labels) == len(rows.values):
        nested = fold_weights(outputs, priors(fitted), config)
        members = tuple(make_members(each, candidates, outputs, rows) for each in nested)
        choice = replace(choice, fold_members=members)
    return choice, make_members(weights, candidates, outputs, rows)


def priors(candidates: Sequence[Candidate]) -> dict[str, float]:
    """The weights of the prior average."""
    return {candidate.name: candidate.prior for candidate in candidates if candidate.prior}


def make_members(
    weights: Mapping[str, float],
    candidates: Sequence[Candidate],
    outputs: HeldOutOutputs,
    rows: Labeled,
) -> tuple[Member, ...]:
    """The members of an average, to learn from these labels."""
    configs = {candidate.name: candidate.config for candidate in candidates}
    return tuple(
        Member(
            config=final_config(configs[name], rows),
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
    weights = []
    for _, train, _ in interval_folds(outputs.labels, config):
        of_fold = {name: each[:, train] for name, each in outputs.of.items()}
        part = HeldOutOutputs(of_fold, outputs.temperatures, outputs.labels[train])
        weights.append(mixed_weights(part, before, config))
    return weights


def weigh_candidates(
    gan: GAN,
    candidates: Sequence[Candidate],
    stepped: Candidate | None,
    rows: Labeled,
    config: PredictorConfig,
) -> Generator[Progress, None, tuple[HeldOutOutputs, dict[str, float]]]:
    """Held-out outputs of every candidate, and the weights of the average."""
    labels, budget = rows.values.numpy(), Budget(config.auto.budget)
    repeats = max(1, min(config.search.repeats, config.search.repeat_rows // len(labels)))
    folds = make_folds(rows, config, repeats, TRAINING_FOLDS if stepped else config.auto.folds)
    outputs = HeldOutOutputs({}, {}, labels)
    measured = yield from held_out(gan, candidates, rows, folds, budget)
    for name, result in measured.items():
        outputs.add(name, result.outputs)
    weights = mixed_weights(outputs, priors(candidates), config)
    if stepped:
        steps = stepped.config.steps or 1
        trial = Trial(
            train_on=partial(train_on_fold, gan, stepped.config, rows),
            behind=config.auto.behind,
            final=steps / min(config.search.steps, steps),
            budget=budget,
        )
        training = yield from try_training(
            trial, mean_outputs(outputs.of, weights), labels, Folds(folds.of[:1])
        )
        if training is not None:
            outputs.add(stepped.name, np.repeat(training[None], len(folds.of), 0))
            weights = mixed_weights(outputs, priors(candidates), config)
    return outputs, weights


def mixed_weights(
    outputs: HeldOutOutputs, before: Mapping[str, float], config: PredictorConfig
) -> dict[str, float]:
    """The weights of a few candidates: what the folds say, drawn towards the prior average."""
    trust = config.auto.trust(len(outputs.labels))
    rng = Rng(("weigh", config.seed))
    weights = greedy_weights(outputs.of, outputs.labels, rng, config.auto.weigh)
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
        remaining = (TRAINING_FOLDS - 1 + trial.final) * (trial.budget.clock() - began)
        if number == 0 and not trial.budget.affords(remaining):
            return None
    return outputs


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
    chosen_rows = []
    for name in np.unique(labels):
        of_class = order[labels[order] == name]
        chosen_rows.append(of_class[: max(5, round(size * len(of_class) / count))])
    return rows.part(rows.values.new_tensor(np.concatenate(chosen_rows)).long())


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


def explain_choice(
    outputs: HeldOutOutputs,
    weights: Mapping[str, float],
    candidates: Sequence[Candidate],
    config: PredictorConfig,
) -> AutoChoice:
    """An average with the points of all, its comparison with ordinary models, and why."""
    with_outputs = [candidate for candidate in candidates if candidate.name in outputs.of]
    ordinary = {
        candidate.name: outputs.of[candidate.name]
        for candidate in with_outputs
        if candidate.ordinary
    }
    late = tuple(
        candidate.name
        for candidate in candidates
        if candidate not in with_outputs and config.auto.budget
    )
    comparison = compare(mean_outputs(outputs.of, weights), ordinary, outputs.labels)
    means = {n: compare(each, ordinary, outputs.labels).score for n, each in outputs.of.items()}
    reason = f"{describe_weights(weights)}. {comparison.line}"
    return AutoChoice(
        readout=config.readout,
        reason=f"{reason}; time was up for {', '.join(late)}" if late else reason,
        means={**means, "average": comparison.score},
        weights=weights,
        comparison=replace(comparison, method="auto"),
        left_out=late,
    )


def describe_weights(weights: Mapping[str, float]) -> str:
    """What an average is made of, in words."""
    return ", ".join(f"{100 * weight:.0f} % {name}" for name, weight in weights.items())
