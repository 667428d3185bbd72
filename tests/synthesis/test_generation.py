"""Synthetic labelled samples: exactly as many as were asked for, the surest of each class."""

import numpy as np
import pandas as pd
import pytest
import torch

from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.finetune import finetune
from ssgan.synthesis import augment, synthesise
from ssgan.synthesis.generation import ROUND, most_confident
from tests.examples import KINDS, LABELS, NUMBERS, same, trained

NAMES = np.array(["blue", "red"])
each = pytest.mark.parametrize("kind", KINDS)
PROBE = PredictorConfig(method="probe", calibrate=False)


def balanced(kind):
    """A model that finds the median sample of that GAN between its classes."""
    gan = trained(kind)
    first = gan.features(gan.sample(400, seed=9))
    score = first @ np.linalg.svd(first - first.mean(0), full_matrices=False)[2][0]
    labels = NAMES[(score > np.median(score)).astype(int)]
    return finetune(gan, gan.sample(400, seed=9), labels, PROBE)


@pytest.fixture(scope="module")
def models():
    return {kind: balanced(kind) for kind in KINDS}


class Model:
    """A predictor by a rule: the class is the sign of the first column."""

    classes = ("minus", "plus")

    def predict_proba(self, samples):
        plus = 1 / (1 + np.exp(-samples[:, 0].clip(-50, 50)))
        return np.stack([1 - plus, plus], 1)


class Maker:
    """A GAN that makes rows -0.5, -1.5, ... whose first is never above 0."""

    class codec:
        @staticmethod
        def decode(x):
            return x.numpy()

    def __init__(self):
        self.drawn = []

    def generate(self, n, seed, start):
        self.drawn.append((n, seed, start))
        return -torch.arange(start, start + n)[:, None] - 0.5


class Both(Maker):
    """A GAN that makes 0.5, -1.5, 2.5, ..., both classes in turn."""

    def generate(self, n, seed, start):
        rows = torch.arange(start, start + n)
        return (super().generate(n, seed, start) * (2 * (rows % 2)[:, None] - 1)).double()


# Which samples are taken


class Once(Maker):
    """The same with a single row of the other class, the very first."""

    def generate(self, n, seed, start):
        rows = super().generate(n, seed, start)
        return torch.where(rows == -0.5, 0.25, rows)


def test_a_class_that_is_never_made_is_refused_as_its_rows_would_all_be_of_other_classes():
    with pytest.raises(ValueError, match=r"none of 21000 .* looks like class 'plus', 3 were asked"):
        synthesise(Maker(), Model(), np.array([2, 3]), 0)
    samples, _ = synthesise(Maker(), Model(), np.array([2, 0]), 0)
    assert len(samples) == 2


def test_a_class_that_is_hardly_made_is_filled_up_from_the_nearest_with_a_warning():
    with pytest.warns(UserWarning, match="1 look like class 'plus', 3 were asked for"):
        samples, indices = synthesise(Once(), Model(), np.array([2, 3]), 0)
    assert samples[:, 0].tolist() == [-17.5, -18.5, 0.25, -1.5, -2.5]
    assert indices.tolist() == [0, 0, 1, 1, 1]


def test_of_every_class_the_surest_are_taken_class_by_class():
    chances = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.4, 0.6], [0.99, 0.01]])
    assert most_confident(chances, np.array([2, 1]), Model.classes).tolist() == [4, 0, 1]
    assert most_confident(chances, np.array([0, 2]), Model.classes).tolist() == [1, 3]
    assert most_confident(chances, np.array([3, 2]), Model.classes).tolist() == [4, 0, 2, 1, 3]


def test_what_looks_most_like_a_class_fills_it_up_after_what_is_of_it():
    chances = np.array([[0.9, 0.05, 0.05], [0.5, 0.1, 0.4], [0.2, 0.6, 0.2], [0.3, 0.3, 0.4]])
    classes = ("a", "b", "c")
    with pytest.warns(UserWarning, match="1 look like class 'c', 2 were asked for"):
        assert most_confident(chances, np.array([0, 0, 2]), classes).tolist() == [3, 1]


def test_more_than_were_drawn_are_refused():
    with (
        pytest.warns(UserWarning, match="look like class"),
        pytest.raises(ValueError, match="at most 3 samples of a class, asked 4"),
    ):
        most_confident(np.full((3, 2), 0.5), np.array([4, 0]), Model.classes)


def test_twice_as_many_as_are_kept_are_drawn():
    maker = Both()
    synthesise(maker, Model(), np.array([10, 10]), seed=7)
    assert maker.drawn == [(ROUND, 7, 0)]
    maker = Both()
    synthesise(maker, Model(), np.array([400, 400]), seed=7)
    assert maker.drawn == [(ROUND, 7, 0), (ROUND, 7, ROUND)]


def test_no_count_draws_nothing_but_has_the_form_of_the_data():
    samples, indices = synthesise(trained("images"), Model(), np.array([0, 0]), 0)
    assert (samples.shape, len(indices)) == ((0, 8, 8), 0)


# Counts


@each
@pytest.mark.parametrize("n", [1, 7, 64])
def test_exactly_as_many_come_as_were_asked_for_in_the_form_of_the_data(kind, n, models):
    samples, labels = augment(trained(kind), models[kind], n, gate=False)
    raw = KINDS[kind]()
    assert type(samples) is type(raw)
    assert samples.shape == (n, *raw.shape[1:])
    assert (labels.shape, labels.dtype.kind) == ((n,), "U")
    if isinstance(samples, pd.DataFrame):
        assert samples.dtypes.equals(raw.dtypes)
        assert samples.index.tolist() == list(range(n))


@each
def test_labels_are_those_that_the_model_gives(kind, models):
    samples, labels = augment(trained(kind), models[kind], 40, balance=True, gate=False)
    assert (models[kind].predict(samples) == labels).all()


@each
@pytest.mark.parametrize(("n", "blue", "red"), [(10, 5, 5), (11, 6, 5), (1, 1, 0)])
def test_a_balanced_set_has_every_class_equally_often(kind, n, blue, red, models):
    _, labels = augment(trained(kind), models[kind], n, balance=True, gate=False)
    assert labels.tolist() == ["blue"] * blue + ["red"] * red


@each
def test_counts_say_how_many_of_every_class(kind, models):
    _, labels = augment(trained(kind), models[kind], 9, counts={"red": 7, "blue": 2}, gate=False)
    assert labels.tolist() == ["blue"] * 2 + ["red"] * 7
    _, labels = augment(trained(kind), models[kind], 3, counts={"red": 3}, gate=False)
    assert labels.tolist() == ["red"] * 3


@each
def test_classes_come_as_often_as_the_generator_makes_them(kind, models):
    gan, model = trained(kind), models[kind]
    _, labels = augment(gan, model, 50, seed=4, gate=False)
    made = model.predict(gan.sample(50, seed=4))
    assert (labels == np.sort(made)).all()


def test_the_kept_are_surer_than_what_was_drawn(models):
    gan, model = trained("vectors"), models["vectors"]
    samples, _ = augment(gan, model, 300, balance=True, gate=False)
    kept = model.predict_proba(samples).max(1).mean()
    assert kept > model.predict_proba(gan.sample(1000)).max(1).mean()


@each
def test_a_seed_gives_the_same_samples_and_another_does_not(kind, models):
    gan, model = trained(kind), models[kind]
    first, again, other = (
        augment(gan, model, 8, balance=True, seed=s, gate=False) for s in (1, 1, 2)
    )
    assert same(first[0], again[0])
    assert (first[1] == again[1]).all()
    assert not same(first[0], other[0])


def test_no_sample_comes_twice(models):
    samples, _ = augment(trained("images"), models["images"], 100, gate=False)
    assert len(np.unique(samples, axis=0)) == 100


# Regression


@each
def test_a_regression_labels_all_samples_with_numbers(kind):
    gan = trained(kind)
    model = finetune(gan, KINDS[kind](), NUMBERS, PROBE)
    samples, labels = augment(gan, model, 13, seed=3, gate=False)
    assert same(samples, gan.sample(13, seed=3))
    assert labels.dtype == np.float64
    np.testing.assert_array_equal(labels, model.predict(samples))


@pytest.mark.parametrize("options", [{"balance": True}, {"counts": {0: 3}}])
def test_numbers_have_no_classes_to_count(options):
    model = finetune(trained("vectors"), KINDS["vectors"](), NUMBERS, PROBE)
    with pytest.raises(ValueError, match="counts and balance are for classes"):
        augment(trained("vectors"), model, 3, **options, gate=False)


# Refusals


@pytest.mark.parametrize(
    ("n", "counts", "message"),
    [
        (0, None, "expected a number of samples of 1 or more, got 0"),
        (-3, None, "expected a number of samples of 1 or more, got -3"),
        (3, {"green": 3}, "class 'green' is none of 'blue', 'red'"),
        (3, {"blue": 2}, "counts of 0 or more that sum to n = 3, got {'blue': 2}"),
        (3, {"blue": 4, "red": -1}, "counts of 0 or more that sum to n = 3"),
        (3, {}, "counts of 0 or more that sum to n = 3, got {}"),
        (5, {"blue": 2.5, "red": 2.5}, "expected whole numbers of samples, got 2.5 for 'blue'"),
        (2.5, None, "expected whole numbers of samples, got 2.5 for 'n'"),
    ],
)
def test_counts_that_cannot_be_are_refused(n, counts, message, models):
    with pytest.raises(ValueError, match=message):
        augment(trained("vectors"), models["vectors"], n, counts=counts, gate=False)


def test_augmenting_leaves_the_random_states_alone(models):
    states = torch.get_rng_state(), np.random.get_state()[1].tolist()
    augment(trained("images"), models["images"], 5, gate=False)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.random.get_state()[1].tolist() == states[1]


def test_whole_number_labels_keep_their_dtype():
    gan = trained("vectors")
    model = finetune(gan, KINDS["vectors"](), LABELS.astype(np.int16), PROBE)
    assert augment(gan, model, 5, gate=False)[1].dtype == np.int16
