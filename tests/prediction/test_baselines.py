"""Simple models, their cross-validation, and the gate that prefers them."""

import json

import numpy as np
import pytest

from ssgan.data import digest
from ssgan.prediction.baselines import (
    CANDIDATES,
    FEWEST_NUMBERS,
    Baseline,
    Folds,
    candidates,
    choose,
    cross_validated,
    fitted,
    flat,
    gate,
    kinds,
    points,
    select,
    stratified,
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
    model = fitted(name, *problem(task), classes)
    x, y = problem(task, seed=1)
    said = model.predict(x)
    assert said.shape == ((len(x), classes) if classes else (len(x),))
    assert said.dtype == np.float64
    assert points(y, said, float(np.std(y))) > (85 if classes else 45)


@each
def test_a_model_comes_back_from_its_tensors_and_json_to_the_bit(task, name):
    model = fitted(name, *problem(task), TASKS[task], seed=3)
    about = json.loads(json.dumps(model.to_json()))
    again = Baseline.from_tensors(model.to_tensors(), about)
    x, _ = problem(task, seed=1)
    assert same(again.predict(x), model.predict(x))
    assert same(model.predict(x), model.predict(x))
    assert fitted(name, *problem(task), TASKS[task], seed=3).to_json() == about


@pytest.mark.parametrize("name", CANDIDATES["classification"])
def test_probabilities_sum_to_one_and_exclude_no_class(name):
    x, y = problem("classification")
    chances = np.exp(fitted(name, x, y, 5).predict(10 * x))  # classes 3 and 4 have no labels
    np.testing.assert_allclose(chances.sum(1), 1)
    assert (chances > 0).all()
    assert (chances.argmax(1) < 3).all()


@pytest.mark.parametrize("name", CANDIDATES["classification"])
def test_two_classes_of_three_labels_each_are_enough(name):
    x, y = np.array([[0.0], [1], [2], [7], [8], [9]]), np.array([0, 0, 0, 1, 1, 1])
    said = fitted(name, x, y, 2).predict(np.array([[0.5], [8.5]]))
    assert said.argmax(1).tolist() == [0, 1]


@each
def test_the_scale_of_all_columns_changes_nothing(task, name):
    x, y = problem(task)
    one, other = (fitted(name, scale * x, y, TASKS[task]) for scale in (1, 64))
    np.testing.assert_allclose(one.predict(x), other.predict(64 * x), rtol=1e-5, atol=1e-5)


@each
def test_constant_columns_are_no_obstacle(task, name):
    x, y = problem(task)
    x = np.concatenate([x, np.ones((len(x), 2), np.float32)], 1)
    assert np.isfinite(fitted(name, x, y, TASKS[task]).predict(x)).all()


def test_rows_that_are_all_one_are_answered_with_what_is_common():
    said = fitted("ridge", np.ones((4, 2)), np.array([1.0, 2, 3, 4]), 0).predict(np.ones((1, 2)))
    assert said == pytest.approx([2.5])


def test_the_parameter_is_the_best_of_those_that_are_tried():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3))
    clean, noise = x @ [1.0, 2.0, 3.0], rng.normal(size=40)
    tried = CANDIDATES["regression"]["ridge"].values
    assert fitted("ridge", x, clean, 0).value == min(tried)
    assert fitted("ridge", x, noise, 0).value >= 100


def test_wide_rows_are_not_boosted_and_many_have_no_kernel():
    assert list(kinds(10, (100, 784))) == ["logistic", "k-nn", "svm"]
    assert list(kinds(10, (6000, 8))) == ["logistic", "k-nn", "boosting"]
    assert list(kinds(0, (6000, 784))) == ["ridge", "k-nn"]
    usual = [name for name, kind in CANDIDATES["regression"].items() if kind.usual]
    assert list(kinds(0, (50, 8))) == usual == ["ridge", "k-nn", "boosting"]
    assert list(kinds(0, (50, 8), usual=False)) == [*usual, "svm", "forest"]
    assert "forest" not in kinds(10, (100, 1200), usual=False)


@pytest.mark.parametrize("kind", KINDS)
def test_samples_of_every_kind_are_flat_rows(kind):
    codec = trained(kind).codec
    rows = flat(codec, codec.pack(KINDS[kind]()))
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
        fitted(name, np.zeros((3, 2)), np.array(labels), classes)


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

    found = cross_validated(first_class, labels, 2, folds)
    assert found.scores.tolist() == [50] * 6
    assert found.outputs.shape == (2, 6, 2)
    assert (found.outputs == [1, 0]).all()
    assert seen == [(train.tolist(), test.tolist()) for _, train, test in folds]


def test_points_of_numbers_are_a_hundred_less_the_error_in_deviations():
    assert points(np.array([0.0, 4.0]), np.array([0.0, 4.0]), 2.0) == 100
    assert points(np.array([0.0, 4.0]), np.array([2.0, 2.0]), 2.0) == 0
    assert points(np.array([0, 1]), np.array([[2.0, 1.0], [2.0, 1.0]]), 0.0) == 50


@pytest.mark.parametrize("said", [np.zeros((2, 3)), np.full((2, 2), np.nan), np.zeros(2)])
def test_answers_that_are_none_are_refused(said):
    labels = np.array([0, 1, 0, 1])
    folds = stratified(labels, 2, Rng(("t",)), folds=2, repeats=1)
    with pytest.raises(ValueError, match=r"expected finite answers \(2, 2\), got"):
        cross_validated(lambda *_: said, labels, 2, folds)


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


@pytest.mark.parametrize(
    ("ahead", "deep", "reason"),
    [
        (2.0, True, "deep is 2.0 points ahead of a on the same 10 folds, with a standard error"),
        (1.0, False, "too little to give up the simpler model"),
        (0.0, False, "deep is 0.0 points ahead of a on"),
        (-5.0, False, "deep is 5.0 points behind a on the same 10 folds"),
    ],
)
def test_the_deep_model_has_to_gain_more_than_a_standard_error(ahead, deep, reason):
    verdict = gate({"a": 80 + SURE, "b": 60 + SURE}, {"deep": 80 + ahead - SURE}, TEN)
    assert verdict.deep is deep
    assert verdict.chosen == ("deep" if deep else "a")
    assert reason in verdict.reason
    assert verdict.gain == pytest.approx(ahead)
    assert verdict.error == pytest.approx(2 * np.std(SURE, ddof=1) * np.sqrt(0.35))


def simulated(rng, folds, truth):
    """Points of models that are right so often: rows are hard for all, and fits are noisy."""
    count = folds.of.shape[1]
    hard = rng.random(count)
    scores = {}
    for name, right in truth.items():
        ease = np.where(rng.random(count) < 0.5, hard, rng.random(count))
        scores[name] = np.array(
            [
                100 * (np.where(rng.random(len(t)) < 0.85, ease[t], rng.random(len(t))) < p).mean()
                for _, _, t in folds
                for p in [right + rng.normal(0, 0.03)]
            ]
        )
    return scores


@pytest.mark.parametrize(("labels", "count", "repeats"), [(12, 3, 1), (30, 3, 1), (50, 5, 2)])
def test_on_average_at_most_a_point_is_lost_to_the_simple_choice(labels, count, repeats):
    """However good two deep models are; where they are much better they are used."""
    folds = stratified(np.arange(labels) % 2, 2, Rng(("t",)), folds=count, repeats=repeats)
    for ahead in (-0.2, -0.1, -0.05, -0.02, 0.0, 0.05, 0.25):
        rng, lost, used = np.random.default_rng(0), [], []
        truth = {"a": 0.68, "b": 0.7, "c": 0.7 + ahead, "d": 0.7 + ahead}
        for _ in range(150):
            scores = simulated(rng, folds, truth)
            groups = [{name: scores[name] for name in names} for names in ("ab", "cd")]
            verdict = gate(*groups, folds)
            lost.append(100 * (truth[verdict.simple.name] - truth[verdict.chosen]))
            used.append(verdict.deep)
        assert np.mean(lost) <= 1
        assert ahead < 0.2 or np.mean(used) > 0.5


def test_real_models_that_learn_nothing_from_unlabeled_rows_lose_nothing():
    x, y = problem("classification", 30)
    simple = candidates(x, y, 3)
    folds = stratified(y, 3, Rng(("t",)), repeats=1)
    guess = {"deep": lambda train, test: np.zeros((len(test), 3))}
    verdict, found = select(y, 3, simple, guess, folds)
    assert verdict.chosen == "logistic"
    assert not verdict.deep
    assert set(found) == set(verdict.means) == {*simple, "deep"}
    assert verdict.means["deep"] == pytest.approx(100 / 3)
    assert json.loads(json.dumps(verdict.to_json()))["simple"]["name"] == verdict.simple.name


def test_a_deep_model_that_knows_more_is_used():
    x, y = problem("regression", 30)
    y = y + np.random.default_rng(1).normal(0, 2, 30)  # that no column tells of
    folds = stratified(y, 0, Rng(("t",)), repeats=1)
    verdict, _ = select(y, 0, candidates(x, y, 0), {"deep": lambda _, test: y[test]}, folds)
    assert verdict.deep
    assert verdict.means["deep"] == 100


@pytest.mark.parametrize(
    ("labels", "classes", "reason"),
    [
        ([0, 0, 0, 1, 1], 2, "1 of 2 classes have fewer than 3 labels"),
        ([0, 0, 0, 1, 1, 1], 3, "1 of 3 classes have fewer than 3 labels"),
        (np.arange(9.0), 0, f"there are 9 labels, fewer than {FEWEST_NUMBERS}"),
    ],
)
def test_with_too_few_labels_nothing_is_compared_and_it_says_so(labels, classes, reason):
    def fails(*_):
        pytest.fail("it was fitted")

    labels = np.array(labels)
    assert too_few(labels, classes) == reason
    verdict, found = select(labels, classes, {"a": fails}, {"deep": fails, "other": fails}, None)
    assert (verdict.chosen, verdict.deep, verdict.abstained, found) == ("deep", True, True, {})
    assert verdict.reason == f"deep is not compared with simple models: {reason}"
    assert json.loads(json.dumps(verdict.to_json()))["means"] == {}


def test_three_labels_of_each_class_and_ten_numbers_are_enough():
    assert too_few(np.array([0, 0, 0, 1, 1, 1]), 2) is None
    assert too_few(np.arange(10.0), 0) is None
