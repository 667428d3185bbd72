"""Directories that version 0.1 wrote load, and give what they gave then."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ssgan.models.config import GANConfig
from ssgan.models.pretraining import load as load_gan
from ssgan.models.pretraining import pretrain
from ssgan.prediction.loading import load_predictor as load_model
from ssgan.runs.run import Run

OLD = Path(__file__).parent / "fixtures" / "runs-0.1"
EXPECTED = json.loads((OLD / "expected.json").read_text(encoding="utf-8"))
IMAGES = np.load(OLD / "digits.npz")["x"]
TABLE = pd.read_csv(OLD / "table.csv")


def loaded(how, name):
    """What a directory holds; one warning says that it has no manifest."""
    with pytest.warns(UserWarning, match=f"{name} is older than manifests") as caught:
        found = how(OLD / name)
    assert len(caught) == 1
    return found


def load(name):
    return loaded(load_gan, name)


def load_predictor(name):
    return loaded(load_model, name)


def same_as_then(name, found):
    # another processor rounds differently, and short trainings of narrow networks are sensitive
    np.testing.assert_allclose(found, EXPECTED[name], atol=5e-3)


def test_a_gan_of_images():
    gan = load("images")
    same_as_then("images.features", gan.features(IMAGES[:2])[:, :8])
    same_as_then("images.scores", gan.scores(IMAGES[:4]))
    assert gan.sample(3).shape == (3, 8, 8)


def test_a_gan_is_taken_up_again_and_keeps_its_settings_by_their_names_of_today(tmp_path):
    shutil.copytree(OLD / "images", tmp_path / "run")
    held = json.loads((tmp_path / "run" / "config.json").read_text(encoding="utf-8"))["config"]
    assert "body" in held
    fields = {**held, "steps": held["steps"] + 2}
    with pytest.warns(UserWarning, match="run is older than manifests") as caught:
        gan = pretrain(IMAGES, GANConfig.from_json(fields), run=tmp_path / "run")
    assert len(caught) == 1
    assert Run.open(tmp_path / "run").load().step == held["steps"] + 2
    again = load_gan(tmp_path / "run")  # it has a manifest now
    assert again.config == gan.config and gan.config.architecture == held["body"]
    with pytest.raises(FileExistsError, match="config.architecture="):
        pretrain(IMAGES, gan.config, run=tmp_path / "run", body="dense")


def test_a_conditional_vae_gan():
    gan = load("conditional-vae-gan")
    same_as_then("conditional.features", gan.features(IMAGES[:2])[:, :8])
    assert gan.classes == tuple(range(10))
    assert gan.sample(2, labels=3).shape == (2, 8, 8)


def test_a_gan_of_a_table():
    gan = load("table")
    same_as_then("table.features", gan.features(TABLE[:3])[:, :8])
    found = gan.sample(3)
    text = TABLE.select_dtypes(exclude="number").columns  # pandas 3 has a dtype for it
    assert dict(found.dtypes.drop(text)) == dict(TABLE.dtypes.drop(text))
    assert all(pd.api.types.is_string_dtype(found[name]) for name in text)


@pytest.mark.parametrize("name", [n for n in EXPECTED if n.startswith("model") and "num" not in n])
def test_a_classifier(name):
    same_as_then(name, load_predictor(name).predict_proba(IMAGES[-3:]))


def test_a_regression():
    model = load_predictor("model-numbers")
    same_as_then("model-numbers", model.predict(TABLE[-5:]))
    same_as_then("model-numbers-intervals", model.predict_interval(TABLE[-5:]))
