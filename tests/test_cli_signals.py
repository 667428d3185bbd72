"""Signals to a training in a process of its own: a checkpoint, the exit code, and going on."""

import signal
import subprocess
import sys

import numpy as np
import pytest

from ssgan.runs import Run


def start(data, run, steps):
    words = ["pretrain", data, "--run", run, "--steps", steps, "--batch", 4, "--width", 2]
    return subprocess.Popen(
        [sys.executable, "-m", "ssgan", *map(str, words)], stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_a_checkpoint_from_which_the_same_command_goes_on(tmp_path, number, code):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(20, 3)))
    process = start(tmp_path / "x.npy", tmp_path / "r", 10**6)
    first = process.stderr.readline()
    assert first.startswith("step 50/1000000")
    process.send_signal(number)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == code, rest
    run = Run.open(tmp_path / "r")
    (step,) = run.steps()
    assert step % 50 == 0
    assert run.load().step == step
    process = start(tmp_path / "x.npy", tmp_path / "r", 10**6)
    again = process.stderr.readline()
    process.kill()
    process.communicate()
    assert again.startswith(f"step {step + 50}/1000000")
