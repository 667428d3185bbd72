"""Temperatures and prediction intervals: exact values, laws, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssgan.prediction.calibration.mathematics import (
    COLDEST,
    HOTTEST,
    cv_plus,
    fit_temperature,
    likelihood,
)

QUICK = settings(deadline=None, derandomize=True, max_examples=50)


def drawn(n, classes=5, spread=2.0, seed=0):
    """Logits (n, K) and labels that have just these probabilities."""
    rng = np.random.default_rng(seed)
    logits = spread * rng.normal(size=(n, classes))
    return logits, (logits + rng.gumbel(size=logits.shape)).argmax(1)


# Temperature


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_logits_that_were_scaled_get_their_factor_back(factor):
    logits, labels = drawn(40_000)
    assert fit_temperature(factor * logits, labels) == pytest.approx(factor, rel=0.02)


def test_two_equal_margins_have_a_temperature_in_closed_form():
    # n rows of margin m, k of them right: sum of m (p - right) + 1 - 1 / b = 0 at b = 1
    margins = np.array([[math.log(3), 0.0]] * 4)
    assert fit_temperature(margins, np.array([0, 0, 0, 1])) == pytest.approx(1)


@QUICK
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(2, 6), st.floats(0.01, 50))
def test_the_likelihood_of_the_fitted_rows_is_never_worse_than_without(seed, n, classes, scale):
    logits = scale * np.random.default_rng(seed).normal(size=(n, classes))
    labels = np.random.default_rng(seed + 1).integers(0, classes, n)
    found = fit_temperature(logits, labels)
    assert COLDEST <= found <= HOTTEST
    assert likelihood(logits, labels, found) <= likelihood(logits, labels) + 1e-12


def test_a_temperature_depends_neither_on_a_shift_of_rows_nor_on_their_order():
    logits, labels = drawn(200)
    found = fit_temperature(logits, labels)
    shift = np.random.default_rng(1).normal(size=(200, 1))
    assert fit_temperature(logits + shift, labels) == pytest.approx(found)
    assert fit_temperature(logits[::-1], labels[::-1]) == pytest.approx(found)


def test_few_labels_pull_less_than_many():
    logits, labels = drawn(4000)
    few = [fit_temperature(3 * logits[i : i + 4], labels[i : i + 4]) for i in range(0, 4000, 4)]
    assert 1 < np.exp(np.mean(np.log(few))) < fit_temperature(3 * logits, labels)


@pytest.mark.parametrize("n", [1, 3, 100])
def test_logits_that_say_nothing_stay_as_they_are(n):
    assert fit_temperature(np.zeros((n, 3)), np.zeros(n, int)) == pytest.approx(1)


def test_few_rows_that_are_all_right_are_hardly_sharpened():
    assert 0.5 < fit_temperature(np.eye(10) * 8, np.arange(10)) < 1


def test_rows_that_are_all_wrong_are_softened_up_to_a_bound():
    assert fit_temperature(np.eye(2)[[0] * 99] * 50, np.ones(99, int)) == HOTTEST


def test_temperature_mends_the_calibration_of_other_rows():
    logits, labels = drawn(2000)
    found = fit_temperature(4 * logits[:200], labels[:200])
    rest = 4 * logits[200:], labels[200:]
    assert likelihood(*rest, found) < likelihood(*rest) - 0.5


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        (np.zeros((0, 2)), np.zeros(0, int), "at least one row"),
        (np.zeros(3), np.zeros(3, int), "at least one row"),
        (np.zeros((3, 2)), np.zeros(2, int), r"got \(3, 2\) and \(2,\)"),
        (np.full((3, 2), np.nan), np.zeros(3, int), "diverged"),
        (np.zeros((2, 2)), np.array([0, 2]), "from 0 to 1"),
        (np.zeros((2, 2)), np.array([0, -1]), "from 0 to 1"),
        (np.zeros((2, 2)), np.array([0.0, 1.0]), "from 0 to 1"),
    ],
)
def test_what_are_no_logits_or_no_classes_is_refused(logits, labels, message):
    with pytest.raises(ValueError, match=message):
        fit_temperature(logits, labels)


# Intervals


def test_intervals_of_three_rows_are_those_by_hand():
    # rank ceil(.75 * 4) = 3 of mu + R: 10 + 1, 20 + 2, 20 + 3; and of mu - R from above: 9, 18, 17
    found = cv_plus([1, -2, 3], [0, 1, 1], [[10.0, 0.0], [20.0, 0.0]], level=0.75)
    assert found.tolist() == [[9, 23], [-3, 3]]


def test_a_lower_level_drops_the_ends():
    # rank ceil(.5 * 4) = 2: the second smallest of 11, 22, 23 and the second largest of 9, 18, 17
    assert cv_plus([1, 2, 3], [0, 1, 1], [[10.0], [20.0]], level=0.5).tolist() == [[17, 22]]


def test_with_folds_that_agree_an_interval_is_a_rank_of_the_residuals():
    sizes = np.arange(1.0, 20.0)
    found = cv_plus(sizes, np.arange(19) % 5, np.zeros((5, 1)), level=0.8)
    assert found.tolist() == [[-16, 16]]  # 0.8 * 20, whatever the rounding of 0.8


@pytest.mark.parametrize(("n", "finite"), [(8, False), (9, True)])
def test_too_few_rows_promise_nothing_finite(n, finite):
    found = cv_plus(np.ones(n), np.zeros(n, int), [[0.0, 1.0]], level=0.9)
    expected = [[-1, 1], [0, 2]] if finite else [[-np.inf, np.inf]] * 2
    assert found.tolist() == expected


def test_many_rows_are_cut_into_blocks_without_a_trace():
    rng = np.random.default_rng(0)
    args = rng.normal(size=20), np.arange(20) % 4, rng.normal(size=(4, 33))
    whole = cv_plus(*args)
    np.testing.assert_array_equal(cv_plus(*args, block=100), whole)


@QUICK
@given(st.integers(0, 10**6), st.integers(3, 30), st.floats(0.5, 0.95))
def test_ends_are_in_order_and_a_higher_level_is_wider(seed, n, level):
    rng = np.random.default_rng(seed)
    args = rng.normal(size=n), rng.integers(0, 3, n), 5 * rng.normal(size=(3, 7))
    narrow, wide = cv_plus(*args, level), cv_plus(*args, level + 0.04)
    assert (narrow[:, 0] <= narrow[:, 1]).all()
    assert (wide[:, 0] <= narrow[:, 0]).all()
    assert (narrow[:, 1] <= wide[:, 1]).all()


@pytest.mark.parametrize("level", [0.8, 0.9])
def test_intervals_hold_new_rows_about_as_often_as_their_level_says(level):
    """Least squares on 30 rows of skewed noise, 5 folds, over many data sets."""
    rng, covered = np.random.default_rng(0), []
    fold = np.arange(30) % 5
    for _ in range(300):
        x = rng.normal(size=(50, 3))
        y = x @ [1.0, -2.0, 0.5] + rng.exponential(size=50) ** 2
        x = np.c_[x, np.ones(50)]
        models = [np.linalg.lstsq(x[:30][fold != k], y[:30][fold != k])[0] for k in range(5)]
        residuals = y[:30] - np.array([x[i] @ models[fold[i]] for i in range(30)])
        ends = cv_plus(residuals, fold, np.stack([x[30:] @ m for m in models]), level)
        covered.append(((ends[:, 0] <= y[30:]) & (y[30:] <= ends[:, 1])).mean())
    assert level - 0.02 <= np.mean(covered) <= level + 0.06  # models of fewer rows: a bit wide


ROWS = [1.0, 2.0], [0, 1], [[0.0], [1.0]]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((*ROWS, 0.3), "from 0.5 to below 1"),
        ((*ROWS, 1.0), "from 0.5 to below 1"),
        (([], [], [[0.0]]), "at least one row"),
        (([1.0], [0, 1], [[0.0]]), r"got \(1,\), \(2,\) and \(1, 1\)"),
        (([1.0], [0], [0.0]), "at least one row"),
        (([1.0, 2.0], [0, 2], [[0.0], [1.0]]), "folds from 0 to 1"),
        (([1.0, 2.0], [0, -1], [[0.0], [1.0]]), "folds from 0 to 1"),
        (([1.0, np.inf], [0, 1], [[0.0], [1.0]]), "diverged"),
        (([1.0, 2.0], [0, 1], [[0.0], [np.nan]]), "diverged"),
    ],
)
def test_residuals_and_folds_that_do_not_fit_are_refused(args, message):
    with pytest.raises(ValueError, match=message):
        cv_plus(*args)
