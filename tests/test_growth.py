"""What is new is one file: those in fixtures/growth are laid over a copy of the package, and used.

No other file of the package knows of them.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import ssgan

GROWTH = Path(__file__).parent / "fixtures" / "growth"


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """The folder in which the story went through."""
    folder = tmp_path_factory.mktemp("grown")
    package = folder / "package" / "ssgan"
    shutil.copytree(Path(ssgan.__file__).parent, package)
    shutil.copytree(GROWTH / "ssgan", package, dirs_exist_ok=True)
    environment = {"PYTHONPATH": str(package.parent), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(GROWTH / "story.py")],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | environment,
        timeout=900,
    )
    assert not done.returncode, done.stderr
    return folder


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_no_file_of_the_package_is_replaced():
    new = {path.relative_to(GROWTH) for path in GROWTH.rglob("ssgan/**/*.py")}
    assert len(new) >= 4
    assert not [path for path in new if (Path(ssgan.__file__).parent.parent / path).exists()]


def test_a_modality_is_pretrained_sampled_finetuned_and_reported(grown):
    assert [path.suffix for path in (grown / "gan" / "samples").iterdir()] == [".png"]
    for name in ("gan", "model"):
        assert "<img" in (grown / name / "report.html").read_text()


def test_a_kind_of_column_an_objective_and_an_architecture_are_used(grown):
    config = read_json(grown / "new" / "config.json")["config"]
    assert (config["objective"]["name"], config["architecture"]) == ("ramp", "linear")
    columns = read_json(grown / "times" / "codec.json")["columns"]
    assert [column["kind"] for column in columns] == ["clock", "number"]


@pytest.mark.parametrize("name", ["nearest-mean", "entropy+propagation"])
def test_a_method_is_named_on_the_command_line_and_its_model_predicts(grown, name):
    assert read_json(grown / name / "config.json")["config"]["method"] == name
    found = pd.read_csv(grown / f"{name}.csv")
    assert found.filter(like="probability_").shape == (40, 2)
    if name == "nearest-mean":
        assert (found["prediction"] == [0, 1] * 20).mean() > 0.8


def test_a_method_of_adaptation_is_named_on_the_command_line_and_its_model_predicts(grown):
    config = read_json(grown / "carried" / "config.json")
    assert config["adaptation"]["config"]["method"] == "means"
    assert {"step", "supervised", "gap"} <= json.loads(
        (grown / "carried" / "metrics.jsonl").read_text().splitlines()[-1]
    ).keys()
    assert len(pd.read_csv(grown / "carried.csv")) == 40


def test_a_filter_and_a_baseline_of_the_gate_are_used(grown):
    record = read_json(grown / "more.verdict.json")
    assert sum(record["samples"]["dropped"]["every-other"].values()) > 0
    assert "again" in {comparison["baseline"] for comparison in record["comparisons"]}


def test_a_data_set_is_named_on_the_command_line_and_a_suite_measures_on_it(grown):
    assert read_json(grown / "blobs-model" / "config.json")["labels"]["count"] == 40
    rows = pd.read_csv(grown / "results" / "guess.csv")
    assert rows["accuracy"].tolist() == [0.75, 0.75]
