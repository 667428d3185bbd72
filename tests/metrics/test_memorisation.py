import pytest
import torch

from ssgan.metrics import memorisation, memorises
from ssgan.randomness import Rng


def normal(*shape, key="x"):
    return Rng(("test", key)).normal(*shape)


def sides(trial, dimension=8):
    rows = normal(900, dimension, key=trial).tanh()
    return rows[:300], rows[300:600], rows[600:]


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.05])
def test_a_generator_that_returns_training_rows_is_caught_in_twenty_of_twenty(noise):
    for trial in range(20):
        train, held_out, _ = sides(trial)
        fake = train[Rng((trial,)).integers(300, 300)]
        fake = fake + noise * normal(*fake.shape, key=f"noise {trial}")
        found = memorises(train, held_out, fake, seed=trial)
        assert found.verdict and found.p == pytest.approx(1e-4)
        assert found.ratio < 0.5 and found.ct < -3 and found.authenticity < 0.1


def test_an_honest_generator_is_accused_in_at_most_one_of_twenty():
    found = [memorises(*sides(trial), seed=trial) for trial in range(60)]
    assert sum(one.verdict for one in found) <= 3  # of 60 at a level of 1 %
    mean = sum(one.p for one in found) / len(found)
    assert mean == pytest.approx(0.5, abs=0.15)  # p is uniform: 4 standard errors
    assert sum(one.ratio for one in found) / len(found) == pytest.approx(1, abs=0.02)
    assert sum(one.authenticity for one in found) / len(found) == pytest.approx(0.5, abs=0.05)


def test_an_honest_generator_that_collapsed_is_not_accused():
    accused = 0
    for trial in range(20):
        train, held_out, other = sides(trial)
        fake = other[:3].repeat(100, 1) + 1e-3 * normal(300, 8, key=f"tiny {trial}")
        accused += memorises(train, held_out, fake).verdict
    assert accused <= 1


def test_a_few_held_out_rows_are_enough():
    train, held_out, _ = sides(0)
    assert memorises(train, held_out[:30], train).verdict
    assert not memorises(train, held_out[:30], held_out[30:]).verdict


def test_copies_of_held_out_rows_are_no_copies_of_training_rows():
    train, held_out, _ = sides(1)
    found = memorises(train, held_out, held_out)
    assert not found.verdict and found.p == 1
    assert found.ratio == float("inf")


def test_rows_that_are_in_both_sets_accuse_nobody():
    train = sides(2)[0]
    assert not memorises(train, train, train).verdict
    assert memorises(train, train, train).ratio == 1


def test_the_measures_say_their_space_and_number_and_the_seed_decides():
    train, held_out, fake = sides(3)
    found = memorisation(train, held_out, fake[:200])
    assert found == memorisation(train, held_out, fake[:200])
    assert list(found) == [
        f"{name}_encoded_200_train"
        for name in ("neighbour_ratio", "ct", "authenticity", "memorised_p", "memorised")
    ]


def test_sides_without_rows_and_other_spaces_are_refused():
    x = normal(9, 2)
    with pytest.raises(ValueError, match="got 9, 0 and 9"):
        memorises(x, x[:0], x)
    with pytest.raises(ValueError, match="of one space"):
        memorises(x, normal(9, 3), x)
    with pytest.raises(ValueError, match="finite"):
        memorises(x, x, x * torch.nan)
