"""Simple models, their cross-validation, and which of them is chosen."""

import json

import numpy as np
import pytest

from ssgan.data import digest
from ssgan.prediction.baselines import (
    CANDIDATES,
    FEWEST_NUMBERS,
    Baseline,
    Folds,
    choose,
    cross_validate,
    fit_baseline,
    fit_predicts,
    flat_rows,
    score_in_points,
    stratified,
    suitable_kinds,
    too_few,
)
from ssgan.randomness import Rng
from tests.examples import KINDS, same, trained

TASKS = {"classification": 3, "regression": 0}
MODELS = [(task, name) for task, table in CANDIDATES.items() for name in table]
each = pytest.mark.parametrize(("task", "name"), MODELS)


def problem(task, n=45, seed=0):
    """Rows (n, 4) float32 and labels: which of three groups, or a sum of two columns."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    x = rng.normal(size=(n, 4))
    x[:, 0] += 4 * (labels == 0)
    x[:, 1] += 4 * (labels == 1)
    y = labels if task == "classification" else x[:, 0] + 0.3 * x[:, 1] + 5
    return x.astype(np.float32), y


# The models


@each
def test_every_model_learns_what_can_be_learnt(task, name):
    classes = TASKS[task]
    model = fit_baseline(name, *problem(task), classes)
    x, y = problem(task, seed=1)
    predicted = model.predict(x)
    assert predicted.shape == ((len(x), classes) if classes else (len(x),))
    assert predicted.dtype == np.float64
    assert score_in_points(y, predicted, float(np.std(y))) > (85 if classes else 45)


@each
def test_a_model_comes_back_from_its_tensors_and_json_to_the_bit(task, name):
    model = fit_baseline(name, *problem(task), TASKS[task], seed=3)
    about = json.loads(json.dumps(model.to_json()))
    again = Baseline.from_tensors(model.to_tensors(), about)
    x, _ = problem(task, seed=1)
    assert same(again.predict(x), model.predict(x))
    assert same(model.predict(x), model.predict(x))
    assert fit_baseline(name, *problem(task), TASKS[task], seed=3).to_json() == about


@pytest.mark.parametrize("name", CANDIDATES["classification"])
def test_probabilities_sum_to_one_and_exclude_no_class(name):
    x, y = problem("classification")
    chances = np.exp(fit_baseline(name, x, y, 5).predict(10 * x))  # classes 3 and 4 have no labels
    np.testing.assert_allclose(chances.sum(1), 1)
    assert (chances > 0).all()
    assert (chances.argmax(1) < 3).all()


@pytest.mark.parametrize("name", CANDIDATES["classification"])
def test_two_classes_of_three_labels_each_are_enough(name):
    x, y = np.array([[0.0], [1], [2], [7], [8], [9]]), np.array([0, 0, 0, 1, 1, 1])
    predicted = fit_baseline(name, x, y, 2).predict(np.array([[0.5], [8.5]]))
    assert predicted.argmax(1).tolist() == [0, 1]


@each
def test_the_scale_of_all_columns_changes_nothing(task, name):
    x, y = problem(task)
    one, other = (fit_baseline(name, scale * x, y, TASKS[task]) for scale in (1, 64))
    np.testing.assert_allclose(one.predict(x), other.predict(64 * x), rtol=1e-5, atol=1e-5)


@each
def test_constant_columns_are_no_obstacle(task, name):
    x, y = problem(task)
    x = np.concatenate([x, np.ones((len(x), 2), np.float32)], 1)
    assert np.isfinite(fit_baseline(name, x, y, TASKS[task]).predict(x)).all()


def test_rows_that_are_all_one_are_answered_with_what_is_common():
    predicted = fit_baseline("ridge", np.ones((4, 2)), np.array([1.0, 2, 3, 4]), 0).predict(
        np.ones((1, 2))
    )
    assert predicted == pytest.approx([2.5])


def test_the_parameter_is_the_best_of_those_that_are_tried():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3))
    clean, noise = x @ [1.0, 2.0, 3.0], rng.normal(size=40)
    tried = CANDIDATES["regression"]["ridge"].values
    assert fit_baseline("ridge", x, clean, 0).value == min(tried)
    assert fit_baseline("ridge", x, noise, 0).value >= 100


def test_wide_rows_are_not_boosted_and_many_have_no_kernel():
    assert list(suitable_kinds(10, (100, 784))) == ["logistic", "k-nn", "svm"]
    assert list(suitable_kinds(10, (6000, 8))) == ["logistic", "k-nn", "boosting"]
    assert list(suitable_kinds(0, (6000, 784))) == ["ridge", "k-nn"]
    usual = [name for name, kind in CANDIDATES["regression"].items() if kind.usual]
    assert list(suitable_kinds(0, (50, 8))) == usual == ["ridge", "k-nn", "boosting"]
    assert list(suitable_kinds(0, (50, 8), usual=False)) == [*usual, "svm", "forest"]
    assert "forest" not in suitable_kinds(10, (100, 1200), usual=False)


@pytest.mark.parametrize("kind", KINDS)
def test_samples_of_every_kind_are_flat_rows(kind):
    codec = trained(kind).codec
    rows = flat_rows(codec, codec.pack(KINDS[kind]()))
    assert rows.shape == (24, int(np.prod(codec.shape)))
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        ([1, 1, 1], 2, "1 different labels of 3"),
        ([0.5, 0.5, 0.5], 0, "1 different labels of 3"),
        ([0, 1], 2, "got 3 rows"),
        ([0, 1, 2], 2, "class indices from 0 to 1, got 2"),
        ([0, 1, -1], 2, "class indices from 0 to 1"),
    ],
)
def test_labels_that_teach_nothing_are_refused(labels, classes, message):
    name = "logistic" if classes else "ridge"
    with pytest.raises(ValueError, match=message):
        fit_baseline(name, np.zeros((3, 2)), np.array(labels), classes)


def test_a_model_that_is_not_known_is_refused():
    about = {"name": "oracle", "classes": 0, "value": 1.0, "seed": 0}
    with pytest.raises(ValueError, match="no baseline 'oracle'; there are ridge, k-nn, boosting"):
        Baseline.from_tensors({}, about)


# Folds


@pytest.mark.parametrize("classes", [4, 0])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_folds_hold_every_row_out_once_a_repeat_and_are_of_equal_sizes(classes, count):
    labels = np.arange(43) % 4 if classes else np.random.default_rng(0).normal(size=43)
    folds = stratified(labels, classes, Rng(("t",)), folds=count, repeats=3)
    assert folds.of.shape == (3, 43)
    assert folds.count == count
    for of in folds.of:
        sizes = np.bincount(of)
        assert sizes.max() - sizes.min() <= 1
        for part in range(classes):
            found = np.bincount(of[labels == part], minlength=count)
            assert found.max() - found.min() <= 1
    held = np.zeros((3, 43), int)
    for repeat, train, test in folds:
        assert sorted([*train, *test]) == list(range(43))
        held[repeat, test] += 1
    assert (held == 1).all()


def test_folds_of_numbers_hold_small_and_large_ones():
    labels = np.random.default_rng(0).permutation(40).astype(float)
    for _, _, test in stratified(labels, 0, Rng(("t",)), folds=5, repeats=2):
        assert sorted(labels[test] // 5) == list(range(8))


def test_folds_are_a_function_of_labels_and_draw():
    labels = np.arange(30) % 3
    of = stratified(labels, 3, Rng(("t", 0))).of
    np.testing.assert_array_equal(of, stratified(labels, 3, Rng(("t", 0))).of)
    assert (of[0] != of[1]).any()
    assert (of != stratified(labels, 3, Rng(("t", 1))).of).any()
    assert digest(of)[:8] == "6cb7af7d"  # runs rely on it


def test_there_are_no_more_folds_than_labels_in_the_rarest_class():
    labels = np.array([0] * 9 + [1] * 3)
    assert stratified(labels, 2, Rng(("t",))).count == 3
    with pytest.raises(ValueError, match="at least two folds, got 4: label more"):
        stratified(np.array([0, 0, 0, 1]), 2, Rng(("t",)))


def test_the_error_of_gains_is_that_of_nadeau_and_bengio():
    folds = Folds(np.arange(1000)[None] % 5)
    gains = np.array([1.0, 3.0, 2.0, 4.0, 5.0])
    assert folds.error(gains) == pytest.approx(np.sqrt((1 / 5 + 1 / 4) * 2.5))


def test_an_error_is_never_finer_than_half_a_row():
    assert Folds(np.arange(20)[None] % 5).error(np.zeros(5)) == 2.5


# Cross-validation


def test_scores_are_points_of_held_out_rows():
    labels = np.array([0, 1, 0, 1, 0, 1])
    folds = stratified(labels, 2, Rng(("t",)), folds=3, repeats=2)
    seen = []

    def first_class(train, test):
        seen.append((train.tolist(), test.tolist()))
        return np.tile([1.0, 0.0], (len(test), 1))

    found = cross_validate(first_class, labels, 2, folds)
    assert found.scores.tolist() == [50] * 6
    assert found.outputs.shape == (2, 6, 2)
    assert (found.outputs == [1, 0]).all()
    assert seen == [(train.tolist(), test.tolist()) for _, train, test in folds]


def test_points_of_numbers_are_a_hundred_less_the_error_in_deviations():
    assert score_in_points(np.array([0.0, 4.0]), np.array([0.0, 4.0]), 2.0) == 100
    assert score_in_points(np.array([0.0, 4.0]), np.array([2.0, 2.0]), 2.0) == 0
    assert score_in_points(np.array([0, 1]), np.array([[2.0, 1.0], [2.0, 1.0]]), 0.0) == 50


@pytest.mark.parametrize("predicted", [np.zeros((2, 3)), np.full((2, 2), np.nan), np.zeros(2)])
def test_answers_that_are_none_are_refused(predicted):
    labels = np.array([0, 1, 0, 1])
    folds = stratified(labels, 2, Rng(("t",)), folds=2, repeats=1)
    with pytest.raises(ValueError, match=r"expected finite outputs \(2, 2\), got"):
        cross_validate(lambda *_: predicted, labels, 2, folds)


# The choice and the gate

TEN = Folds(np.stack([np.arange(100) % 5] * 2))
SURE = np.array([1.0, -1.0] * 5)  # a deviation of 1.05: an error of .62 with TEN


def test_the_simplest_within_one_standard_error_of_the_best_is_chosen():
    scores = {"a": 70 + SURE, "b": 79.6 - SURE, "c": 80 + SURE}
    choice = choose(scores, TEN)
    assert (choice.name, choice.mean) == ("b", pytest.approx(79.6))
    assert choice.reason == (
        "b is simpler than c and within one standard error of it: 79.6 against 80.0 points, "
        "error 1.2"
    )
    assert choose({"a": 70 + SURE, "c": 80 + SURE}, TEN).reason == "c scored best: 80.0 points"


def test_of_equal_models_the_first_is_chosen():
    assert choose({"a": 80 + SURE, "b": 80 + SURE}, TEN).name == "a"


def test_of_real_models_the_simplest_is_chosen_where_none_is_better_by_its_error():
    x, y = problem("classification", 30)
    folds = stratified(y, 3, Rng(("t",)), repeats=1)
    models = fit_predicts(x, y, 3) | {"guess": lambda train, test: np.zeros((len(test), 3))}
    scores = {name: cross_validate(model, y, 3, folds).scores for name, model in models.items()}
    assert choose(scores, folds).name == "logistic"
    assert scores["guess"].mean() == pytest.approx(100 / 3)


@pytest.mark.parametrize(
    ("labels", "classes", "reason"),
    [
        ([0, 0, 0, 1, 1], 2, "1 of 2 classes have fewer than 3 labels"),
        ([0, 0, 0, 1, 1, 1], 3, "1 of 3 classes have fewer than 3 labels"),
        (np.arange(9.0), 0, f"there are 9 labels, fewer than {FEWEST_NUMBERS}"),
    ],
)
def test_where_labels_are_too_few_to_compare_it_is_said_why(labels, classes, reason):
    assert too_few(np.array(labels), classes) == reason


def test_three_labels_of_each_class_and_ten_numbers_are_enough():
    assert too_few(np.array([0, 0, 0, 1, 1, 1]), 2) is None
    assert too_few(np.arange(10.0), 0) is None
