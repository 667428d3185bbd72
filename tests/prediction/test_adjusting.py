"""Predictors of samples whose classes have other shares than the labels."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ssgan
from ssgan.config import ClassesWarning, InputError
from ssgan.prediction.calibration.shares import reweighed
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.labels import labeled
from ssgan.prediction.resolve import resolve_config

FEW = {"method": "probe", "calibrate": False}


def skewed(rare: float, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Samples of two normal classes that overlap, the second one rare."""
    rng = np.random.default_rng(seed)
    y = (rng.random(count) < rare).astype(int)
    return rng.normal(size=(count, 4)) + 1.5 * y[:, None] / 2, y


@pytest.fixture(scope="module")
def unlabeled() -> tuple[np.ndarray, np.ndarray]:
    return skewed(0.1, 3000)


@pytest.fixture(scope="module")
def gan(unlabeled: tuple[np.ndarray, np.ndarray]) -> ssgan.GAN:
    return ssgan.pretrain(unlabeled[0], steps=0, width=2, seed=0)


@pytest.fixture(scope="module")
def few() -> tuple[np.ndarray, np.ndarray]:
    x, y = skewed(0.5, 200, seed=1)
    return x, np.array(["often", "rare"])[y]


def test_predictions_with_stated_shares_are_the_others_weighed(gan, few) -> None:
    plain = ssgan.finetune(gan, *few, **FEW)
    stated = ssgan.finetune(gan, *few, **FEW, shares={"rare": 0.1, "often": 0.9})
    labels = np.array([np.mean(few[1] == name) for name in ("often", "rare")])
    expected = reweighed(plain.predict_proba(few[0]), np.array([0.9, 0.1]), labels)
    np.testing.assert_allclose(stated.predict_proba(few[0]), expected, rtol=1e-6)
    assert (stated.predict(few[0]) == np.array(stated.classes)[expected.argmax(1)]).all()


def test_estimated_shares_are_near_the_true_ones_and_gain(gan, few, unlabeled) -> None:
    x, y = unlabeled
    fields = {"method": "probe", "search": {"folds": 3, "repeats": 1, "values": 3}}
    plain, found = (ssgan.finetune(gan, *few, **fields, shares=s) for s in ("labels", "estimated"))
    assert found.shares is not None
    assert 0.05 < found.shares.samples[1] < 0.35  # labels say .5
    truth = np.array(["often", "rare"])[y]
    assert (found.predict(x) == truth).mean() > (plain.predict(x) == truth).mean() + 0.03


def test_an_estimate_that_is_held_for_ever_is_the_shares_of_the_labels(gan, few) -> None:
    held = {"class_shares": {"held": 1e9, "doubt": 0.0}}
    model = ssgan.finetune(gan, *few, **FEW, shares="estimated", **held)
    free = ssgan.finetune(gan, *few, **FEW, shares="estimated")
    assert model.shares is not None and free.shares is not None
    np.testing.assert_allclose(model.shares.samples, model.shares.labels, rtol=1e-4)
    assert free.shares.samples[1] < 0.8 * free.shares.labels[1]


def test_shares_are_those_of_a_directory_when_it_is_loaded(gan, few, tmp_path: Path) -> None:
    model = ssgan.finetune(gan, *few, **FEW, shares="estimated", run=tmp_path / "model")
    loaded = ssgan.load(tmp_path / "model")
    assert loaded.shares == model.shares
    np.testing.assert_array_equal(loaded.predict_proba(few[0]), model.predict_proba(few[0]))


def test_auto_takes_shares_too(gan, few) -> None:
    search = {"folds": 2, "repeats": 1, "values": 1, "trees": 2}
    model = ssgan.finetune(gan, *few, shares="estimated", search=search)
    assert model.shares is not None
    assert model.shares.samples[1] < 0.3


def test_pseudo_labels_are_aligned_with_the_shares(gan, few) -> None:
    fields = {"method": "consistency", "align": True, "steps": 20, "calibrate": False}
    one, other = (
        ssgan.finetune(gan, *few, **fields, shares=shares)
        for shares in ("labels", {"rare": 0.1, "often": 0.9})
    )
    ours = other.outputs(few[0])
    assert not np.allclose(one.outputs(few[0]), ours)
    estimated = ssgan.finetune(gan, *few, **fields, shares="estimated")
    assert estimated.outputs(few[0]).shape == ours.shape


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ("guessed", "no shares 'guessed'; there are labels, estimated, equal, or a share of every"),
        ({"rare": 1.0}, "expected a share of each of the classes often, rare, got those of rare"),
        ({"rare": 0.5, "often": 0.6}, "which sum to 1.1"),
        (3, "expected shares labels, estimated, equal, or a share of every class"),
    ],
)
def test_shares_that_cannot_be_are_refused_before_anything_is_trained(
    gan, few, tmp_path: Path, shares, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        ssgan.finetune(gan, *few, **FEW, shares=shares, run=tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_numbers_have_no_shares(gan, few) -> None:
    with pytest.raises(InputError, match="shares are those of classes, the labels are numbers"):
        ssgan.finetune(gan, few[0], few[0][:, 0], **FEW, shares="equal")


def test_nothing_unlabeled_cannot_tell_shares(gan, few) -> None:
    alone = replace(gan, packed=None, data={"source": "memory"})
    with pytest.raises(InputError, match="estimated from unlabeled samples, there are none"):
        ssgan.finetune(alone, *few, **FEW, shares="estimated")


def said(gan: ssgan.GAN, x: np.ndarray, y: np.ndarray) -> list[str]:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", ClassesWarning)
        ssgan.finetune(gan, x, y, **FEW)
    return [str(one.message) for one in found if one.category is ClassesWarning]


def test_classes_that_match_give_no_warning(gan, few) -> None:
    assert said(gan, *few) == []


def test_a_class_that_labels_alone_have_is_warned_of(gan, few) -> None:
    far = np.concatenate([few[0], 9 + few[0][:20]])
    [words] = said(gan, far, np.concatenate([few[1], ["elsewhere"] * 20]))
    assert words.startswith("no unlabeled sample of 2000 looks like one of elsewhere")


def test_unlabeled_samples_of_no_class_are_warned_of(few) -> None:
    x, _ = skewed(0.1, 2000)
    others = ssgan.pretrain(np.concatenate([x, 5 + x[:700]]), steps=0, width=2)
    [words] = said(others, *few)
    assert "of the unlabeled samples are far from all labelled ones" in words


def test_auto_estimates_shares_only_where_labels_were_drawn_by_class(gan, few) -> None:
    x, names = few
    balanced = np.concatenate([np.flatnonzero(names == name)[:20] for name in ("often", "rare")])
    for rows, expected in ((balanced, "estimated"), (balanced[:-5], "labels")):
        labels = labeled(gan, x[rows], names[rows], None, 0)
        assert resolve_config(PredictorConfig(), gan, labels).shares == expected
        assert resolve_config(PredictorConfig(method="probe"), gan, labels).shares == "labels"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"method": "probe", "faded": 4.0}, "faded is for auto and propagation, method 'probe'"),
        ({"method": "consistency", "faded": 4.0}, "does not use it: leave it out"),
        ({"method": "probe", "baseline": "forest"}, "baseline is for baseline and on-features"),
    ],
)
def test_settings_that_nothing_would_use_are_refused(gan, few, fields, words: str) -> None:
    with pytest.raises(InputError, match=words):
        ssgan.finetune(gan, *few, **fields)
