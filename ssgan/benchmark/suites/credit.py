"""A table with a rare class: does balancing help gradient boosting to find who will not pay?

Rows of credit default (Yeh and Lien 2009), of which 22 % are of the rare class. Every row of the
table is scikit-learn's boosting over histograms with its own settings; what it learns from differs.
"threshold of folds" adds no rows: it moves the threshold to where F1 is best on held-out folds of
the training rows, which is what balancing does in a roundabout way.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve
from sklearn.model_selection import cross_val_predict
from sklearn.preprocessing import StandardScaler

from ssgan.benchmark.problems import Array, divided, taken
from ssgan.benchmark.results import Value
from ssgan.benchmark.runner import Suite
from ssgan.data import Data, read
from ssgan.models.gan import GAN, GANConfig, pretrain
from ssgan.prediction.finetuning import PredictorConfig
from ssgan.prediction.predictor import finetune
from ssgan.randomness import Rng
from ssgan.synthesis import (
    Filtered,
    Known,
    Plan,
    assess,
    conditional,
    sklearn_judge,
    smote,
    synthesised,
)

DATA = "credit-default"
ROWS = 5000  # labelled rows of a draw
GAN_OF = GANConfig(steps=3000)
FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The key of a row."""

    method: str  # of METHODS
    gan_seed: int


@dataclass(frozen=True)
class Few:
    """Labelled rows: a frame of numbers (N, F), 1 in y where the class is the rare one."""

    x: pd.DataFrame
    y: Array
    config: GANConfig  # of the GAN
    seed: int

    @property
    def missing(self) -> Array:
        """Rows that each class has fewer than the other."""
        counts = np.bincount(self.y)
        gap: Array = counts.max() - counts
        return gap


Made = tuple[pd.DataFrame, Array]  # rows to add and their classes
Added = tuple[Made, bool | None]  # and what the gate says of them


def boosting(seed: int, **settings: object) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(random_state=seed, **settings)


def smoted(few: Few) -> Added:
    """Rows between neighbours, of standardised columns."""
    scaler = StandardScaler().fit(few.x.to_numpy())
    rng = Rng(("credit smote", few.seed))
    x, y = smote(scaler.transform(few.x.to_numpy()), few.y, few.missing, rng)
    return (pd.DataFrame(scaler.inverse_transform(x), columns=few.x.columns), y), None


def by_class(few: Few) -> Added:
    """Samples of a conditional GAN."""
    gan = pretrain(few.x, replace(few.config, seed=few.seed), few.y, device="cpu")
    counts = dict(enumerate(few.missing.tolist()))
    x, y = conditional(gan, sum(counts.values()), counts=counts, seed=few.seed)
    return (x, y), judged(few, gan, None, (x, y))


def labelled(few: Few) -> Added:
    """Samples of a GAN without labels, labelled by its finetuned discriminator."""
    gan = pretrain(few.x, replace(few.config, seed=few.seed), device="cpu")
    model = finetune(gan, few.x, few.y, PredictorConfig(seed=few.seed, calibrate=False))
    x, y = synthesised(gan, model, few.missing, few.seed)
    return (x, y), judged(few, gan, model, (x, y))


def judged(few: Few, gan: GAN, model: object, made: Made) -> bool:
    """Whether the gate, with boosting as its judge, finds that the samples help."""
    known = Known(gan, (0, 1), model, few.x, few.y)  # type: ignore[arg-type]
    judge = sklearn_judge(boosting(few.seed, max_iter=50))
    plan = Plan(repeats=2, metric="balanced accuracy", seed=few.seed, judge=judge)
    return assess(known, {"gan": Filtered(*made, {})}, plan=plan, ratios=(None,)).answer == "helps"


METHODS: dict[str, Callable[[Few], Added] | None] = {
    "nothing": None,
    "class weights": None,
    "threshold of folds": None,
    "SMOTE": smoted,
    "ssgan": by_class,
    "ssgan, labelled by its discriminator": labelled,
}


def problem(data: Data, rows: int, config: GANConfig, seed: int) -> tuple[Few, pd.DataFrame, Array]:
    """Labelled rows of a seed, the test rows and their classes."""
    order = Rng(("credit", seed)).permutation(len(data)).numpy()[:rows]
    y, y_test = (np.asarray(v).astype(int) for v in (data.y, data.y_test))
    return Few(taken(data.x, order), y[order], config, seed), data.x_test, y_test


def threshold(few: Few) -> float:
    """Where F1 is best on held-out folds of the labelled rows."""
    model = boosting(few.seed)
    said = cross_val_predict(model, few.x, few.y, cv=FOLDS, method="predict_proba")[:, 1]
    precision, recall, at = precision_recall_curve(few.y, said)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return float(at[f1[:-1].argmax()])


def answered(few: Few, method: str, test: pd.DataFrame) -> tuple[Array, float, bool | None]:
    """Probabilities (N,) of the rare class, the threshold, and the gate's word."""
    weight = "balanced" if method == "class weights" else None
    make, helps, x, y = METHODS[method], None, few.x, few.y
    if make:
        made, helps = make(few)
        x = pd.concat([x, made[0][x.columns].astype(float)], ignore_index=True)
        y = np.concatenate([y, made[1]])
    model = boosting(few.seed, class_weight=weight).fit(x, y)
    cut = threshold(few) if method == "threshold of folds" else 0.5
    return model.predict_proba(test)[:, 1], cut, helps


def solve(
    rows: int, config: GANConfig, data_dir: Path | None, cell: Cell, work: Path
) -> Mapping[str, Value]:
    data = divided(read(DATA, data_dir=data_dir))
    few, test, true = problem(data, rows, config, cell.gan_seed)
    said, cut, helps = answered(few, cell.method, test)
    return {
        "minority_f1": round(float(f1_score(true, said >= cut)), 5),
        "average_precision": round(float(average_precision_score(true, said)), 5),
        "helps": "" if helps is None else int(helps),
        "rows": rows,
    }


def credit(short: bool, data_dir: Path | None) -> Suite:
    """The suite of the table."""
    config = replace(GAN_OF, steps=GAN_OF.steps // 10) if short else GAN_OF
    return Suite(
        name="imbalance-credit-quick" if short else "imbalance-credit",
        about=ABOUT,
        cells=tuple(
            Cell(method=name, gan_seed=seed)
            for name in METHODS
            for seed in range(2 if short else 5)
        ),
        solve=partial(solve, ROWS // 5 if short else ROWS, config, data_dir),
        measure="minority_f1",
    )


ABOUT = "F1 of the rare class of credit default: SMOTE, weights, a GAN"
