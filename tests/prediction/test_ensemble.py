"""Ensembles: candidates are weighed by what they say of labels that they have not seen."""

import numpy as np
import pytest
import torch
from torch import nn

from ssgan.config import InputError
from ssgan.models.pooling import Readout
from ssgan.prediction.ensemble import Ensemble, greedy_weights, select_greedily
from ssgan.prediction.network import Network
from ssgan.prediction.search import WeighConfig
from ssgan.randomness import Rng

RNG = Rng(("ensemble test",))


def says(right, labels, classes=3, repeats=2):
    """Log-probabilities (R, n, K) with `right` (n,) for the truth, the rest shared equally."""
    p = np.repeat(((1 - right) / (classes - 1))[:, None], classes, 1)
    p[np.arange(len(labels)), labels] = right
    return np.log(np.stack([p] * repeats))


LABELS = np.array([0, 1, 2, 0, 1, 2])


def test_two_that_are_wrong_on_different_samples_share_the_weight():
    """Each alone loses more than their mean: -log .9 - log .1 against -2 log .5."""
    one = says(np.array([0.9, 0.9, 0.9, 0.1, 0.1, 0.1]), LABELS)
    other = says(np.array([0.1, 0.1, 0.1, 0.9, 0.9, 0.9]), LABELS)
    config = WeighConfig(bags=1, first=1, rounds=19)
    found = greedy_weights({"one": one, "other": other}, LABELS, RNG, config)
    assert found == pytest.approx({"one": 0.5, "other": 0.5})


def test_a_candidate_that_is_better_everywhere_gets_all_the_weight():
    good, bad = says(np.full(6, 0.8), LABELS), says(np.full(6, 0.5), LABELS)
    config = WeighConfig(bags=1, first=1)
    assert greedy_weights({"bad": bad, "good": good}, LABELS, RNG, config) == {"good": 1.0}


def test_numbers_are_weighed_by_squared_error():
    """Errors +1 and -1 cancel: the mean of both is the truth."""
    truth = np.array([0.0, 1.0, 2.0])
    found = greedy_weights(
        {"high": (truth + 1)[None], "low": (truth - 1)[None], "far": (truth + 9)[None]},
        truth,
        RNG,
        WeighConfig(bags=1, first=1, rounds=9),
    )
    assert found == pytest.approx({"high": 0.5, "low": 0.5})


def test_weights_sum_to_one_whatever_the_bags_hold():
    rng = np.random.default_rng(0)
    many = {str(k): says(rng.uniform(0.1, 0.9, 6), LABELS) for k in range(7)}
    for bags in (1, 2, 10):
        found = greedy_weights(many, LABELS, RNG, WeighConfig(bags=bags))
        assert sum(found.values()) == pytest.approx(1.0)
        assert list(found.values()) == sorted(found.values(), reverse=True)


def test_a_selection_never_loses_more_than_the_best_candidate_it_starts_from():
    rng = np.random.default_rng(1)
    seen = rng.uniform(0.05, 0.95, (8, 12))
    labels = np.arange(12) % 3
    shares = select_greedily(seen, labels, WeighConfig(first=1, rounds=30))
    assert -np.log(shares @ seen).mean() <= -np.log(seen).mean(1).min() + 1e-12


def test_candidates_that_differ_by_rounding_alone_are_taken_in_their_order():
    p = np.full(6, 0.7)
    found = greedy_weights(
        {"a": says(p, LABELS), "b": says(p + 1e-12, LABELS)},
        LABELS,
        RNG,
        WeighConfig(bags=1, first=1),
    )
    assert found == {"a": 1.0}


@pytest.mark.parametrize(
    "outputs",
    [
        {},
        {"a": says(np.full(6, 0.5), LABELS) * np.nan},
        {"a": np.zeros((1, 3)), "b": np.ones((2, 3))},
    ],
)
def test_what_cannot_be_weighed_is_refused(outputs):
    with pytest.raises(InputError, match="expected finite outputs of one shape"):
        greedy_weights(outputs, LABELS, RNG)


class Maps(nn.Module):
    def forward(self, x):
        return [x]


def constant(*outputs):
    head = nn.Linear(2, len(outputs))
    nn.init.zeros_(head.weight)
    head.bias.data = torch.tensor(outputs)
    return Network(Maps(), Readout(2), head)


def test_an_ensemble_gives_the_weighted_mean_of_probabilities():
    one, other = torch.tensor([0.9, 0.1]), torch.tensor([0.2, 0.8])
    networks = [constant(*(3 * one.log()).tolist()), constant(*other.log().tolist())]
    made = Ensemble(networks, [0.75, 0.25], [3.0, 1.0], classes=2)
    found = made(torch.randn(5, 2, generator=RNG.generator())).softmax(1)
    torch.testing.assert_close(found, (0.75 * one + 0.25 * other).expand(5, 2))


def test_an_ensemble_of_numbers_gives_their_weighted_mean():
    made = Ensemble([constant(1.0), constant(5.0)], [0.75, 0.25], [1.0, 1.0], classes=0)
    torch.testing.assert_close(made(torch.zeros(3, 2)), torch.full((3, 1), 2.0))
