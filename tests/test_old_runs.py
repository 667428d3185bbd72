"""Directories that version 0.1 wrote load, and give what they gave then."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ssgan.models.config import GANConfig
from ssgan.models.pretraining import load, pretrain
from ssgan.prediction.predictor import load_predictor
from ssgan.runs.run import Run

OLD = Path(__file__).parent / "fixtures" / "runs-0.1"
EXPECTED = json.loads((OLD / "expected.json").read_text(encoding="utf-8"))
IMAGES = np.load(OLD / "digits.npz")["x"]
TABLE = pd.read_csv(OLD / "table.csv")


def same_as_then(name, found):
    # another processor rounds differently, and short trainings of narrow networks are sensitive
    np.testing.assert_allclose(found, EXPECTED[name], atol=5e-3)


def test_a_gan_of_images():
    gan = load(OLD / "images")
    same_as_then("images.features", gan.features(IMAGES[:2])[:, :8])
    same_as_then("images.scores", gan.scores(IMAGES[:4]))
    assert gan.sample(3).shape == (3, 8, 8)


def test_a_gan_is_taken_up_again_and_keeps_its_settings_by_their_names_of_today(tmp_path):
    shutil.copytree(OLD / "images", tmp_path / "run")
    held = json.loads((tmp_path / "run" / "config.json").read_text(encoding="utf-8"))["config"]
    assert "body" in held
    fields = {**held, "steps": held["steps"] + 2}
    gan = pretrain(IMAGES, GANConfig.from_json(fields), run=tmp_path / "run")
    assert Run.open(tmp_path / "run").load().step == held["steps"] + 2
    again = load(tmp_path / "run")
    assert again.config == gan.config and gan.config.architecture == held["body"]
    with pytest.raises(FileExistsError, match="config.architecture="):
        pretrain(IMAGES, gan.config, run=tmp_path / "run", body="dense")


def test_a_conditional_vae_gan():
    gan = load(OLD / "conditional-vae-gan")
    same_as_then("conditional.features", gan.features(IMAGES[:2])[:, :8])
    assert gan.classes == tuple(range(10))
    assert gan.sample(2, labels=3).shape == (2, 8, 8)


def test_a_gan_of_a_table():
    gan = load(OLD / "table")
    same_as_then("table.features", gan.features(TABLE[:3])[:, :8])
    assert list(gan.sample(3).dtypes) == list(TABLE.dtypes)


@pytest.mark.parametrize("name", [n for n in EXPECTED if n.startswith("model") and "num" not in n])
def test_a_classifier(name):
    same_as_then(name, load_predictor(OLD / name).predict_proba(IMAGES[-3:]))


def test_a_regression():
    model = load_predictor(OLD / "model-numbers")
    same_as_then("model-numbers", model.predict(TABLE[-5:]))
    same_as_then("model-numbers-intervals", model.predict_interval(TABLE[-5:]))
