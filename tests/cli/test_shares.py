"""`ssgan finetune --shares` and `--budget`: what they give, and what they refuse."""

import json

import numpy as np
import pytest

from tests.cli.test_refusals import SMALL, refused, run

FEW = ("--per-class", 4, "--method", "probe", "--no-calibrate")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A GAN of rows of two classes, one of them rare."""
    home = tmp_path_factory.mktemp("shares")
    rng = np.random.default_rng(0)
    y = np.where(np.arange(200) % 10 == 0, "rare", "often")
    x = rng.normal(size=(200, 3)) + (y == "rare")[:, None]
    np.savez(home / "d.npz", x=x.astype(np.float32), y=y)
    assert run("pretrain", home / "d.npz", "--run", home / "r", *SMALL).exit_code == 0
    return home


def finetune(home, out, *words):
    return run("finetune", home / "r", "--labels", home / "d.npz", "--out", out, *FEW, *words)


def stored(out):
    return json.loads((out / "shares.json").read_text())


@pytest.mark.parametrize("name", ["estimated", "equal"])
def test_shares_are_named(home, tmp_path, name):
    assert finetune(home, tmp_path / "m", "--shares", name).exit_code == 0
    assert stored(tmp_path / "m")["origin"] == name


def test_shares_come_from_a_file(home, tmp_path):
    (tmp_path / "s.csv").write_text("class,share\nrare,0.1\noften,0.9\n")
    assert finetune(home, tmp_path / "m", "--shares", tmp_path / "s.csv").exit_code == 0
    assert stored(tmp_path / "m")["samples"] == pytest.approx([0.9, 0.1])


def test_without_other_shares_there_is_no_file(home, tmp_path):
    assert finetune(home, tmp_path / "m").exit_code == 0
    assert not (tmp_path / "m" / "shares.json").exists()


@pytest.mark.parametrize(
    ("text", "words", "code"),
    [
        ("class,share\nrare,0.1\noften,0.8\n", "which sum to 0.9", 1),
        ("class,share\nrare,1\n", "got those of rare", 1),
        ("class,share\nrare,few\n", "expected a class and a number in every line", 2),
        ("name,share\nrare,1\n", "expected the columns class,share", 2),
        ("", "got nothing", 2),
    ],
)
def test_a_file_of_other_shares_is_refused(home, tmp_path, text, words, code):
    (tmp_path / "s.csv").write_text(text)
    flags = ("--shares", tmp_path / "s.csv", "--out", tmp_path / "m", "--quiet")
    line = refused("finetune", home / "r", "--labels", home / "d.npz", *FEW, *flags, code=code)
    assert words in line
    assert not (tmp_path / "m").exists()


def test_a_time_bounds_auto_alone(home, tmp_path):
    words = ("finetune", home / "r", "--labels", home / "d.npz", "--out", tmp_path / "m")
    assert "a budget bounds what auto compares" in refused(*words, *FEW, "--budget", "5m", code=2)
    assert "expected a time as 60s, 5m or 1h" in refused(*words, "--budget", "soon", code=2)
    shown = run(*words, "--per-class", 4, "--budget", "5m", "--dry-run")
    assert json.loads(shown.stdout)["config"]["auto"]["budget"] == 300
