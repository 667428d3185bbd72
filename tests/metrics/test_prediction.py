import math

import numpy as np
import pytest

from ssgan.metrics import calibration_error, confusion, predictions, regression
from ssgan.metrics.prediction import interval_coverage, interval_width

SHARES = np.array([[0.8, 0.2, 0.0], [0.6, 0.4, 0.0], [0.3, 0.7, 0.0], [0.1, 0.9, 0.0]])


def test_measures_of_classes_are_exact():
    found = predictions([0, 1, 1, 1], SHARES)
    assert found == {
        "accuracy": 0.75,
        "balanced_accuracy": pytest.approx((1 + 2 / 3) / 2),
        "macro_f1": pytest.approx((2 / 3 + 4 / 5) / 2),
        "log_loss": pytest.approx(-(math.log(0.8) + math.log(0.4 * 0.7 * 0.9)) / 4),
        "ece": pytest.approx((0.2 + 0.6 + 0.3 + 0.1) / 4),
    }
    assert all(type(value) is float for value in found.values())


def test_a_class_that_never_occurs_neither_warns_nor_counts():
    shares = np.eye(4)[[0, 1, 3, 1]]
    found = predictions([0, 1, 1, 1], shares)
    assert found["balanced_accuracy"] == pytest.approx((1 + 2 / 3) / 2)
    assert found["macro_f1"] == pytest.approx((1 + 0.8 + 0) / 3)
    assert math.isfinite(found["log_loss"])


def test_rows_of_one_class_only_can_be_measured():
    assert predictions([1, 1], [[0.5, 0.5], [0.25, 0.75]])["log_loss"] == pytest.approx(
        -math.log(0.5 * 0.75) / 2
    )


def test_float32_probabilities_are_no_reason_to_warn():
    shares = np.random.default_rng(0).random((50, 7)).astype(np.float32)
    shares /= shares.sum(1, keepdims=True)
    shares[:, 0] += 1e-6
    assert predictions(np.arange(50) % 7, shares)["accuracy"] <= 1


@pytest.mark.parametrize(
    ("confidence", "right", "expected"),
    [
        ([0.9, 0.9], [1, 1], 0.1),
        ([0.9, 0.9], [1, 0], 0.4),  # one bin: .9 against .5
        ([0.9, 0.6], [1, 0], (0.1 + 0.6) / 2),  # two bins
        ([0.95, 0.99], [0, 1], 0.47),  # one bin: their errors make up for each other
        ([1.0, 1.0], [1, 1], 0.0),
        ([1.0, 1.0], [0, 0], 1.0),
    ],
)
def test_calibration_error_averages_the_gaps_of_the_bins(confidence, right, expected):
    shares = np.array([[c, 1 - c] for c in confidence])
    true = np.array([0 if r else 1 for r in right])
    assert calibration_error(true, shares) == pytest.approx(expected)


def test_calibrated_probabilities_have_no_calibration_error():
    draw = np.random.default_rng(0)
    first = draw.random(20_000)
    true = (draw.random(20_000) > first).astype(int)
    assert calibration_error(true, np.stack([first, 1 - first], 1)) < 0.02


def test_confusion_counts_true_classes_in_rows():
    found = confusion([0, 0, 2, 2], [0, 1, 2, 0], classes=4)
    assert found.tolist() == [[1, 1, 0, 0], [0, 0, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]
    assert found.dtype == np.int64


def test_measures_of_numbers_are_exact():
    assert regression([0.0, 2.0, 4.0], [1.0, 2.0, 1.0]) == {
        "mae": pytest.approx(4 / 3),
        "rmse": pytest.approx(math.sqrt(10 / 3)),
        "r2": pytest.approx(1 - 10 / 8),
    }
    assert regression([1.0, 3.0], [2.0, 2.0])["r2"] == 0


@pytest.mark.parametrize("true", [[2.0], [2.0, 2.0]])
def test_numbers_that_are_all_one_have_no_r2(true):
    found = regression(true, [5.0] * len(true))
    assert found["mae"] == found["rmse"] == 3
    assert math.isnan(found["r2"])


@pytest.mark.parametrize(
    ("true", "shares", "error", "message"),
    [
        ([], np.zeros((0, 2)), ValueError, "at least one row"),
        ([0], SHARES, ValueError, r"got \(1,\) and \(4, 3\)"),
        ([0, 1, 1, -1], SHARES, ValueError, "got -1 to 1: leave rows without a label out"),
        ([0, 1, 1, 3], SHARES, ValueError, "from 0 to 2, got 0 to 3"),
        ([0.0, 1.0, 1.0, 1.0], SHARES, TypeError, "class indices, got float64"),
        ([0, 1, 1, 1], SHARES * 2, ValueError, "sum to 1"),
        ([0, 1, 1, 1], SHARES - 1, ValueError, "sum to 1"),
        ([0, 1, 1, 1], SHARES * np.nan, ValueError, "sum to 1"),
    ],
)
def test_what_is_no_class_or_no_probability_is_refused(true, shares, error, message):
    with pytest.raises(error, match=message):
        predictions(true, shares)


@pytest.mark.parametrize(
    ("true", "predicted", "message"),
    [
        ([], [], "at least one"),
        ([1.0], [1.0, 2.0], r"got \(1,\) and \(2,\)"),
        ([1.0, np.nan], [1.0, 2.0], "finite"),
        ([1.0, 2.0], [np.inf, 2.0], "finite"),
    ],
)
def test_numbers_that_are_missing_or_do_not_match_are_refused(true, predicted, message):
    with pytest.raises(ValueError, match=message):
        regression(true, predicted)


def test_intervals_are_measured_by_what_they_hold_and_how_wide_they_are():
    true, intervals = [1.0, 2.0, 3.0, 4.0], [[1, 2], [0, 2], [3.5, 9], [-1, 3.9]]
    assert interval_coverage(true, intervals) == 0.5
    assert interval_width(true, intervals) == pytest.approx((1 + 2 + 5.5 + 4.9) / 4)


def test_infinite_intervals_hold_everything_and_are_infinitely_wide():
    intervals = [[-np.inf, np.inf], [-np.inf, 0]]
    assert interval_coverage([5.0, 1.0], intervals) == 0.5
    assert interval_width([5.0, 1.0], intervals) == np.inf


@pytest.mark.parametrize("measure", [interval_coverage, interval_width])
@pytest.mark.parametrize(
    ("true", "intervals", "message"),
    [
        ([], np.zeros((0, 2)), "at least one"),
        ([1.0], [[0, 1], [0, 1]], r"got \(1,\) and \(2, 2\)"),
        ([1.0, 2.0], [0.0, 3.0], r"got \(2,\) and \(2,\)"),
        ([np.nan], [[0, 1]], "finite numbers"),
        ([1.0], [[2, 1]], "from a lower to an upper end"),
        ([1.0], [[0, np.nan]], "from a lower to an upper end"),
    ],
)
def test_what_is_no_interval_is_refused(measure, true, intervals, message):
    with pytest.raises(ValueError, match=message):
        measure(true, intervals)
