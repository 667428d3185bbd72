"""`ssgan sample` of tables: columns filled by a model of the real rows."""

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
