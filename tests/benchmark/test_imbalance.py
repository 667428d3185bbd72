"""Classes of unequal size: the suites `imbalance` and `imbalance-credit`."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ssgan.benchmark import suite
from ssgan.benchmark.cells import Cell, Place
from ssgan.benchmark.suites import imbalance
from ssgan.benchmark.suites import imbalance_credit as credit
from ssgan.benchmark.suites.imbalance import (
    ALONE,
    SHAPES,
    TOO,
    TREATMENTS,
    TrainingSet,
    Treatment,
)
from ssgan.data import Data, read
from ssgan.models.config import GANConfig
from ssgan.prediction.config import PredictorConfig
from ssgan.randomness import Rng

TINY = replace(
    SHAPES["digits"],
    most=20,
    ratio=4,
    steps=4,
    gan=GANConfig(steps=2, width=4, latent=4),
    unlabeled=GANConfig(steps=2, width=4, latent=4),
    predictor=PredictorConfig(method="propagation", steps=5, calibrate=False),
)


@pytest.fixture(scope="module")
def digits():
    return read("digits")


@pytest.fixture(scope="module")
def few_digits(digits):
    """The first images of three digits: the less there is to learn, the faster all classes come."""
    train, test = (np.flatnonzero(y < 3) for y in (digits.y, digits.y_test))
    parts = {"x": digits.x[train][:200], "y": digits.y[train][:200]}
    return replace(digits, x_test=digits.x_test[test], y_test=digits.y_test[test], **parts)


@pytest.fixture
def place(few_digits, tmp_path):
    return Place(tmp_path, reader=lambda name, data_dir: few_digits)


@pytest.mark.parametrize(("most", "ratio"), [(1000, 100), (100, 10), (50, 1)])
def test_classes_become_rarer_along_an_exponential_in_an_order_that_is_drawn(most, ratio):
    counts = imbalance.profile(10, most, ratio, Rng(("a",)))
    falling = np.sort(counts)[::-1]
    assert falling[0] == most
    assert falling[-1] == most // ratio
    steps = falling[:-1] / falling[1:]
    assert np.allclose(steps, ratio ** (1 / 9), rtol=0.1)
    other = imbalance.profile(10, most, ratio, Rng(("b",)))
    assert ratio == 1 or not np.array_equal(counts, other)


def test_the_labelled_rows_have_the_counts_of_the_profile(digits):
    few = imbalance.rare_classes(digits, SHAPES["digits"], 3)
    assert np.array_equal(few.labels, few.y)
    assert few.counts.max() <= 100
    assert few.counts.min() == 10
    assert len(set(few.rows.tolist())) == len(few.rows)
    assert np.array_equal(few.counts + few.missing, np.full(10, few.counts.max()))


@pytest.mark.filterwarnings("ignore:of .* synthetic samples")  # of a GAN of two steps
@pytest.mark.parametrize("name", TREATMENTS)
def test_every_method_fills_the_classes_up_and_is_scored_on_the_test_part(name, few_digits, place):
    method = TREATMENTS[name]
    cell = Cell(data="digits", league=method.league, method=name, gan_seed=0)
    found = imbalance.train_imbalanced({"digits": TINY}, cell, place)
    few = imbalance.rare_classes(few_digits, TINY, 0)
    adds = ("SMOTE", "ssgan", "the same")  # a GAN of two steps never passes the gate
    adds = any(word in name for word in adds) and "gate" not in name
    assert found["rows"] == (3 * few.counts.max() if adds else len(few.rows))
    assert 0 <= found["macro_f1"] <= 1
    judged = ("ssgan", "ssgan, labelled by its discriminator")
    assert (found["helps"] != "") == (name in judged or "gate" in name)


@pytest.mark.parametrize("helps", [True, False])
def test_where_the_gate_says_no_only_the_labelled_rows_are_learnt_from(helps, few_digits, place):
    few = imbalance.rare_classes(few_digits, TINY, 0)

    def made(few, place):
        return replace(imbalance.with_smote(few, place), helps=helps)

    rows = len(imbalance.where_gate_says_yes(made, few, place).y)
    assert rows == (3 * few.counts.max() if helps else len(few.rows))


def test_cells_of_a_gan_share_one_training(few_digits, place):
    few = imbalance.rare_classes(few_digits, TINY, 0)
    need = imbalance.gan_needed(Cell(data="digits", league=ALONE, method="ssgan", gan_seed=0))
    imbalance.pretrain_needed({"digits": TINY}, need, place)
    before = {p: p.stat().st_mtime_ns for p in place.work.rglob("*.safetensors")}
    imbalance.gan_for(few, ALONE, place)
    assert before
    assert before == {p: p.stat().st_mtime_ns for p in place.work.rglob("*.safetensors")}
    twin = imbalance.gan_needed(
        Cell(data="digits", league=ALONE, method="ssgan and transforms", gan_seed=0)
    )
    assert need == twin
    assert (
        imbalance.gan_needed(Cell(data="digits", league=ALONE, method="SMOTE", gan_seed=0)) is None
    )


def test_weights_make_the_rare_class_count_as_much_as_the_frequent_one():
    rng = np.random.default_rng(0)
    y = torch.from_numpy((rng.random(400) < 0.05).astype(int))
    x = torch.from_numpy(rng.normal(size=(400, 1, 8, 8)).astype(np.float32)) * 0.5
    x = x + 0.15 * (2 * y - 1)[:, None, None, None]
    fresh = torch.from_numpy(rng.normal(size=(400, 1, 8, 8)).astype(np.float32)) * 0.5 + 0.15

    def recall(weighted):
        method = Treatment(imbalance.real_alone, weighted=weighted)
        guess = imbalance.train_network(TrainingSet(x, y), method, replace(TINY, steps=60), 0)
        return float((guess(fresh) == 1).double().mean())

    assert recall(True) > recall(False)


def test_the_recall_of_the_rarest_classes_is_told(digits):
    few = imbalance.rare_classes(digits, SHAPES["digits"], 0)
    true = np.asarray(digits.y_test)
    rare = np.argsort(few.counts, kind="stable")[:3]
    blind = np.where(np.isin(true, rare), (true + 1) % 10, true)
    assert imbalance.scores_of(few, true) == {"macro_f1": 1.0, "rare_recall": 1.0, "accuracy": 1.0}
    assert imbalance.scores_of(few, blind)["rare_recall"] == 0.0


def test_both_leagues_are_kept_apart():
    leagues = {(cell.method, cell.league) for cell in suite("imbalance").cells}
    assert {league for _, league in leagues} == {ALONE, TOO}
    assert len(leagues) == len(TREATMENTS)


def payers(n, seed):
    import pandas as pd

    rng = np.random.default_rng(seed)
    x = pd.DataFrame(rng.normal(size=(n, 3)), columns=list("abc"))
    y = (x["a"] + 0.5 * rng.normal(size=n) > 1.2).to_numpy().astype(int)
    return x, y


@pytest.mark.parametrize("name", credit.BALANCINGS)
def test_every_method_finds_some_of_the_rare_class_of_a_table(name):
    (x, y), (x_test, y_test) = payers(300, 0), payers(300, 1)
    data = Data(kind="table", x=x, y=y, x_test=x_test, y_test=y_test)
    settings = credit.CreditSettings(
        rows=200,
        gan=GANConfig(steps=10, batch=16, width=4, latent=8),
        predictor=PredictorConfig(method="propagation", steps=10, batch=8, calibrate=False),
        boosting={"max_iter": 3, "learning_rate": 0.6, "max_leaf_nodes": 8},
    )
    few = credit.rare_class(data, settings, 0)
    probabilities, cut, helps = credit.predict_rare(few, name, x_test)
    assert ((probabilities >= cut) & (y_test == 1)).sum() > 0.3 * y_test.sum()
    assert 0 < cut < 1
    assert (helps is None) == ("ssgan" not in name)
