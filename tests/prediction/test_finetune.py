"""Finetuning from few labels: what comes out, what is kept, and what is refused."""

import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

import ssgan
from ssgan.config import InputError
from ssgan.data import read, targets
from ssgan.data.labels.ledger import read_ledger
from ssgan.data.labels.split import read_split
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import load, pretrain
from ssgan.prediction.auto.choice import AutoChoice
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.evaluation import evaluate
from ssgan.prediction.finetune import finetune, finetuning
from ssgan.prediction.fitting import fit_network
from ssgan.prediction.labels import labeled
from ssgan.prediction.loading import load_predictor
from ssgan.prediction.methods import METHODS
from ssgan.prediction.names import STEPPED
from ssgan.prediction.resolve import refuse_unused, resolve_config, unused_settings, without_unused
from ssgan.runs.run import Run
from ssgan.training.runner import finish
from tests.examples import (
    FAST,
    KINDS,
    LABELS,
    NUMBERS,
    OFTEN,
    SELDOM,
    N,
    assert_same_course,
    quick,
    same,
    trained,
)

EVERYWHERE = ("propagation", "probe", "knn", "svm", "graph")  # the others on vectors alone
NAMES = np.array(["blue", "red"])
TASKS = {
    "classification": np.where(np.arange(N) < 12, NAMES[LABELS].astype(object), None),
    "regression": np.where(np.arange(N) < 12, NUMBERS, np.nan),
}
CASES = [
    (kind, name, task)
    for kind in KINDS
    for name in METHODS
    for task in TASKS
    if (name in EVERYWHERE or kind == "vectors")
    and (METHODS[name].numbers or task == "classification")
]
ON_VECTORS = [(name, task) for kind, name, task in CASES if kind == "vectors"]
each = pytest.mark.parametrize("kind", KINDS)
each_case = pytest.mark.parametrize(("kind", "method", "task"), CASES)
OF_CLASSES = [(kind, name) for kind, name, task in CASES if task == "classification"]
each_of_classes = pytest.mark.parametrize(("kind", "method"), OF_CLASSES)
each_method = pytest.mark.parametrize("method", EVERYWHERE)


def config(method="propagation", steps=3, **settings):
    return quick(method, steps=steps, batch=8, calibrate=False, **settings)


def few(x, rows):
    """Those rows of raw samples."""
    return x.iloc[rows] if isinstance(x, pd.DataFrame) else x[rows]


def weights(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


# What comes out


@each_case
def test_a_saved_and_loaded_model_gives_identical_predictions(kind, method, task, tmp_path):
    x = KINDS[kind]()
    model = finetune(trained(kind), x, TASKS[task], config(method), run=tmp_path / "m")
    loaded = load_predictor(tmp_path / "m")
    np.testing.assert_array_equal(model.outputs(x), loaded.outputs(x))
    assert same(model.predict(x), loaded.predict(x))
    np.testing.assert_array_equal(model.features(x), loaded.features(x))
    assert (loaded.config, loaded.codec, loaded.task) == (model.config, model.codec, task)
    assert loaded.classes == model.classes
    assert loaded.about["labels"]["count"] == model.about["labels"]["count"] == 12


@each_of_classes
def test_probabilities_are_one_row_a_sample_and_predictions_their_largest(kind, method):
    x = KINDS[kind]()
    model = finetune(trained(kind), x, TASKS["classification"], config(method))
    chances = model.predict_proba(x)
    assert (chances.shape, chances.dtype) == ((N, 2), np.float64)
    np.testing.assert_allclose(chances.sum(1), 1)
    assert chances.min() >= 0
    assert model.classes == ("blue", "red")
    assert (model.predict(x) == NAMES[chances.argmax(1)]).all()


@each_case
def test_what_a_row_gives_does_not_depend_on_the_rows_beside_it(kind, method, task):
    x = KINDS[kind]()
    model = finetune(trained(kind), x, TASKS[task], config(method))
    whole = model.outputs(x)
    for rows in ([3], [20, 1, 7]):
        np.testing.assert_array_equal(model.outputs(few(x, rows)), whole[rows])


@each
def test_another_seed_gives_another_model(kind):
    x = KINDS[kind]()
    asked = (config(), config(seed=1))
    model, other = (finetune(trained(kind), x, TASKS["classification"], c) for c in asked)
    assert not np.array_equal(model.outputs(x), other.outputs(x))


@each_case
def test_finetuning_leaves_the_pretrained_networks_alone(kind, method, task):
    gan, x = trained(kind), KINDS[kind]()
    before = weights(gan.discriminator) | weights(gan.readout)
    model = finetune(gan, x, TASKS[task], config(method))
    after = weights(gan.discriminator) | weights(gan.readout)
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    theirs = dict(gan.discriminator.trunk.named_parameters())
    ours = dict(model.network.trunk.named_parameters())
    reads = method not in ("baseline", "gan-bert")  # which see samples as they are
    moved = [not torch.equal(value, theirs[name]) for name, value in ours.items()]
    if method in STEPPED:
        assert all(moved) and len(ours) == (len(theirs) if reads else 0)
    else:
        assert not any(moved) and bool(ours) == reads


@each_case
def test_finetuning_is_a_pure_function_and_leaves_random_states_alone(kind, method, task):
    x = KINDS[kind]()
    found = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        np.random.seed(seed)
        random.seed(seed)
        states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
        model = finetune(trained(kind), x, TASKS[task], config(method))
        found.append(model.outputs(x))
        model.predict(x)
        assert torch.equal(torch.get_rng_state(), states[0])
        assert np.random.get_state()[1].tolist() == states[1]
        assert random.getstate() == states[2]
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("kind", ["images", "vectors"])
@each_method
def test_every_method_learns_classes_that_are_apart(kind, method):
    gan, x = trained(kind), KINDS[kind]()
    model = finetune(gan, x, TASKS["classification"], config(method, steps=60))
    new = KINDS[kind](seed=1)
    assert (model.predict(new) == NAMES[LABELS]).mean() > 0.85


@pytest.mark.parametrize(
    ("method", "settings"),
    [("propagation", {"steps": 150, "batch": 20, "rate": 1e-2}), ("probe", {})],
)
def test_a_regression_beats_predicting_the_mean(method, settings):
    x = np.random.default_rng(0).normal(size=(60, 3))
    y = 100 + 10 * x[:, 0]
    gan = pretrain(x, GANConfig(steps=4, batch=6, width=2, latent=4))
    asked = PredictorConfig(method=method, calibrate=False, **settings)
    model = finetune(gan, x[:40], y[:40], asked)
    found = evaluate(model, x[40:], y[40:])
    assert found["r2"] > 0.8
    assert found["mae"] < np.abs(y[40:] - y[:40].mean()).mean() / 2


# Labels


NONE_SAYS = {
    "-1": (np.where(np.arange(N) < 12, LABELS, -1), LABELS),
    "NaN": (np.where(np.arange(N) < 12, LABELS, np.nan), LABELS),
    "None": (np.where(np.arange(N) < 12, NAMES[LABELS].astype(object), None), NAMES[LABELS]),
    "empty": (np.where(np.arange(N) < 12, NAMES[LABELS], ""), NAMES[LABELS]),
    "NA": (pd.array([*LABELS[:12], *[None] * 12], dtype="Int64"), LABELS),
}


@pytest.mark.parametrize("method", ["propagation", "probe"])
@pytest.mark.parametrize(("labels", "full"), NONE_SAYS.values(), ids=NONE_SAYS)
def test_rows_without_a_label_are_unlabeled_rows(labels, full, method):
    """Labels beside samples, or only the labelled ones with the others apart, are the same."""
    gan, x = trained("vectors"), KINDS["vectors"]()
    whole = finetune(gan, x, labels, config(method), unlabeled=x[:0])
    apart = finetune(gan, x[:12], full[:12], config(method), unlabeled=x[12:])
    assert whole.about["labels"]["count"] == apart.about["labels"]["count"] == 12
    np.testing.assert_array_equal(whole.outputs(x), apart.outputs(x))


def test_numbers_that_are_nan_are_unlabeled_rows():
    gan, x = trained("vectors"), KINDS["vectors"]()
    whole = finetune(gan, x, TASKS["regression"], config())
    assert (whole.task, whole.classes) == ("regression", None)
    apart = finetune(gan, x[:12], NUMBERS[:12], config())
    np.testing.assert_array_equal(whole.outputs(x), apart.outputs(x))


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (NAMES[LABELS], ("blue", "red")),
        (NAMES[LABELS].astype(object), ("blue", "red")),
        (LABELS.astype(np.int8) + 5, (5, 6)),
        (LABELS == 1, (False, True)),
        (LABELS.astype(np.float32) * 2, (0.0, 2.0)),
        (pd.Series(NAMES[LABELS], index=range(100, 100 + N), dtype="category"), ("blue", "red")),
        (NAMES[LABELS].tolist(), ("blue", "red")),
    ],
    ids=["text", "objects", "int8", "bool", "float32", "series", "list"],
)
def test_labels_come_back_as_they_went_in(labels, classes, tmp_path):
    x = KINDS["vectors"]()
    model = finetune(trained("vectors"), x, labels, config("probe"), run=tmp_path / "m")
    for each in (model, load_predictor(tmp_path / "m")):
        found = each.predict(x)
        assert each.classes == classes
        assert found.tolist() == list(labels)
        assert found.dtype == getattr(labels, "dtype", object) or found.dtype == object


def test_whole_numbers_to_regress_on_come_back_whole():
    x = KINDS["vectors"]()
    found = targets(np.arange(N) * 3, task="regression")
    model = finetune(trained("vectors"), x, found, config("probe"))
    assert model.predict(x).dtype.kind == "i"
    assert model.numbers(x).dtype == np.float64
    np.testing.assert_array_equal(model.predict(x), np.rint(model.numbers(x)))


def test_a_regression_has_no_probabilities():
    model = finetune(trained("vectors"), KINDS["vectors"](), NUMBERS, config("probe"))
    with pytest.raises(ValueError, match="no class probabilities: use predict"):
        model.predict_proba(KINDS["vectors"]())


@each_method
def test_one_label_in_a_class_is_enough(method):
    x, labels = KINDS["vectors"](), np.full(N, -1)
    labels[:2] = LABELS[:2]
    with pytest.warns(UserWarning, match="a single label in 2 of 2 classes"):
        model = finetune(trained("vectors"), x, labels, config(method))
    assert (model.predict(x[:2]) == labels[:2]).all() or method == "propagation"


@each_method
def test_a_class_that_no_row_has_keeps_its_place_and_is_not_predicted(method):
    x = KINDS["vectors"]()
    found = targets(NAMES[LABELS], classes=("blue", "green", "red"))
    model = finetune(trained("vectors"), x, found, config(method, steps=60))
    assert model.predict_proba(x).shape == (N, 3)
    assert (model.predict(x) == NAMES[LABELS]).mean() > 0.9


# Unlabeled rows


def test_by_default_the_rows_of_the_gan_are_the_unlabeled_ones():
    gan, x = trained("vectors"), KINDS["vectors"]()
    itself = finetune(gan, x[:12], LABELS[:12], config())
    given = finetune(gan, x[:12], LABELS[:12], config(), unlabeled=x)
    none = finetune(gan, x[:12], LABELS[:12], config(), unlabeled=x[:0])
    np.testing.assert_array_equal(itself.outputs(x), given.outputs(x))
    assert not np.array_equal(itself.outputs(x), none.outputs(x))


def test_rows_of_a_run_are_read_again_from_their_file(tmp_path):
    x = KINDS["vectors"]()
    np.save(tmp_path / "x.npy", x)
    data = read(tmp_path / "x.npy")
    gan = pretrain(data, GANConfig(steps=2, batch=6, width=2, latent=4), run=tmp_path / "r")
    loaded = load(tmp_path / "r")
    assert loaded.packed is None
    one = finetune(gan, x[:12], LABELS[:12], config())
    other = finetune(loaded, x[:12], LABELS[:12], config())
    np.testing.assert_array_equal(one.outputs(x), other.outputs(x))


def test_a_gan_whose_rows_are_gone_learns_from_labels_alone():
    gan, x = replace(trained("vectors"), packed=None), KINDS["vectors"]()
    assert gan.training_samples() is None
    model = finetune(gan, x[:12], LABELS[:12], config())
    assert model.config.unlabeled == 0


# Model directories


def resumable(kind, task, run, options=OFTEN, **settings):
    """What is trained in a directory, with a line of the log every second step."""
    gan = trained(kind)
    rows = labeled(gan, KINDS[kind](), TASKS[task], None, 0)
    asked = resolve_config(config(**settings), gan, rows)
    return fit_network(gan, asked, rows, Run.claim(run, {"kind": "test"}), "", options)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_finetuning_that_was_left_ends_as_one_that_was_not(kind, task, tmp_path):
    whole, _ = finish(resumable(kind, task, tmp_path / "whole", steps=6))
    for _ in range(2):
        training = resumable(kind, task, tmp_path / "left", steps=6)
        next(training)
        training.close()
    assert Run.open(tmp_path / "left").load().step == 4
    left, _ = finish(resumable(kind, task, tmp_path / "left", steps=6))
    x = trained(kind).codec.expand(trained(kind).codec.pack(KINDS[kind]()))
    assert torch.equal(whole.eval()(x), left.eval()(x))
    assert_same_course(tmp_path / "whole", tmp_path / "left")


def test_a_finetuning_that_was_left_is_not_loaded_before_it_is_finished(tmp_path):
    args = (trained("vectors"), KINDS["vectors"](), LABELS, config(steps=55))
    rows = labeled(*args[:3], None, 0)
    training = finetuning(trained("vectors"), rows, args[3], tmp_path / "m")
    next(training)
    training.close()
    with pytest.raises(FileNotFoundError, match="not finished: run the same `ssgan finetune`"):
        load_predictor(tmp_path / "m")
    model = finetune(*args, run=tmp_path / "m")
    assert same(load_predictor(tmp_path / "m").outputs(args[1]), model.outputs(args[1]))


def test_how_often_a_training_is_logged_and_saved_is_a_keyword(tmp_path):
    x, asked = KINDS["vectors"](), config(steps=6)
    often = {"log_every": 2, "checkpoints": 1, "run": tmp_path / "m"}
    finetune(trained("vectors"), x, LABELS, asked, **often)
    run = Run.open(tmp_path / "m")
    assert [row["step"] for row in run.metrics()] == [2, 4, 6]
    assert run.steps() == [6]


def test_an_interruption_saves_a_checkpoint(tmp_path):
    training = resumable("vectors", "classification", tmp_path / "m", SELDOM, steps=60)
    next(training)
    assert Run.open(tmp_path / "m").steps() == []
    with pytest.raises(KeyboardInterrupt):
        training.throw(KeyboardInterrupt())
    assert Run.open(tmp_path / "m").steps() == [2]


@pytest.mark.parametrize(("method", "task"), ON_VECTORS)
def test_the_same_call_again_gives_the_model_that_is_there(method, task, tmp_path):
    x = KINDS["vectors"]()
    first, again = (
        finetune(trained("vectors"), x, TASKS[task], config(method), run=tmp_path / "m")
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.outputs(x), again.outputs(x))


@each_method
def test_other_labels_in_the_same_directory_are_refused(method, tmp_path):
    gan, x = trained("vectors"), KINDS["vectors"]()
    finetune(gan, x, LABELS, config(method), run=tmp_path / "m")
    other = LABELS.copy()
    other[:2] = other[1::-1]
    with pytest.raises(FileExistsError, match="labels.fingerprint="):
        finetune(gan, x, other, config(method), run=tmp_path / "m")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seed": 1}, "config.seed=0, asked config.seed=1"),
        ({"method": "propagation"}, 'config.method="supervised", asked config.method="propag'),
        ({"steps": 2}, "config.steps=3, asked config.steps=2"),
    ],
)
def test_another_config_in_the_same_directory_is_refused(changes, named, tmp_path):
    gan, x, asked = trained("vectors"), KINDS["vectors"](), config("supervised")
    finetune(gan, x, LABELS, asked, run=tmp_path / "m")
    with pytest.raises(FileExistsError, match=named):
        finetune(gan, x, LABELS, replace(asked, **changes), run=tmp_path / "m")


def test_another_gan_in_the_same_directory_is_refused(tmp_path):
    x = KINDS["vectors"]()
    finetune(trained("vectors"), x, LABELS, config("probe"), run=tmp_path / "m")
    other = pretrain(x, GANConfig(steps=2, batch=6, width=2, latent=4))
    with pytest.raises(FileExistsError, match="gan.config.steps=4, asked gan.config.steps=2"):
        finetune(other, x, LABELS, config("probe"), run=tmp_path / "m")


def test_what_is_no_model_is_not_loaded(tmp_path):
    with pytest.raises(FileNotFoundError, match="not a run directory"):
        load_predictor(tmp_path / "none")
    Run.claim(tmp_path / "gan", {"kind": "gan"})
    with pytest.raises(ValueError, match="holds a run of kind 'gan', expected a finetuned model"):
        load_predictor(tmp_path / "gan")


def test_one_name_opens_a_gan_and_a_model(tmp_path):
    x = KINDS["vectors"]()
    gan = pretrain(x, GANConfig(steps=2, batch=6, width=2, latent=4), run=tmp_path / "gan")
    model = finetune(gan, x, LABELS, config("probe"), run=tmp_path / "m")
    again = ssgan.load(tmp_path / "gan", checkpoint="last")
    np.testing.assert_array_equal(again.features(x), gan.features(x))
    np.testing.assert_array_equal(ssgan.load(tmp_path / "m").outputs(x), model.outputs(x))
    with pytest.raises(InputError, match="one state alone: leave checkpoint='best' out"):
        ssgan.load(tmp_path / "m", checkpoint="best")
    Run.claim(tmp_path / "student", {"kind": "student"})
    with pytest.raises(InputError, match="kind 'student', expected a GAN or a model: give"):
        ssgan.load(tmp_path / "student")


def test_steps_may_grow(tmp_path):
    gan, x = trained("vectors"), KINDS["vectors"]()
    finetune(gan, x, LABELS, config(steps=2), run=tmp_path / "m")
    model = finetune(gan, x, LABELS, config(steps=4), run=tmp_path / "m")
    np.testing.assert_array_equal(model.outputs(x), load_predictor(tmp_path / "m").outputs(x))
    assert Run.open(tmp_path / "m").load().step == 4


# Fields, containers and what is shown


def test_fields_of_the_config_are_keywords():
    gan, x = trained("vectors"), KINDS["vectors"]()
    asked = config("probe")
    one = finetune(gan, x, LABELS, asked)
    other = finetune(gan, x, LABELS, method="probe", calibrate=False, search=FAST)
    assert same(one.outputs(x), other.outputs(x))
    changed = finetune(gan, x, LABELS, asked, method="knn")
    assert changed.config == replace(one.config, method="knn")
    flat = finetune(gan, x, LABELS, asked, student_steps=7, search={"folds": 4})
    assert (flat.config.student.steps, flat.config.search.folds) == (7, 4)
    with pytest.raises(ValueError, match="no setting stepz: did you mean steps. There are "):
        finetune(gan, x, LABELS, stepz=3)


def test_samples_may_be_a_path_a_data_set_or_a_list_and_bring_their_labels(tmp_path):
    gan, x = trained("images"), KINDS["images"]()
    np.savez(tmp_path / "x.npz", x=x, y=LABELS)
    expected = finetune(gan, x, LABELS, config("probe")).outputs(x)
    for samples in (tmp_path / "x.npz", str(tmp_path / "x.npz"), read(tmp_path / "x.npz")):
        assert same(finetune(gan, samples, config=config("probe")).outputs(x), expected)
    assert same(finetune(gan, [*x], LABELS, config("probe")).outputs(x), expected)
    with pytest.raises(ValueError, match="without labels: give one for each, -1 where unknown"):
        finetune(gan, x)


def test_a_model_says_what_it_is_in_one_line_and_in_a_table():
    gan, x = trained("vectors"), KINDS["vectors"]()
    model = finetune(gan, x, TASKS["classification"], config("probe"))
    assert repr(model) == "Predictor(classification into 2 classes by probe, from 12 labels)"
    assert "<td>&#x27;blue&#x27;, &#x27;red&#x27;</td>" in model._repr_html_()
    numbers = finetune(gan, x, NUMBERS, config("probe"))
    assert repr(numbers) == "Predictor(regression by probe, from 24 labels)"
    means = {"svm": 91.66, "probe": 80.0}
    choice = AutoChoice(readout="all", chosen="svm", means=means, reason="a < b")
    chosen = replace(model, choice=choice)
    assert repr(chosen).endswith("from 12 labels; accuracy 91.7 % on folds)")
    assert "<th>svm, on folds</th><td>91.7 points</td>" in chosen._repr_html_()
    assert "a &lt; b" in chosen._repr_html_()


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_directory_says_which_samples_of_the_gan_were_learnt_from(kind, task, tmp_path):
    gan, x, rows = trained(kind), KINDS[kind](), [7, 3, 20, 10]
    labels = np.array(LABELS if task == "classification" else NUMBERS)[rows]
    finetune(gan, few(x, rows), labels, config("probe"), run=tmp_path / "m")
    split = read_split(tmp_path / "m")
    assert split["indices"] == sorted(rows)
    assert split["data"]["fingerprint"] == gan.data["fingerprint"]
    order = np.argsort(rows)
    assert load_predictor(tmp_path / "m").targets.decode(np.array(split["values"])).tolist() == (
        labels[order].tolist()
    )
    assert read_ledger(tmp_path / "m" / "labels.json").indices.tolist() == sorted(rows)


def test_samples_that_are_no_ones_are_recorded_as_such(tmp_path):
    gan, x = trained("vectors"), KINDS["vectors"](seed=5)
    finetune(gan, x[:6], LABELS[:6], config("probe"), run=tmp_path / "m")
    split = read_split(tmp_path / "m")
    assert split["data"]["source"] == "memory"
    assert split["data"]["fingerprint"] != gan.data["fingerprint"]
    assert split["indices"] == [*range(6)]


def test_samples_that_are_there_twice_have_a_place_each(tmp_path):
    x = np.repeat(KINDS["vectors"]()[:6], 2, axis=0)
    gan = pretrain(x, GANConfig(steps=0, width=2))
    finetune(gan, x[[2, 3, 4, 5]], [0, 1, 0, 1], config("probe"), run=tmp_path / "m")
    assert read_split(tmp_path / "m")["indices"] == [2, 3, 4, 5]


# Refusals


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"method": "probe", "mix": True},
            "mix is for auto and consistency, method 'probe' does not use it",
        ),
        ({"method": "propagation", "align": True}, "align is for auto and consistency"),
        (
            {"method": "probe", "steps": 5},
            "steps is for auto, consistency, gan-bert, k-plus-one",
        ),
        ({"method": "graph", "ema": 0.5}, "ema is for auto, .* supervised, method 'graph' does"),
        ({"method": "consistency", "ema": 1.0}, "ema to be a number from 0 to below 1, got 1.0"),
        (
            {"method": "supervised", "ratio": 2},
            "ratio is for auto, consistency, gan-bert and k-plus-one",
        ),
        ({"method": "knn", "unlabeled": 0.5}, "unlabeled is for auto, .* leave it out, or take"),
        ({"method": "consistency", "transforms": ("zoom",)}, "readout 'all' has none: take readou"),
    ],
)
def test_a_setting_that_nothing_would_use_is_refused_and_leaves_no_directory(
    settings, message, tmp_path
):
    config = PredictorConfig(**settings)
    with pytest.raises(InputError, match=message):
        finetune(trained("images"), KINDS["images"](), LABELS, config, run=tmp_path / "m")
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("method", METHODS)
def test_a_resolved_config_has_no_setting_that_nothing_uses(method):
    gan, x = trained("vectors"), KINDS["vectors"]()
    config = resolve_config(PredictorConfig(method=method), gan, labeled(gan, x, LABELS, None, 0))
    refuse_unused(config)
    assert without_unused(config) == config
    assert "steps" not in dict(unused_settings(without_unused(replace(config, steps=5))))


@pytest.mark.parametrize("method", ["auto", "consistency+propagation"])
def test_settings_of_a_teacher_are_for_every_method_that_has_one(method):
    refuse_unused(PredictorConfig(method=method, mix=True, align=True))


def test_zoom_is_for_a_student_and_no_mistake_among_what_suits_the_samples():
    zoom = PredictorConfig(method="consistency", transforms=("zoom", "noise"))
    refuse_unused(replace(zoom, readout="student"))
    refuse_unused(zoom, own="student")
    refuse_unused(zoom, suits=("zoom", "noise"))
    with pytest.raises(InputError, match="zoom is for a student's views"):
        refuse_unused(zoom, suits=("noise",))


def test_a_method_for_classes_refuses_numbers():
    with pytest.raises(ValueError, match="method 'svm' is for classes.*probe"):
        finetune(trained("vectors"), KINDS["vectors"](), NUMBERS, config("svm"))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS[:-1], "24 samples but 23 labels"),
        (np.full(N, -1), "none of the 24 rows has a label"),
        (np.zeros(N, int), "all labels are 0: a classifier needs at least two classes"),
    ],
)
def test_labels_that_cannot_be_learnt_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        finetune(trained("vectors"), KINDS["vectors"](), labels, config())


def test_samples_of_another_form_are_refused():
    model = finetune(trained("vectors"), KINDS["vectors"](), LABELS, config("probe"))
    with pytest.raises(ValueError, match="expected rows of 3 numbers"):
        model.predict(np.zeros((2, 5)))


def test_a_refused_call_writes_nothing(tmp_path):
    with pytest.raises(ValueError, match="for classes"):
        finetune(trained("vectors"), KINDS["vectors"](), NUMBERS, config("svm"), run=tmp_path / "m")
    assert not (tmp_path / "m").exists()


# Evaluation


def test_evaluation_leaves_unlabeled_rows_out():
    x = KINDS["vectors"]()
    model = finetune(trained("vectors"), x, NAMES[LABELS], config("probe"))
    some = np.where(np.arange(N) < 6, NAMES[LABELS].astype(object), None)
    assert evaluate(model, x, some) == evaluate(model, x[:6], NAMES[LABELS][:6])
    assert evaluate(model, x, NAMES[LABELS])["accuracy"] == 1.0


def test_evaluation_needs_labels_that_the_model_knows():
    x = KINDS["vectors"]()
    model = finetune(trained("vectors"), x, NAMES[LABELS], config("probe"))
    with pytest.raises(ValueError, match="on labelled samples: give their labels"):
        evaluate(model, x)
    with pytest.raises(ValueError, match="only a GAN is compared with a reference"):
        evaluate(model, x, NAMES[LABELS], reference="test")
    with pytest.raises(ValueError, match="label 'green' is none of the 2 classes 'blue', 'red'"):
        evaluate(model, x, np.array(["green"] * N))


def test_a_gan_is_compared_with_samples_and_not_with_labels():
    found = evaluate(trained("vectors"), KINDS["vectors"]())
    assert found
    assert all(np.isfinite(value) for value in found.values())
    with pytest.raises(ValueError, match="compared with samples, not with labels"):
        evaluate(trained("vectors"), KINDS["vectors"](), LABELS)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize(("kind", "method", "task"), [one for one in CASES if one[0] == "images"])
def test_a_model_of_one_device_loads_on_the_other(kind, method, task, tmp_path):
    x = KINDS[kind]()
    finetune(trained(kind), x, TASKS[task], config(method), run=tmp_path / "m")
    here, there = (load_predictor(tmp_path / "m", device=name) for name in ("cpu", "cuda"))
    assert np.abs(there.features(x) - here.features(x)).mean() < 0.05  # bfloat16 on the GPU


def test_a_gan_is_asked_whether_it_remembers_only_by_other_rows_than_its_own():
    gan, others = trained("vectors"), KINDS["vectors"](seed=1)
    own = evaluate(gan, KINDS["vectors"]())
    assert not any("memorised" in name for name in own)
    assert f"frechet_encoded_{N}_train" in own
    found = evaluate(gan, others)
    assert f"frechet_encoded_{N}_real" in found
    assert f"c2st_logistic_encoded_{N}_test" in evaluate(gan, others, reference="test")
    assert 0 <= found[f"memorised_p_encoded_{N}_train"] <= 1
    assert any(name.startswith("c2st_p_logistic_encoded_") for name in found)


def test_the_path_of_a_gan_is_refused_with_what_opens_it(tmp_path):
    with pytest.raises(TypeError, match=r"expected a GAN, got .*: open a run with ssgan.load"):
        finetune(tmp_path, np.zeros((4, 2)), [0, 1, 0, 1])


def test_a_bar_shows_how_far_a_finetuning_is(capsys):
    data, config = KINDS["vectors"](), quick("propagation", steps=3, calibrate=False)
    finetune(trained("vectors"), data, TASKS["classification"], config, progress=True)
    assert "3/3" in capsys.readouterr().out


@pytest.mark.parametrize("method", ["probe", "graph", "self-training"])
def test_a_finished_fit_is_left_alone(method, tmp_path):
    x = np.random.default_rng(0).normal(size=(30, 3)) + 3 * (np.arange(30) % 2)[:, None]
    gan = pretrain(x, GANConfig(steps=0, width=2))
    states = []
    for _ in range(2):
        finetune(gan, x, np.arange(30) % 2, method=method, run=tmp_path / "m")
        files = [path for path in (tmp_path / "m").rglob("*") if path.is_file()]
        states.append({path: path.stat().st_ino for path in files})
    assert states[0] == states[1]


def test_a_batch_that_fits_nowhere_is_refused_before_anything_is_trained():
    x = np.random.default_rng(0).normal(size=(30, 3))
    gan = pretrain(x, GANConfig(steps=0, width=2))
    for fields in ({"method": "supervised", "batch": 10**12}, {"student": {"batch": 10**12}}):
        with pytest.raises(InputError, match="a batch of 1,000,000,000,000 samples"):
            finetune(gan, x, np.arange(30) % 2, **fields)
