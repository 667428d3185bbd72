"""What a command adds to the run that it trains is there from the first step on."""

import numpy as np
import pytest

from ssgan.cli.recording import recorded
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.finetune import finetuning
from ssgan.runs.run import Run
from ssgan.training.runner import finish
from tests.examples import KINDS, LABELS, trained

FILES = {"labels.json": "[1, 2]\n"}


def training(out, labels=LABELS, method="finetune"):
    config = PredictorConfig(method=method, steps=4, batch=8, calibrate=False)
    return finetuning(trained("vectors"), KINDS["vectors"](), labels, config, run=out)


def test_a_run_that_is_killed_after_a_step_has_its_files(tmp_path):
    next(recorded(training(tmp_path / "m"), tmp_path / "m", FILES))
    assert (tmp_path / "m" / "labels.json").read_text() == FILES["labels.json"]


@pytest.mark.parametrize("method", ["finetune", "probe"])
def test_what_a_training_returns_comes_through(method, tmp_path):
    model = finish(recorded(training(tmp_path / "m", method=method), tmp_path / "m", FILES))
    assert np.array_equal(model.predict(KINDS["vectors"]()), LABELS)
    assert (tmp_path / "m" / "labels.json").exists()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_interruption_reaches_the_training(stop, tmp_path):
    noted = recorded(training(tmp_path / "m"), tmp_path / "m", FILES)
    next(noted)
    with pytest.raises(stop):
        noted.throw(stop())
    assert Run.open(tmp_path / "m").steps() == [4]


def test_a_training_that_is_refused_leaves_the_run_of_another_alone(tmp_path):
    finish(training(tmp_path / "m"))
    other = training(tmp_path / "m", labels=1 - LABELS)
    with pytest.raises(FileExistsError):
        finish(recorded(other, tmp_path / "m", FILES))
    assert not (tmp_path / "m" / "labels.json").exists()
