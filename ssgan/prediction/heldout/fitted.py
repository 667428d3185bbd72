"""Held-out outputs of what is fitted at once: features are read once for all candidates and folds.

A graph is made once and its labels spread for each fold. So all candidates together take seconds.
"""

from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import partial
from math import prod

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.models.gan import GAN
from ssgan.prediction.auto.budget import Budget
from ssgan.prediction.auto.candidates import Candidate
from ssgan.prediction.baselines import (
    Baseline,
    FitPredict,
    Folds,
    Measured,
    cross_validate,
    score_in_points,
    suitable_kinds,
    tune,
)
from ssgan.prediction.baselines.models import CANDIDATES
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.fitting import with_readout
from ssgan.prediction.graph import held_out_votes
from ssgan.prediction.heads import in_principal_axes
from ssgan.prediction.heldout.comparison import ON_SAMPLES, FoldScores, compare
from ssgan.prediction.labels import Labeled
from ssgan.prediction.self_training import Pool, self_trained
from ssgan.training.runner import Progress

PLAIN = "on-features"  # the method of ordinary models
GRAPH_SAMPLES = 3000  # unlabeled samples in a graph whose votes for held-out labels are taken
TOLERANCE = 1e-3  # relative, to which its equations are solved at the most
COMPARED_WITH = ("logistic", "ridge", "forest")  # what any model is compared with
UNBOUNDED = Budget(None)


def held_out(
    gan: GAN,
    candidates: Sequence[Candidate],
    rows: Labeled,
    folds: Folds,
    budget: Budget = UNBOUNDED,
) -> Generator[Progress, None, dict[str, Measured]]:
    """Points and held-out outputs, logits (R, n, K) or numbers (R, n), of every candidate.

    They are of method "graph", "self-training" or "on-features". A student that is read, and that
    was not trained before, is trained: its progress is yielded. Those that come after the budget is
    spent are left out, but never the first.
    """
    measured: dict[str, Measured] = {}
    for readout in dict.fromkeys(candidate.config.readout for candidate in candidates):
        if measured and budget.spent():
            break
        same = [candidate for candidate in candidates if candidate.config.readout == readout]
        reader = yield from with_readout(gan, same[0].config, rows)
        measured |= held_out_on_readout(reader, same, rows, folds, budget)
    return {
        candidate.name: measured[candidate.name]
        for candidate in candidates
        if candidate.name in measured
    }


def held_out_on_readout(
    gan: GAN, candidates: Sequence[Candidate], rows: Labeled, folds: Folds, budget: Budget
) -> dict[str, Measured]:
    """The same of candidates that read what this GAN reads."""
    count, labels = len(rows.packed), rows.values.numpy()
    graph, alone = rows.graph(GRAPH_SAMPLES), {c.config.method for c in candidates} == {PLAIN}
    features = gan.apply(gan.encode, rows.packed if alone else graph.packed).numpy()
    labeled = features[:count]
    pool = Pool.of(features[count:], rows)
    turned = in_principal_axes(labeled.astype(np.float64) - labeled.mean(0))[0].astype(np.float32)
    measured: dict[str, Measured] = {}
    for candidate in candidates:
        name, config = candidate.name, candidate.config
        if measured and budget.spent():
            break
        if config.method == "graph":
            search = replace(config.search, tolerance=max(TOLERANCE, config.search.tolerance))
            measured[name] = measured_outputs(
                held_out_votes(features, graph, folds, search), rows, folds
            )
        else:
            is_plain = config.method == PLAIN
            fit_predict = (
                fit_predict_on(config, labeled, turned, rows)
                if is_plain
                else partial(self_trained_outputs, config, labeled, labels, pool)
            )
            measured[name] = cross_validate(fit_predict, labels, rows.classes, folds)
    return measured


def fit_predict_on(
    config: PredictorConfig, features: Array, turned: Array, rows: Labeled
) -> FitPredict:
    """How method "on-features" is fitted on some of the labelled samples (n, F), and predicts.

    Models that compare columns are the same along any axes: `turned` (n, n) is as good for them.
    """
    labels = rows.values.numpy().astype(np.int64 if rows.classes else np.float64)
    name = str(config.baseline)
    kind = CANDIDATES["classification" if rows.classes else "regression"][name]
    x = turned if kind.scaled else features

    def fit_predict(train: Array, test: Array) -> Array:
        model = Baseline(
            name=name,
            rows=x[train],
            labels=labels[train],
            classes=rows.classes,
            value=0.0,
            seed=config.seed,
            trees=config.search.trees,
            total=True,
        )
        return tune(model, config.search).predict(x[test])

    return fit_predict


def self_trained_outputs(
    config: PredictorConfig, features: Array, labels: Array, pool: Pool, train: Array, test: Array
) -> Array:
    """What self-training from some of the labelled samples (n, F) gives for others: logits."""
    x, y = features[train], labels[train]
    weight, bias = self_trained(x, y, pool, config.seed, config.search)
    return features[test] @ weight.T + bias


def measured_outputs(outputs: Array, rows: Labeled, folds: Folds) -> Measured:
    """Held-out outputs (R, n, ...) with their points, fold by fold."""
    labels = rows.values.numpy()
    std = 0.0 if rows.classes else float(labels.std())
    scores = [score_in_points(labels[t], outputs[repeat, t], std) for repeat, _, t in folds]
    return Measured(np.array(scores), outputs)


def compare_with_baselines(
    gan: GAN, config: PredictorConfig, rows: Labeled, outputs: Array, folds: Folds
) -> Generator[Progress, None, FoldScores]:
    """Held-out outputs (R, n, ...) of a model beside those of two ordinary ones on its folds."""
    shape = (len(rows.packed), prod(gan.codec.shape))
    names = [
        name for name in suitable_kinds(rows.classes, shape, usual=False) if name in COMPARED_WITH
    ]
    plain = replace(config, method="on-features", readout="samples", members=())
    candidates = [
        Candidate(f"{name} {ON_SAMPLES}", replace(plain, baseline=name)) for name in names
    ]
    measured = yield from held_out(gan, candidates, rows, folds)
    ordinary = {name: one.outputs for name, one in measured.items()}
    return compare(outputs, ordinary, rows.values.numpy())
