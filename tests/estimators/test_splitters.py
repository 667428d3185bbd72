"""Folds of labelled rows that keep the unlabeled ones in every training part."""

import numpy as np
import pytest
from sklearn.model_selection import GroupKFold, ShuffleSplit, StratifiedKFold, cross_val_score

from ssgan.estimators import GANClassifier, LabeledSplit
from ssgan.models.config import GANConfig
from ssgan.prediction.config import PredictorConfig

X = np.zeros((24, 2))
CLASSES = np.where(np.arange(24) % 4 == 3, -1, np.arange(24) % 2)
NUMBERS = np.where(np.arange(24) % 4 == 3, np.nan, np.arange(24) + 0.5)
NAMES = np.array(["a", "b", None], dtype=object)[CLASSES]


@pytest.mark.parametrize("y", [CLASSES, NUMBERS, NAMES], ids=["classes", "numbers", "names"])
@pytest.mark.parametrize("cv", [3, ShuffleSplit(4, random_state=0)])
def test_unlabeled_rows_are_in_every_training_part_and_in_no_test_part(y, cv):
    none = set(range(3, 24, 4))
    splits = list(LabeledSplit(cv).split(X, y))
    assert len(splits) == LabeledSplit(cv).get_n_splits()
    for train, test in splits:
        assert none <= set(train.tolist())
        assert not none & set(test.tolist())
        assert not set(train.tolist()) & set(test.tolist())
        assert (np.diff(train) > 0).all() and (np.diff(test) > 0).all()


def test_folds_of_classes_are_stratified():
    for _, test in LabeledSplit(3).split(X, CLASSES):
        assert np.bincount(CLASSES[test]).tolist() == [4, 2]


def test_without_unlabeled_rows_the_splits_are_those_of_the_splitter():
    y = np.arange(24) % 3
    for mine, usual in zip(
        LabeledSplit(4).split(X, y), StratifiedKFold(4).split(X, y), strict=True
    ):
        assert all(np.array_equal(a, b) for a, b in zip(mine, usual, strict=True))


def test_groups_stay_together():
    groups = np.arange(24) // 4
    for train, test in LabeledSplit(GroupKFold(3)).split(X, CLASSES, groups):
        labelled = train[CLASSES[train] >= 0]
        assert not set(groups[labelled]) & set(groups[test])


def test_minus_one_is_a_number_where_the_task_is_regression():
    y = np.arange(24) - 1
    tested = [row for _, test in LabeledSplit(3, "regression").split(X, y) for row in test]
    assert sorted(tested) == list(range(24))
    tested = [row for _, test in LabeledSplit(3, "classification").split(X, y // 4) for row in test]
    assert 0 not in tested


def test_a_scorer_of_scikit_learn_sees_labelled_rows_alone():
    y = np.where(np.arange(40) % 4 == 3, -1, np.arange(40) % 2)
    rows = np.random.default_rng(0).normal(size=(40, 3)) + 8 * (np.arange(40) % 2)[:, None]
    probe = PredictorConfig(method="probe", calibrate=False)
    model = GANClassifier(GANConfig(steps=2, batch=8, width=2, latent=4), probe)
    given = {"scoring": "accuracy", "error_score": "raise"}
    assert cross_val_score(model, rows, y, cv=LabeledSplit(3), **given).tolist() == [1.0] * 3
    assert cross_val_score(model, rows, y, cv=3, **given).max() < 1  # -1 is never predicted


def test_what_cannot_be_split_is_refused():
    with pytest.raises(ValueError, match="there is no labelled row"):
        next(LabeledSplit().split(X, np.full(24, -1)))
    with pytest.raises(ValueError, match="expected task to be classification, regression or None"):
        next(LabeledSplit(task="clustering").split(X, CLASSES))
