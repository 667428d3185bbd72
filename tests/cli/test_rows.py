"""`ssgan sample` of tables: rows that are as one asks, columns that a model of real rows fills."""

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from ssgan.cli import ssgan

SMALL = ("--steps", 4, "--batch", 8, "--width", 2, "--latent", 4)


def done(*words):
    """The output of a command that must work."""
    result = CliRunner().invoke(ssgan, [*map(str, words), "--quiet"])
    assert result.exit_code == 0, result.output
    return result


def refused(*words):
    """The one line of a command that must fail."""
    result = CliRunner().invoke(ssgan, [*map(str, words), "--quiet"])
    assert result.exit_code == 1, result.output
    return result.stderr.strip()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    home = tmp_path_factory.mktemp("rows")
    age = np.arange(400) % 80
    kind = np.where(age < 40, "young", "old")
    pd.DataFrame({"age": age, "pay": np.arange(400)[::-1] / 4, "kind": kind}).to_csv(
        home / "t.csv", index=False
    )
    done("pretrain", home / "t.csv", "--run", home / "run", *SMALL)
    return home / "run"


def test_a_column_is_filled_by_a_model_of_the_real_rows(run, tmp_path):
    done("sample", run, "-n", 50, "--relabel", "kind", "--out", tmp_path / "rows.csv")
    rows = pd.read_csv(tmp_path / "rows.csv")
    assert len(rows) == 50
    sure = (rows["age"] - 39.5).abs() > 2
    assert (rows["kind"] == np.where(rows["age"] < 40, "young", "old"))[sure].all()


def test_a_column_that_there_is_not_is_refused(run, tmp_path):
    line = refused("sample", run, "-n", 5, "--relabel", "job", "--out", tmp_path / "rows.csv")
    assert "no column 'job' to relabel; the GAN has columns 'age', 'pay', 'kind'" in line
    assert not (tmp_path / "rows.csv").exists()


def test_rows_are_as_one_asks(run, tmp_path):
    asked = ("--where", "kind=old", "--where", "age>=30", "--where", "pay < 60")
    done("sample", run, "-n", 30, *asked, "--out", tmp_path / "rows.csv")
    rows = pd.read_csv(tmp_path / "rows.csv")
    assert len(rows) == 30
    assert (rows["kind"] == "old").all() and (rows["age"] >= 30).all() and (rows["pay"] < 60).all()


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("kind=ancient", "no row has kind=ancient: in training column 'kind' had the levels"),
        ("age>79", "no row has age>79: in training column 'age' had values from 0 to 79"),
        ("age<=-1", "no row has age<=-1"),
        ("age=200", "no row has age=200"),
        ("kind=", "and no gap"),
        ("kind>old", "levels have no order"),
        ("age>=many", "'many' is not a number"),
        ("height=3", "write COLUMN=VALUE"),
        ("age", "write COLUMN=VALUE"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(run, tmp_path, condition, says):
    line = refused("sample", run, "-n", 5, "--where", condition, "--out", tmp_path / "rows.csv")
    assert says in line and "\n" not in line
    assert not (tmp_path / "rows.csv").exists()


def test_conditions_that_never_hold_together_end(run, tmp_path):
    asked = ("--where", "kind=old", "--where", "kind=young")
    line = refused("sample", run, "-n", 5, *asked, "--out", tmp_path / "rows.csv")
    assert "of 200000 generated rows none has kind=old and kind=young" in line


def test_conditions_do_not_go_with_labels(run, tmp_path):
    words = ["sample", run, "--per-class", 5, "--where", "kind=old", "--out", tmp_path / "rows.csv"]
    result = CliRunner().invoke(ssgan, [*map(str, words)])
    assert result.exit_code == 2 and "--where and --relabel go with -n alone" in result.stderr
