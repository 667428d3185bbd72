"""A table with a rare class: does balancing help gradient boosting to find who will not pay?

Rows of credit default (Yeh and Lien 2009), of which 22 % are of the rare class. Every row of the
table is scikit-learn's boosting over histograms with its own settings; what it learns from differs.
"threshold of folds" adds no rows: it moves the threshold to where F1 is best on held-out folds of
the training rows, which is what balancing does in a roundabout way.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve
from sklearn.model_selection import cross_val_predict
from sklearn.preprocessing import StandardScaler

from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite, grid
from ssgan.benchmark.problems import take_rows
from ssgan.benchmark.results import Value
from ssgan.codecs.codec import Array
from ssgan.data import Data
from ssgan.models.config import GANConfig
from ssgan.models.gan import GAN
from ssgan.models.pretraining import pretrain
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.finetune import finetune
from ssgan.randomness import Rng
from ssgan.synthesis import (
    Context,
    Plan,
    Synthetic,
    assess,
    sample_classes,
    sklearn_judge,
    smote,
    synthesise,
)


@dataclass(frozen=True, kw_only=True)
class CreditSettings:
    """How much of everything a cell takes."""

    rows: int = 5000  # labelled
    gan: GANConfig = GANConfig(steps=3000)
    predictor: PredictorConfig = PredictorConfig(method="propagation", calibrate=False)
    boosting: Mapping[str, Any] = field(default_factory=dict)  # of scikit-learn's model


@dataclass(frozen=True)
class RareClass:
    """Labelled rows: a frame of numbers (N, F), 1 in y where the class is the rare one."""

    x: pd.DataFrame
    y: Array
    settings: CreditSettings
    seed: int

    @property
    def gan_config(self) -> GANConfig:
        """How the GAN is trained."""
        return replace(self.settings.gan, seed=self.seed)

    @property
    def missing(self) -> Array:
        """Rows that each class has fewer than the other."""
        counts = np.bincount(self.y)
        gap: Array = counts.max() - counts
        return gap


RowsToAdd = tuple[pd.DataFrame, Array]  # and their classes
Balancing = tuple[RowsToAdd, bool | None]  # and what the gate says of them


def boosting_for(few: RareClass, **settings: Any) -> HistGradientBoostingClassifier:
    """Boosting over histograms with its own settings but for these."""
    return HistGradientBoostingClassifier(
        random_state=few.seed, **{**settings, **few.settings.boosting}
    )


def smote_rows(few: RareClass) -> Balancing:
    """Rows between neighbours, of standardised columns."""
    scaler = StandardScaler().fit(few.x.to_numpy())
    rng = Rng(("credit smote", few.seed))
    x, y = smote(scaler.transform(few.x.to_numpy()), few.y, few.missing, rng)
    return (pd.DataFrame(scaler.inverse_transform(x), columns=few.x.columns), y), None


def conditional_rows(few: RareClass) -> Balancing:
    """Samples of a conditional GAN."""
    gan = pretrain(few.x, few.gan_config, labels=few.y, device="cpu")
    counts = dict(enumerate(few.missing.tolist()))
    x, y = sample_classes(gan, sum(counts.values()), counts=counts, seed=few.seed)
    return (x, y), gate_allows(few, gan, None, (x, y))


def labelled_by_gan(few: RareClass) -> Balancing:
    """Samples of a GAN without labels, labelled by its finetuned discriminator."""
    gan = pretrain(few.x, few.gan_config, device="cpu")
    model = finetune(gan, few.x, few.y, replace(few.settings.predictor, seed=few.seed))
    x, y = synthesise(gan, model, few.missing, few.seed)
    return (x, y), gate_allows(few, gan, model, (x, y))


def gate_allows(few: RareClass, gan: GAN, model: object, rows: RowsToAdd) -> bool:
    """Whether the gate, with boosting as its judge, finds that the samples help."""
    context = Context(gan, (0, 1), model, few.x, few.y)  # type: ignore[arg-type]
    judge = sklearn_judge(boosting_for(few, max_iter=50))
    plan = Plan(repeats=2, metric="balanced accuracy", seed=few.seed, judge=judge)
    return assess(context, {"gan": Synthetic(*rows)}, plan=plan, ratios=(None,)).answer == "helps"


BALANCINGS: dict[str, Callable[[RareClass], Balancing] | None] = {
    "nothing": None,
    "class weights": None,
    "threshold of folds": None,
    "SMOTE": smote_rows,
    "ssgan": conditional_rows,
    "ssgan, labelled by its discriminator": labelled_by_gan,
}


def rare_class(data: Data, settings: CreditSettings, seed: int) -> RareClass:
    """The labelled rows of a seed."""
    order = Rng(("credit", seed)).permutation(len(data)).numpy()[: settings.rows]
    y = np.asarray(data.y).astype(int)
    return RareClass(take_rows(data.x, order), y[order], settings, seed)


def best_threshold(few: RareClass) -> float:
    """Where F1 is best on held-out folds of the labelled rows."""
    model = boosting_for(few)
    probabilities = cross_val_predict(model, few.x, few.y, cv=5, method="predict_proba")[:, 1]
    precision, recall, at = precision_recall_curve(few.y, probabilities)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return float(at[f1[:-1].argmax()])


def predict_rare(
    few: RareClass, method: str, test: pd.DataFrame
) -> tuple[Array, float, bool | None]:
    """Probabilities (N,) of the rare class, the threshold, and the gate's word."""
    weight = "balanced" if method == "class weights" else None
    make, helps, x, y = BALANCINGS[method], None, few.x, few.y
    if make:
        added, helps = make(few)
        x = pd.concat([x, added[0][x.columns].astype(float)], ignore_index=True)
        y = np.concatenate([y, added[1]])
    model = boosting_for(few, class_weight=weight).fit(x, y)
    cut = best_threshold(few) if method == "threshold of folds" else 0.5
    return model.predict_proba(test)[:, 1], cut, helps


def judge_balancing(settings: CreditSettings, cell: Cell, place: Place) -> Mapping[str, Value]:
    """F1 and average precision of a method on the test part."""
    data = place.read("credit")
    few, true = rare_class(data, settings, cell.gan_seed), np.asarray(data.y_test).astype(int)
    probabilities, cut, helps = predict_rare(few, cell.method, data.x_test)
    return {
        "minority_f1": round(float(f1_score(true, probabilities >= cut)), 5),
        "average_precision": round(float(average_precision_score(true, probabilities)), 5),
        "helps": "" if helps is None else int(helps),
        "rows": settings.rows,
    }


def imbalance_credit(short: bool) -> Suite:
    """The suite of the table."""
    settings = CreditSettings(rows=1000, gan=GANConfig(steps=300)) if short else CreditSettings()
    return Suite(
        cells=grid(method=BALANCINGS, gan_seed=range(2 if short else 5)),
        solve=partial(judge_balancing, settings),
        measure="minority_f1",
    )


BENCHMARKS = (
    Benchmark(
        "imbalance-credit",
        "F1 of the rare class of credit default: SMOTE, weights, a GAN",
        imbalance_credit,
    ),
)
