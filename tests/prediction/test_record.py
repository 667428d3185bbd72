"""What a model directory says of its labels is there from the first step on."""

import threading

import numpy as np
import pytest

from ssgan.prediction.finetune import finetune, finetuning
from ssgan.prediction.labels import labeled
from ssgan.runs.run import Run
from ssgan.training.runner import finish
from tests.examples import KINDS, LABELS, quick, trained

FILES = {"labels.json": "[1, 2]\n"}


def training(out, labels=LABELS, method="propagation"):
    config = quick(method, steps=4, batch=8, calibrate=False)
    rows = labeled(trained("vectors"), KINDS["vectors"](), labels, None, 0)
    return finetuning(trained("vectors"), rows, config, out, FILES)


def test_a_run_that_is_killed_after_a_step_has_its_files(tmp_path):
    going = training(tmp_path / "m")
    next(going)
    assert (tmp_path / "m" / "labels.json").read_text() == FILES["labels.json"]


@pytest.mark.parametrize("method", ["propagation", "probe"])
def test_a_model_has_its_files(method, tmp_path):
    model = finish(training(tmp_path / "m", method=method))
    assert np.array_equal(model.predict(KINDS["vectors"]()), LABELS)
    assert Run.open(tmp_path / "m").read("labels.json").decode() == FILES["labels.json"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_interruption_saves_a_checkpoint(stop, tmp_path):
    going = training(tmp_path / "m")
    next(going)
    with pytest.raises(stop):
        going.throw(stop())
    assert Run.open(tmp_path / "m").steps() == [4]


def test_a_training_that_is_refused_leaves_the_run_of_another_alone(tmp_path):
    finish(training(tmp_path / "m"))
    before = (tmp_path / "m" / "labels.json").stat().st_mtime_ns
    with pytest.raises(FileExistsError):
        finish(training(tmp_path / "m", labels=1 - LABELS))
    assert (tmp_path / "m" / "labels.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("method", ["probe", "baseline", "propagation"])
def test_two_finetunings_into_one_directory_end_right_or_say_that_the_other_is_at_work(
    method, tmp_path
):
    gan, x = trained("vectors"), KINDS["vectors"]()
    steps = {"steps": 4, "batch": 8} if method == "propagation" else {}
    ended = []

    def work():
        try:
            config = quick(method, calibrate=False, **steps)
            ended.append(finetune(gan, x, LABELS, config, run=tmp_path / "m").predict(x))
        except BlockingIOError as error:
            ended.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ended) == 3
    assert any(not isinstance(end, str) for end in ended)
    for end in ended:
        assert "is writing to" in end if isinstance(end, str) else np.array_equal(end, LABELS)
