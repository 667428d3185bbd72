"""The suite of texts: how its tables are read, and that its short form runs."""

import numpy as np
import pandas as pd
import pytest

from ssgan.benchmark import sentences, suite
from ssgan.benchmark.cells import Place
from ssgan.benchmark.problems import Problem
from ssgan.benchmark.suites import text
from ssgan.config import InputError
from ssgan.data import Data
from ssgan.data.encoders import encoded

WORDS = {"ABBR": "abbreviation", "DESC": "manner", "ENTY": "animal", "HUM": "person"} | {
    "LOC": "city",
    "NUM": "number",
}


def questions(count, seed):
    """Texts that name their class, among other words."""
    draw = np.random.default_rng(seed)
    labels = np.resize(list(WORDS), count)
    others = draw.choice(["what", "which", "is", "the", "of", "in"], (count, 3))
    rows = [" ".join([*words, WORDS[label]]) for words, label in zip(others, labels, strict=True)]
    return np.array(rows, dtype=object), labels


def letters(texts):
    """Rows (N, 26) of how often a text has each letter."""
    counts = [[words.count(chr(97 + place)) for place in range(26)] for words in texts]
    return np.array(counts, np.float32)


def problem():
    (x, y), (x_test, y_test) = questions(60, 0), questions(60, 1)
    data = Data(kind="texts", x=x, y=y, x_test=x_test, y_test=y_test)
    return Problem(encoded(data, letters), np.arange(24))


def written(folder, stem, **columns):
    pd.DataFrame(columns).to_csv(folder / f"{stem}.csv", index=False)


@pytest.mark.parametrize("predict", [sentences.of_rows, sentences.of_words])
def test_what_others_make_of_texts(predict):
    found = problem()
    assert (predict(found, 0) == found.data.y_test).mean() > 0.8


def test_five_grades_become_two_classes_and_the_middle_one_is_left_out(tmp_path):
    written(tmp_path, "sst5-train", text=list("abcde"), label=range(5))
    written(tmp_path, "sst5-test", text=["f", "g"], label=[2, 4])
    data = text.text_data("sst2", tmp_path)
    assert data.x.tolist() == list("abde")
    assert data.y.tolist() == ["negative"] * 2 + ["positive"] * 2
    assert (data.x_test.tolist(), data.y_test.tolist()) == (["g"], ["positive"])


def test_a_set_without_a_test_part_has_one_held_out(tmp_path):
    written(tmp_path, "cr", text=[f"t{place}" for place in range(100)], label=np.arange(100) % 2)
    data = text.text_data("cr", tmp_path)
    assert (len(data.x), len(data.x_test)) == (70, 30)
    assert len({*data.x, *data.x_test}) == 100


def test_words_that_pandas_takes_for_missing_are_texts(tmp_path):
    written(tmp_path, "cr", text=["NA", "null"] * 50, label=[0, 1] * 50)
    assert {*text.text_data("cr", tmp_path).x} == {"NA", "null"}


def test_a_table_that_is_not_there_is_named_with_what_to_put_where(tmp_path):
    with pytest.raises(FileNotFoundError, match="agnews-pool8000.csv is not there: put a table"):
        text.text_data("agnews", tmp_path)
    written(tmp_path, "cr", sentence=["a"], label=[0])
    with pytest.raises(InputError, match="has no column text"):
        text.text_data("cr", tmp_path)


def test_every_set_has_its_cells_and_one_gan_for_all_draws():
    cells = text.texts(False).cells
    counts = {(name, n) for name, one in text.SETS.items() for n in one.labels}
    assert {(cell.data, cell.labels) for cell in cells} == counts
    assert len(cells) == len(counts) * len(text.ROWS) * text.DRAWS
    assert {cell.gan_seed for cell in cells} == {0}


def test_the_short_form_runs(monkeypatch, tmp_path):
    few = encoded(Data(kind="texts", **parts_of(questions(60, 0), questions(30, 1))), letters)
    monkeypatch.setattr(text, "text_data", lambda name, data_dir: few)
    found = suite("text", short=True)
    place = Place(tmp_path)
    for need in {found.needs(cell) for cell in found.cells} - {None}:
        found.prepare(need, place)
    for cell in found.cells:
        if "auto" not in cell.method:  # tests/prediction/test_auto.py has it
            assert found.solve(cell, place)["accuracy"] > 1 / 6


def parts_of(train, test):
    return {"x": train[0], "y": train[1], "x_test": test[0], "y_test": test[1]}
