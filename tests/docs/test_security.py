"""What SECURITY.md says of the samples that a run directory holds is so."""

import re
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.torch import load_file

import ssgan
from benchmarks.faults.flips import RESULT
from tests import examples

PAGES = ("SECURITY.md", "docs/guide/runs.md")


def kept(run, samples):
    """How many of some samples (N, F) stand in tensors of the checkpoints of a run, as they are."""
    rows = [
        tensor.flatten(1).double()
        for path in run.rglob("*.safetensors")
        for tensor in load_file(path).values()
        if tensor.dim() > 1 and tensor.flatten(1).shape[1] == samples.shape[1]
    ]
    near = [np.isclose(found[None], samples[:, None], atol=1e-5).all(2).any(1) for found in rows]
    return int(np.any(near, axis=0).sum()) if near else 0


@pytest.fixture(scope="module")
def gan(tmp_path_factory):
    run = tmp_path_factory.mktemp("gan") / "run"
    return ssgan.pretrain(examples.images(), steps=2, batch=6, width=2, latent=4, run=run), run


def encoded(gan, samples):
    return gan.codec.expand(gan.codec.pack(samples)).flatten(1).double().numpy()


def test_the_run_of_a_gan_holds_no_training_sample(gan):
    gan, run = gan
    assert kept(run, encoded(gan, examples.images())) == 0


@pytest.mark.parametrize(("method", "held"), [("baseline", 12), ("probe", 0), ("graph", 0)])
def test_a_baseline_holds_its_labelled_samples_and_other_methods_do_not(
    gan, method, held, tmp_path
):
    gan, _ = gan
    few, labels = examples.images()[:12], examples.LABELS[:12]
    run = tmp_path / "model"
    ssgan.finetune(gan, few, labels, examples.quick(method, calibrate=False), run=run)
    assert kept(run, encoded(gan, few)) == held


@pytest.mark.parametrize("page", PAGES)
def test_every_file_of_ten_kinds_of_directories_is_named(page):
    text = (Path(__file__).parents[2] / page).read_text("utf-8")
    rows = re.findall(r"^\|([^|]*)\|", text, re.MULTILINE)
    named = {name.rstrip("/") for row in rows for name in re.findall(r"`([^`]+)`", row)}
    held = {file.split("/")[0] for file in pd.read_csv(RESULT).file}
    assert "encoder.ts" in held and "source-split.json" in held
    assert {one for one in held if not any(fnmatch(one, name) for name in named)} == set()
