"""Shares of classes: what estimates them is exact where it must be, and near where it can be."""

import numpy as np
import pytest
from scipy.stats import norm

from ssgan.config import InputError
from ssgan.prediction.calibration.shares import (
    estimated_shares,
    label_shares,
    reweighed,
    stated_shares,
    trusted_shares,
    unlike_any_class,
)
from ssgan.prediction.search import SharesConfig


def normals(rng: np.random.Generator, shares: np.ndarray, count: int) -> tuple[np.ndarray, ...]:
    """Samples of two normal classes, their exact probabilities under equal shares, and classes."""
    y = (rng.random(count) < shares[1]).astype(int)
    x = rng.normal(2.0 * y)
    density = np.stack([norm.pdf(x), norm.pdf(x, 2.0)], 1)
    return x, density / density.sum(1, keepdims=True), y


@pytest.mark.parametrize("rare", [0.5, 0.25, 0.1, 0.01])
def test_shares_of_samples_are_found_whatever_those_of_the_labels(rare: float) -> None:
    shares = np.array([1 - rare, rare])
    _, probabilities, _ = normals(np.random.default_rng(0), shares, 20_000)
    found = estimated_shares(probabilities, np.array([0.5, 0.5]))
    assert np.abs(found - shares).max() < 0.01


def test_reweighed_probabilities_are_bayes_rule_with_the_other_shares() -> None:
    rng, shares = np.random.default_rng(1), np.array([0.9, 0.1])
    x, probabilities, _ = normals(rng, shares, 100)
    density = np.stack([norm.pdf(x), norm.pdf(x, 2.0)], 1) * shares
    exact = density / density.sum(1, keepdims=True)
    np.testing.assert_allclose(reweighed(probabilities, shares, np.array([0.5, 0.5])), exact)


def test_the_same_shares_change_nothing() -> None:
    _, probabilities, _ = normals(np.random.default_rng(2), np.array([0.5, 0.5]), 50)
    equal = np.array([0.5, 0.5])
    np.testing.assert_allclose(reweighed(probabilities, equal, equal), probabilities)


def test_few_samples_leave_the_shares_of_the_labels() -> None:
    labels = np.array([0.7, 0.3])
    one = estimated_shares(np.array([[0.01, 0.99]]), labels)
    assert np.abs(one - labels).max() < 0.05


def test_estimated_shares_are_a_fixed_point_of_their_equation() -> None:
    _, probabilities, _ = normals(np.random.default_rng(3), np.array([0.8, 0.2]), 500)
    labels = np.array([0.5, 0.5])
    found = estimated_shares(probabilities, labels, held=0.0)
    mean = reweighed(probabilities, found, labels).mean(0)
    np.testing.assert_allclose(mean, found, atol=1e-5)


def test_a_class_that_no_sample_is_of_keeps_a_finite_share() -> None:
    found = estimated_shares(np.tile([1.0, 0.0], (100, 1)), np.array([0.5, 0.5]), held=0.0)
    assert 0 < found[1] < 1e-4
    assert found.sum() == pytest.approx(1)


def test_shares_of_labels_count_them() -> None:
    np.testing.assert_allclose(label_shares(np.array([0, 0, 0, 2]), 3), [0.75, 0, 0.25], atol=1e-5)


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({"a": 0.5, "c": 0.5}, "expected a share of each of the classes a, b, got those of a, c"),
        ({}, "got those of none"),
        ([0.5, 0.4], "sum to 1, got 0.5, 0.4, which sum to 0.9: divide each by that"),
        ([1.5, -0.5], "expected shares from 0 on"),
        ([float("nan"), 1.0], "expected shares from 0 on"),
        ([0.2, 0.3, 0.5], "expected 2 shares, one a class, got 3"),
    ],
)
def test_shares_that_cannot_be_are_refused(stated: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        stated_shares(stated, ("a", "b"))  # type: ignore[arg-type]


def test_samples_of_known_classes_are_not_told_to_be_of_others() -> None:
    """Over 50 draws the share is above three errors no more often than chance would have it."""
    above = 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        share, error = unlike_any_class(rng.normal(size=(40, 5)), rng.normal(size=(500, 5)))
        above += share > 3 * error
    assert above <= 2


def test_samples_of_a_class_without_labels_are_told() -> None:
    rng = np.random.default_rng(0)
    known, others = rng.normal(size=(600, 5)), 9 + rng.normal(size=(300, 5))
    share, error = unlike_any_class(known[:100], np.concatenate([known[100:], others]))
    assert share > 3 * error
    assert abs(share - 300 / 800) < 3 * error


def test_an_estimate_near_the_shares_of_the_labels_changes_nothing() -> None:
    _, probabilities, _ = normals(np.random.default_rng(4), np.array([0.6, 0.4]), 5000)
    labels = np.array([0.5, 0.5])
    np.testing.assert_allclose(trusted_shares(probabilities, labels, count=20), labels)
    assert trusted_shares(probabilities, labels, count=2000)[0] > 0.57


def test_the_more_labels_the_more_an_estimate_is_trusted() -> None:
    _, probabilities, _ = normals(np.random.default_rng(5), np.array([0.9, 0.1]), 5000)
    labels = np.array([0.5, 0.5])
    found = [trusted_shares(probabilities, labels, count)[1] for count in (20, 100, 10**6)]
    assert found == sorted(found, reverse=True)
    assert found[-1] == pytest.approx(estimated_shares(probabilities, labels)[1], abs=1e-4)


def test_what_counts_is_how_many_labels_a_class_has() -> None:
    """One class of ten named twice as often as its labels say: 40 labels do not tell that."""
    likely = np.full((1000, 10), 0.3 / 9)
    likely[np.arange(1000), np.r_[np.zeros(110), np.arange(890) % 10].astype(int)] = 0.7
    labels = np.full(10, 0.1)
    few, many = (trusted_shares(likely, labels, count)[0] for count in (40, 4000))
    assert few == pytest.approx(0.1)
    assert many > 0.15


def test_how_much_labels_are_held_to_is_a_setting() -> None:
    _, probabilities, _ = normals(np.random.default_rng(6), np.array([0.9, 0.1]), 1000)
    labels = np.array([0.5, 0.5])
    free, tied = (
        trusted_shares(probabilities, labels, 50, SharesConfig(trust=trust))[1]
        for trust in (0.0, 1e6)
    )
    assert free < 0.2
    assert tied == pytest.approx(0.5)
