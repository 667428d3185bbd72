import pytest
import torch

from ssgan.metrics import told_apart, two_sample
from ssgan.randomness import Rng


def normal(*shape, key="x"):
    return Rng(("test", key)).normal(*shape)


def test_samples_of_one_distribution_cannot_be_told_apart():
    found = [
        two_sample(normal(200, 4, key=f"x{i}"), normal(200, 4, key=f"y{i}")) for i in range(40)
    ]
    assert sum(one.accuracy for one in found) / 40 == pytest.approx(0.5, abs=0.02)
    assert sum(one.p < 0.05 for one in found) <= 6


def test_samples_far_apart_are_told_apart_always():
    found = two_sample(normal(200, 4), normal(300, 4, key="y") + 9)
    assert (found.accuracy, found.held_out) == (1, 200)
    assert found.p < 1e-20


def test_gaussians_are_told_apart_as_well_as_can_be():
    # means 2 apart along one axis: the best accuracy is Phi(1) = 0.841
    shift = torch.tensor([2.0, 0, 0])
    found = two_sample(normal(4000, 3), normal(4000, 3, key="y") + shift)
    assert found.accuracy == pytest.approx(0.841, abs=0.02)


def test_p_is_that_of_a_coin():
    found = two_sample(normal(100, 2), normal(100, 2, key="y") + 0.5)
    z = (found.accuracy - 0.5) / (0.25 / 100) ** 0.5
    expected = 1 - torch.distributions.Normal(0, 1).cdf(torch.tensor(z)).item()
    assert found.p == pytest.approx(expected, abs=1e-6)


def test_constant_features_change_nothing():
    x, y = normal(100, 2), normal(100, 2, key="y") + 1
    wide = [torch.cat([side, torch.ones(100, 1)], 1) for side in (x, y)]
    assert two_sample(*wide) == two_sample(x, y)


def test_the_measures_say_their_space_and_their_number():
    x, y = normal(260, 1, 8, 8), normal(251, 1, 8, 8, key="y")
    found = told_apart(x, y, reference="test")
    assert list(found) == ["c2st_logistic_randconv_250_test", "c2st_p_logistic_randconv_250_test"]
    assert list(told_apart(x, y))[0] == "c2st_logistic_randconv_250_real"
    assert found == told_apart(x, y, reference="test")


def test_too_few_samples_are_refused():
    with pytest.raises(ValueError, match="at least 20 samples of each side, got 30 and 19"):
        two_sample(normal(30, 2), normal(19, 2))


def test_fewer_samples_than_twice_the_dimensions_are_refused():
    assert two_sample(normal(240, 120), normal(241, 120, key="y")).held_out == 240
    message = "in 120 dimensions needs at least 240 samples of each side, got 60 and 60: give more"
    with pytest.raises(ValueError, match=message):
        two_sample(normal(60, 120), normal(60, 120, key="y"))
