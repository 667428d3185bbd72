"""Features made by a GAN, and adversarial terms for a training of one's own."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ssgan.synthesis import Implicit, augment_features, features_of, real_or_fake, unsure
from ssgan.synthesis.features import CONFIG
from tests.examples import trained

QUICK = replace(CONFIG, steps=4, batch=8)
ROWS = np.random.default_rng(0).normal(size=(30, 80))
CLASSES = np.array(["a", "b", "c"])[np.arange(30) % 3]


def test_features_come_in_the_counts_that_were_asked_for():
    x, y = augment_features(ROWS, CLASSES, 5, counts={"a": 2, "c": 3}, config=QUICK)
    assert (x.shape, y.tolist()) == ((5, 80), ["a"] * 2 + ["c"] * 3)
    again, _ = augment_features(ROWS, CLASSES, 5, counts={"a": 2, "c": 3}, config=QUICK)
    np.testing.assert_array_equal(x, again)


@pytest.mark.parametrize(
    ("n", "counts", "message"),
    [(0, None, "1 or more, got 0"), (2, {"d": 2}, "class 'd' is none of 'a', 'b', 'c'")],
)
def test_requests_that_cannot_be_are_refused(n, counts, message):
    with pytest.raises(ValueError, match=message):
        augment_features(ROWS, CLASSES, n, counts=counts, config=QUICK)


def test_any_frozen_module_gives_features_and_stays_as_it_was():
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout())
    x = torch.ones(200, 3)
    found = features_of(module, x)
    assert found.shape == (200, 4)
    np.testing.assert_allclose(found, module[0](x).detach(), rtol=1e-5)
    assert module.training


def test_a_module_that_gives_more_than_a_tensor_is_refused():
    with pytest.raises(TypeError, match="one tensor, LSTM gave a tuple: wrap it"):
        features_of(torch.nn.LSTM(3, 4), torch.ones(2, 5, 3))


def test_too_few_rows_of_features_are_refused_before_any_training():
    with pytest.raises(ValueError, match="learns from 20 rows or more, got 19: give more"):
        augment_features(ROWS[:19], CLASSES[:19], 5)
    with pytest.raises(ValueError, match="or NaN or infinity"):
        augment_features(ROWS * np.nan, CLASSES, 5)


def test_realism_has_a_gradient_in_samples_and_none_in_the_gan():
    adversary = Implicit(trained("images"))
    x = adversary.fakes(4).requires_grad_()
    adversary.realism(x).backward()
    assert x.grad.abs().sum() > 0
    assert all(p.grad is None for p in adversary.gan.discriminator.parameters())
    assert not torch.equal(adversary.fakes(4, 1), adversary.fakes(4, 2))


def test_the_terms_of_a_classifier_are_what_they_say():
    flat = torch.zeros(5, 3)
    expected = (np.log1p(1 / 3) + np.log1p(3)) / 2
    assert real_or_fake(flat, flat).item() == pytest.approx(expected, rel=1e-6)
    assert unsure(flat).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.slow
def test_the_example_runs():
    path = Path(__file__).parents[2] / "docs" / "examples" / "implicit_augmentation.py"
    command = [sys.executable, str(path), "4", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "with the adversarial term: accuracy" in done.stdout
