"""`ssgan adapt`: from two files to a model, and what it refuses."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image

from ssgan.cli import ssgan
from ssgan.data import read

SMALL = ("--steps", 4, "--batch", 8, "--quiet")


def run(*words):
    return CliRunner().invoke(ssgan, [str(word) for word in words])


def done(*words):
    result = run(*words)
    assert result.exit_code == 0, result.stderr
    return result


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Two domains as images, and as tables of which one has no labels."""
    home = tmp_path_factory.mktemp("adapt")
    draw, y = np.random.default_rng(0), np.arange(40) % 2
    x = draw.integers(0, 256, (40, 8, 8), dtype=np.uint8)
    np.savez(home / "small.npz", x=x, y=y)
    large = draw.integers(0, 256, (40, 12, 12, 3), dtype=np.uint8)
    parts = {"x_test": large[:12], "y_test": y[:12]}
    np.savez(home / "large.npz", x_train=large, y_train=y, **parts)
    table = pd.DataFrame({"age": draw.normal(size=40), "rich": np.where(y, "yes", "no")})
    table.to_csv(home / "last-year.csv", index=False)
    table[["age"]].assign(age=table.age + 1).to_csv(home / "this-year.csv", index=False)
    done("adapt", home / "small.npz", home / "large.npz", "--out", home / "model", *SMALL)
    return home


def test_images_are_adapted_predicted_and_evaluated(home):
    done("predict", home / "model", home / "large.npz", "--out", home / "found.csv")
    found = pd.read_csv(home / "found.csv")
    assert list(found) == ["row", "prediction", "probability_0", "probability_1"]
    assert len(found) == 12  # the test part
    told = json.loads(done("evaluate", home / "model", home / "large.npz").stdout)
    assert 0 <= told["measures"]["accuracy"] <= 1
    assert told["rows"] == 12


def test_a_report_is_written_of_an_adapted_model(home):
    done("report", home / "model")
    assert "<html" in (home / "model" / "report.html").read_text()


def test_a_table_without_the_column_of_labels_is_a_target(home):
    files = home / "last-year.csv", home / "this-year.csv"
    done("adapt", *files, "--target", "rich", "--out", home / "table", *SMALL)
    done("predict", home / "table", files[1], "--out", home / "rich.csv")
    assert set(pd.read_csv(home / "rich.csv").prediction) <= {"yes", "no"}


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(home):
    words = ("adapt", home / "small.npz", home / "large.npz", "--method", "dann", "--dry-run")
    told = json.loads(done(*words).stdout)
    assert told["config"]["method"] == "dann"
    assert told["frame"] == "source: 8 x 8 grey, padded to 12 x 12, as rgb; target: 12 x 12 rgb"


def test_a_finished_adaptation_is_taken_up_without_a_step(home):
    before = (home / "model" / "metrics.jsonl").read_bytes()
    done("adapt", home / "small.npz", home / "large.npz", "--out", home / "model", *SMALL)
    assert (home / "model" / "metrics.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("small.npz", "large.npz"), 2, "Missing option '--out'"),
        (("small.npz", "small.npz", "--out", "m"), 1, "there is nothing to adapt"),
        (("this-year.csv", "last-year.csv", "--out", "m"), 1, "holds no labels to learn from"),
        (("small.npz", "this-year.csv", "--out", "m"), 1, "must be of one modality"),
        (
            ("small.npz", "large.npz", "--method", "dan", "--out", "m"),
            1,
            "dann, importance",
        ),
    ],
)
def test_what_cannot_be_adapted_is_refused_in_a_sentence(home, words, code, sentence):
    files = [str(home / word) if "." in word else word for word in words]
    result = run("adapt", *files)
    assert result.exit_code == code
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_pairs_of_coupled_gans_are_sampled(home):
    done(
        "adapt",
        home / "small.npz",
        home / "large.npz",
        "--out",
        home / "cogan",
        *SMALL,
        "--method",
        "cogan",
    )
    done("sample", home / "cogan", "-n", 3, "--out", home / "pairs.npz")
    with np.load(home / "pairs.npz") as pairs:
        assert pairs["source"].shape == (3, 8, 8)
        assert pairs["target"].shape == (3, 12, 12, 3)
    done("sample", home / "cogan", "-n", 3, "--out", home / "pairs")
    assert len(list((home / "pairs" / "target").glob("*.png"))) == 3


TINY = "steps = 2\nwidth = 2\nblocks = 1\nbatch = 2\n"


def test_translated_arrays_bring_the_labels_of_the_source(home):
    (home / "tiny.toml").write_text(TINY)
    words = ("--config", home / "tiny.toml", "--out", home / "translated")
    result = done("translate", home / "small.npz", home / "large.npz", *words)
    assert "holds 40 images of" in result.stderr
    data = read(home / "translated" / "translated.npz")
    assert data.x.shape == (40, 12, 12, 3)
    assert data.y.tolist() == (np.arange(40) % 2).tolist()


def test_translated_files_keep_their_names_and_so_their_classes(home):
    (home / "tiny.toml").write_text(TINY)
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8), dtype=np.uint8)
    for number, image in enumerate(images):
        folder = home / "drawings" / ("cat", "dog")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{number}.bmp")
    words = ("--method", "cut", "--config", home / "tiny.toml", "--out", home / "photos")
    for _ in range(2):  # the second takes up a finished run
        done("translate", home / "drawings", home / "large.npz", *words)
    data = read(home / "photos" / "translated")
    assert data.names == [
        *(f"cat/{n}.png" for n in (0, 2, 4)),
        *(f"dog/{n}.png" for n in (1, 3, 5)),
    ]
    assert data.y.tolist() == 3 * ["cat"] + 3 * ["dog"]
