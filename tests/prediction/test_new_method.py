"""A method of finetuning is one file: dropped into the package it is all that a new one needs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import ssgan
from ssgan.prediction.methods import METHODS
from ssgan.prediction.names import FITTED, STEPPED

MEANS = '''
"""The class whose mean is nearest, in feature space."""

import torch
from torch import nn

from ssgan.prediction.method import Method
from ssgan.prediction.network import initial_network


class Means(nn.Module):
    def __init__(self, classes, features):
        super().__init__()
        self.register_buffer("means", torch.zeros(classes, features))

    def forward(self, features):
        return -torch.cdist(features.float(), self.means)


def fit(gan, config, rows):
    network = initial_network(gan, 1, config.seed)
    features = gan.apply(network.features, rows.packed)
    network.head = Means(rows.classes, features.shape[1])
    for k in range(rows.classes):
        network.head.means[k] = features[rows.values == k].mean(0)
    return network, None


METHOD = Method(fit=fit, head=lambda state, *_: Means(*state["means"].shape), numbers=False)
'''
ENTROPY = '''
"""The entropy of what the network says of unlabeled samples (Grandvalet and Bengio 2005)."""

import torch

from ssgan.prediction.method import Method
from ssgan.training.batches import Stream


class Entropy:
    trainable, parts = None, {}

    def __init__(self, config, learner, gan, rows):
        self.codec = gan.codec
        every = rows.every().to(gan.runtime.device)
        self.streams = {"every": Stream((every,), config.batch)}

    def batch_and_loss(self, batches, step, rng):
        (packed,) = batches("every", step, 0)
        return self.codec.expand(packed), self.terms

    def terms(self, features, outputs):
        return {"entropy": -(outputs.softmax(1) * outputs.log_softmax(1)).sum(1).mean()}

    def post_step(self, batches, step, rng, rate):
        return {}, torch.zeros(())

    def result(self, head):
        return head


METHOD = Method(loss=Entropy, steps=2, numbers=False)
'''
STORY = """
import numpy as np
from click.testing import CliRunner

import ssgan
from ssgan.cli import generate

generate.NAMES_FILE.write_text(generate.code())
from ssgan.cli import ssgan as command
from ssgan.prediction.loading import load_predictor

x = np.random.default_rng(0).normal(size=(40, 3))
labels = np.arange(40) % 2
x[:, 0] += 8 * labels
np.savez("x.npz", x=x, y=labels)
gan = ssgan.pretrain(ssgan.data.read("x.npz"), ssgan.GANConfig(steps=0, width=2), run="gan")
for method in ("nearest-mean", "entropy+propagation"):
    batch = {} if method == "nearest-mean" else {"batch": 4}
    config = ssgan.PredictorConfig(method=method, calibrate=False, **batch)
    model = ssgan.finetune(gan, x[:10], labels[:10], config, run=method)
    again = load_predictor(method)
    if not (again.outputs(x) == model.outputs(x)).all() or again.config != model.config:
        raise SystemExit(f"{method} is another one when it is loaded")
    words = ["finetune", "gan", "--labels", "x.npz", "--per-class", "5", "--no-calibrate"]
    words += ["--method", method, "--out", f"{method}-2"]
    for words in (words, ["predict", f"{method}-2", "x.npz", "--out", f"{method}.csv"]):
        done = CliRunner().invoke(command, words)
        if done.exit_code:
            raise SystemExit(done.output)
right = np.mean(load_predictor("nearest-mean").predict(x) == labels)
if right < 0.8:
    raise SystemExit(f"an accuracy of {right}")
"""


def test_a_file_in_the_folder_of_methods_is_all_that_a_new_one_needs(tmp_path):
    package = tmp_path / "package"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(ssgan.__file__).parent, package / "ssgan", ignore=ignored)
    methods = package / "ssgan" / "prediction" / "methods"
    (methods / "fitted" / "nearest_mean.py").write_text(MEANS)
    (methods / "stepped" / "entropy.py").write_text(ENTROPY)
    environment = os.environ | {"PYTHONPATH": str(package), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", STORY]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=300
    )
    assert not done.returncode, done.stderr


def test_a_method_lies_in_the_folder_of_its_kind_and_nowhere_else():
    assert all(METHODS[name].fit and not METHODS[name].loss for name in FITTED)
    assert all(METHODS[name].loss and not METHODS[name].fit for name in STEPPED)
    folder = Path(ssgan.__file__).parent / "prediction" / "methods"
    assert [path.name for path in folder.glob("*.py")] == ["__init__.py"]
