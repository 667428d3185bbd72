"""What the user says of files on the command line, and what is said where it is not."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from ssgan.cli import ssgan

SMALL = ["--steps", "2", "--batch", "4", "--width", "2", "--latent", "2"]
PROBE = ["--method", "probe", "--no-calibrate"]
ROWS = 120


def run(*words):
    return CliRunner().invoke(ssgan, [str(word) for word in words])


def done(*words):
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result


def checked(*words):
    """What `data check` says of a file."""
    return json.loads(done("data", "check", *words).stdout)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A table with all that is ambiguous, and a GAN of it."""
    home = tmp_path_factory.mktemp("reading")
    rng = np.random.default_rng(0)
    frame = {
        "x": rng.normal(size=ROWS).round(3),
        "size": np.array(["s", "?", "l"])[np.arange(ROWS) % 3],
        "name": [f"n{row}" for row in range(ROWS)],
        "mood": np.arange(ROWS) % 3 - 1,
    }
    pd.DataFrame(frame).to_csv(home / "t.csv", index=False)
    words = ["--target", "mood", "--drop", "name", "--na", "?", "--unlabeled", "none"]
    done("pretrain", home / "t.csv", "--run", home / "r", *words, *SMALL)
    labels = ["--labels", home / "t.csv", "--target", "mood", "--unlabeled", "none"]
    done("finetune", home / "r", *labels, *PROBE, "--out", home / "m")
    return home


def test_the_options_of_reading_are_kept_by_the_run(home):
    options = json.loads((home / "r" / "config.json").read_text())["data"]["options"]
    expected = {"target": "mood", "drop": ["name"], "na": ["?"], "unlabeled": "none"}
    assert options == expected


def test_what_was_left_out_in_training_may_be_absent_later(home):
    pd.read_csv(home / "t.csv")[["x", "size"]].to_csv(home / "fewer.csv", index=False)
    for table in ("t.csv", "fewer.csv"):
        done("predict", home / "m", home / table, "--out", home / f"of-{table}", "--na", "?")
    whole, fewer = (pd.read_csv(home / f"of-{table}") for table in ("t.csv", "fewer.csv"))
    pd.testing.assert_frame_equal(whole, fewer)


def test_minus_one_is_a_class_where_that_is_said(home):
    found = done("predict", home / "m", home / "t.csv", "--out", home / "p.csv")
    assert found.stderr.count("warning") == 0
    table = pd.read_csv(home / "p.csv")
    assert {"probability_-1", "probability_0", "probability_1"} <= {*table.columns}
    measures = json.loads(done("evaluate", home / "m", home / "t.csv", "--part", "all").stdout)
    assert measures["rows"] == ROWS


def test_a_check_says_what_the_reading_said_once(home):
    told = checked(home / "t.csv", "--target", "mood")["warnings"]
    assert sum("labels of -1 are taken for unlabeled" in line for line in told) == 1
    assert sum("like an identifier" in line for line in told) == 1
    words = ["--target", "mood", "--unlabeled", "none", "--drop", "name", "--na", "?"]
    assert checked(home / "t.csv", *words)["warnings"] == []
    assert checked(home / "t.csv", "--no-header")["columns"].keys() == {"0", "1", "2", "3"}


def test_the_task_and_its_reason_are_said(home, tmp_path):
    words = ["--labels", home / "t.csv", "--target", "mood", "--unlabeled", "-1"]
    words += ["--out", tmp_path / "m", *PROBE]
    said = done("finetune", home / "r", *words).stderr
    assert "classification, by the labels: whole numbers of 2 values; --task decides" in said


def test_a_modality_and_an_empty_name_are_refused_in_one_line(home):
    for words, message in (
        ([home / "t.csv", "--modality", "signal"], "signals are numbers, column"),
        ([" ", "--modality", "table"], "the name of the data set is empty"),
        ([home / "t.csv", "--mode", "cmyk"], "there is no mode 'cmyk' of pictures"),
        ([home / "t.csv", "--drop", "nam"], "no column 'nam' to drop: did you mean 'name'"),
        ([home / "t.csv", "--target", "mod"], "no column 'mod' to predict: did you mean 'mood'"),
    ):
        result = run("pretrain", *words, "--run", home / "none")
        assert result.exit_code == 1
        assert message in result.stderr.splitlines()[-1]
        assert not (home / "none").exists()


def test_strict_refuses_levels_that_were_not_seen(home, tmp_path):
    table = pd.read_csv(home / "t.csv", keep_default_na=False)
    table.assign(size=["xxl", *table["size"][1:]]).to_csv(tmp_path / "new.csv", index=False)
    words = ["predict", home / "m", tmp_path / "new.csv", "--out", tmp_path / "p.csv"]
    said = done(*words).stderr
    assert said.count("warning: column 'size': 1 of 120 entries are levels that were not seen") == 1
    assert len(pd.read_csv(tmp_path / "p.csv")) == ROWS
    result = run(*words, "--strict")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("ssgan: column 'size': 1 of 120 entries")
