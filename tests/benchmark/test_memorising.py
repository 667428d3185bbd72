"""Trials of memorisation: what the dummies give, and that they are told from an honest one."""

import numpy as np
import pytest
import torch

from ssgan.benchmark import suite
from ssgan.benchmark.suites import memorising
from ssgan.benchmark.suites.memorising import DUMMIES, HONEST
from ssgan.data import fit_codec, from_memory
from ssgan.randomness import Rng


@pytest.fixture(scope="module")
def known():
    data = from_memory(np.random.default_rng(0).normal(size=(2000, 6)))
    codec = fit_codec(data)
    return codec, codec.pack(data.x)


@pytest.fixture(scope="module")
def rows(known):
    return memorising.split_samples(*known, 0)


def made(kind, rows):
    return memorising.dummy_samples(kind, rows, Rng(("test",)))


def inside(x, others):
    """Which rows of x are among others."""
    return (x[:, None] == others[None]).flatten(2).all(2).any(1)


def test_few_rows_are_parted_in_the_same_proportion(known, rows):
    assert [len(part) for part in vars(rows).values()] == [800, 800, 400]
    assert not inside(rows.train, rows.held_out).any()
    assert not inside(rows.train, rows.fresh).any()
    assert not torch.equal(rows.train, memorising.split_samples(*known, 1).train)


@pytest.mark.parametrize(
    ("kind", "copied"), [("copies", 1), ("copies with noise", 0), ("half copies", 0.5), (HONEST, 0)]
)
def test_so_many_samples_are_training_rows_as_they_are(rows, kind, copied):
    samples = made(kind, rows)
    assert samples.shape == rows.fresh.shape
    assert float(inside(samples, rows.train).double().mean()) == copied


def test_noise_is_a_twentieth_of_the_deviation_of_each_number(rows):
    rows = memorising.TrialSamples(rows.train * torch.arange(1.0, 7), rows.held_out, rows.fresh)
    rng = Rng(("test",))
    copies = rows.train[rng("rows").integers(len(rows.train), len(rows.fresh))]
    away = (made("copies with noise", rows) - copies).std(0)
    assert torch.allclose(away / rows.train.std(0), torch.tensor(0.05), rtol=0.15)


@pytest.mark.parametrize("kind", DUMMIES)
def test_copies_are_accused_and_fresh_rows_are_not(known, kind):
    found = memorising.try_dummy(*known, kind, 1)
    assert found["accused"] == (kind != HONEST)
    assert (found["p"] < 0.01) == (kind != HONEST)
    assert found["space"] == "encoded_400"
    assert (found["ratio"] < 0.9) == (kind != HONEST)


def test_the_full_suite_has_twenty_trials_of_a_copier_and_a_hundred_of_the_honest_one():
    counts = {}
    for cell in suite("memorising").cells:
        counts[cell.data, cell.method] = counts.get((cell.data, cell.method), 0) + 1
    assert {count for (_, kind), count in counts.items() if kind == HONEST} == {100}
    assert {count for (_, kind), count in counts.items() if kind != HONEST} == {20}
    assert {data for data, _ in counts} == {"mnist", "california", "adult"}
