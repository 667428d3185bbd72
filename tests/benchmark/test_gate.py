"""Trials of the gate: what is added is what its kind says, and the gain is told by other rows."""

from dataclasses import replace

import numpy as np
import pytest

from ssgan.benchmark import suite
from ssgan.benchmark.cells import Cell
from ssgan.benchmark.suites import gate as gating
from ssgan.benchmark.suites.gate import ADDITIONS, GAIN, TOSSED, FixedFeatures
from ssgan.data import read
from ssgan.models.config import GANConfig
from ssgan.randomness import Rng
from ssgan.synthesis import BASELINES, LabeledRows, Plan, assess_features

QUICK = Plan(repeats=2)
RNG = Rng(("test",))


@pytest.fixture(scope="module")
def frozen():
    return told_poorly()


def told_poorly():
    """Features whose classes a head of few rows tells poorly apart."""
    rng = np.random.default_rng(0)
    classes = np.arange(4000) % 3
    features = rng.normal(size=(4000, 40)) + rng.normal(size=(3, 40))[classes] * 0.5
    return FixedFeatures(features.astype(np.float16), features.astype(np.float16), classes)


def test_no_row_has_two_parts():
    parts = gating.trial_rows(70_000, 10_000, 0)
    sizes = [len(rows) for rows in vars(parts).values()]
    assert sizes == [10_000, 10_000, 10_000, 40_000]
    assert len(np.unique(np.concatenate(list(vars(parts).values())))) == 70_000
    other = gating.trial_rows(70_000, 10_000, 1)
    assert not np.array_equal(parts.labelled, other.labelled)


@pytest.mark.parametrize("kind", [kind for kind in ADDITIONS if kind != GAIN])
def test_two_rows_are_added_for_a_labelled_one(frozen, kind):
    parts = gating.trial_rows(4000, 100, 0)
    x, y = ADDITIONS[kind](frozen, parts, RNG)
    assert x.shape == (200, 40) and y.shape == (200,)
    again = ADDITIONS[kind](frozen, parts, RNG)
    assert np.array_equal(x, again[0]) and np.array_equal(y, again[1])


def test_training_rows_come_again_with_their_own_labels(frozen):
    parts = gating.trial_rows(4000, 100, 0)
    x, y = gating.resampled(frozen, parts, RNG)
    own = {tuple(row): label for row, label in zip(*frozen.at(parts.labelled), strict=True)}
    assert all(own[tuple(row)] == label for row, label in zip(x, y, strict=True))


def test_wrong_labels_are_those_of_other_real_rows(frozen):
    parts = gating.trial_rows(4000, 100, 0)
    x, y = gating.mislabelled(frozen, parts, RNG)
    rows = parts.spare[:200]
    assert np.array_equal(x, frozen.at(rows)[0])
    assert np.array_equal(np.sort(y), np.sort(frozen.classes[rows]))
    assert (y != frozen.classes[rows]).mean() > 0.5


def test_hard_rows_are_those_of_which_the_other_half_knows_no_better():
    y = np.arange(40) % 2
    x = 10.0 * y[:, None] + np.random.default_rng(0).normal(size=(40, 2))
    y[[3, 30]] = 1 - y[[3, 30]]
    assert gating.wrong_at(x, y).tolist() == [3, 30]


def test_what_is_added_is_of_a_number_that_brings_two_points_on_the_pilot(frozen):
    parts = gating.trial_rows(4000, 150, 0)
    x, y = gating.rows_that_help(frozen, parts, RNG)
    real, pilot = frozen.at(parts.labelled), frozen.at(parts.pilot)
    assert gating.gain_of(real, (x, y), pilot) == pytest.approx(gating.TARGET, abs=1)
    assert {tuple(row) for row in x} <= {tuple(row) for row in frozen.at(parts.spare)[0]}


def test_the_true_gain_is_that_of_a_head_with_all_labelled_rows():
    y = np.arange(60) % 2
    x = np.random.default_rng(0).normal(size=(60, 1)) + 8.0 * y[:, None]
    nothing = x[:0], y[:0]
    assert gating.gain_of((x, y), nothing, (x, y)) == 0
    assert (
        gating.gain_of((x[:20], y[:20]), (np.repeat(x, 9, 0), np.repeat(1 - y, 9)), (x, y)) == -100
    )


@pytest.mark.parametrize("kind", ADDITIONS)
def test_a_row_tells_the_verdict_beside_the_true_gain(frozen, kind):
    cell = Cell(method=kind, labels=100, seed=0)
    found = gating.judge_added(frozen, cell, QUICK)
    assert list(found) == [
        *("accepted", "answer", "arm", "p", "gain", "smallest", "score", "true_gain", "added")
    ]
    assert found["accepted"] == (found["answer"] == "helps")
    assert found["arm"].startswith("added ")
    assert 0 <= found["p"] <= 1 and found["smallest"] > 0
    if kind != GAIN:
        assert not found["accepted"]


def test_the_arm_that_the_gate_names_is_the_one_whose_gain_is_told(frozen):
    def named(*args, **kwargs):
        return replace(assess_features(*args, **kwargs), answer="helps", candidate="added 0.5 : 1")

    cell = Cell(method="wrong labels", labels=100, seed=0)
    found = gating.judge_added(frozen, cell, QUICK, named)
    assert (found["accepted"], found["arm"], found["added"]) == (1, "added 0.5 : 1", 50)
    assert found["true_gain"] < 0


def test_what_a_conditional_gan_was_told_by_a_coin_is_judged_as_samples_are():
    images = np.asarray(read("digits").x)
    cell = Cell(method=TOSSED, labels=100, seed=0)
    found = gating.judge_tossed(images, GANConfig(steps=2, width=4, latent=4), cell, QUICK)
    other = gating.judge_added(told_poorly(), replace(cell, method="noise"), QUICK)
    assert list(found) == list(other)
    assert (found["accepted"], found["true_gain"]) == (0, 0.0)
    assert found["added"] in (100, 200, 1000)
    assert found["score"] == pytest.approx(50, abs=20)


def test_features_along_their_axes_do_not_depend_on_the_block(frozen):
    rows, axes = np.arange(50), np.eye(40, dtype=np.float32)[:3]
    whole = gating.along(frozen, rows, axes)
    parts = gating.along(frozen, rows, axes, block=7)
    assert np.allclose(whole[0], parts[0]) and np.array_equal(whole[1], parts[1])


def test_the_full_suite_has_fifty_null_trials_of_a_kind_and_twenty_of_power_for_each_number():
    counts = {}
    for cell in suite("gate").cells:
        counts[cell.method, cell.labels] = counts.get((cell.method, cell.labels), 0) + 1
    power = {(GAIN, n): 20 for n in (300, 1000, 3000, 10_000)}
    nulls = {(kind, 1000): 50 for kind in ADDITIONS if kind != GAIN}
    assert counts == nulls | power | {(TOSSED, 600): 20}
    needs = {(suite("gate").needs(cell), cell.method == TOSSED) for cell in suite("gate").cells}
    assert needs == {(gating.GATE_GAN, False), (None, True)}


def test_features_of_any_network_are_weighed_as_samples_are(frozen):
    x, y = frozen.at(np.arange(90))
    more = frozen.at(np.arange(100, 2000))
    real, baselines = LabeledRows(x, y, view=np.asarray), {"transforms": gating.copies(x)}
    baselines = {**BASELINES, **baselines}
    verdict = assess_features(real, {"more": more}, plan=QUICK, ratios=(None,), baselines=baselines)
    assert {c.candidate for c in verdict.comparisons} == {"more all"}
    assert {c.baseline for c in verdict.comparisons} == {"nothing", "smote", "transforms"}
    anew = assess_features(real, {"more": (more[0], 0 * more[1])}, plan=QUICK)
    assert anew.answer != "hurts"
    with pytest.raises(ValueError, match="paired test over 60 folds"):
        assess_features(real, {"more": more}, plan=replace(QUICK, folds=60))
