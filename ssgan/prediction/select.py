"""Method "auto": what to learn by, chosen on the labelled samples alone, with a fall back to less.

Baselines, a probe of the GAN's features and a short training that learns from the unlabeled samples
predict held-out labels on the same folds. The training is taken where it beats what the folds
would choose among the others (see `baselines`) by more than one standard error, row by row, so that
learning from unlabeled samples costs little where it does not help. Labels propagated over a graph
and a probe of a student have learnt from the unlabeled samples as well: they are on the side of the
training, and speak for it where they say more than 400 steps do. For numbers the graph is a way of
its own, and the better of both is asked for. What is fitted at once is held out several times over
where labels are few, so that one draw of the folds does not decide. What the folds said calibrates.
"""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ssgan.models.gan import GAN
from ssgan.prediction.baselines import (
    Array,
    FitPredict,
    Folds,
    Measured,
    Verdict,
    candidates,
    choose,
    cross_validated,
    flat,
    select,
    too_few,
)
from ssgan.prediction.calibration import temperature
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.crossvalidation import by_method, folds_of, held_out_outputs
from ssgan.prediction.labels import Labeled
from ssgan.prediction.learning import learning
from ssgan.prediction.network import Network
from ssgan.prediction.resolve import resolve_config
from ssgan.runs.run import Run
from ssgan.training.runner import Progress
from ssgan.transforms.views import movable

CHOICE = "choice.json"


@dataclass(frozen=True)
class Learnt:
    """What a model was learnt by, in the end, and what was found on the way."""

    network: Network
    config: PredictorConfig  # resolved
    kept: Any = None  # what a fit keeps beside its network
    choice: Mapping[str, Any] | None = None  # of "auto"


def deep_method(gan: GAN, rows: Labeled) -> str:
    """The method that learns from unlabeled samples, for such samples.

    A graph of a student's features is right often enough to give the teacher its first labels; one
    of the discriminator's is not (see the notes on unlabeled rows).
    """
    if not rows.classes or not movable(gan.codec):
        return "propagation" if rows.classes else "consistency"
    return "consistency" if gan.student is None else "consistency+propagation"


def choose_method(
    gan: GAN, config: PredictorConfig, rows: Labeled
) -> Generator[Progress, None, dict[str, Any]]:
    """The "method" to learn by, the "verdict" of the folds and the "temperature" of outputs."""
    labels, deep = rows.values.numpy(), deep_method(gan, rows)
    asked = replace(config, method=deep)
    config = replace(config, transforms=resolve_config(asked, gan, rows).transforms)
    x = flat(gan.codec, rows.packed)
    baselines = candidates(x, labels, rows.classes, config.seed, config.search)
    simple, learnt = sides(gan, config, rows, baselines)
    folds = None if too_few(labels, rows.classes) else folds_of(rows, config)
    if folds:
        asked = replace(config, method=deep)
        outputs = yield from held_out_outputs(gan, asked, rows, folds, "comparison")
        learnt[deep] = lambda train, test: outputs[test]
    verdict, found = select(labels, rows.classes, simple, learnt, folds)
    if verdict.simple is not None:
        quick = {**simple, **{name: learnt[name] for name in learnt if name == "probe"}}
        often, again = held_out_often(config, rows, quick)
        found |= again
        best = choose({name: found[name].scores for name in simple}, often)
        verdict = compare(replace(verdict, simple=best), found, rows, [*learnt])
    method = "baseline" if verdict.chosen in baselines else verdict.chosen
    choice: dict[str, Any] = {"method": method, "readout": config.readout}
    if rows.classes and verdict.chosen in found:
        choice["temperature"] = temperature(found[verdict.chosen].outputs[0], labels)
    return choice | {"verdict": verdict.to_json()}


def held_out_often(
    config: PredictorConfig, rows: Labeled, quick: Mapping[str, FitPredict]
) -> tuple[Folds, dict[str, Measured]]:
    """Folds drawn several times where labels are few, and what is fitted at once gives on them."""
    labels, search = rows.values.numpy(), config.search
    repeats = max(1, min(search.repeats, search.repeat_rows // len(labels)))
    often = folds_of(rows, config, repeats)
    answers = quick.items() if repeats > 1 else ()  # one draw has been measured already
    return often, {n: cross_validated(a, labels, rows.classes, often) for n, a in answers}


def compare(
    verdict: Verdict, found: Mapping[str, Measured], rows: Labeled, learnt: list[str]
) -> Verdict:
    """The verdict on `learnt`, what has learnt from unlabeled samples, its training first."""
    labels = rows.values.numpy()
    costs = {name: held_out_costs(measured.outputs, labels) for name, measured in found.items()}
    speaker = min(learnt, key=lambda name: float(costs[name].mean()))
    means = {name: float(measured.scores.mean()) for name, measured in found.items()}
    deep = learnt[0] if rows.classes else speaker
    return by_rows(replace(verdict, means=means), costs, deep, speaker)


def sides(
    gan: GAN, config: PredictorConfig, rows: Labeled, baselines: Mapping[str, FitPredict]
) -> tuple[dict[str, FitPredict], dict[str, FitPredict]]:
    """What knows labelled samples alone, the simplest first, and what has learnt from the others
    too, the training first."""
    methods = [deep_method(gan, rows)] + (["graph"] if rows.unlabeled is not None else [])
    learnt = {name: by_method(gan, config, rows, name) for name in methods}
    probe = {"probe": by_method(gan, config, rows, "probe")}
    if gan.student is not None:
        return dict(baselines), learnt | probe
    first, *others = baselines
    return {first: baselines[first], **probe, **{n: baselines[n] for n in others}}, learnt


def by_rows(
    verdict: Verdict, costs: Mapping[str, Array], deep: str, speaker: str | None = None
) -> Verdict:
    """The verdict on `deep` from what every labelled row cost (R, N), held out R times.

    Three folds hardly tell how far their gains scatter; the rows that only one of both has right
    do. `deep` is taken where it, or `speaker` for it, gains more than a standard error of their
    mean difference; `speaker` itself where `deep` is behind the simple model on its own. Two are
    compared on the repeats that both have.
    """
    speaker = speaker or deep
    simple = verdict.simple.name if verdict.simple else deep

    def gained(name: str) -> Array:
        repeats = min(len(costs[simple]), len(costs[name]))
        gaps: Array = (costs[simple][:repeats] - costs[name][:repeats]).mean(0)
        return gaps

    gaps = gained(speaker)
    gain, error = float(gaps.mean()), float(gaps.std(ddof=1) / np.sqrt(len(gaps)))
    helps = gain > error
    better = deep if gained(deep).mean() >= 0 else speaker
    side = "less" if gain >= 0 else "more"
    rest = "" if helps else ": no reason to leave the simple model"
    return replace(
        verdict,
        chosen=better if helps else simple,
        deep=helps,
        gain=gain,
        error=error,
        reason=f"a held-out row costs {speaker} {abs(gain):.1f} points {side} than {simple}, "
        f"with a standard error of {error:.1f}{rest}",
    )


def held_out_costs(outputs: Array, labels: Array) -> Array:
    """What rows (N,) cost each time (R, N), in points: 100 for a wrong class; a number's squared
    error in percent of the labels' variance, as the mean of all would cost 100."""
    if outputs.ndim == 3:
        return 100.0 * np.asarray(outputs.argmax(2) != labels, np.float64)
    spread = max(float(labels.var()), np.finfo(np.float64).tiny)
    return np.asarray(100 * (outputs - labels) ** 2 / spread, np.float64)


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
    choice = yield from choose_method(gan, config, rows)
    baseline = choice["verdict"]["chosen"] if choice["method"] == "baseline" else None
    asked = replace(config, method=choice["method"], baseline=baseline)
    config = resolve_config(asked, gan, rows)
    if run:
        told = {"choice": choice, "config": config.to_json()}
        run.write(CHOICE, json.dumps(told, indent=1))
    return choice, config


def stored_choice(run: Run) -> tuple[dict[str, Any], PredictorConfig]:
    """The choice that a model directory holds, and the config that was learnt by."""
    told = run.read_object(CHOICE)
    return told["choice"], PredictorConfig.from_json(told["config"])
