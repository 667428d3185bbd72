"""What a run holds of the data and does not need can be taken out of it."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import ssgan
from ssgan.cli import ssgan as command
from ssgan.models.forget import forget
from ssgan.prediction.loading import load_predictor
from ssgan.report import report
from ssgan.runs.run import Run

SECRET = "patients-of-dr-no"


@pytest.fixture
def model(tmp_path):
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    y = np.array(["a", "b"])[(x[:, 0] > 0).astype(int)]
    np.savez(tmp_path / f"{SECRET}.npz", x=x, y=y)
    config = ssgan.GANConfig(steps=2, batch=8, width=2, latent=4)
    gan = ssgan.pretrain(str(tmp_path / f"{SECRET}.npz"), config, run=tmp_path / "run")
    fields = {"method": "probe", "calibrate": False}
    ssgan.finetune(ssgan.load(tmp_path / "run"), x, y, run=tmp_path / "model", **fields)
    assert gan.data["source"].endswith(f"{SECRET}.npz")
    return tmp_path / "model", x


def test_what_is_forgotten_is_gone_and_predictions_stay(model):
    path, x = model
    before = load_predictor(path).predict(x)
    report(path)
    removed = forget(path)
    assert {"labels.json", "split.json", "origin.json", "report.html", "config.json"} <= {*removed}
    assert not any(SECRET in f.read_text("utf-8") for f in path.glob("*.json"))
    assert sorted(p.name for p in path.iterdir()) == [
        *("checkpoints", "codec.json", "config.json", "manifest.json")
    ]
    assert np.array_equal(load_predictor(path).predict(x), before)
    assert forget(path) == []


def test_a_gan_forgets_its_previews_and_the_path_of_its_data(model):
    run = model[0].with_name("run")
    before = ssgan.load(run).sample(3)
    assert "config.json" in forget(run)
    gan = ssgan.load(run)
    assert np.array_equal(gan.sample(3), before) and gan.training_samples() is None
    assert SECRET not in (run / "config.json").read_text() + (run / "manifest.json").read_text()
    assert json.loads((run / "config.json").read_text())["data"]["source"] == "memory"
    assert not list((run / "samples").glob("*"))


def test_a_run_that_is_written_to_is_not_touched(model):
    with Run.open(model[0]).writing(), pytest.raises(BlockingIOError, match="is writing to"):
        forget(model[0])
    assert (model[0] / "split.json").exists()


def test_the_command_says_what_it_removed(model):
    ended = CliRunner().invoke(command, ["forget", str(model[0])])
    assert ended.exit_code == 0 and "split.json" in ended.output
    refused = CliRunner().invoke(command, ["forget", str(model[0] / "none")])
    assert refused.exit_code == 1 and "is not a run directory" in refused.output


def test_an_adapted_model_forgets_the_paths_of_both_domains(tmp_path):
    of_data = {"source": f"/{SECRET}", "options": {"data_dir": f"/{SECRET}"}, "fingerprint": "0"}
    run = Run.claim(tmp_path / "model", {"gan": of_data, "adaptation": {"source": of_data}})
    assert forget(run.path) == ["config.json"]
    assert SECRET not in (run.path / "config.json").read_text()
    assert forget(run.path) == []


def test_runs_within_a_model_forget_too(tmp_path):
    of_data = {"source": f"/{SECRET}", "options": {}, "fingerprint": "0"}
    Run.claim(tmp_path / "model", {"kind": "predictor"})
    inner = Run.claim(tmp_path / "model" / "translator", {"data": {"target": of_data}})
    with inner.writing() as held:
        held.write("samples/step-00000001.png", b"of the source")
    outer = Run.open(tmp_path / "model")
    with outer.writing() as held:
        held.write("source-split.json", SECRET)
    kept = {"translator/samples/step-00000001.png", "translator/config.json", "source-split.json"}
    assert {*forget(outer.path)} == kept
    assert not any(SECRET in p.read_text() for p in outer.path.rglob("*.json"))
    Run.open(inner.path).check()
    assert forget(outer.path) == []


def test_what_has_no_path_has_none_to_forget(tmp_path):
    run = Run.claim(tmp_path / "up", {"kind": "upscaler", "data": {"pictures": 4}})
    assert forget(run.path) == []
