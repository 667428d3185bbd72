"""Conditions: what labels become, and a GAN that can be asked for them."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner

from ssgan.cli import ssgan
from ssgan.data.labels.ledger import read_ledger
from ssgan.models.condition import Condition, fit_condition
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import load, pretrain, pretraining
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.training.runner import finish
from tests.examples import KINDS, LABELS, NUMBERS, OFTEN, SMALL, N, assert_same_course, same

each = pytest.mark.parametrize("kind", KINDS)
WORDS = np.array(["cat", "dog"], object)[LABELS]
PARTLY = np.where(np.arange(N) < N // 2, WORDS, None)


# What labels become


@pytest.mark.parametrize(
    ("labels", "classes", "rows"),
    [
        (["b", "a", None], ("a", "b"), [[0, 1, 1], [1, 0, 1], [0, 0, 0]]),
        (["b", "", "a"], ("a", "b"), [[0, 1, 1], [0, 0, 0], [1, 0, 1]]),
        ([7, -1, 3], (3, 7), [[0, 1, 1], [0, 0, 0], [1, 0, 1]]),
        ([True, False, None], (False, True), [[0, 1, 1], [1, 0, 1], [0, 0, 0]]),
        ([np.nan, 2.0, 5.0], (2.0, 5.0), [[0, 0, 0], [1, 0, 1], [0, 1, 1]]),
        (["a", None, None], ("a",), [[1, 1], [0, 0], [0, 0]]),
    ],
)
def test_a_class_is_a_one_and_a_row_without_a_label_is_all_0(labels, classes, rows):
    condition, told = fit_condition(labels, 3)
    assert condition.classes == classes
    assert told.tolist() == rows
    assert told.dtype == torch.float32
    assert condition.presence == pytest.approx(np.mean([row[-1] for row in rows]))
    assert condition.width == len(rows[0])


@pytest.mark.parametrize("labels", [[0.5, np.nan, 2.5], np.array([[0.5], [np.nan], [2.5]])])
def test_a_number_is_standardised_over_the_rows_that_have_one(labels):
    condition, told = fit_condition(labels, 3)
    assert condition.classes is None
    assert (condition.center, condition.scale) == ((1.5,), (1.0,))
    assert told.tolist() == [[-1, 1], [0, 0], [1, 1]]


def test_vectors_are_standardised_column_by_column_and_constant_ones_are_0():
    condition, told = fit_condition([[1.0, 5.0], [3.0, 5.0], [np.nan, np.nan]], 3)
    unit = 0.5**0.5  # rows of two numbers of variance 1 are of the length 1 then
    torch.testing.assert_close(told, torch.tensor([[-unit, 0, 1], [unit, 0, 1], [0, 0, 0]]))
    torch.testing.assert_close(condition.encode([3.0, 5.0], 4), told[1:2].expand(4, -1))
    assert condition.encode([np.nan, np.nan], 1).tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("labels", [WORDS, PARTLY, NUMBERS, np.stack([NUMBERS, -NUMBERS], 1)])
def test_a_condition_comes_back_from_json(labels):
    condition, _ = fit_condition(labels, N)
    again = Condition.from_json(json.loads(json.dumps(condition.to_json())))
    assert again == condition
    assert torch.equal(again.sample(9, Rng(("x",))), condition.sample(9, Rng(("x",))))


def test_conditions_are_drawn_as_often_as_they_came():
    labels = np.repeat(["a", "b", None], [10, 30, 40])
    rows = fit_condition(labels, 80)[0].sample(20_000, Rng(("often",)))
    assert rows.mean(0).tolist() == pytest.approx([0.125, 0.375, 0.5], abs=0.015)
    assert torch.equal(rows[:, :2].sum(1), rows[:, 2])


def test_numbers_are_drawn_from_those_that_came():
    condition, told = fit_condition(np.where(np.arange(N) < 6, NUMBERS, np.nan), N)
    rows = condition.sample(500, Rng(("numbers",)))
    assert {tuple(row) for row in rows.tolist()} == {tuple(row) for row in told.tolist()}
    assert float(rows[:, 1].mean()) == pytest.approx(0.25, abs=0.06)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.full(3, -1), "needs labels and none of the 3 rows has one"),
        ([None, "", None], "needs labels and none of the 3 rows has one"),
        (np.full((3, 2), np.nan), "needs labels and all 3 rows are NaN"),
        (["a", "b"], "3 samples but 2 labels"),
        ([[1.0, np.nan], [1.0, 2.0], [3.0, 4.0]], r"row 0 is \[1.0, nan\]"),
        ([[1.0, 2.0], [np.inf, 2.0], [3.0, 4.0]], r"row 1 is \[inf, 2.0\]"),
    ],
)
def test_labels_that_say_nothing_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        fit_condition(labels, 3)


def test_a_name_is_read_as_the_class_or_the_numbers_that_it_means():
    assert fit_condition([3, 7, 7], 3)[0].parse("7") == 7
    assert fit_condition([[1.0, 2.0], [2.0, 4.0]], 2)[0].parse("1.5,2").tolist() == [1.5, 2.0]
    with pytest.raises(ValueError, match="label '9' is none of the 2 classes 3, 7"):
        fit_condition([3, 7, 7], 3)[0].parse("9")
    with pytest.raises(ValueError, match="expected a label of 2 numbers, as 1.5,2, got 'x'"):
        fit_condition([[1.0, 2.0], [2.0, 4.0]], 2)[0].parse("x")


# A conditional GAN


@pytest.fixture(scope="module")
def told():
    """A GAN of every kind that was told some classes."""
    return {kind: pretrain(KINDS[kind](), SMALL, labels=PARTLY) for kind in KINDS}


@each
def test_a_sample_depends_on_its_own_place_and_label_alone(kind, told):
    gan = told[kind]
    mixed = gan.generate(1003, seed=5, labels=np.resize(WORDS, 1003))
    dogs = gan.generate(1003, seed=5, labels="dog")
    where = torch.from_numpy(np.resize(LABELS, 1003) == 1)
    assert torch.equal(mixed[where], dogs[where])
    assert not torch.equal(mixed[~where], dogs[~where])
    assert torch.equal(gan.generate(7, seed=5, labels="dog"), dogs[:7])
    assert torch.equal(gan.generate(5, seed=5, start=998, labels="dog"), dogs[998:])


@each
def test_fewer_samples_without_labels_are_the_first_of_more(kind, told):
    more = told[kind].sample(1002, seed=3)
    assert same(told[kind].sample(5, seed=3), more[:5])
    assert len(more) == 1002


def test_every_label_gives_other_samples_and_none_is_one_of_them(told):
    gan = told["vectors"]
    cats, dogs, neither = (gan.generate(4, labels=label) for label in ("cat", "dog", None))
    nobody = gan.generate(4, labels=[None] * 4)
    assert not torch.equal(cats, dogs)
    assert not torch.equal(nobody, cats)
    pool = torch.cat([cats, dogs, nobody])
    assert all((row == pool).all(1).any() for row in neither)


def test_what_was_not_learnt_cannot_be_asked_for(told):
    gan = told["vectors"]
    assert gan.classes == ("cat", "dog")
    with pytest.raises(ValueError, match="label 'cow' is none of the 2 classes 'cat', 'dog'"):
        gan.sample(3, labels="cow")
    with pytest.raises(ValueError, match="expected one label or 3, one for each sample, got 2"):
        gan.sample(3, labels=["cat", "dog"])
    plain = pretrain(KINDS["vectors"](), SMALL)
    assert plain.classes is None
    with pytest.raises(ValueError, match="trained without labels"):
        plain.sample(3, labels="cat")
    with pytest.raises(ValueError, match="trained without labels"):
        plain.scores(KINDS["vectors"](), labels="cat")


@each
def test_scores_know_of_labels_and_of_none(kind, told):
    gan, x = told[kind], KINDS[kind]()
    one, each_its_own = gan.scores(x, "cat"), gan.scores(x, WORDS)
    np.testing.assert_array_equal(one[LABELS == 0], each_its_own[LABELS == 0])
    assert (one[LABELS == 1] != each_its_own[LABELS == 1]).all()
    np.testing.assert_array_equal(gan.scores(x), gan.scores(x, [None] * N))


@each
def test_a_conditional_run_that_was_left_ends_as_one_that_was_not_and_loads(kind, tmp_path, told):
    x = KINDS[kind]()
    training = pretraining(x, SMALL, PARTLY, run=tmp_path / "left", options=OFTEN)
    next(training)
    training.close()
    left = finish(pretraining(x, SMALL, PARTLY, run=tmp_path / "left", options=OFTEN))
    finish(pretraining(x, SMALL, PARTLY, run=tmp_path / "whole", options=OFTEN))
    assert_same_course(tmp_path / "whole", tmp_path / "left")
    loaded = load(tmp_path / "left")
    assert loaded.condition == left.condition
    assert same(loaded.sample(5, labels=WORDS[:5]), told[kind].sample(5, labels=WORDS[:5]))
    np.testing.assert_array_equal(loaded.scores(x, WORDS), told[kind].scores(x, WORDS))
    np.testing.assert_array_equal(loaded.features(x), told[kind].features(x))


def test_other_labels_are_refused_by_a_run(tmp_path):
    x = KINDS["vectors"]()
    pretrain(x, SMALL, labels=PARTLY, run=tmp_path / "r")
    assert Run.open(tmp_path / "r").config["data"]["labels"]["labeled"] == N // 2
    for other in (WORDS, PARTLY[::-1], None):
        with pytest.raises(FileExistsError, match=r"data\.labels"):
            pretrain(x, SMALL, labels=other, run=tmp_path / "r")


def test_a_run_without_any_label_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="none of the 24 rows has one"):
        pretrain(KINDS["vectors"](), SMALL, labels=[None] * N, run=tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_a_gan_learns_what_samples_of_each_class_look_like_from_some_labels():
    x = np.random.default_rng(0).normal(size=(400, 2))
    labels = np.arange(400) % 2
    x[:, 0] += 8 * labels
    few = np.where(np.arange(400) < 100, labels, -1)
    config = GANConfig(steps=250, batch=64, width=4, latent=4, ema=0.9)
    gan = pretrain(x, config, labels=few)
    means = [gan.sample(200, labels=label)[:, 0].mean() for label in (0, 1, -1)]
    assert means[0] < 2.5
    assert means[1] > 5.5
    assert 2.5 < means[2] < 5.5


@pytest.mark.slow
def test_a_gan_can_be_told_numbers():
    angles = np.linspace(-1.0, 1.0, 300)
    x = np.stack([10 * angles, np.zeros(300)], 1) + np.random.default_rng(0).normal(size=(300, 2))
    config = GANConfig(steps=200, batch=64, width=4, latent=4, ema=0.9)
    gan = pretrain(x, config, labels=angles)
    low, high = (gan.sample(100, labels=angle)[:, 0].mean() for angle in (-0.8, 0.8))
    assert low < -3 < 3 < high
    assert gan.classes is None


# The command line


def run(*words):
    result = CliRunner().invoke(ssgan, [*map(str, words), "--quiet"])
    return result


TINY = ("--steps", 2, "--batch", 4, "--width", 2, "--latent", 2)


@pytest.fixture
def files(tmp_path):
    np.savez(tmp_path / "x.npz", x=KINDS["images"](), y=LABELS.astype(np.uint8))
    KINDS["table"]().assign(kind=WORDS).to_csv(tmp_path / "x.csv", index=False)
    np.savez(tmp_path / "v.npz", x=KINDS["vectors"](), y=NUMBERS)
    return tmp_path


def arrays(path):
    with np.load(path) as held:
        return dict(held)


def test_images_are_asked_for_by_class_on_the_command_line(files):
    command = ("pretrain", files / "x.npz", "--conditional", "--run", files / "r", *TINY)
    assert run(*command, "--per-class", 3, "--label-seed", 1).exit_code == 0
    assert load(files / "r").condition.presence == 6 / N
    assert run("sample", files / "r", "--per-class", 3, "--out", files / "s.npz").exit_code == 0
    made = arrays(files / "s.npz")
    assert made["y"].tolist() == [0, 0, 0, 1, 1, 1]
    expected = load(files / "r").sample(6, labels=[0, 0, 0, 1, 1, 1])
    np.testing.assert_array_equal(made["x"], expected)
    words = ("sample", files / "r", "-n", 3, "--label", 1, "--label", 0)
    assert run(*words, "--out", files / "folder").exit_code == 0
    names = sorted(str(p.relative_to(files / "folder")) for p in (files / "folder").rglob("*.png"))
    assert names == ["0/00000.png", "1/00000.png", "1/00001.png"]
    assert run("sample", files / "r", "-n", 2, "--out", files / "plain.npz").exit_code == 0
    assert list(arrays(files / "plain.npz")) == ["x"]
    refused = run("sample", files / "r", "-n", 3, "--label", "9", "--out", files / "no.npz")
    assert refused.exit_code == 1
    assert "label '9' is none of the 2 classes 0, 1" in refused.stderr
    assert not (files / "no.npz").exists()


def test_rows_of_a_table_come_with_their_label(files):
    words = ("pretrain", files / "x.csv", "--target", "kind", "--run", files / "r", *TINY)
    assert run(*words, "--conditional").exit_code == 0
    asked = ("sample", files / "r", "--per-class", 2, "--label", "dog")
    assert run(*asked, "--out", files / "s.csv").exit_code == 0
    made = pd.read_csv(files / "s.csv")
    assert list(made.columns) == ["age", "job", "no", "kind"]
    assert made["kind"].tolist() == ["dog", "dog"]


def test_numbers_are_asked_for_on_the_command_line(files):
    words = ("pretrain", files / "v.npz", "--conditional", "--run", files / "r", *TINY)
    assert run(*words).exit_code == 0
    asked = ("sample", files / "r", "-n", 2, "--label", "-0.5", "--out", files / "s.npz")
    assert run(*asked).exit_code == 0
    assert arrays(files / "s.npz")["y"].tolist() == [-0.5, -0.5]
    refused = run("sample", files / "r", "--per-class", 2, "--out", files / "t.npz")
    assert "trained on numbers, not classes" in refused.stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("pretrain", "v", "--per-class", 2, "--run", "r"), 2, "--conditional reads"),
        (("pretrain", "v", "--conditional", "--label-seed", 2, "--run", "r"), 2, "--label-seed"),
        (("sample", "r", "-n", 2, "--per-class", 2, "--out", "s"), 2, "-n"),
    ],
)
def test_flags_that_belong_together_are_asked_for(words, code, message):
    result = run(*words)
    assert result.exit_code == code
    assert message in result.stderr


def test_data_without_labels_cannot_be_conditioned_on(files):
    np.save(files / "x.npy", KINDS["vectors"]())
    refused = run("pretrain", files / "x.npy", "--conditional", "--run", files / "n", *TINY)
    assert "--conditional needs labels" in refused.stderr
    table = run("pretrain", files / "x.csv", "--conditional", "--run", files / "n", *TINY)
    assert "name their column with --target: age, job, no, kind" in table.stderr
    assert not (files / "n").exists()


def test_a_gan_without_labels_is_not_asked_for_any(files):
    assert run("pretrain", files / "x.npz", "--run", files / "r", *TINY).exit_code == 0
    refused = run("sample", files / "r", "--per-class", 2, "--out", files / "s.npz")
    assert refused.exit_code == 1
    assert "trained without labels" in refused.stderr


def test_a_dry_run_says_which_labels_would_be_read(files):
    result = run("pretrain", files / "x.npz", "--conditional", "--per-class", 2, "--dry-run", *TINY)
    assert json.loads(result.stdout)["labels"] == {"labeled": 4, "classes": [0, 1]}


def test_labels_that_a_conditional_gan_saw_count_in_what_is_built_on_it(files):
    pretrained = ("pretrain", files / "x.npz", "--conditional", "--run", files / "r", *TINY)
    assert run(*pretrained).exit_code == 0
    assert len(read_ledger(files / "r" / "labels.json")) == N
    words = ("finetune", files / "r", "--labels", files / "x.npz", "--method", "probe")
    words += ("--no-calibrate", "--out", files / "m")
    refused = run(*words, "--per-class", 3)
    assert refused.exit_code == 1
    assert f"has learnt from {N} labels (--conditional)" in refused.stderr
    assert not (files / "m").exists()
    assert run(*words).exit_code == 0  # all labels: no more than it saw


def test_a_conditional_gan_and_a_model_may_share_a_split(files):
    split = ("--per-class", 3, "--label-seed", 1)
    words = ("pretrain", files / "x.npz", "--conditional", "--run", files / "r", *TINY)
    assert run(*words, *split).exit_code == 0
    words = ("finetune", files / "r", "--labels", files / "x.npz", "--method", "probe")
    words += ("--no-calibrate", "--out")
    assert run(*words, files / "same", *split).exit_code == 0
    assert len(read_ledger(files / "same" / "labels.json")) == 6
    other = run(*words, files / "other", "--per-class", 3, "--label-seed", 2)
    assert other.exit_code == 1 and "with the same --per-class and --label-seed" in other.stderr


def test_conditions_do_not_change_what_a_config_without_them_gives():
    x = KINDS["vectors"]()
    assert same(pretrain(x, replace(SMALL)).sample(4), pretrain(x, SMALL, labels=None).sample(4))
