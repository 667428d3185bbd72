"""`ssgan augment`: a verdict first, real rows alone unless it helps, filters, and refusals."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from ssgan import augment as augment_in_python
from ssgan.cli import ssgan
from ssgan.cli.augment import write_augmented
from ssgan.synthesis import FILTERS, Plan, Request
from ssgan.synthesis.augment import context_for, labeled_rows, load_pair, propose
from tests import examples

REAL = 12


def run(*words):
    return CliRunner().invoke(ssgan, [str(word) for word in words])


def done(*words):
    result = run(*words)
    assert result.exit_code == 0, result.stderr
    return result


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Images and vectors with a GAN and a model each; the labels of the vectors are numbers."""
    home = tmp_path_factory.mktemp("augment")
    np.savez(home / "images.npz", x=examples.images(), y=examples.LABELS)
    np.save(home / "vectors.npy", examples.vectors())
    np.save(home / "numbers.npy", examples.NUMBERS)
    brief = ["--method", "propagation", "--steps", 2]
    small = ["--steps", 2, "--batch", 8, "--width", 2, "--latent", 4]
    for kind, file in (("images", "images.npz"), ("vectors", "vectors.npy")):
        done("pretrain", home / file, "--run", home / f"r-{kind}", *small)
    brief += ["--no-calibrate"]  # which would make it sure of what it tells
    classes = ["--labels", home / "images.npz", "--per-class", REAL // 2, *brief]
    done("finetune", home / "r-images", *classes, "--out", home / "m-images")
    np.save(home / "rare.npy", np.where(np.arange(24) % 6 == 1, 1, -(np.arange(24) % 2)))
    rare = ["--labels", home / "rare.npy", *brief]  # 12 of class 0 and 4 of class 1
    done("finetune", home / "r-images", *rare, "--out", home / "m-rare")
    numbers = ["--labels", home / "numbers.npy", "--count", REAL, *brief]
    done("finetune", home / "r-vectors", *numbers, "--out", home / "m-vectors")
    return home


def proposed(home, answer, ratio=None, **fields):
    """Ten synthetic rows with a verdict of one's own, and the real rows."""
    gan, model = load_pair(home / "r-images", home / "m-images")
    real = labeled_rows(model)
    found = propose(context_for(gan, model, real), Request(n=10, **fields), plan=Plan(repeats=1))
    return replace(found, verdict=replace(found.verdict, answer=answer, ratio=ratio)), real


def augment(home, out, *words, kind="images"):
    return run("augment", home / f"r-{kind}", home / f"m-{kind}", "-n", 10, "--out", out, *words)


def synthetic(path):
    with np.load(path) as arrays:
        return arrays["synthetic"].tolist()


@pytest.mark.parametrize(
    ("word", "force", "added"),
    [
        ("helps", False, 10),
        ("no evidence", False, 0),
        ("hurts", False, 0),
        ("hurts", True, 10),
        ("no evidence", True, 10),
    ],
)
def test_synthetic_rows_are_written_where_they_help_or_are_forced(
    home, tmp_path, capsys, word, force, added
):
    found, real = proposed(home, word, 10 / REAL if word == "helps" else None)
    write_augmented(found, real, "label", tmp_path / "a.npz", force=force, quiet=False)
    assert synthetic(tmp_path / "a.npz") == [False] * REAL + [True] * added
    assert f"holds {REAL} real and {added} synthetic rows" in capsys.readouterr().err
    told = json.loads((tmp_path / "a.verdict.json").read_text())
    assert (told["answer"], told["written"], told["samples"]["kept"]) == (word, added, 10)


@pytest.mark.parametrize(("force", "added"), [(False, 6), (True, 10)])
def test_no_more_rows_are_written_than_were_found_to_help(home, tmp_path, capsys, force, added):
    found, real = proposed(home, "helps", 0.5, balance=True)
    write_augmented(found, real, "label", tmp_path / "a.npz", force=force, quiet=False)
    line = "6 of 10 are written, no more were found to help"
    assert (line in capsys.readouterr().err) == (added == 6)
    assert json.loads((tmp_path / "a.verdict.json").read_text())["written"] == added
    with np.load(tmp_path / "a.npz") as arrays:
        x, y = arrays["x"][REAL:], arrays["y"][REAL:]
    pool, labels = found.first.samples, found.first.labels
    rows = [int(np.flatnonzero((pool == image).all((1, 2)))[0]) for image in x]
    assert len({*rows}) == added and (labels[rows] == y).all()
    assert {*y.tolist()} == {0, 1}  # some of every class, not the first six rows


def test_the_verdict_lies_in_the_folder_and_says_what_was_compared(home, tmp_path):
    result = augment(home, tmp_path / "a")
    assert result.exit_code == 0
    told = json.loads((tmp_path / "a" / "verdict.json").read_text())
    assert told["answer"] in ("helps", "no evidence", "hurts")
    assert (told["rows"], told["alpha"]) == (REAL, 0.002)
    assert {c["candidate"] for c in told["comparisons"]} == {"gan 0.5 : 1", "gan 0.833 : 1"}
    assert {c["baseline"] for c in told["comparisons"]} == {"nothing", "smote", "transforms"}
    count = len([*(tmp_path / "a" / "synthetic").rglob("*.png")])
    assert count == (10 if told["answer"] == "helps" else 0)
    assert len([*(tmp_path / "a" / "real").rglob("*.png")]) == REAL


@pytest.mark.parametrize("out", ["a", "a.npz"])
def test_a_page_and_the_verdict_say_what_filters_dropped(home, tmp_path, out):
    words = ["--filter", "near-duplicates", "--filter", "rejection"]
    assert augment(home, tmp_path / out, *words).exit_code == 0
    beside = "a/verdict.json" if out == "a" else "a.verdict.json"
    told = json.loads((tmp_path / beside).read_text())
    assert told["samples"]["kept"] == 10
    page = (tmp_path / beside.replace("verdict.json", "report.html")).read_text()
    for name in ("near-duplicates", "rejection"):
        assert f"{name}: {sum(told['samples']['dropped'][name].values()):,}" in page
    for one in told["comparisons"]:
        assert f"{one['low']:+.2f} to {one['high']:+.2f}" in page


def test_what_could_be_seen_is_printed_before_the_verdict(home, tmp_path):
    lines = augment(home, tmp_path / "a.npz").stderr.splitlines()
    first = next(k for k, line in enumerate(lines) if "4 of 5 cases" in line)
    last = next(k for k, line in enumerate(lines) if "verdict: " in line)
    assert f"with {REAL} labelled rows a gain of" in lines[first]
    assert first < last


STRICT = ("confidence", "centroid")  # nothing of a GAN after two steps passes


@pytest.mark.parametrize("name", [name for name in FILTERS if name not in STRICT])
def test_every_filter_has_its_candidates_and_keeps_the_count(home, tmp_path, name):
    augmented = augment(home, tmp_path / "a.npz", "--filter", name, "--force")
    assert augmented.exit_code == 0, augmented.stderr
    assert sum(synthetic(tmp_path / "a.npz")) == 10
    told = json.loads((tmp_path / "a.verdict.json").read_text())
    assert [*told["samples"]["dropped"]] == [name]
    assert {c["candidate"] for c in told["comparisons"]} == {
        f"{name} {r} : 1" for r in (0.5, 0.833)
    }


@pytest.mark.parametrize("name", STRICT)
def test_filters_that_nothing_passes_are_one_sentence_and_nothing_is_written(home, tmp_path, name):
    result = augment(home, tmp_path / "a", "--filter", name)
    assert result.exit_code == 1
    assert "of 20000 synthetic samples 0 of class" in result.stderr
    assert "loosen the filters" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_filters_follow_one_another(home, tmp_path):
    words = ["--filter", "near-duplicates", "--filter", "rejection"]
    assert augment(home, tmp_path / "a.npz", *words).exit_code == 0
    told = json.loads((tmp_path / "a.verdict.json").read_text())
    names = {c["candidate"].rsplit(" ", 3)[0] for c in told["comparisons"]}
    assert names == {"near-duplicates + rejection"}
    assert [*told["samples"]["dropped"]] == ["near-duplicates", "rejection"]


def test_the_same_seed_gives_the_same_file_and_verdict(home, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert augment(home, tmp_path / f"{name}.npz", "--force", "--seed", seed).exit_code == 0
    first, again, other = ((tmp_path / f"{name}.npz").read_bytes() for name in "abc")
    assert first == again != other
    told = [(tmp_path / f"{name}.verdict.json").read_text() for name in "ab"]
    assert told[0] == told[1]


def test_python_judges_the_samples_of_the_command_line(home, tmp_path):
    words = ["augment", home / "r-images", home / "m-rare", "--per-class", 20]
    done(*words, "--force", "--out", tmp_path / "a.npz")
    gan, model = load_pair(home / "r-images", home / "m-rare")
    *_, verdict = augment_in_python(gan, model, per_class=20, gate=True)  # it knows its rows
    samples, labels = augment_in_python(gan, model, per_class=20, gate=False)
    told = json.loads((tmp_path / "a.verdict.json").read_text())
    assert json.loads(json.dumps(verdict.to_json())).items() <= told.items()
    with np.load(tmp_path / "a.npz") as arrays:
        added = arrays["synthetic"]
        assert np.array_equal(arrays["x"][added], samples)
        assert np.array_equal(arrays["y"][added], labels)


def test_numbers_are_judged_by_errors_and_not_added_without_evidence(home, tmp_path):
    result = augment(home, tmp_path / "a.csv", "--classifier", "linear", kind="vectors")
    assert result.exit_code == 0
    assert "verdict: no evidence" in result.stderr
    assert not pd.read_csv(tmp_path / "a.csv")["synthetic"].any()
    told = json.loads((tmp_path / "a.verdict.json").read_text())
    assert told["metric"] == "error reduction"
    assert (told["rows"], told["written"]) == (REAL, 0)


def test_classes_are_filled_up_and_judged_by_balanced_accuracy(home, tmp_path):
    model = ["augment", home / "r-images", home / "m-rare", "--force"]
    done(*model, "--strategy", "auto", "--out", tmp_path / "a.npz")
    done(*model, "--per-class", 3, "--out", tmp_path / "b.npz")
    for name, added, ratio in (("a", [1] * 8, 0.5), ("b", [0] * 3 + [1] * 3, 0.375)):
        with np.load(tmp_path / f"{name}.npz") as arrays:
            assert arrays["y"][arrays["synthetic"]].tolist() == added
        told = json.loads((tmp_path / f"{name}.verdict.json").read_text())
        assert told["metric"] == "balanced accuracy"
        candidates = {c["candidate"].removesuffix(", threshold moved") for c in told["comparisons"]}
        assert candidates == {f"gan {ratio} : 1"}
    done(*model, "-n", 5, "--out", tmp_path / "c.npz")
    assert json.loads((tmp_path / "c.verdict.json").read_text())["metric"] == "accuracy"


@pytest.mark.parametrize(
    ("kind", "name", "words", "code", "line"),
    [
        ("images", "a.npz", ["--filter", "beauty"], 1, "no filter 'beauty'; there are agreement"),
        ("images", "a.npz", ["-n", 0], 2, "0 is not in the range"),
        ("images", "a.csv", [], 2, "a.csv"),
        ("images", "a.npz", ["--strategy", "auto"], 2, "Give one of -n, --per-class and --strat"),
        ("images", "a.npz", ["--per-class", 3], 2, "Give one of -n, --per-class and --strategy"),
        ("vectors", "a.csv", ["--filter", "rejection"], 1, "filters are for classes"),
        ("vectors", "a.csv", ["--balance"], 1, "counts and balance are for classes"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_is_written(
    home, tmp_path, kind, name, words, code, line
):
    result = augment(home, tmp_path / name, *words, kind=kind)
    assert result.exit_code == code
    assert line in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "words", "code", "line"),
    [
        ("images", [], 2, "Give one of -n, --per-class and --strategy: each says how many"),
        ("images", ["--strategy", "auto", "--balance"], 2, "--balance goes with -n"),
        ("images", ["--strategy", "majority"], 2, "'majority' is not one of"),
        ("images", ["--strategy", "auto"], 1, "all classes have 6 labelled rows: ask for a number"),
        ("vectors", ["--per-class", 3], 1, "counts and balance are for classes"),
        ("vectors", ["--strategy", "auto"], 1, "counts and balance are for classes"),
    ],
)
def test_numbers_of_rows_that_cannot_be_are_refused(home, tmp_path, kind, words, code, line):
    at = tmp_path / "a.npz"
    result = run("augment", home / f"r-{kind}", home / f"m-{kind}", "--out", at, *words)
    assert result.exit_code == code
    assert line in result.stderr
    assert list(tmp_path.iterdir()) == []
