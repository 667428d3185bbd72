"""Held-out outputs of what is fitted at once: features are read once for all candidates and folds.

A graph is made once and its labels spread for each fold. So all candidates together take seconds.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
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
from ssgan.prediction.graph import Graph, held_out_votes
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
    alone = {c.config.method for c in candidates} == {PLAIN}
    features = FoldFeatures.read(gan, rows, alone)
    measured: dict[str, Measured] = {}
    for candidate in candidates:
        if measured and budget.spent():
            break
        measure = HELD_OUT[candidate.config.method]
        measured[candidate.name] = measure(candidate.config, features, folds)
    return measured


@dataclass(frozen=True)
class FoldFeatures:
    """Features of labelled samples, the first ones, and of unlabeled ones, for all folds."""

    rows: Labeled
    graph: Graph
    features: Array  # (n + M, F)
    turned: Array  # (n, n), those of labelled samples along their principal axes
    pool: Pool

    @classmethod
    def read(cls, gan: GAN, rows: Labeled, alone: bool) -> "FoldFeatures":
        """What the GAN reads; of the labelled samples `alone` where nothing needs the others."""
        count, graph = len(rows.packed), rows.graph(GRAPH_SAMPLES)
        features = gan.apply(gan.encode, rows.packed if alone else graph.packed).numpy()
        labeled = features[:count].astype(np.float64) - features[:count].mean(0)
        turned = in_principal_axes(labeled)[0].astype(np.float32)
        return cls(rows, graph, features, turned, Pool.of(features[count:], rows))

    @property
    def labeled(self) -> Array:
        """Those of the labelled samples, (n, F)."""
        return self.features[: len(self.rows.packed)]


def measure_graph(config: PredictorConfig, features: FoldFeatures, folds: Folds) -> Measured:
    """Labels of each fold that spread over the graph, made once, from the other folds."""
    search = replace(config.search, tolerance=max(TOLERANCE, config.search.tolerance))
    outputs = held_out_votes(features.features, features.graph, folds, search)
    return measured_outputs(outputs, features.rows, folds)


def measure_self_training(
    config: PredictorConfig, features: FoldFeatures, folds: Folds
) -> Measured:
    """Self-training from the labels of the other folds."""
    rows, labels = features.rows, features.rows.values.numpy()
    fit = partial(self_trained_outputs, config, features.labeled, labels, features.pool)
    return cross_validate(fit, labels, rows.classes, folds)


def measure_plain(config: PredictorConfig, features: FoldFeatures, folds: Folds) -> Measured:
    """An ordinary model of the labelled samples of the other folds."""
    rows = features.rows
    return cross_validate(
        fit_predict_on(config, features), rows.values.numpy(), rows.classes, folds
    )


HELD_OUT = {
    "graph": measure_graph,
    "self-training": measure_self_training,
    PLAIN: measure_plain,
}


def fit_predict_on(config: PredictorConfig, features: FoldFeatures) -> FitPredict:
    """How method "on-features" is fitted on some of the labelled samples (n, F), and predicts.

    Models that compare columns are the same along any axes: `turned` (n, n) is as good for them.
    """
    rows = features.rows
    labels = rows.values.numpy().astype(np.int64 if rows.classes else np.float64)
    name = str(config.baseline)
    kind = CANDIDATES["classification" if rows.classes else "regression"][name]
    x = features.turned if kind.scaled else features.labeled

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
    ordinary = {name: result.outputs for name, result in measured.items()}
    return compare(outputs, ordinary, rows.values.numpy())
