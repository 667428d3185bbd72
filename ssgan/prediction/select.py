"""Method "auto": what to learn by, chosen on the labelled rows alone, and a fall back to less.

Simple models, a probe of the GAN's features and a short course that learns from the unlabeled rows
predict held-out labelled rows on the same folds. The course is taken where it beats what the folds
would choose among the others (see `simple`) by more than one standard error, row by row, so that
learning from unlabeled rows costs little where it does not help. Labels spread over a graph (see
`graphs`) and a probe of a student (see `encoder`) have learnt from the unlabeled rows as well: they
are on the side of the course, and speak for it where they say more than 400 steps do. For numbers
the graph is a way of its own, and the better of both is asked for. What is fitted at once is held
out several times over where labels are few, so that one draw of the folds does not decide. What the
folds said calibrates.
"""

import json
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ssgan.models.gan import GAN
from ssgan.prediction.baselines import (
    Array,
    FitPredict,
    Verdict,
    candidates,
    choose,
    cross_validated,
    flat,
    select,
    too_few,
)
from ssgan.prediction.calibration import temperature
from ssgan.prediction.crossvalidation import by_method, folded, held_out
from ssgan.prediction.finetuning import Network, PredictorConfig
from ssgan.prediction.labels import Labeled
from ssgan.prediction.methods import learning, settled
from ssgan.runs.run import Run
from ssgan.runs.storage import read_object
from ssgan.training.runner import Progress
from ssgan.transforms.views import movable

CHOICE = "choice.json"
REPEATS = 5  # of the folds, for what is fitted at once
ENOUGH = 500  # rows held out in all, from which on folds are not drawn again


def course(gan: GAN, rows: Labeled) -> str:
    """The method that learns from unlabeled rows, for such samples.

    A graph of a student's features is right often enough to give the teacher its first labels; one
    of the discriminator's is not (see the notes on unlabeled rows).
    """
    if not rows.classes or not movable(gan.codec):
        return "finetune" if rows.classes else "consistency"
    return "consistency" if gan.student is None else "consistency+finetune"


def chosen(
    gan: GAN, config: PredictorConfig, rows: Labeled
) -> Generator[Progress, None, dict[str, Any]]:
    """The "method" to learn by, the "verdict" of the folds and the "temperature" of outputs."""
    labels, deep = rows.values.numpy(), course(gan, rows)
    found_once = settled(replace(config, method=deep), gan, rows).transforms
    config = replace(config, transforms=found_once)
    simple = candidates(flat(gan.codec, rows.packed), labels, rows.classes, config.seed)
    known, learnt = sides(gan, config, rows, simple)
    few = too_few(labels, rows.classes)
    folds = None if few else folded(labels, rows.classes, config.seed)
    if folds:
        asked = replace(config, method=deep)
        said = yield from held_out(gan, asked, rows, folds, "comparison")
        learnt[deep] = lambda train, test: said[test]
    verdict, found = select(labels, rows.classes, known, learnt, folds)
    if verdict.simple is not None:
        repeats = max(1, min(REPEATS, ENOUGH // len(labels)))
        often = folded(labels, rows.classes, config.seed, repeats)
        every = known | learnt if repeats > 1 else {}
        quick = {name: every[name] for name in every if name in (*known, "probe")}
        found |= {n: cross_validated(a, labels, rows.classes, often) for n, a in quick.items()}
        verdict = replace(verdict, simple=choose({n: found[n].scores for n in known}, often))
        means = {name: float(measured.scores.mean()) for name, measured in found.items()}
        costs = {name: losses(measured.outputs, labels) for name, measured in found.items()}
        speaker = min(learnt, key=lambda name: costs[name].mean())
        wanted = deep if rows.classes else speaker
        verdict = by_rows(replace(verdict, means=means), costs, wanted, speaker)
    method = "simple" if verdict.chosen in simple else verdict.chosen
    choice: dict[str, Any] = {"method": method, "readout": config.readout}
    if rows.classes and verdict.chosen in found:
        choice["temperature"] = temperature(found[verdict.chosen].outputs[0], labels)
    return choice | {"verdict": verdict.to_json()}


def sides(
    gan: GAN, config: PredictorConfig, rows: Labeled, simple: Mapping[str, FitPredict]
) -> tuple[dict[str, FitPredict], dict[str, FitPredict]]:
    """What knows labelled rows alone, the simplest first, and what has learnt from the others too,
    the course first."""
    methods = [course(gan, rows)] + (["spread"] if rows.unlabeled is not None else [])
    learnt = {name: by_method(gan, config, rows, name) for name in methods}
    probe = {"probe": by_method(gan, config, rows, "probe")}
    if gan.student is not None:
        return dict(simple), learnt | probe
    first, *others = simple
    return {first: simple[first], **probe, **{name: simple[name] for name in others}}, learnt


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


def losses(outputs: Array, labels: Array) -> Array:
    """What rows (N,) cost each time (R, N), in points: 100 for a wrong class; a number's squared
    error in percent of the labels' variance, as the mean of all would cost 100."""
    if outputs.ndim == 3:
        return 100.0 * np.asarray(outputs.argmax(2) != labels, np.float64)
    spread = max(float(labels.var()), np.finfo(np.float64).tiny)
    return np.asarray(100 * (outputs - labels) ** 2 / spread, np.float64)


def choosing(
    gan: GAN, config: PredictorConfig, rows: Labeled, held: Run | None = None
) -> Generator[Progress, None, tuple[Network, dict[str, Any]]]:
    """`learning` by any settled config; "auto" chooses first, once for a run."""
    if config.method != "auto":
        return (yield from learning(gan, config, rows, held))
    if held and (held.path / CHOICE).exists():
        told = made_choice(held.path)
    else:
        choice = yield from chosen(gan, config, rows)
        simple = choice["verdict"]["chosen"] if choice["method"] == "simple" else None
        asked = settled(replace(config, method=choice["method"], simple=simple), gan, rows)
        told = {"choice": choice, "config": asked}
        if held:
            held.write(CHOICE, json.dumps({**told, "config": asked.to_json()}, indent=1))
    network, more = yield from learning(gan, told["config"], rows, held)
    return network, told | more


def made_choice(path: Path) -> dict[str, Any]:
    """The "choice" that a model directory holds and the "config" that was learnt by."""
    told = read_object(path / CHOICE)
    return told | {"config": PredictorConfig.from_json(told["config"])}
