"""Shares of samples and of classes that differ between the domains."""

import numpy as np
import pytest
import torch

import ssgan
from ssgan.adaptation.domains import make_domains
from ssgan.adaptation.shift import LARGEST, density_ratios, shares_in_target
from ssgan.adaptation.task import weighted_loss
from ssgan.data import from_memory
from ssgan.prediction.task import supervised_loss
from ssgan.randomness import Rng

SMALL = {"steps": 200, "width": 4, "batch": 64, "transforms": ()}


def gaussians(shares, n, seed):
    """Samples of two classes at -1 and 1, of deviation 1, and their classes."""
    draw = np.random.default_rng(seed)
    y = (draw.random(n) < shares).astype(int)
    return draw.normal(size=(n, 1)) + 2 * y[:, None] - 1, y


def test_shares_are_found_by_the_right_probabilities():
    """By Bayes' rule for the shares of the source, of samples with other shares."""
    x, _ = gaussians(0.2, 20_000, 0)
    ones = torch.from_numpy(2 * x[:, 0]).sigmoid()  # even shares: log odds are 2 x
    found = shares_in_target(torch.stack([1 - ones, ones], 1), torch.tensor([0.5, 0.5]))
    assert float(found[1]) == pytest.approx(0.2, abs=0.01)
    assert float(found.sum()) == pytest.approx(1.0)


def test_sure_predictions_are_counted():
    rows = torch.eye(3, dtype=torch.float64)[[0, 0, 0, 1]]
    found = shares_in_target(rows, torch.full((3,), 1 / 3))
    assert found.tolist() == pytest.approx([0.75, 0.25, 0.0])


def test_equal_domains_have_equal_shares():
    rows = torch.rand(50, 3, generator=torch.Generator().manual_seed(0)).double()
    rows = rows / rows.sum(1, keepdim=True)
    found = shares_in_target(rows, rows.mean(0))
    torch.testing.assert_close(found, rows.mean(0), rtol=0, atol=0.05)


def test_a_model_is_corrected_for_the_shares_of_the_target():
    x, y = gaussians(0.5, 2000, 0)
    there, truth = gaussians(0.05, 2000, 1)
    scores = {
        name: (ssgan.adapt(x, y, there, method=name, **SMALL).predict(there) == truth).mean()
        for name in ("source-only", "label-shift")
    }
    assert scores["label-shift"] > scores["source-only"] + 0.05
    assert scores["label-shift"] > 0.93  # the best is .96


def test_ratios_are_those_of_the_densities():
    """Of normal samples around 0 and around 1 they are exp(x - 1/2)."""
    draw = np.random.default_rng(0)
    source, target = draw.normal(size=(2000, 1)), draw.normal(size=(2000, 1)) + 1
    domains = make_domains(from_memory(source, (source[:, 0] > 0).astype(int)), from_memory(target))
    found = density_ratios(domains, 0).double().numpy()
    expected = np.exp(source[:, 0] - 0.5).clip(max=LARGEST)
    expected = expected / expected.mean()
    assert found.mean() == pytest.approx(1.0, abs=1e-4)
    near = np.abs(source[:, 0]) < 1.5
    assert np.abs(found[near] / expected[near] - 1).max() < 0.2


@pytest.mark.parametrize("numbers", [False, True])
def test_a_loss_of_weights_counts_samples_so_often(numbers):
    """Weights 2, 1 and 0 are the first sample twice, the second once and the third not at all."""
    outputs = Rng(("outputs",)).normal(3, 1 if numbers else 4)
    labels = torch.tensor([0.5, -1.0, 2.0]) if numbers else torch.tensor([1, 0, 3])
    rows = [0, 0, 1]
    found = weighted_loss(outputs, labels, torch.tensor([2.0, 1.0, 0.0]))
    torch.testing.assert_close(found, supervised_loss(outputs[rows], labels[rows]))


def test_importance_learns_by_the_ratios():
    """Where the source has nothing but noise, samples that are rare in the target do not count."""
    draw = np.random.default_rng(0)
    x = np.concatenate([draw.normal(size=(300, 1)) - 3, draw.normal(size=(100, 1)) + 3])
    y = np.concatenate([np.ones(300, int), (x[300:, 0] > 3).astype(int)])
    domains = make_domains(from_memory(x, y), from_memory(draw.normal(size=(200, 1)) + 3))
    weights = density_ratios(domains, 0)
    assert weights[:300].sum() < 0.1 * weights[300:].sum()
