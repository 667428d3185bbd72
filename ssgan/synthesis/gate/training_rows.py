"""Labelled rows to train on: as they are, with rows added, with a moved threshold.

What predicts a fold is a function of which rows are trained on and which are asked about, so that
the gate measures all candidates on the same folds.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedKFold

from ssgan.codecs.codec import Array
from ssgan.randomness import Rng
from ssgan.synthesis.gate.adjustments import INNER_FOLDS, Trained, best_power, divide_by_shares
from ssgan.synthesis.gate.judges import JudgeOutputs
from ssgan.synthesis.gate.labeled_rows import Augmenter

# What a classifier says (M, K) of test rows, by the numbers of these and of the training rows.
PredictFold = Callable[[Array, Array, Rng], Array]


def add_nothing(features: Array) -> Augmenter:
    """The augmenter that adds no rows to features (N, F)."""
    return lambda rows, rng: (features[:0], np.empty(0, np.int64))


@dataclass(frozen=True)
class TrainingRows:
    """Labelled rows: features (N, F), and class indices or numbers (N,)."""

    features: Array
    classes: Array

    def with_more(self, train: Array, augmenter: Augmenter, rng: Rng) -> tuple[Array, Array]:
        """Some of the rows, and what an augmenter adds to them."""
        x, y = augmenter(train, rng)
        return np.concatenate([self.features[train], x]), np.concatenate([self.classes[train], y])

    def predict_with(self, augmenter: Augmenter, trained: Trained) -> PredictFold:
        """What a classifier says that is trained with the rows of an augmenter."""

        def predict(train: Array, test: Array, rng: Rng) -> Array:
            return trained(*self.with_more(train, augmenter, rng), self.features[test], rng)

        return predict

    def predict_moved(
        self, augmenter: Augmenter, outputs: JudgeOutputs, metric: str
    ) -> PredictFold:
        """The same with a moved threshold, which folds of the real training rows choose.

        In each of them the augmenter's rows are trained on, too, but never asked about.
        """
        count = int(self.classes.max()) + 1

        def trained_on(train: Array, test: Array, rng: Rng) -> Array:
            rows = self.with_more(train, augmenter, rng)
            return outputs(*rows, self.features[test], count)

        def predict(train: Array, test: Array, rng: Rng) -> Array:
            classes, power = self.classes[train], 0.0
            folds = min(INNER_FOLDS, int(np.unique(classes, return_counts=True)[1].min()))
            if folds > 1:
                outputs, state = np.zeros((len(train), count)), rng("inner").entropy() % 2**32
                inner = StratifiedKFold(folds, shuffle=True, random_state=state)
                for fitted_part, part in inner.split(train, classes):
                    outputs[part] = trained_on(train[fitted_part], train[part], rng)
                power = best_power(outputs, classes, metric)
            return divide_by_shares(trained_on(train, test, rng), classes, power)

        return predict
