"""Self-training: which rows a round takes, and what comes out of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import ssgan
from ssgan.config import InputError
from ssgan.prediction.labels import labeled
from ssgan.prediction.search import SearchConfig
from ssgan.prediction.self_training import Pool, self_trained

FEW = SearchConfig(values=1)


def test_a_round_takes_of_each_class_its_surest_rows_up_to_its_quota():
    pool = Pool(np.zeros((6, 1)), np.array([0.5, 0.5]))
    first = np.array([0.9, 0.6, 0.8, 0.7, 0.4, 0.55])
    rows, classes = pool.taken(np.stack([first, 1 - first], 1), 2 / 3)
    assert rows.tolist() == [0, 2, 4]  # 2 of 5 that look like the first class, the only other one
    assert classes.tolist() == [0, 0, 1]


def test_where_labels_say_nothing_of_shares_quotas_lie_halfway_to_what_is_predicted():
    pool = Pool(np.zeros((10, 1)), np.array([0.5, 0.5]), known=False)
    first = np.repeat([0.9, 0.2], [9, 1])  # nine look like the first class
    halfway = pool.halfway(np.stack([first, 1 - first], 1))
    assert halfway.shares == pytest.approx([0.75, 0.25])  # sqrt(.9 * .5) : sqrt(.1 * .5)
    assert halfway.known and halfway.rows is pool.rows


@pytest.mark.parametrize(
    ("values", "shares", "known"),
    [
        ([0, 0, 1, 1], None, False),
        ([0, 0, 0, 0, 1, 1], None, True),
        ([0, 0, 1, 1], [0.9, 0.1], True),
    ],
)
def test_shares_are_known_where_labels_or_somebody_says_so(values, shares, known):
    x = np.eye(len(values), 2)
    gan = ssgan.pretrain(x, steps=0, batch=4, width=2, latent=2)
    rows = labeled(gan, x, np.array(values), None, 0)
    rows = replace(rows, shares=None if shares is None else torch.tensor(shares))
    pool = Pool.of(np.zeros((5, 2)), rows)
    assert pool.known == known and pool.shares == pytest.approx(rows.prior().numpy())


def test_without_unlabeled_rows_it_is_logistic_regression():
    draw = np.random.default_rng(0)
    x = draw.normal(size=(30, 4)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int64)
    empty = Pool(np.empty((0, 4), np.float32), np.array([0.5, 0.5]))
    weight, bias = self_trained(x, y, empty, 0, FEW)
    other = self_trained(x, y, Pool(x[:0], np.array([0.9, 0.1])), 0, FEW)  # quotas of nothing
    assert np.array_equal(weight, other[0]) and np.array_equal(bias, other[1])
    right = (x @ weight.T + bias).argmax(1) == y
    assert right.mean() > 0.9


def test_unlabeled_rows_turn_the_boundary_to_where_few_are():
    """Two long clusters side by side: four labels at their lower ends tilt it, the rest do not."""
    draw = np.random.default_rng(1)
    side = draw.integers(2, size=600)
    x = np.stack([2.0 * side - 1 + 0.25 * draw.normal(size=600), draw.uniform(-4, 4, 600)], 1)
    x = x.astype(np.float32)
    known = np.array([[-1.0, -3.0], [-0.8, -3.5], [0.9, -2.0], [1.1, -1.5]], np.float32)
    y = np.array([0, 0, 1, 1])
    found = {}
    for name, pool in (("few", x[:0]), ("all", x)):
        weight, bias = self_trained(known, y, Pool(pool, np.array([0.5, 0.5])), 0, FEW)
        found[name] = ((x @ weight.T + bias).argmax(1) == side).mean()
    assert found["all"] > found["few"] + 0.03 and found["all"] > 0.97


def test_a_class_without_a_label_is_never_predicted():
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    y = (x[:8, 0] > 0).astype(np.int64)
    weight, bias = self_trained(x[:8], y, Pool(x[8:], np.array([0.4, 0.4, 0.2])), 0, FEW)
    assert weight.shape == (3, 3) and set((x @ weight.T + bias).argmax(1)) == {0, 1}


def test_it_is_for_classes():
    x = np.random.default_rng(0).normal(size=(40, 3))
    gan = ssgan.pretrain(x, steps=0, batch=8, width=2, latent=4)
    with pytest.raises(InputError, match="'self-training' is for classes"):
        ssgan.finetune(gan, x, x[:, 0], method="self-training")
