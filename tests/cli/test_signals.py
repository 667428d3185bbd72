"""Signals to a training in a process of its own: a checkpoint, the exit code, and going on."""

import signal
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from ssgan.cli import progress, ssgan
from ssgan.runs.run import Run


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)],
)
def test_a_signal_leaves_a_checkpoint_from_which_the_same_command_goes_on(
    tmp_path, monkeypatch, number, code
):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(20, 3)))
    words = ["pretrain", tmp_path / "x.npy", "--run", tmp_path / "r", "--steps", 10**6]
    words = [str(word) for word in [*words, "--batch", 4, "--width", 2]]
    process = subprocess.Popen(
        [sys.executable, "-m", "ssgan", *words], stderr=subprocess.PIPE, text=True
    )
    first = process.stderr.readline()
    assert first.startswith("step 50/1000000")
    process.send_signal(number)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == code, rest
    run = Run.open(tmp_path / "r")
    (step,) = run.steps()
    assert step % 50 == 0
    assert run.load().step == step
    again = []

    def noted(state):
        again.append((state.step, state.steps))
        raise KeyboardInterrupt

    monkeypatch.setattr(progress, "lines", lambda: noted)
    CliRunner().invoke(ssgan, words)  # in this process, where nothing has to be imported again
    assert again == [(step + 50, 1_000_000)]
