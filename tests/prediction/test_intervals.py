"""Prediction intervals: as often right as they say, kept in the model directory, in label units."""

from dataclasses import replace

import numpy as np
import pytest

import ssgan
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import pretrain
from ssgan.prediction.auto.weighing import HeldOutOutputs, choose_members, fold_weights
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.finetune import finetune
from ssgan.prediction.heldout.crossvalidation import interval_folds
from ssgan.prediction.labels import labeled
from ssgan.prediction.loading import load_predictor
from ssgan.prediction.names import FITTED
from ssgan.prediction.resolve import resolve_config
from ssgan.prediction.search import AutoConfig, SearchConfig
from ssgan.training.runner import finish
from tests.examples import KINDS, LABELS, NUMBERS, quick, same, trained

METHODS = ("probe", "graph", "baseline", "propagation", "consistency", "auto")
each = pytest.mark.parametrize("kind", KINDS)
each_method = pytest.mark.parametrize("method", METHODS)


def model_of(kind, method, run=None, **settings):
    steps = None if method in FITTED else 2
    config = quick(method, steps=steps, batch=4, **settings)
    return finetune(trained(kind), KINDS[kind](), NUMBERS, config, run=run)


@each_method
def test_a_model_directory_keeps_its_intervals(method, tmp_path):
    model = model_of("vectors", method, run=tmp_path / "m")
    x = KINDS["vectors"]()
    found = model.predict_interval(x)
    assert found.shape == (len(x), 2)
    assert (found[:, 0] < found[:, 1]).all()
    assert same(found, load_predictor(tmp_path / "m").predict_interval(x))


@each
def test_every_kind_has_them(kind):
    found = model_of(kind, "probe").predict_interval(KINDS[kind](), level=0.8)
    assert np.isfinite(found).all()


def test_a_run_that_is_taken_up_keeps_the_networks_of_its_folds(tmp_path):
    first = model_of("vectors", "propagation", run=tmp_path / "m")
    again = model_of("vectors", "propagation", run=tmp_path / "m")
    x = KINDS["vectors"]()
    assert same(first.predict_interval(x), again.predict_interval(x))


def test_they_are_in_the_unit_of_the_labels():
    gan, x, config = trained("vectors"), KINDS["vectors"](), quick("probe")
    plain = finetune(gan, x, NUMBERS, config).predict_interval(x)
    larger = finetune(gan, x, 1000 * NUMBERS + 7, config).predict_interval(x)
    np.testing.assert_allclose(larger, 1000 * plain + 7, rtol=1e-4, atol=0.5)


def test_they_hold_about_as_often_as_they_say():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(700, 3))
    y = x[:, 0] + rng.normal(size=700) / 2
    gan = pretrain(x[:300], GANConfig(steps=0, width=2))
    model = finetune(gan, x[:100], y[:100], PredictorConfig(method="probe"))
    low, high = model.predict_interval(x[300:], level=0.8).T
    held = ((low <= y[300:]) & (y[300:] <= high)).mean()
    assert 0.72 <= held <= 0.92


def test_classes_few_numbers_and_a_config_without_have_none():
    gan, x = trained("vectors"), KINDS["vectors"]()
    probe = quick("probe")
    for labels, config in (
        (LABELS, probe),
        (np.where(np.arange(len(x)) < 9, NUMBERS, np.nan), probe),
        (NUMBERS, replace(probe, calibrate=False)),
    ):
        model = finetune(gan, x, labels, config)
        with pytest.raises(ValueError, match="no prediction intervals: finetune on 10 numbers"):
            model.predict_interval(x)


def test_the_members_of_a_fold_are_chosen_without_its_labels():
    """What candidates say of a fold changes the members of the others, never its own."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4))
    y = x[:, 0] + 0.1 * rng.normal(size=60)
    gan = ssgan.pretrain(x, steps=0, width=2)
    search = SearchConfig(folds=3, repeats=1, values=1, trees=2)
    config = PredictorConfig(search=search, auto=AutoConfig(prior=0.0))
    rows = labeled(gan, x, y, None, 0)
    choice, _ = finish(choose_members(gan, resolve_config(config, gan, rows), rows))
    labels = rows.values.double().numpy()
    outputs = HeldOutOutputs({"good": labels[None], "bad": -labels[None]}, {}, labels)
    right = fold_weights(outputs, {}, config)
    for k, (_, _, test) in enumerate(interval_folds(labels, config)):
        good, bad = labels.copy(), -labels
        good[test], bad[test] = -10 * labels[test], labels[test]
        changed = HeldOutOutputs({"good": good[None], "bad": bad[None]}, {}, labels)
        wrong = fold_weights(changed, {}, config)
        assert [a == b for a, b in zip(wrong, right, strict=True)] == [n == k for n in range(3)]
    assert len(choice.fold_members) == 3


def test_intervals_of_auto_come_back_with_the_members_of_each_fold(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4))
    y = x[:, 0] + 0.1 * rng.normal(size=60)
    gan = ssgan.pretrain(x, steps=0, width=2)
    search = {"folds": 3, "repeats": 1, "values": 1, "trees": 2}
    model = ssgan.finetune(gan, x, y, search=search, run=tmp_path / "model")
    loaded = ssgan.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict_interval(x), model.predict_interval(x))
    again = ssgan.finetune(gan, x, y, search=search, run=tmp_path / "model")
    np.testing.assert_array_equal(again.predict_interval(x), model.predict_interval(x))
