"""Heads that are fitted at once, against the scikit-learn models that they stand for."""

import random
from math import exp

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from ssgan.prediction.heads import (
    ABSENT_MARGIN,
    HEAD_FOLDS,
    Nearest,
    count_folds,
    in_principal_axes,
    linear_head,
    linear_model,
    linear_of,
    margin_head,
    nearest_head,
    strength_folds,
)
from ssgan.randomness import Rng

RNG = Rng(("heads test",))


def blobs(n=30, features=8, classes=3, apart=6.0):
    """Rows (N, F) float64 around a place for every class, and the classes."""
    rng = RNG("blobs", n, features).numpy()
    labels = np.arange(n) % classes
    places = apart * np.eye(features)[:classes]
    return rng.normal(size=(n, features)) + places[labels], labels


@torch.no_grad()
def given(head, rows):
    return head(torch.from_numpy(rows).to(next(iter(head.state_dict().values())).dtype)).numpy()


def test_a_linear_layer_has_the_weights_it_is_given():
    layer = linear_of(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0]))
    assert layer(torch.tensor([[1.0, 10.0]])).tolist() == [[26.0, 49.0]]


@pytest.mark.parametrize("shape", [(5, 40), (40, 5), (6, 6)])
def test_turned_rows_keep_all_distances_in_few_coordinates(shape):
    rows = RNG("in_principal_axes").numpy().normal(size=shape)
    found, axes = in_principal_axes(rows)
    assert found.shape == (shape[0], min(shape))
    np.testing.assert_allclose(found @ axes, rows, atol=1e-10)
    np.testing.assert_allclose(axes @ axes.T, np.eye(min(shape)), atol=1e-10)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_fit_on_turned_rows_predicts_what_one_on_the_raw_features_does(classes):
    rows, labels = blobs(n=24, features=60, classes=classes, apart=1.5)
    new = blobs(n=50, features=60, classes=classes, apart=1.5)[0] + 0.3
    weight, bias = linear_model(rows, labels, classes)
    direct = new @ weight.T + bias
    found = given(linear_head(rows, labels, classes), new)
    assert (found.argmax(1) == direct.argmax(1)).all()
    np.testing.assert_allclose(found, direct, atol=0.02 * np.abs(direct).max())


def test_a_ridge_on_turned_rows_predicts_what_one_on_the_raw_features_does():
    rows, _ = blobs(n=20, features=60)
    numbers = rows[:, 0] - 2 * rows[:, 1] + 7
    ridge = RidgeCV(alphas=[10.0**power for power in range(-2, 6)]).fit(rows, numbers)
    found = given(linear_head(rows, numbers, None), rows + 0.1)
    assert found.shape == (20, 1)
    np.testing.assert_allclose(found[:, 0], ridge.predict(rows + 0.1), atol=1e-3)


def test_with_one_label_a_class_the_head_is_a_plain_logistic_regression():
    rows, labels = blobs(n=3, features=16)
    model = LogisticRegression(C=0.25, max_iter=300).fit(rows, labels)  # 1 / sqrt(16)
    weight, bias = linear_model(rows, labels, 3)
    np.testing.assert_allclose(weight, model.coef_)
    np.testing.assert_allclose(bias, model.intercept_)


def test_two_classes_have_two_outputs_with_the_probabilities_of_the_model():
    rows, labels = blobs(n=2, features=16, classes=2)
    model = LogisticRegression(C=0.25, max_iter=300).fit(rows, labels)
    weight, bias = linear_model(rows, labels, 2)
    outputs = torch.from_numpy(rows @ weight.T + bias)
    np.testing.assert_allclose(outputs.softmax(1).numpy(), model.predict_proba(rows))


@pytest.mark.parametrize("head", [linear_head, margin_head])
@pytest.mark.parametrize("classes", [2, 3])
def test_heads_tell_classes_apart_that_are_apart(head, classes):
    rows, labels = blobs(classes=classes)
    outputs = given(head(rows, labels, classes), blobs(n=31, classes=classes)[0])
    assert outputs.shape == (31, classes)
    assert (outputs.argmax(1) == np.arange(31) % classes).all()


@pytest.mark.parametrize("head", [linear_head, margin_head])
@pytest.mark.parametrize("absent", [0, 1, 2, 3])
def test_a_class_without_labels_is_never_the_likeliest_and_the_others_keep_their_place(
    head, absent
):
    rows, labels = blobs(n=40, classes=4)
    seen = labels != absent
    outputs = given(head(rows[seen], labels[seen], 4), rows)
    assert outputs.shape == (40, 4)
    assert (outputs.argmax(1)[seen] == labels[seen]).all()
    chances = torch.from_numpy(outputs).softmax(1)[:, absent]
    assert chances.max() <= exp(-ABSENT_MARGIN) * 1.001


def test_as_many_folds_as_every_class_that_has_labels_allows():
    assert count_folds(np.array([0, 0, 0, 1, 1])) == 2
    assert count_folds(np.array([0, 1])) == 1
    assert count_folds(np.repeat([0, 1], 50)) == HEAD_FOLDS == 5
    assert count_folds(np.array([0, 0, 0, 2, 2, 2])) == 3


@pytest.mark.parametrize("head", [linear_head, margin_head])
def test_fitting_is_a_pure_function_and_leaves_random_states_alone(head):
    rows, labels = blobs()
    np.random.seed(5)
    first = head(rows, labels, 3).weight
    np.random.seed(6)
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    assert torch.equal(first, head(rows, labels, 3).weight)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.random.get_state()[1].tolist() == states[1]
    assert random.getstate() == states[2]


def directions(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("classes", [3, None])
def test_the_nearest_rows_say_what_scikit_learns_do(classes):
    rows, labels = blobs(n=40, apart=2.0)
    values = labels if classes else rows[:, 0] - rows[:, 1]
    head, new = nearest_head(rows, values, classes), blobs(n=7, apart=1.0)[0]
    kind = KNeighborsClassifier if classes else KNeighborsRegressor
    model = kind(int(head.count), weights="distance").fit(directions(rows), values)
    if classes:
        expected = np.log(model.predict_proba(directions(new)).clip(1e-6))
    else:
        expected = model.predict(directions(new))[:, None]
    np.testing.assert_allclose(given(head, new), expected, atol=1e-3)


def test_as_many_of_the_nearest_are_asked_as_foretell_best_what_was_left_out():
    rng = RNG("angles").numpy()
    angle = np.sort(rng.uniform(0, 1.5, 60))
    rows = np.stack([np.cos(angle), np.sin(angle)], 1)
    assert nearest_head(rows, angle, None).count <= 3  # smooth: the closest know best
    mixed = rng.integers(0, 2, 60)
    assert nearest_head(rows, mixed, 2).count == 20  # chance: nobody knows, so all are asked


def test_one_labelled_row_says_the_same_of_all():
    outputs = given(nearest_head(np.ones((1, 4)), np.array([1]), 3), np.eye(4))
    assert (outputs.argmax(1) == 1).all()
    assert given(nearest_head(np.ones((1, 4)), np.array([2.5]), None), np.eye(4)).tolist() == (
        [[2.5]] * 4
    )


def test_the_nearest_know_their_own_rows():
    rows, labels = blobs(n=30, apart=1.0)
    assert (given(nearest_head(rows, labels, 3), rows).argmax(1) == labels).all()


def test_the_nearest_are_filled_from_their_state():
    rows, labels = blobs(n=30)
    head = nearest_head(rows, labels, 3)
    other = Nearest(30, 8, 3, classes=True)
    other.load_state_dict(head.state_dict())
    np.testing.assert_array_equal(given(other, rows + 1), given(head, rows + 1))


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("make", [linear_head, margin_head])
def test_from_many_labels_a_head_says_what_it_says_from_few(make, classes):
    """Of four classes the last has no label."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, min(classes, 3), 400)
    features = rng.normal(size=(400, 6)) + 2 * np.eye(6)[labels]
    few = make(features, labels, classes)
    many = make(features, labels, classes, many=100)
    seen = torch.from_numpy(rng.normal(size=(1000, 6)) + 2 * np.eye(6)[np.arange(1000) % 3]).float()
    with torch.no_grad():
        assert (few(seen).argmax(1) == many(seen).argmax(1)).float().mean() > 0.97
        assert many(seen).shape == (1000, classes)
        assert (many(seen).argmax(1) < 3).all()


@pytest.mark.parametrize("many", [False, True])
def test_strengths_of_many_labels_are_chosen_on_one_split(many):
    labels = np.arange(80) % 2
    found = [*strength_folds(labels, many=50 if many else 100).split(labels[:, None], labels)]
    assert [len(test) for _, test in found] == ([16] if many else [80 // HEAD_FOLDS] * HEAD_FOLDS)
