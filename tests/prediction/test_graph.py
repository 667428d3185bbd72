"""Labels that spread over a graph, against linear algebra."""

import numpy as np
import pytest
import torch
from torch import nn

from ssgan.prediction.graph import (
    NEIGHBOURS,
    NUMBER_WEIGHT,
    WEIGHT,
    Neighbours,
    Votes,
    along_principal_axes,
    links_of,
    neighbourhood,
    numbers_over,
    roughness,
    scores_over,
    shares_over,
    solve_smoothest,
)
from tests.prediction.test_heads import RNG, blobs, given


def few(labels, count=2):
    """The first `count` labels of every class, -1 for all others."""
    kept = np.full(len(labels), -1)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)[:count]
        kept[rows] = label
    return kept


def numbers_of(rows, known=10):
    """The first coordinate of the first rows, NaN for the others."""
    numbers = rows[:, 0].astype(np.float64).copy()
    numbers[known:] = np.nan
    return numbers - np.nanmean(numbers)


@pytest.mark.parametrize("shape", [(100, 10), (5, 100), (90, 80)])
def test_rows_are_condensed_along_at_most_64_principal_axes(shape):
    rows = RNG("condensed").numpy().normal(size=shape)
    found, axes = along_principal_axes(rows)
    count = min(64, *shape)
    assert found.shape == (shape[0], count)
    assert axes.shape == (count, shape[1])
    np.testing.assert_allclose(found, rows @ axes.T)


def test_condensing_rows_that_lie_in_a_plane_keeps_their_distances():
    rng = RNG("plane").numpy()
    rows = rng.normal(size=(40, 2)) @ rng.normal(size=(2, 30))
    found, _ = along_principal_axes(rows)
    far = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    np.testing.assert_allclose(np.linalg.norm(found[:, None] - found[None], axis=2), far, atol=1e-8)


def test_every_row_is_linked_to_its_nearest_ones_and_itself():
    links = neighbourhood(np.arange(20.0)[:, None]).toarray()
    assert (links.sum(1) == NEIGHBOURS).all()
    assert (np.diag(links) == 1).all()
    assert np.flatnonzero(links[10]).tolist() == list(range(7, 14))
    assert neighbourhood(np.zeros((3, 2))).shape == (3, 3)


def test_of_rows_that_are_equally_far_the_first_are_taken():
    links = neighbourhood(np.repeat(np.arange(12.0), 2)[:, None]).toarray()
    for row in (10, 11):  # itself and its twin, and of the four on either side all but the last
        assert np.flatnonzero(links[row]).tolist() == [6, 8, 9, 10, 11, 12, 13]
    many = neighbourhood(np.zeros((30, 2))).toarray()
    assert (np.diag(many) == 1).all()


def test_links_do_not_hang_on_the_last_bits_of_the_features():
    """Samples that are there twice, as labelled ones are among the unlabeled ones, are ties."""
    rng = RNG("bits").numpy()
    rows = np.tile(rng.normal(size=(60, 5)), (2, 1))
    found = links_of(rows)
    for _ in range(5):
        shaken = rows * (1 + 1e-13 * rng.normal(size=rows.shape))
        assert (links_of(shaken) != found).nnz == 0


def test_scores_are_the_smoothest_numbers_for_what_a_label_says_more_than_the_mean():
    known, rough = np.full(40, -1), roughness(chain())
    known[[3, 20, 33, 36]] = [0, 2, 2, 3]
    full, named = rough.toarray(), known >= 0
    more = np.where(named[:, None], np.eye(4)[known] - np.eye(4)[known[named]].mean(0), 0.0)
    pull = np.diag(np.where(named, WEIGHT, 0.0))
    expected = np.linalg.solve(pull + full @ full, pull @ more)[:, [0, 2, 3]]
    found = scores_over(rough, known, 4)
    assert (found[:, 1] == -np.inf).all()
    expected /= np.sqrt((expected**2).mean())
    np.testing.assert_allclose(found[:, [0, 2, 3]], expected, atol=5e-3)


def test_one_label_of_each_class_finds_rows_far_from_it():
    """Along three lines of 100 rows, labelled at one end."""
    rows = np.concatenate(
        [np.stack([np.arange(100.0), np.full(100, 9.0 * k)], 1) for k in range(3)]
    )
    labels = np.repeat([0, 1, 2], 100)
    assert (shares_over(neighbourhood(rows), few(labels, 1), 3)[0].argmax(1) == labels).all()


def test_shares_are_as_sure_as_hidden_labels_say():
    rows, labels = blobs(n=90, apart=1.0)
    apart, _ = blobs(n=90, apart=20.0)
    unsure, sure = (shares_over(neighbourhood(x), few(labels, 9), 3)[0] for x in (rows, apart))
    others = few(labels, 9) < 0
    assert sure[others].max(1).mean() > 0.95
    found = unsure[others].max(1).mean()
    right = (unsure.argmax(1) == labels)[others].mean()
    assert abs(found - right) < 0.15


def test_shares_keep_near_those_of_the_labels_where_classes_overlap():
    """Nine of ten labels are of one class; in no place is the other one more likely."""
    rng = RNG("proportion").numpy()
    labels = np.where(rng.random(1000) < 0.1, 1, 0)
    rows = rng.normal(size=(1000, 2)) + 0.5 * labels[:, None]
    known = np.where(np.arange(1000) < 60, labels, -1)
    shares, error = shares_over(links_of(rows), known, 2)
    assert (shares[60:].argmax(1) == 1).mean() < 0.05
    assert error <= (known[:60] == 1).mean()


def test_rows_that_no_label_reaches_have_equal_shares_of_what_there_is_and_all_sum_to_1():
    rows = np.concatenate([np.arange(10.0), 1000 + np.arange(10.0)])[:, None]
    known = np.full(20, -1)
    known[[0, 9]] = [0, 2]
    shares, error = shares_over(neighbourhood(rows), known, 4)
    assert error == np.inf
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-6)
    assert (shares[10:] == [0.5, 0, 0.5, 0]).all()
    assert (shares[:, [1, 3]] == 0).all()
    assert shares[[0, 9]].tolist() == [[1, 0, 0, 0], [0, 0, 1, 0]]


def test_hidden_labels_are_found_where_classes_are_apart_and_by_chance_where_not():
    rows, labels = blobs(n=60, classes=2, apart=20.0)
    assert shares_over(neighbourhood(rows), labels, 2)[1] == 0
    mixed = RNG("mixed").numpy().permutation(labels)
    assert shares_over(neighbourhood(rows), mixed, 2)[1] > 0.25


def test_with_one_label_a_class_none_can_be_hidden():
    rows, labels = blobs(n=30)
    assert shares_over(neighbourhood(rows), few(labels, 1), 3)[1] == np.inf


def test_hiding_labels_leaves_them_as_they_were():
    rows, labels = blobs(n=30)
    before = labels.copy()
    shares_over(neighbourhood(rows), labels, 3)
    np.testing.assert_array_equal(labels, before)


def test_neighbours_give_the_mean_shares_of_the_nearest_rows():
    rows, labels = blobs(n=60)
    rows = rows.astype(np.float32)
    neighbours = Neighbours(60, 8, 3)
    neighbours.fit(rows, few(labels))
    x = rows[:4] + 0.5
    near = np.linalg.norm(x[:, None] - rows[None], axis=2).argsort(1)[:, :NEIGHBOURS]
    shares, _ = shares_over(neighbourhood(along_principal_axes(rows)[0]), few(labels), 3)
    expected = shares[near].mean(1)
    np.testing.assert_allclose(np.exp(given(neighbours, x)), expected.clip(1e-6), rtol=1e-4)


def test_neighbours_before_fitting_know_nothing():
    found = Neighbours(10, 4, 5)(torch.rand(3, 4)).exp()
    torch.testing.assert_close(found, torch.full((3, 5), 0.2))


def test_neighbours_of_fewer_rows_than_are_asked_are_all_of_them():
    neighbours = Neighbours(3, 4, 2)
    neighbours.fit(np.eye(3, 4, dtype=np.float32), np.array([0, 0, 1]))
    chances = neighbours(torch.rand(5, 4)).exp()
    torch.testing.assert_close(chances.sum(1), torch.ones(5))
    torch.testing.assert_close(chances[0], chances[4])


def test_votes_are_the_mean_of_both_probabilities():
    rows, labels = blobs(n=60)
    neighbours, head = Neighbours(60, 8, 3), nn.Linear(8, 3)
    neighbours.fit(rows.astype(np.float32), few(labels))
    x = RNG("x").normal(7, 8)
    expected = (head(x).softmax(1) + neighbours(x).exp()) / 2
    votes = Votes(head, neighbours)(x)
    torch.testing.assert_close(votes.exp(), expected)
    torch.testing.assert_close(votes.softmax(1), expected / expected.sum(1, keepdim=True))


# Numbers.


def chain(n=40):
    """The graph of a line."""
    return neighbourhood(np.arange(float(n))[:, None])


def test_the_smoothest_numbers_are_those_of_linear_algebra():
    rough, labels = roughness(chain()), np.full(40, np.nan)
    labels[[3, 20, 33]] = [-1.0, 0.5, 1.0]
    full = rough.toarray()
    pull = np.diag(np.where(np.isfinite(labels), 10.0, 0.0))
    expected = np.linalg.solve(pull + full @ full, pull @ np.nan_to_num(labels))
    np.testing.assert_allclose(solve_smoothest(rough, labels, 10.0), expected, atol=2e-3)


def test_roughness_is_symmetric_and_positive_and_least_for_what_is_even():
    rough = roughness(chain()).toarray()
    np.testing.assert_allclose(rough, rough.T)
    sizes, shapes = np.linalg.eigh(rough)
    assert 0 < sizes[0] < 0.01
    assert (shapes[:, 0] > 0).all() or (shapes[:, 0] < 0).all()


def test_numbers_between_two_known_ones_rise_from_one_to_the_other():
    labels = np.full(40, np.nan)
    labels[[2, 37]] = [-1.0, 1.0]
    found = numbers_over(chain(), labels)
    assert found.dtype == np.float32
    assert (np.diff(found[8:32]) > 0).all()
    assert abs(found[19] + found[20]) < 0.05


def test_a_label_that_is_weighed_more_is_met_more_closely():
    rough, labels = roughness(chain()), np.full(40, np.nan)
    labels[[5, 6]] = [-1.0, 1.0]
    misses = [
        np.nanmax(np.abs(solve_smoothest(rough, labels, w) - labels)) for w in (0.1, 10.0, 1000.0)
    ]
    assert misses[0] > misses[1] > misses[2]


def test_numbers_that_no_label_reaches_are_the_mean():
    rows = np.concatenate([np.arange(10.0), 1000 + np.arange(10.0)])[:, None]
    labels = np.full(20, np.nan)
    labels[[0, 9]] = [-1.0, 1.0]
    np.testing.assert_allclose(numbers_over(neighbourhood(rows), labels)[10:], 0, atol=1e-6)


def test_known_numbers_weigh_the_same_however_many_there_are():
    for known in (2, 10):
        numbers = numbers_of(np.arange(40.0)[:, None], known)
        expected = solve_smoothest(roughness(chain()), numbers, NUMBER_WEIGHT)
        np.testing.assert_array_equal(numbers_over(chain(), numbers), expected.astype(np.float32))


def test_neighbours_of_numbers_give_their_mean():
    rows, _ = blobs(n=60)
    rows = rows.astype(np.float32)
    neighbours = Neighbours(60, 8, 0)
    neighbours.fit(rows, numbers_of(rows, 20))
    x = torch.from_numpy(rows[:5] + 0.1)
    near = neighbours(x)
    assert near.shape == (5, 1)
    spread = numbers_over(neighbourhood(along_principal_axes(rows)[0]), numbers_of(rows, 20))
    first = np.linalg.norm(x.numpy()[:, None] - rows[None], axis=2).argsort(1)[:, :NEIGHBOURS]
    np.testing.assert_allclose(near[:, 0], spread[first].mean(1), rtol=1e-4, atol=1e-5)
