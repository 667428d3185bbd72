"""Calls of a bank, one in nine of which succeeds: rows, weights or a moved threshold?

A user's classifier learns from some hundred labelled rows of a table with a rare class, without
help, with class weights, with a threshold that folds choose, with SMOTE, with synthetic rows of a
GAN, labelled by its finetuned discriminator, that fill the rare class up, and with such rows and a
threshold. "gate" is how well it does who follows the advice of `ssgan augment`. All are measured on
the same test rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score

from ssgan.benchmark.board import bank
from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite, grid
from ssgan.benchmark.problems import take_rows
from ssgan.benchmark.results import Value
from ssgan.codecs.codec import Array
from ssgan.data import Data
from ssgan.models.config import GANConfig
from ssgan.models.gan import GAN
from ssgan.models.pretraining import load, pretrain
from ssgan.prediction.baselines import flat_rows
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.finetune import finetune
from ssgan.randomness import Rng
from ssgan.synthesis import Request, Synthetic, augment, smote
from ssgan.synthesis.augment import context_for, propose
from ssgan.synthesis.classifiers import classifiers_named
from ssgan.synthesis.gate.adjustments import chosen_power, divide_by_shares
from ssgan.synthesis.gate.judges import EstimatorJudge
from ssgan.synthesis.gate.plan import balanced
from ssgan.synthesis.gate.training_rows import TrainingRows
from ssgan.synthesis.gate.verdict import MOVED, Verdict, best_remedy

METRIC = "balanced accuracy"
FOLDS = 5  # that choose the threshold
BOTH = f"synthetic rows{MOVED}"
METHODS = (
    *("nothing", "class weights", "threshold", "smote", "synthetic rows", BOTH),
    "gate",
)
USERS = ("logistic", "forest", "boosting")


@dataclass(frozen=True)
class CallSettings:
    """How much of everything a cell takes."""

    labels: int = 700
    gan: GANConfig = GANConfig(steps=3000)
    predictor: PredictorConfig = PredictorConfig(method="probe", calibrate=False)
    users: tuple[str, ...] = USERS
    seeds: int = 3


@dataclass(frozen=True)
class FewCalls:
    """Labelled rows of a seed as columns of numbers, and the test rows; 1 is a success."""

    gan: GAN
    frame: object
    words: Array
    x: Array
    y: Array
    test: Array
    truth: Array
    seed: int


def few_calls(data: Data, settings: CallSettings, place: Place, seed: int) -> FewCalls:
    """Rows as they come, which is what a user would label."""
    gan = load(gan_run(settings.gan, place), "cpu")
    rows = Rng(("rare calls", seed)).permutation(len(data)).numpy()[: settings.labels]
    frame, words = take_rows(data.x, rows), np.asarray(data.y)[rows]
    x, test = (flat_rows(gan.codec, gan.codec.pack(part)) for part in (frame, data.x_test))
    y, truth = (words == "yes").astype(int), (np.asarray(data.y_test) == "yes").astype(int)
    return FewCalls(gan, frame, words, x, y, test, truth, seed)


def gan_run(config: GANConfig, place: Place) -> Path:
    """Where the GAN is, which all cells share."""
    return place.work / f"rare-calls-{config.steps}-{config.seed}"


def prepare_gan(config: GANConfig, place: Place) -> None:
    """Pretrain on all rows, without labels."""
    pretrain(bank(place.data_dir).x, config, run=gan_run(config, place), device="cpu")


def synthetic_rows(
    few: FewCalls, settings: CallSettings, user: str | None
) -> tuple[Synthetic, Verdict | None]:
    """As many rows of the rare class as are missing, and what the gate says, if there is a user."""
    config = replace(settings.predictor, seed=few.seed)
    model, real = finetune(few.gan, few.frame, few.words, config), (few.frame, few.words)
    if user is None:
        return Synthetic(*augment(few.gan, model, strategy="auto", labeled=real, gate=False)), None
    request = Request(strategy="auto", classifier=user, seed=few.seed)
    proposal = propose(context_for(few.gan, model, real), request)
    return proposal.first, proposal.verdict


def outputs_with(
    few: FewCalls, method: str, judge: EstimatorJudge, added: Synthetic | None
) -> Array:
    """Outputs (M, 2) for the test rows of a classifier that has this help."""
    x, y, rng = few.x, few.y, Rng(("rare calls", few.seed, method))
    if method == "smote":
        counts = np.bincount(y)
        between = smote(x, y, counts.max() - counts, rng)
        x, y = np.concatenate([x, between[0]]), np.concatenate([y, between[1]])
    if added and method in (BOTH, "synthetic rows"):
        codec, called = few.gan.codec, np.asarray(added.labels) == "yes"
        more = flat_rows(codec, codec.pack(added.samples)), called.astype(int)
        if method == BOTH:
            rows = TrainingRows(np.concatenate([x, few.test]), np.concatenate([y, few.truth]))
            moved = rows.predict_moved(lambda kept, rng: more, judge.outputs, METRIC)
            return moved(np.arange(len(x)), np.arange(len(x), len(rows.classes)), rng)
        x, y = np.concatenate([x, more[0]]), np.concatenate([y, more[1]])
    outputs = judge.outputs(x, y, few.test, 2, weighted=method == "class weights")
    if method == "threshold":
        return divide_by_shares(outputs, y, chosen_power(judge.outputs, x, y, METRIC, rng, FOLDS))
    return outputs


def followed(verdict: Verdict) -> str:
    """What the gate advises."""
    if verdict.answer == "helps":
        return BOTH if (verdict.candidate or "").endswith(MOVED) else "synthetic rows"
    remedy = best_remedy(verdict.alternatives)
    return remedy.candidate if remedy else "nothing"


def solve_calls(settings: CallSettings, cell: Cell, place: Place) -> Mapping[str, Value]:
    """Balanced accuracy and average precision on the test rows."""
    few = few_calls(bank(place.data_dir), settings, place, cell.seed)
    (classifier,) = classifiers_named(cell.league, few.gan.codec.shape, cell.seed)
    method, verdict = cell.method, None
    added = None
    if method in ("gate", "synthetic rows", BOTH):
        added, verdict = synthetic_rows(few, settings, cell.league if method == "gate" else None)
        method = followed(verdict) if verdict else method
    outputs = outputs_with(few, method, EstimatorJudge(classifier.model), added)
    ranked = average_precision_score(few.truth, outputs[:, 1] - outputs[:, 0])
    return {
        "balanced_accuracy": round(balanced(few.truth, outputs.argmax(1)), 3),
        "average_precision": round(100 * float(ranked), 3),
        "answer": verdict.answer if verdict else "",
        "advice": (verdict.advice or "") if verdict else "",
        "rows": settings.labels,
    }


def rare_calls(short: bool) -> Suite:
    """The suite."""
    settings = CallSettings()
    if short:
        settings = CallSettings(gan=GANConfig(steps=1000), users=("logistic",), seeds=1)
    return Suite(
        cells=grid(league=settings.users, method=METHODS, seed=range(settings.seeds)),
        solve=partial(solve_calls, settings),
        measure="balanced_accuracy",
        by=("league", "method"),
        needs=lambda cell: settings.gan,
        prepare=prepare_gan,
    )


BENCHMARKS = (
    Benchmark(
        "rare-calls",
        "a rare class of a bank's calls: weights, a threshold, SMOTE, synthetic rows, the gate",
        rare_calls,
    ),
)
