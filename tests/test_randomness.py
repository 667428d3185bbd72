"""Random numbers are pure functions of a key, and nobody else's state is touched."""

import random

import numpy as np
import pytest
import torch
from torch import nn

from ssgan.randomness import Draw, seeded

DRAW = Draw(("test", 0))
KEYS = [(), (0,), (1,), ("1",), (0, 0), ("a", "b"), ("ab",), ("a", 0), ("a0",), (-1,), (10**30,)]
METHODS = {
    "normal": lambda draw: draw.normal(5, 2),
    "uniform": lambda draw: draw.uniform(5, 2),
    "integers": lambda draw: draw.integers(1000, 5, 2),
    "permutation": lambda draw: draw.permutation(50),
    "numpy": lambda draw: torch.from_numpy(draw.numpy().random(5)),
}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_draw_gives_the_same_numbers_whenever_it_is_asked(method):
    first = method(DRAW)
    method(DRAW("something", "else"))
    torch.rand(3)
    assert torch.equal(first, method(Draw(("test", 0))))


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_other_purposes_give_other_numbers(method):
    assert not torch.equal(method(DRAW), method(DRAW("noise")))
    assert not torch.equal(method(DRAW("noise", 1)), method(DRAW("noise", 2)))


def test_every_key_has_its_own_entropy_of_63_bits():
    found = {Draw(key).entropy() for key in KEYS}
    assert len(found) == len(KEYS)
    assert all(0 <= entropy < 2**63 for entropy in found)


def test_the_entropy_of_a_key_is_that_of_earlier_versions():
    """Otherwise a run from before would go on with other numbers."""
    assert Draw(("pretrain", 0)).entropy() == 9041204567565660157
    assert Draw(("split", 3, 1)).entropy() == 4122466201304937931


def test_a_seed_of_numpy_is_the_same_as_that_of_python():
    for kind in (np.int64, np.uint8, np.int32):
        assert torch.equal(Draw(("x", kind(7))).normal(3), Draw(("x", 7)).normal(3))


def test_a_child_is_the_draw_with_the_longer_key():
    assert DRAW("a")("b", 2) == DRAW("a", "b", 2) == Draw(("test", 0, "a", "b", 2))
    assert Draw(("x",), "cuda")("y").device == "cuda"


def test_numbers_are_in_the_ranges_that_the_methods_promise():
    uniform, integers = DRAW.uniform(10_000), DRAW.integers(3, 10_000)
    assert uniform.min() >= 0
    assert uniform.max() < 1
    assert uniform.mean() == pytest.approx(0.5, abs=0.015)  # five deviations
    assert integers.unique().tolist() == [0, 1, 2]
    assert DRAW.permutation(50).sort().values.tolist() == list(range(50))
    normal = DRAW.normal(10_000)
    assert normal.mean() == pytest.approx(0, abs=0.05)
    assert normal.std() == pytest.approx(1, abs=0.04)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_drawing_leaves_all_global_random_states_alone(method):
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    method(DRAW)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.random.get_state()[1].tolist() == states[1]
    assert random.getstate() == states[2]


def test_modules_are_initialised_from_the_draw_and_the_callers_state_comes_back():
    before = torch.get_rng_state()
    with seeded(DRAW("a")):
        one = nn.Linear(3, 2)
    torch.rand(7)
    with seeded(DRAW("a")):
        same = nn.Linear(3, 2)
    with seeded(DRAW("b")):
        other = nn.Linear(3, 2)
    assert torch.equal(one.weight, same.weight)
    assert not torch.equal(one.weight, other.weight)
    torch.set_rng_state(before)
    with seeded(DRAW("a")):
        torch.rand(100)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_callers_state_comes_back_after_an_error_too():
    before = torch.get_rng_state()
    with pytest.raises(KeyError), seeded(DRAW):
        torch.rand(3)
        raise KeyError
    assert torch.equal(torch.get_rng_state(), before)
