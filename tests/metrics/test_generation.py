import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from ssgan.metrics import (
    Space,
    frechet_distance,
    kernel_distance,
    precision_recall,
    samples,
    space_of,
)
from ssgan.randomness import Rng


def normal(*shape, key="x"):
    return Rng(("test", key)).normal(*shape).double()


def white(n, dimension, key="white"):
    """Rows (N, D) whose sample mean is 0 and whose sample covariance is the identity, exactly."""
    rows = normal(n, dimension, key=key)
    rows = rows - rows.mean(0)
    return rows @ torch.linalg.inv(torch.linalg.cholesky(rows.T.cov())).T


def test_frechet_distance_of_gaussians_along_the_axes_is_exact():
    x, mean = white(64, 3), torch.tensor([3.0, 0.0, -4.0]).double()
    ours, theirs = torch.tensor([1.0, 2.0, 3.0]).double(), torch.tensor([4.0, 2.0, 1.0]).double()
    # |m|^2 + sum (a - b)^2 = 25 + 9 + 0 + 4
    assert frechet_distance(x * ours, x * theirs + mean) == pytest.approx(38, rel=1e-9)


def test_frechet_distance_of_gaussians_that_are_turned_is_exact():
    x, y = white(50, 2), white(70, 2, key="other")
    turn = torch.tensor([[0.6, -0.8], [0.8, 0.6]]).double()
    left = torch.diag(torch.tensor([2.0, 0.5]).double())
    right = turn @ torch.diag(torch.tensor([1.5, 0.1]).double())
    a, b = left @ left.T, right @ right.T
    # In two dimensions the trace of a root is known: tr(M)^2 = tr(M^2) + 2 det(M).
    root = math.sqrt(float((a @ b).trace()) + 2 * math.sqrt(float(torch.det(a @ b))))
    expected = float(a.trace() + b.trace()) - 2 * root
    assert frechet_distance(x @ left.T, y @ right.T) == pytest.approx(expected, rel=1e-9)


def test_frechet_distance_is_symmetric_and_zero_for_the_same_samples():
    x, y = normal(40, 5), normal(60, 5, key="y") * 2
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(x, y) == pytest.approx(frechet_distance(y, x), rel=1e-9)


def test_frechet_distance_bears_features_that_are_constant_or_copies():
    x = normal(40, 2)
    wide = torch.cat([x, x, torch.ones(40, 1)], 1)
    assert frechet_distance(wide, wide + 1) == pytest.approx(5, rel=1e-6)


def test_frechet_distance_is_refused_below_two_samples_a_dimension():
    x = normal(60, 30)
    frechet_distance(x, x)
    with pytest.raises(ValueError, match="in 30 dimensions needs at least 60 samples .* got 59"):
        frechet_distance(x, x[:59])


def test_kernel_distance_is_the_sum_over_pairs():
    x, y = normal(6, 3).numpy(), normal(5, 3, key="y").numpy()

    def mean(a, b, keep):
        pairs = itertools.product(range(len(a)), range(len(b)))
        return np.mean([(a[i] @ b[j] / 3 + 1) ** 3 for i, j in pairs if keep(i, j)])

    expected = mean(x, x, lambda i, j: i != j) + mean(y, y, lambda i, j: i != j)
    expected -= 2 * mean(x, y, lambda i, j: True)
    assert kernel_distance(torch.tensor(x), torch.tensor(y)) == pytest.approx(expected, rel=1e-9)


def test_kernel_distance_has_no_bias():
    pairs = [(normal(20, 4, key=f"x{i}"), normal(20, 4, key=f"y{i}")) for i in range(300)]
    found = np.array([kernel_distance(x, y) for x, y in pairs])
    error = found.std() / math.sqrt(len(found))
    assert (found < 0).any() and (found > 0).any()
    assert abs(found.mean()) < 3 * error
    assert kernel_distance(normal(500, 4), normal(500, 4, key="y") + 1) > 1


def naive(real, fake, k):
    """Precision, recall, density and coverage as Naeem et al. 2020 define them, pair by pair."""
    real, fake = real.numpy(), fake.numpy()

    def reach(x):
        apart = np.linalg.norm(x[:, None] - x[None], axis=2)
        return np.sort(apart, 1)[:, k]

    apart = np.linalg.norm(fake[:, None] - real[None], axis=2)
    within = apart <= reach(real)
    return {
        "precision": within.any(1).mean(),
        "recall": (apart <= reach(fake)[:, None]).any(0).mean(),
        "density": within.sum() / k / len(fake),
        "coverage": within.any(0).mean(),
    }


@pytest.mark.parametrize("k", [1, 3, 5])
def test_neighbours_are_counted_as_their_paper_says(k):
    real, fake = normal(40, 2), normal(1100, 2, key="fake") * 1.5 + 0.3
    assert precision_recall(real, fake, k) == pytest.approx(naive(real, fake, k))
    assert precision_recall(fake, real, k) == pytest.approx(naive(fake, real, k))


@pytest.mark.parametrize("copies", [1, 3])
def test_the_same_samples_are_precise_and_cover_all(copies):
    x = normal(50, 7).repeat(copies, 1) + 100  # far from zero: rounding must not part equal rows
    found = precision_recall(x, x.flip(0), k=2)
    assert found["precision"] == found["recall"] == found["coverage"] == 1


def test_a_collapsed_generator_covers_next_to_nothing():
    real = normal(500, 8)
    found = precision_recall(real, real[:1] + 1e-3 * normal(500, 8, key="tiny"))
    assert found["precision"] == 1
    assert found["coverage"] < 0.05
    assert found["recall"] < 0.01


def test_samples_far_from_the_real_ones_are_not_precise():
    found = precision_recall(normal(100, 4), normal(100, 4, key="fake") + 50)
    assert found == {"precision": 0, "recall": 0, "density": 0, "coverage": 0}


def test_samples_of_one_distribution_have_density_and_coverage_near_one():
    found = precision_recall(normal(1000, 16), normal(1000, 16, key="fake"))
    assert found["density"] == pytest.approx(1, abs=0.1)
    assert found["coverage"] > 0.9


def test_more_neighbours_than_samples_are_refused():
    with pytest.raises(ValueError, match="5 neighbours need at least 6 samples .* got 9 and 5"):
        precision_recall(normal(9, 2), normal(5, 2))


@pytest.mark.parametrize("measure", [frechet_distance, kernel_distance, precision_recall])
@pytest.mark.parametrize(
    ("real", "fake", "message"),
    [
        (torch.zeros(9, 2), torch.zeros(9, 3), r"got \(9, 2\) and \(9, 3\)"),
        (torch.zeros(9, 2, 1), torch.zeros(9, 2, 1), "expected features"),
        (torch.full((9, 2), torch.nan), torch.zeros(9, 2), "finite"),
    ],
)
def test_features_of_two_spaces_and_nan_are_refused(measure, real, fake, message):
    with pytest.raises(ValueError, match=message):
        measure(real, fake)


@pytest.mark.parametrize(
    ("shape", "name", "dimension"),
    [
        ((1, 8, 8), "randconv", 120),
        ((3, 12, 20), "randconv", 120),
        ((2, 40), "randconv", 72),
        ((1, 4, 6, 8), "randconv", 264),
        ((128,), "encoded", 128),
        ((129,), "randrelu", 128),
    ],
)
def test_every_kind_of_sample_has_a_space_of_its_own(shape, name, dimension):
    x = normal(40, *shape).float()
    space = space_of(x)
    found = space(x)
    assert (space.name, space.dimension) == (name, dimension)
    assert found.shape == (40, dimension) and found.dtype == torch.float64
    assert found.mean(0).abs().max() < 1e-9
    assert float(found.square().mean()) == pytest.approx(1)


def test_a_space_is_the_same_every_time_and_leaves_the_global_state_alone():
    x, before = normal(5, 1, 8, 8).float(), torch.get_rng_state()
    assert torch.equal(space_of(x)(x), space_of(x)(x))
    assert torch.equal(torch.get_rng_state(), before)


def test_rows_are_embedded_alone():
    x = normal(30, 3, 8, 8).float()
    space = space_of(x)
    whole = space(x)
    space = replace(space, chunk=7 * 3 * 64)
    assert torch.allclose(space(x), whole, atol=1e-5)
    assert torch.allclose(space(x[11:12]), whole[11:12], atol=1e-5)


def test_a_space_of_your_own_takes_any_function():
    space = space_of(normal(20, 6).float(), "classifier", lambda x: x[:, :2])
    assert isinstance(space, Space) and space.dimension == 2
    found = samples(normal(20, 6), normal(20, 6, key="y"), space=space)
    assert "frechet_classifier_20_real" in found


def test_reference_samples_that_are_all_one_are_refused():
    with pytest.raises(ValueError, match="all the same"):
        space_of(torch.ones(20, 4))
    with pytest.raises(ValueError, match="both a name and a function"):
        space_of(torch.ones(20, 4), "mine")
    with pytest.raises(ValueError, match=r"\(C, D, H, W\), got \(4, 4, 4, 4, 4\)"):
        space_of(torch.ones(20, 4, 4, 4, 4, 4))
    with pytest.raises(ValueError, match="at least one sample"):
        samples(torch.ones(0, 4), torch.ones(5, 4))


def test_reference_samples_that_are_not_finite_are_called_so_and_not_all_the_same():
    x = normal(20, 4).float()
    x[3, 1] = torch.nan
    with pytest.raises(ValueError, match="the space 'encoded' gives NaN or infinity for some"):
        samples(x, normal(20, 4))


def test_all_measures_say_their_space_their_size_and_their_reference():
    real, fake = normal(60, 8).float(), normal(50, 8, key="fake").float()
    names = ["frechet", "kernel", "precision", "recall", "density", "coverage"]
    assert list(samples(real, fake)) == [f"{name}_encoded_50_real" for name in names]
    found = samples(real, fake, reference="test")
    assert list(found) == [f"{name}_encoded_50_test" for name in names]
    assert all(type(value) is float for value in found.values())


def test_the_samples_that_are_measured_depend_on_the_seed_only():
    real, fake = normal(90, 8).float(), normal(50, 8, key="fake").float()
    assert samples(real, fake, seed=1) == samples(real, fake, seed=1)
    assert samples(real, fake, seed=1) != samples(real, fake, seed=2)
    assert samples(real, fake.flip(0)) != samples(real, fake - 1)


def test_too_few_samples_are_refused_with_the_number_that_is_needed():
    with pytest.raises(ValueError, match="needs at least 240 samples of each side, got 100"):
        samples(normal(100, 1, 8, 8), normal(500, 1, 8, 8))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda x: (x + 0.5 * normal(*x.shape, key="noise").float()).clamp(-1, 1),
        lambda x: x.roll(3, dims=3),
        lambda x: x[torch.arange(len(x)) % 20],
        lambda x: torch.nn.functional.avg_pool2d(x, 3, 1, 1),
    ],
    ids=["noise", "shift", "few", "blur"],
)
def test_random_convolutions_see_what_is_wrong_with_images(spoil):
    x = normal(1200, 1, 4, 4, key="images").float().tanh()
    x = torch.nn.functional.interpolate(x, size=(12, 12), mode="bilinear")
    x[..., :3] = -1  # an empty margin, so that places can be told apart
    real, same, other = x[:400], x[400:800], x[800:]
    good, bad = samples(real, same), samples(real, spoil(other))
    assert bad["frechet_randconv_400_real"] > 2 * good["frechet_randconv_400_real"]
    assert bad["coverage_randconv_400_real"] < good["coverage_randconv_400_real"] - 0.05
