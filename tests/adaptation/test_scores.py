"""Scores of predictions without labels, by hand."""

from math import log

import pytest
import torch

from ssgan.adaptation.methods.auto import best_of
from ssgan.adaptation.scores import TEMPERATURE, density, information


def test_information_is_that_of_sure_and_even_predictions():
    assert information(torch.eye(4)) == pytest.approx(log(4))
    assert information(torch.full((6, 4), 0.25)) == pytest.approx(0.0, abs=1e-12)
    assert information(torch.tensor([[1.0, 0.0]] * 5)) == pytest.approx(0.0, abs=1e-12)
    half = torch.tensor([[0.9, 0.1], [0.1, 0.9]], dtype=torch.float64)
    assert information(half) == pytest.approx(log(2) + 0.9 * log(0.9) + 0.1 * log(0.1))


def test_density_counts_the_neighbours_of_a_sample():
    """Groups of equal predictions: each sample has all others of its group as neighbours."""
    groups = torch.eye(3, dtype=torch.float64).repeat_interleave(5, 0)
    weights = torch.tensor([1 / TEMPERATURE] * 4 + [0.0] * 10 + [-1 / TEMPERATURE**2])
    shares = weights.double().softmax(0)
    expected = -(shares * shares.clamp_min(1e-300).log()).sum()
    assert density(groups) == pytest.approx(float(expected), rel=1e-9)
    assert density(groups) == pytest.approx(log(4), abs=1e-4)


def test_density_is_less_where_groups_are_torn():
    whole = torch.eye(2).repeat_interleave(20, 0)
    torn = whole.clone()
    torn[::2] = torch.rand(20, 2, generator=torch.Generator().manual_seed(0))
    torn = torn / torn.sum(1, keepdim=True)
    assert density(torn) < density(whole)


def test_the_best_has_the_most_information():
    scores = {"a": {"information": 1.0}, "b": {"information": 2.0}, "c": {"information": 2.0}}
    assert best_of(scores) == "b"
