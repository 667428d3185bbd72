"""Random numbers are pure functions of a key, and nobody else's state is touched."""

import random

import numpy as np
import pytest
import torch
from torch import nn

from ssgan.randomness import Rng, seeded

RNG = Rng(("test", 0))
KEYS = [(), (0,), (1,), ("1",), (0, 0), ("a", "b"), ("ab",), ("a", 0), ("a0",), (-1,), (10**30,)]
METHODS = {
    "normal": lambda rng: rng.normal(5, 2),
    "uniform": lambda rng: rng.uniform(5, 2),
    "integers": lambda rng: rng.integers(1000, 5, 2),
    "permutation": lambda rng: rng.permutation(50),
    "numpy": lambda rng: torch.from_numpy(rng.numpy().random(5)),
}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_draw_gives_the_same_numbers_whenever_it_is_asked(method):
    first = method(RNG)
    method(RNG("something", "else"))
    torch.rand(3)
    assert torch.equal(first, method(Rng(("test", 0))))


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_other_purposes_give_other_numbers(method):
    assert not torch.equal(method(RNG), method(RNG("noise")))
    assert not torch.equal(method(RNG("noise", 1)), method(RNG("noise", 2)))


def test_every_key_has_its_own_entropy_of_63_bits():
    found = {Rng(key).entropy() for key in KEYS}
    assert len(found) == len(KEYS)
    assert all(0 <= entropy < 2**63 for entropy in found)


def test_the_entropy_of_a_key_is_that_of_earlier_versions():
    """Otherwise a run from before would go on with other numbers."""
    assert Rng(("pretrain", 0)).entropy() == 9041204567565660157
    assert Rng(("split", 3, 1)).entropy() == 4122466201304937931


def test_a_seed_of_numpy_is_the_same_as_that_of_python():
    for kind in (np.int64, np.uint8, np.int32):
        assert torch.equal(Rng(("x", kind(7))).normal(3), Rng(("x", 7)).normal(3))


def test_a_child_is_the_draw_with_the_longer_key():
    assert RNG("a")("b", 2) == RNG("a", "b", 2) == Rng(("test", 0, "a", "b", 2))
    assert Rng(("x",), "cuda")("y").device == "cuda"


def test_numbers_are_in_the_ranges_that_the_methods_promise():
    uniform, integers = RNG.uniform(10_000), RNG.integers(3, 10_000)
    assert uniform.min() >= 0
    assert uniform.max() < 1
    assert uniform.mean() == pytest.approx(0.5, abs=0.015)  # five deviations
    assert integers.unique().tolist() == [0, 1, 2]
    assert RNG.permutation(50).sort().values.tolist() == list(range(50))
    normal = RNG.normal(10_000)
    assert normal.mean() == pytest.approx(0, abs=0.05)
    assert normal.std() == pytest.approx(1, abs=0.04)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_drawing_leaves_all_global_random_states_alone(method):
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    method(RNG)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.random.get_state()[1].tolist() == states[1]
    assert random.getstate() == states[2]


def test_modules_are_initialised_from_the_draw_and_the_callers_state_comes_back():
    before = torch.get_rng_state()
    with seeded(RNG("a")):
        one = nn.Linear(3, 2)
    torch.rand(7)
    with seeded(RNG("a")):
        same = nn.Linear(3, 2)
    with seeded(RNG("b")):
        other = nn.Linear(3, 2)
    assert torch.equal(one.weight, same.weight)
    assert not torch.equal(one.weight, other.weight)
    torch.set_rng_state(before)
    with seeded(RNG("a")):
        torch.rand(100)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_callers_state_comes_back_after_an_error_too():
    before = torch.get_rng_state()
    with pytest.raises(KeyError), seeded(RNG):
        torch.rand(3)
        raise KeyError
    assert torch.equal(torch.get_rng_state(), before)
