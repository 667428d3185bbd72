"""The commands on signals and volumes, from files of them: pretrain to report."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from ssgan.cli import ssgan

N = 40
LABELS = np.arange(N) % 2


def done(*words):
    """The result of a command that must work."""
    result = CliRunner().invoke(ssgan, [str(word) for word in words])
    assert result.exit_code == 0, result.stderr
    return result


def signals(seed=0):
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(N, 20)).cumsum(1)
    x[LABELS == 1, 10:] += 8
    return x


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A table of signals, voxels, and a GAN and a model of each."""
    home = tmp_path_factory.mktemp("modalities")
    frame = pd.DataFrame(signals(), columns=[f"t{i}" for i in range(20)]).assign(y=LABELS)
    frame.to_csv(home / "signals.csv", index=False)
    frame.drop(columns="y").to_csv(home / "more.csv", index=False)
    x = np.random.default_rng(0).random((N, 8, 8, 8))
    x[LABELS == 1, :, :4] += 1
    np.savez(home / "volumes.npz", x=x > 0.8, y=LABELS)
    few = ("--steps", 2, "--batch", 6, "--width", 2, "--quiet")
    signal = ("--modality", "signal", "--target", "y")
    done("pretrain", home / "signals.csv", *signal, "--run", home / "signals", *few)
    done("pretrain", home / "volumes.npz", "--run", home / "volumes", *few)
    for kind, data in (("signals", "signals.csv"), ("volumes", "volumes.npz")):
        words = ("--labels", home / data, "--per-class", 10, "--method", "probe", "--quiet")
        words += ("--no-calibrate",)
        done("finetune", home / kind, *words, "--out", home / f"{kind}-model")
    return home


@pytest.mark.parametrize("kind", ["signals", "volumes"])
def test_a_checkpoint_has_pictures_and_a_report_shows_them(home, kind):
    pictures = [*(home / kind / "samples").iterdir()]
    assert {path.suffix for path in pictures} == {".png"}
    for name in (kind, f"{kind}-model"):
        done("report", home / name, "--quiet")
        assert "<img" in (home / name / "report.html").read_text()


@pytest.mark.parametrize("data", ["signals.csv", "more.csv"])
def test_signals_are_predicted_from_columns_with_and_without_the_labels(home, data, tmp_path):
    done("predict", home / "signals-model", home / data, "--out", tmp_path / "p.csv", "--quiet")
    found = pd.read_csv(tmp_path / "p.csv")
    assert len(found) == N
    assert (found["prediction"] == LABELS).mean() > 0.9


def test_volumes_are_predicted_and_measured(home, tmp_path):
    model, data = home / "volumes-model", home / "volumes.npz"
    done("predict", model, data, "--out", tmp_path / "p.csv", "--quiet")
    assert (pd.read_csv(tmp_path / "p.csv")["prediction"] == LABELS).mean() > 0.9
    done("features", home / "volumes", data, "--out", tmp_path / "f.npy", "--quiet")
    assert len(np.load(tmp_path / "f.npy")) == N


@pytest.mark.parametrize(
    ("kind", "out"), [("signals", "s.csv"), ("signals", "s.npz"), ("volumes", "v.npz")]
)
def test_samples_are_written_in_the_form_of_the_real_ones(home, kind, out, tmp_path):
    done("sample", home / kind, "-n", 5, "--out", tmp_path / out, "--quiet")
    if out.endswith(".csv"):
        assert pd.read_csv(tmp_path / out).shape == (5, 20)
    else:
        shape = (5, 20) if kind == "signals" else (5, 8, 8, 8)
        assert np.load(tmp_path / out)["x"].shape == shape


@pytest.mark.parametrize("kind", ["signals", "volumes"])
def test_the_gate_compares_generated_ones_with_shifted_ones(home, kind, tmp_path):
    words = ("augment", home / kind, home / f"{kind}-model", "-n", 10, "--force", "--quiet")
    done(*words, "--out", tmp_path / "more.npz")
    verdict = json.loads((tmp_path / "more.verdict.json").read_text())
    assert "transforms" in {comparison["baseline"] for comparison in verdict["comparisons"]}


def test_a_table_of_pixels_goes_through_all_commands_as_images(home, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 99, (N, 64)) + 99 * LABELS[:, None]
    frame = pd.DataFrame(pixels, columns=[f"p{i}" for i in range(64)])
    frame.assign(label=LABELS).to_csv(tmp_path / "train.csv", index=False)
    frame.to_csv(tmp_path / "test.csv", index=False)
    few = ("--steps", 2, "--batch", 6, "--width", 2, "--quiet")
    flat = ("--target", "label", "--image-shape", "8,8")
    run, model = tmp_path / "r", tmp_path / "m"
    done("pretrain", tmp_path / "train.csv", *flat, *few, "--run", run)
    labels = ("--labels", tmp_path / "train.csv", "--per-class", 8, "--method", "probe")
    done("finetune", run, *labels, "--no-calibrate", "--out", model)
    for name in ("train", "test"):
        result = done("predict", model, tmp_path / f"{name}.csv", "--out", tmp_path / "p.csv")
        assert "warning" not in result.stderr
        assert (pd.read_csv(tmp_path / "p.csv").prediction == LABELS).all()
    assert '"accuracy": 1.0' in done("evaluate", model, tmp_path / "train.csv").stdout
    done("augment", run, model, "-n", 4, "--force", "--quiet", "--out", tmp_path / "more.npz")
    assert np.load(tmp_path / "more.npz")["x"].shape == (20, 64)
    done("sample", run, "-n", 3, "--out", tmp_path / "pictures", "--quiet")
    assert len([*(tmp_path / "pictures").glob("*.png")]) == 3
    words = ["pretrain", "digits", "--run", str(tmp_path / "no"), "--image-shape", "8x8"]
    result = CliRunner().invoke(ssgan, words)
    assert (result.exit_code, "expected sides as 28,28" in result.stderr) == (2, True)


def test_a_model_knows_what_samples_are_and_refuses_another_modality(home, tmp_path):
    x = np.load(home / "volumes.npz")["x"]
    np.save(tmp_path / "one.npy", x[0])
    words = ["predict", home / "volumes-model", tmp_path / "one.npy", "--out", tmp_path / "p.csv"]
    result = CliRunner().invoke(ssgan, [str(word) for word in words])
    assert "of shape (8, 8, 8): x[None] is a set of one" in result.stderr
    result = CliRunner().invoke(ssgan, [*map(str, words), "--modality", "image"])
    assert "modality 'image' was named, the model takes volumes" in result.stderr
    assert result.exit_code == 1


def test_what_cannot_be_used_is_refused_in_one_line(home):
    words = ("pretrain", home / "more.csv", "--modality", "volume", "--run", home / "no")
    result = CliRunner().invoke(ssgan, [str(word) for word in words])
    assert result.exit_code == 1
    assert "expected volumes (N, D, H, W) or (N, D, H, W, C), got a data frame" in result.stderr
    words = ("sample", home / "volumes", "-n", 3, "--out", home / "v.csv")
    result = CliRunner().invoke(ssgan, [str(word) for word in words])
    assert result.exit_code == 2
    assert "volumes can be written as .npz, .npy" in result.stderr
