"""What candidates say of labelled samples that they were not fitted on.

Candidates that are fitted at once work on features, which are read once for all folds; a graph is
made once and its labels spread for each fold. So all of them together take seconds.
"""

from collections.abc import Mapping
from dataclasses import replace
from math import prod

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.models.gan import GAN
from ssgan.prediction.baselines import (
    Baseline,
    FitPredict,
    Folds,
    Measured,
    cross_validated,
    kinds,
    points,
    tuned,
)
from ssgan.prediction.baselines.models import CANDIDATES
from ssgan.prediction.comparison import PLAIN, Comparison, compare
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.graph import held_out_votes
from ssgan.prediction.heads import in_principal_axes
from ssgan.prediction.labels import Labeled
from ssgan.prediction.learning import read_out
from ssgan.training.runner import finish

SPREAD = 3000  # unlabeled samples in a graph whose held-out labels are asked for
EXACT = 1e-3  # relative, to which its equations are solved
QUICK = ("logistic", "ridge", "forest")  # what any model is compared with
Candidates = Mapping[str, PredictorConfig]  # by their names


def held_out(gan: GAN, candidates: Candidates, rows: Labeled, folds: Folds) -> dict[str, Measured]:
    """Points and held-out outputs, logits (R, n, K) or numbers (R, n), of every candidate.

    They are of method "graph" or "on-features". A student that is read has been trained before.
    """
    found: dict[str, Measured] = {}
    for readout in dict.fromkeys(config.readout for config in candidates.values()):
        own = {name: c for name, c in candidates.items() if c.readout == readout}
        found |= of_readout(finish(read_out(gan, next(iter(own.values())), rows)), own, rows, folds)
    return {name: found[name] for name in candidates}


def of_readout(
    gan: GAN, candidates: Candidates, rows: Labeled, folds: Folds
) -> dict[str, Measured]:
    """The same of candidates that read what this GAN reads."""
    count, labels = len(rows.packed), rows.values.numpy()
    over, asked = rows.graph(SPREAD), {c.method for c in candidates.values()}
    features = gan.apply(gan.encode, over.packed if "graph" in asked else rows.packed).numpy()
    known = features[:count]
    turned = in_principal_axes(known.astype(np.float64) - known.mean(0))[0].astype(np.float32)
    found = {}
    for name, config in candidates.items():
        if config.method == "graph":
            search = replace(config.search, tolerance=max(EXACT, config.search.tolerance))
            found[name] = scored(held_out_votes(features, over, folds, search), rows, folds)
        else:
            answer = answer_of(config, known, turned, rows)
            found[name] = cross_validated(answer, labels, rows.classes, folds)
    return found


def answer_of(config: PredictorConfig, known: Array, turned: Array, rows: Labeled) -> FitPredict:
    """What method "on-features" says of some labelled samples (n, F) when it learns from others.

    Models that compare columns are the same along any axes: `turned` (n, n) is as good for them.
    """
    labels = rows.values.numpy().astype(np.int64 if rows.classes else np.float64)
    name = str(config.baseline)
    kind = CANDIDATES["classification" if rows.classes else "regression"][name]
    x = turned if kind.scaled else known

    def answer(train: Array, test: Array) -> Array:
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
        return tuned(model, config.search).predict(x[test])

    return answer


def scored(outputs: Array, rows: Labeled, folds: Folds) -> Measured:
    """Held-out outputs (R, n, ...) with their points, fold by fold."""
    labels = rows.values.numpy()
    deviation = 0.0 if rows.classes else float(labels.std())
    scores = [points(labels[t], outputs[repeat, t], deviation) for repeat, _, t in folds]
    return Measured(np.array(scores), outputs)


def compared(
    gan: GAN, config: PredictorConfig, rows: Labeled, outputs: Array, folds: Folds
) -> Comparison:
    """Held-out outputs (R, n, ...) of a model beside those of two ordinary ones on its folds."""
    shape = (len(rows.packed), prod(gan.codec.shape))
    names = [name for name in kinds(rows.classes, shape, usual=False) if name in QUICK]
    plain = replace(config, method="on-features", readout="samples", members=())
    asked = {f"{name} {PLAIN}": replace(plain, baseline=name) for name in names}
    found = {name: m.outputs for name, m in held_out(gan, asked, rows, folds).items()}
    return compare(outputs, found, rows.values.numpy())
