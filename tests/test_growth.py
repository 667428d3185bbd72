"""What is new is one file: those in fixtures/growth are laid over a copy of the package, and used.

No other file of the package knows of them.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ssgan

GROWTH = Path(__file__).parent / "fixtures" / "growth"


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """The folder in which the story went through."""
    folder = tmp_path_factory.mktemp("grown")
    package = folder / "package" / "ssgan"
    shutil.copytree(
        Path(ssgan.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(GROWTH / "ssgan", package, dirs_exist_ok=True)
    environment = {"PYTHONPATH": str(package.parent), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(GROWTH / "story.py")],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | environment,
        timeout=180,
    )
    assert not done.returncode, done.stderr
    return folder


def test_no_file_of_the_package_is_replaced():
    new = {path.relative_to(GROWTH) for path in GROWTH.rglob("ssgan/**/*.py")}
    assert len(new) >= 4
    assert not [path for path in new if (Path(ssgan.__file__).parent.parent / path).exists()]


def test_a_modality_is_pretrained_sampled_finetuned_and_reported(grown):
    assert [path.suffix for path in (grown / "gan" / "samples").iterdir()] == [".png"]
    for name in ("gan", "model"):
        assert "<img" in (grown / name / "report.html").read_text()


def test_a_kind_of_column_an_objective_and_an_architecture_are_used(grown):
    """The story stops with a message where one is not."""


def test_a_filter_and_a_baseline_of_the_gate_are_used(grown):
    """The story stops with a message where one is not."""
