"""The suite of words: what it holds out, what its judge says, and that every method has a row."""

import json
from functools import partial

import numpy as np
import pytest
import torch

from ssgan.benchmark.cells import Cell, Place
from ssgan.benchmark.suites import words
from ssgan.benchmark.suites.words import COPY, OTHER, REAL, Judges, Pairs
from ssgan.data.encoders.captions import text_encoder
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import load, pretrain

COLOURS = {"red": (250, 20, 20), "green": (20, 250, 20), "blue": (20, 20, 250)}
NAMES = [f"{colour} {k}" for k in range(40) for colour in COLOURS]


def letters(texts):
    """Rows in which the colour of a name is most, and its number a little."""
    rows = [[text.startswith(c) for c in COLOURS] + [0.01 * len(text)] for text in texts]
    return np.array(rows, dtype=np.float32)


@pytest.fixture
def place(tmp_path, monkeypatch):
    draw = np.random.default_rng(0)
    x = np.stack([np.full((16, 16, 3), COLOURS[name.split()[0]]) for name in NAMES])
    x = (x + draw.integers(-19, 5, x.shape)).astype(np.uint8)
    groups = np.array([name.split()[0] for name in NAMES])
    np.savez(tmp_path / "emoji.npz", x_train=x, captions=np.array(NAMES), groups=groups)
    monkeypatch.setattr(words, "text_encoder", lambda: text_encoder(letters))
    words.emoji.cache_clear()
    yield Place(tmp_path, tmp_path)
    words.emoji.cache_clear()


def test_names_are_held_out_with_their_pictures(place):
    train, held = words.split_pairs(place, 0)
    assert (len(train.x), len(held.x)) == (len(NAMES) - 12, 12)
    assert {*train.names} | {*held.names} == {*NAMES} and not {*train.names} & {*held.names}
    assert all(name.startswith(group) for name, group in zip(held.names, held.groups, strict=True))


def test_the_judge_finds_what_a_picture_shows(place):
    train, held = words.split_pairs(place, 0)
    judges = Judges(train)
    first = [int(np.flatnonzero(held.groups == colour)[0]) for colour in COLOURS]
    three = held[np.array(first)]  # one of each colour, so that the right one is clear
    assert judges.right_names(three.x, np.arange(3), three.rows, 0) == 1
    assert judges.right_names(three.x, np.array([1, 2, 0]), three.rows, 0) == 0
    assert judges.right_groups(held.x, held.groups) == 1


def test_a_copy_is_judged_by_who_has_not_seen_it(place):
    train, _ = words.split_pairs(place, 0)
    judges = Judges(train)
    alone = [judge.predict(judges.features(train.x)) for judge in judges.names]
    expected = [alone[k % words.JUDGES][k] for k in range(len(train.x))]
    np.testing.assert_array_equal(judges.predictions(judges.names, train.x), expected)


def test_a_class_is_known_by_the_mean_of_what_was_made_of_its_name():
    real = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    made = torch.tensor([[1.0, 0.0], [3.0, 0.0], [4.0, 0.0], [-1.0, 0.0], [5.0, 0.0], [4.0, 0.0]])
    assert words.zero_shot(made, real) == pytest.approx(2 / 3)


def test_copies_are_training_pictures_of_the_nearest_name(place):
    train, held = words.split_pairs(place, 0)
    x = words.made_by(Cell(method=COPY, seed=0), train, held, None)
    assert all((train.x == picture).all((1, 2, 3)).any() for picture in x)
    assert (words.made_by(Cell(method=REAL, seed=0), train, held, None) == held.x).all()


def test_every_method_has_a_row(place, monkeypatch):
    tiny = {"model": "stackgan", "width": 2, "latent": 4, "batch": 8}
    monkeypatch.setattr(words, "words_config", lambda steps, seed: GANConfig(**tiny, steps=steps))
    found = words.words(short=True, steps=1)
    monkeypatch.setattr(words, "pretrain", partial(pretrain, encoder=letters))
    found.prepare(found.needs(found.cells[-1]), place)
    rows = {}
    monkeypatch.setattr(words, "load", lambda run, device: load(run, device, encoder=letters))
    for cell in found.cells:
        rows[cell.method] = found.solve(cell, place)
    assert len(rows) == 5 and rows[OTHER].keys() == rows[REAL].keys()
    assert rows[COPY]["to_training"] == 0 and rows[COPY]["training_seconds"] == 0
    assert all(0 <= row[found.measure] <= 1 for row in rows.values())
    assert [cell.method for cell in found.cells if found.needs(cell) is None] == [REAL, COPY]


def test_a_suite_without_its_data_says_what_is_missing(tmp_path):
    with pytest.raises(ValueError, match=r"there is no .*emoji\.npz"):
        words.emoji(tmp_path)


def test_the_seconds_of_a_training_that_was_taken_up_are_those_of_its_parts(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    lines = [{"step": k, "seconds": s} for k, s in enumerate((1.5, 4.0, 2.0, 3.0))]
    (tmp_path / "metrics.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert words.training_seconds_of(tmp_path) == 7.0


def test_pairs_are_taken_together():
    pairs = Pairs(*(np.arange(3) for _ in range(4)))[np.array([2, 0])]
    assert pairs.names.tolist() == pairs.rows.tolist() == [2, 0]
