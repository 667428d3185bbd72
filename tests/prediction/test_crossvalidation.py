"""What folds of the labels tell of a classifier's probabilities, and that it is kept."""

import shutil
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from ssgan.metrics import predictions
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import pretrain
from ssgan.prediction.calibration.temperature import (
    CALIBRATION_FOLDS,
    calibration_folds,
    temperature_of,
)
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.evaluation import evaluate
from ssgan.prediction.finetune import finetune, finetuning
from ssgan.prediction.heldout.crossvalidation import TRAINING_FOLDS, held_out_outputs, make_folds
from ssgan.prediction.labels import labeled
from ssgan.prediction.loading import load_predictor
from ssgan.prediction.names import FITTED, STEPPED
from ssgan.prediction.resolve import resolve_config
from ssgan.runs.run import Run
from ssgan.training.runner import finish
from tests.examples import FAST, KINDS, LABELS, NUMBERS, N, quick, same, trained

each_method = pytest.mark.parametrize("method", sorted({*FITTED, *STEPPED} - {"graph"}))


def config(method, **settings):
    return quick(method, steps=None if method in FITTED else 3, batch=8, **settings)


def noisy(n=400, seed=0):
    """Vectors (n, 3) and classes that the first column tells, but for three rows of ten."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n, 3))
    return x, ((x[:, 0] > 0) ^ (draw.random(n) < 0.3)).astype(int)


NOISE, COINS = noisy(N)[0], np.random.default_rng(1).integers(0, 2, N)


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory):
    """What gives a method's model of labels that say nothing, and its directory: made once."""

    @cache
    def of(method):
        run = tmp_path_factory.mktemp("calibrated") / "m"
        return finetune(trained("vectors"), NOISE, COINS, config(method), run=run), run

    return of


@each_method
def test_probabilities_are_tempered_and_a_directory_keeps_the_temperature(method, calibrated):
    model, run = calibrated(method)
    assert model.temperature != 1
    logits = torch.from_numpy(model.outputs(NOISE))
    expected = (logits / model.temperature).softmax(1).numpy()
    np.testing.assert_allclose(model.predict_proba(NOISE), expected)
    assert same(load_predictor(run).predict_proba(NOISE), model.predict_proba(NOISE))


@each_method
def test_a_run_is_calibrated_once(method, calibrated, tmp_path):
    """What its file says is taken, whatever the folds would say."""
    shutil.copytree(calibrated(method)[1], tmp_path / "m")
    with Run.open(tmp_path / "m").writing() as run:
        run.write("temperature.json", '{"temperature": 3.5}')
    again = finetune(trained("vectors"), NOISE, COINS, config(method), run=tmp_path / "m")
    assert again.temperature == 3.5


def test_hidden_labels_have_calibrated_a_graph():
    assert finetune(trained("vectors"), NOISE, COINS, config("graph")).temperature == 1


def test_probabilities_of_new_rows_are_better_for_it():
    """A network that has learnt the noise of its labels by heart is too sure of itself."""
    x, y = noisy(1500)
    gan = pretrain(x[:150], GANConfig(steps=0, width=8))
    asked = PredictorConfig(method="propagation", steps=300, warp=0.0)
    model = finetune(gan, x[:150], y[:150], asked, unlabeled=x[:0])
    found = evaluate(model, x[150:], y[150:])
    plain = evaluate(replace(model, temperature=1.0), x[150:], y[150:])
    assert model.temperature > 1.5
    assert found["log_loss"] < plain["log_loss"] - 0.01
    assert found["accuracy"] == plain["accuracy"]


def test_every_row_is_answered_by_a_course_that_did_not_see_its_label():
    """Of the nearest labelled rows, which for a row itself would be that row."""
    gan, x = trained("vectors"), np.repeat(KINDS["vectors"]()[:12], 2, axis=0)
    lone = np.arange(N) % 2  # twins of different classes: only a row's own label tells it
    rows = labeled(gan, x, lone, None, 0)
    asked = replace(config("knn"), readout="all")
    folds = make_folds(rows, asked)
    outputs = finish(held_out_outputs(gan, asked, rows, folds, ""))
    apart = folds.of[0][::2] != folds.of[0][1::2]
    assert apart.sum() >= 3
    guessed = outputs.argmax(1)[np.repeat(apart, 2)]
    np.testing.assert_array_equal(guessed, 1 - lone[np.repeat(apart, 2)])


@pytest.mark.parametrize("labels", [LABELS[:5], NUMBERS[:9]], ids=["classes", "numbers"])
def test_where_labels_are_too_few_nothing_is_held_out(labels, tmp_path):
    gan, x = trained("vectors"), KINDS["vectors"]()[: len(labels)]
    rows = labeled(gan, x, labels, None, 0)
    steps = finetuning(gan, rows, config("propagation"), tmp_path / "m")
    assert {progress.phase for progress in steps} == {""}
    model = load_predictor(tmp_path / "m")
    assert (model.temperature, model.intervals) == (1.0, None)


def folds_used(method, **search):
    """How many folds tell the temperature of a method."""
    gan = trained("vectors")
    rows = labeled(gan, KINDS["vectors"](), LABELS, None, 0)
    asked = config(method, search=replace(FAST, folds=10, **search))
    return len(calibration_folds(rows, resolve_config(asked, gan, rows))[1])


def test_of_many_labels_the_first_folds_are_enough():
    found = folds_used("probe", calibration_rows=N // 2)
    assert 4 <= found <= 6  # of ten, each of which holds out two rows to four


@pytest.mark.parametrize(
    ("method", "count"), [("probe", CALIBRATION_FOLDS), ("propagation", TRAINING_FOLDS)]
)
def test_what_is_fitted_at_once_is_held_out_in_more_folds(method, count):
    assert folds_used(method) == count


def test_it_can_be_left_out(tmp_path):
    x, asked = KINDS["vectors"](), replace(config("probe"), calibrate=False)
    finetune(trained("vectors"), x, LABELS, asked, run=tmp_path / "m")
    assert load_predictor(tmp_path / "m").temperature == 1
    assert not (tmp_path / "m" / "temperature.json").exists()


@pytest.mark.parametrize(
    ("labels", "file"),
    [(LABELS, "temperature.json"), (NUMBERS, "intervals.safetensors")],
    ids=["classes", "numbers"],
)
def test_a_model_is_not_finished_before_its_folds_are(labels, file, tmp_path):
    x, asked = KINDS["vectors"](), config("propagation")
    whole = finetune(trained("vectors"), x, labels, asked, run=tmp_path / "whole")
    rows = labeled(trained("vectors"), x, labels, None, asked.seed)
    training = finetuning(trained("vectors"), rows, asked, tmp_path / "left")
    while not next(training).phase.startswith("calibration, fold 1 of "):
        pass
    with pytest.raises(KeyboardInterrupt):
        training.throw(KeyboardInterrupt())
    with pytest.raises(FileNotFoundError, match="not finished: run the same `ssgan finetune`"):
        load_predictor(tmp_path / "left")
    finetune(trained("vectors"), x, labels, asked, run=tmp_path / "left")
    assert (tmp_path / "left" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()
    assert load_predictor(tmp_path / "left").temperature == whole.temperature


def test_a_calibrated_model_says_how_sure_it_is_to_evaluate():
    x = KINDS["vectors"]()
    model = finetune(trained("vectors"), x, LABELS, config("probe"))
    found = evaluate(model, x, LABELS)
    assert found == predictions(LABELS, model.predict_proba(x))
    assert 0 <= found["ece"] <= 1


def test_the_temperature_depends_on_the_labelled_rows_and_the_seed_alone():
    gan, x = trained("vectors"), KINDS["vectors"]()
    asked = replace(config("probe"), readout="all")
    found = [
        finish(temperature_of(gan, asked, labeled(gan, x, LABELS, None, seed)))[0]
        for seed in (0, 1)
    ]
    assert found[0] == found[1]
