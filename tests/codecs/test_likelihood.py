"""How likely samples are for a decoder's output: exact where mathematics gives it."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch.distributions import Categorical, Normal

from ssgan.codecs.codec import VARIANCE_FLOOR, gaussian
from ssgan.data import fit_codec, from_memory
from ssgan.randomness import Rng

RNG = Rng(("vae test",))


@pytest.mark.parametrize("shape", [(4, 3), (4, 1, 2, 2)])
def test_the_density_of_a_gaussian_is_that_of_the_distribution(shape):
    x, mean = RNG("x").normal(2, *shape)
    known = Normal(mean, 0.5).log_prob(x).flatten(1).sum(1)
    torch.testing.assert_close(gaussian(x, mean, torch.tensor(0.25)), known)


def test_no_variance_is_better_than_the_one_that_is_taken():
    x, mean = RNG("x").normal(2, 6, 5)
    best = gaussian(x, mean).mean()
    for variance in torch.linspace(0.1, 8.0, 50):
        assert gaussian(x, mean, variance).mean() <= best + 1e-5


def test_slopes_do_not_depend_on_whether_the_best_variance_has_one():
    """d/dm of D/2 log(mean squared error), Rybkin et al. 2021, eq. 5."""
    x, mean = RNG("x").normal(2, 6, 5)
    mean.requires_grad_()
    (slope,) = torch.autograd.grad(gaussian(x, mean).mean(), mean)
    (known,) = torch.autograd.grad(-5 / 2 * (x - mean).square().mean().log(), mean)
    torch.testing.assert_close(slope, known)


def test_the_scale_of_what_is_reconstructed_does_not_change_what_is_learnt():
    x, mean = RNG("x").normal(2, 6, 5)
    gap = gaussian(10 * x, 10 * mean) - gaussian(x, mean)
    torch.testing.assert_close(gap, torch.full((6,), -5 * np.log(10.0)).float())


def test_a_perfect_reconstruction_is_finite():
    x = torch.zeros(2, 3)
    known = Normal(0.0, VARIANCE_FLOOR**0.5).log_prob(x).sum(1)
    torch.testing.assert_close(gaussian(x, x), known)


def test_states_of_a_table_are_as_likely_as_the_codec_draws_them():
    frame = pd.DataFrame(
        {"a": ["x", "y", "z", "x"] * 6, "n": np.arange(24.0), "b": [True, False] * 12}
    )
    codec = fit_codec(from_memory(frame))
    x = codec.expand(codec.pack(frame))
    output = RNG("output").normal(24, *codec.shape)
    known = gaussian(x[:, :1], output[:, :1].tanh())
    for start, end in [(1, 3), (3, 6)]:
        states = x[:, start:end].argmax(1)
        known = known + Categorical(logits=output[:, start:end]).log_prob(states)
    torch.testing.assert_close(codec.log_likelihood(output, x, RNG), known)


def test_pixels_are_as_likely_as_their_gray_is_light():
    images = RNG("pixels").integers(256, 6, 8, 8).numpy().astype(np.uint8)
    codec = fit_codec(from_memory(images))
    x = codec.expand(codec.pack(images))
    output = RNG("output").normal(6, *codec.shape)
    light = (codec.activate(output, RNG) + 1) / 2  # what a sample shows
    share = (x + 1) / 2
    known = (share * light.log() + (1 - share) * (1 - light).log()).flatten(1).sum(1)
    torch.testing.assert_close(codec.log_likelihood(output, x, RNG), known)


def test_a_sure_and_wrong_pixel_still_has_a_slope():
    images = np.zeros((2, 8, 8), np.uint8)
    codec = fit_codec(from_memory(images))
    x = codec.expand(codec.pack(images))
    output = torch.full((2, *codec.shape), 30.0, requires_grad=True)  # where tanh is flat
    (slope,) = torch.autograd.grad(codec.log_likelihood(output, x, RNG).sum(), output)
    torch.testing.assert_close(slope, torch.full_like(slope, -2.0))


def test_a_table_without_numbers_has_a_bound():
    frame = pd.DataFrame({"a": ["x", "y", "z", "x"] * 6})
    codec = fit_codec(from_memory(frame))
    x = codec.expand(codec.pack(frame))
    flat = codec.log_likelihood(torch.zeros(24, 3), x, RNG)
    torch.testing.assert_close(flat, -torch.full((24,), 3.0).log())
