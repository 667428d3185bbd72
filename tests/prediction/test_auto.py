"""Method "auto": what it averages, that it says so, and that a directory remembers it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from ssgan.config import InputError
from ssgan.models.pretraining import pretrain
from ssgan.models.readouts import reading_out, readout_of
from ssgan.models.student.config import StudentConfig
from ssgan.models.student.training import distil
from ssgan.prediction.auto.budget import Budget, seconds_of
from ssgan.prediction.auto.candidates import Candidate, fitted_candidates, stepped_candidate
from ssgan.prediction.auto.choice import AutoChoice, keep_choice
from ssgan.prediction.auto.weighing import (
    HeldOutOutputs,
    Trial,
    choose_once,
    mean_outputs,
    mixed_weights,
    priors,
    subsample,
    try_training,
)
from ssgan.prediction.baselines import Folds
from ssgan.prediction.config import Member, PredictorConfig
from ssgan.prediction.finetune import finetune
from ssgan.prediction.heldout.comparison import FoldScores, compare, score_error
from ssgan.prediction.heldout.crossvalidation import make_folds
from ssgan.prediction.heldout.fitted import held_out
from ssgan.prediction.labels import labeled
from ssgan.prediction.loading import load_predictor
from ssgan.prediction.methods.fitted.baseline import model_of
from ssgan.prediction.resolve import resolve_config
from ssgan.runs.run import Run
from ssgan.training.runner import finish
from tests.examples import FAST, KINDS, LABELS, NUMBERS, SMALL, N, quick, same, trained

TASKS = {"classification": LABELS, "regression": NUMBERS}
AUTO = quick("auto", steps=2, batch=4, search=replace(FAST, folds=2, values=2, trees=5))
each = pytest.mark.parametrize("kind", KINDS)
each_task = pytest.mark.parametrize("task", TASKS)


def rows_of(kind, task, count=N):
    labels = TASKS[task][:count]
    return labeled(trained(kind), KINDS[kind]()[:count], labels, None, 0)


def candidates_of(kind, task):
    rows = rows_of(kind, task)
    config = resolve_config(replace(AUTO, readout="all"), trained(kind), rows)
    return fitted_candidates(trained(kind), config, rows), rows, config


@each
@each_task
def test_it_learns_from_every_kind_and_its_directory_remembers_the_choice(kind, task, tmp_path):
    x, y = KINDS[kind](), TASKS[task]
    model = finetune(trained(kind), x, y, AUTO, run=tmp_path / "m")
    choice = json.loads((tmp_path / "m" / "choice.json").read_text())["choice"]
    assert choice == json.loads(json.dumps(model.choice.to_json()))
    assert choice["method"] == model.config.method == "ensemble"
    student = kind == "images" and task == "classification"
    assert (tmp_path / "m" / "student").exists() == student
    verdict = choice["verdict"]
    assert verdict["chosen"] in verdict["means"]
    assert set(verdict["weights"]) < set(verdict["means"])
    again = load_predictor(tmp_path / "m")
    assert (again.config, again.choice) == (model.config, model.choice)
    assert same(model.outputs(x), again.outputs(x))
    assert same(model.features(x), again.features(x))
    assert again.comparison == model.comparison
    if task == "classification":
        assert same(model.predict_proba(x), again.predict_proba(x))
    else:
        assert same(model.predict_interval(x), again.predict_interval(x))
    assert not list((tmp_path / "m").rglob("*.pkl"))


def test_a_run_chooses_once(tmp_path):
    """What its file says is taken, whatever would be chosen."""
    gan, rows = trained("vectors"), rows_of("vectors", "classification")
    config = resolve_config(AUTO, gan, rows)
    run = Run.claim(tmp_path / "m", {"kind": "test"})
    choice, chosen = finish(choose_once(gan, config, rows, run))
    other = replace(choice, reason="another")
    keep_choice(run, other, chosen)
    assert finish(choose_once(gan, config, rows, run)) == (other, chosen)


def test_a_choice_of_the_first_version_is_read():
    verdict = {"chosen": "svm", "means": {"svm": 91.0}, "reason": "it has fewer errors"}
    fields = {"method": "baseline", "readout": "all", "temperature": 2.0, "verdict": verdict}
    choice = AutoChoice.from_json(fields)
    assert (choice.score, choice.temperature, choice.method) == (91.0, 2.0, "baseline")
    assert (choice.weights, choice.comparison, choice.fold_members) == ({}, None, ())


def test_only_auto_chooses():
    config = quick("probe")
    assert finish(choose_once(trained("vectors"), config, None, None)) == (None, config)


def test_what_was_weighed_is_what_is_learnt_and_nothing_else():
    model = finetune(trained("vectors"), KINDS["vectors"](), LABELS, AUTO)
    weights = model.choice.weights
    made = [
        f"{m.config.baseline or m.config.method} on {m.config.readout}"
        for m in model.config.members
    ]
    assert made == list(weights)
    assert [m.weight for m in model.config.members] == list(weights.values())
    assert len(model.network.networks) == len(weights) <= AUTO.auto.members
    assert all(weight > 0 for weight in weights.values())
    assert sum(weights.values()) == pytest.approx(1)


@each_task
@pytest.mark.filterwarnings("ignore:a single label")
@pytest.mark.parametrize("count", [2, 3])
def test_where_nothing_can_be_held_out_the_usual_average_is_taken_and_said(task, count):
    gan, x = trained("vectors"), KINDS["vectors"]()[:count]
    model = finetune(gan, x, TASKS[task][:count], AUTO)
    assert model.choice.abstained
    assert "held out" in model.choice.reason
    candidates, *_ = candidates_of("vectors", task)
    assert model.choice.weights == priors(candidates)
    assert np.isfinite(model.outputs(KINDS["vectors"]())).all()
    assert not any(member.config.learns for member in model.config.members)


def test_it_tells_what_the_samples_tell():
    model = finetune(trained("vectors"), KINDS["vectors"](), LABELS, AUTO)
    assert (model.predict(KINDS["vectors"]()) == LABELS).all()
    assert "accuracy 100.0 % on folds" in model.verdict


@each_task
def test_features_that_are_constant_are_no_obstacle(task):
    x = np.ones((N, 3))
    x[: N // 2, 0] += 1e-9
    gan = pretrain(np.random.default_rng(0).normal(size=(N, 3)), replace(SMALL, steps=0))
    model = finetune(gan, x, TASKS[task], AUTO, unlabeled=x[:0])
    assert np.isfinite(model.outputs(x)).all()


def planted(n, seed):
    """Rows (n, 6) whose classes one of the columns tells, and a column with far values."""
    draw = np.random.default_rng(seed)
    x, y = draw.normal(size=(n, 6)), np.arange(n) % 2
    x[:, 2] += 2.5 * y
    x[:, 5] = draw.standard_cauchy(n) * 50
    return x, y


def test_a_trunk_that_says_nothing_hides_nothing_that_samples_say():
    """By far: all depths of such a trunk alone tell the classes much worse."""
    x, y = planted(60, 0)
    new, truth = planted(400, 1)
    gan = pretrain(x, replace(SMALL, steps=0, width=8))
    with torch.no_grad():
        for parameter in gan.discriminator.parameters():
            parameter.mul_(0)
    model = finetune(gan, x, y, AUTO)
    blind = finetune(gan, x, y, quick("probe", calibrate=False))
    assert (blind.predict(new) == truth).mean() < 0.6
    assert (model.predict(new) == truth).mean() > 0.82


@each
def test_samples_are_standardised_and_both_blocks_have_half_of_the_variance(kind):
    gan, x = trained(kind), KINDS[kind]()
    alone = finish(reading_out(gan, "samples", gan.codec.pack(x)))
    both = finish(reading_out(gan, "samples+all", gan.codec.pack(x)))
    assert (readout_of(alone), readout_of(both)) == ("samples", "samples+all")
    found, beside = alone.features(x), both.features(x)
    size = found.shape[1]
    assert beside.shape[1] == size + gan.features(x).shape[1]
    assert abs(found).max() <= 5 or kind == "images"
    np.testing.assert_allclose(found.mean(0), 0, atol=0.2)
    parts = [part.var(0).sum() for part in (beside[:, :size], beside[:, size:])]
    np.testing.assert_allclose(parts, beside.shape[1] / 2, rtol=1e-3)


def test_every_readout_can_be_had_from_any_gan():
    gan, x = trained("images"), KINDS["images"]()
    packed = gan.codec.pack(x)
    student = distil(gan, x, StudentConfig(steps=2, batch=6))
    for name in ("all", "last", "samples", "samples+all"):
        own, other = (finish(reading_out(source, name, packed)) for source in (gan, student))
        assert readout_of(own) == readout_of(other) == name
        assert same(own.features(x), other.features(x))


# Candidates, and what they say of held-out labels


@each_task
def test_candidates_are_ordinary_models_and_graphs_on_every_readout(task):
    candidates, *_ = candidates_of("vectors", task)
    names = [one.name for one in candidates]
    linear = "logistic" if task == "classification" else "ridge"
    for name in ("k-nn", "boosting", "forest", "svm", linear, "graph"):
        assert f"{name} on samples" in names
    for readout in ("samples+all", "all"):
        own = {name for name in names if name.endswith(f" {readout}")}
        taught = ["self-training"] * (task == "classification" and readout != "all")
        assert own == {f"{name} on {readout}" for name in (linear, "svm", "graph", *taught)}
    assert sum(priors(candidates).values()) == pytest.approx(1)


def test_a_held_out_sample_has_no_vote_for_itself_nor_have_its_copies():
    """Pairs of twins of different classes: only a row's own label, or its twin's, tells it."""
    gan, draw = trained("vectors"), np.random.default_rng(0)
    x, y = np.repeat(draw.normal(size=(20, 3)), 2, axis=0), np.arange(40) % 2
    rows = labeled(gan, x, y, x, 0)
    graph = replace(AUTO, method="graph", readout="samples")
    folds = make_folds(rows, AUTO)
    found = finish(held_out(gan, [Candidate("graph", graph)], rows, folds))["graph"].outputs
    assert abs((found[0].argmax(1) == y).mean() - 0.5) < 0.3


def test_a_student_that_is_trained_for_held_out_outputs_shows_its_progress_and_can_be_stopped():
    rows = rows_of("vectors", "classification")
    student = StudentConfig(steps=2, batch=6, transforms=())
    on_student = replace(
        AUTO, method="on-features", baseline="logistic", readout="student", student=student
    )
    candidates = [Candidate("logistic", on_student)]
    args = trained("vectors"), candidates, rows, make_folds(rows, AUTO)
    assert next(held_out(*args)).step == 2
    training = held_out(*args)
    next(training)
    with pytest.raises(KeyboardInterrupt):
        training.throw(KeyboardInterrupt())


@each_task
def test_outputs_are_of_folds_that_hide_the_label(task):
    candidates, rows, config = candidates_of("vectors", task)
    folds = make_folds(rows, config, 2)
    found = finish(held_out(trained("vectors"), candidates, rows, folds))
    shape = (2, N, 2) if rows.classes else (2, N)
    assert list(found) == [one.name for one in candidates]
    assert all(m.outputs.shape == shape for m in found.values())
    assert all(np.isfinite(m.outputs).all() for m in found.values())
    best = "forest on samples"
    assert found[best].scores.mean() > (80 if rows.classes else 30)


def of(right, labels):
    """Log-probabilities (1, n, 2) with `right` (n,) for the truth."""
    p = np.stack([1 - right, right], 1)
    return np.log(np.where(labels[:, None] == 1, p, p[:, ::-1]))[None]


def test_the_fewer_labels_the_more_the_prior_average_counts():
    config, before = PredictorConfig(), {"plain": 1.0}
    for count in (20, 2000):
        labels = np.arange(count) % 2
        found = HeldOutOutputs({}, {}, labels)
        found.add("plain", of(np.full(count, 0.5), labels))
        found.add("best", of(np.where(np.arange(count) % 10 == 0, 0.2, 0.9), labels))
        weights = mixed_weights(found, before, config)
        trust = config.auto.trust(count)
        assert weights["plain"] >= trust - 1e-9
        assert weights["best"] == pytest.approx(1 - weights["plain"])
        assert weights["best"] > (0.6 if count == 2000 else 0.3)


def test_candidates_are_calibrated_before_they_are_mixed_weights():
    labels = np.arange(40) % 2
    right = np.where(np.arange(40) % 4 == 0, 0.001, 0.999)  # too sure: wrong for a quarter
    found = HeldOutOutputs({}, {}, labels)
    found.add("sure", of(right, labels))
    assert found.temperatures["sure"] > 3
    assert np.exp(found.of["sure"]).max() < 0.9


def test_an_average_is_of_probabilities_or_of_numbers():
    weights = {"one": 0.75, "other": 0.25}
    p = {"one": np.log([[[0.9, 0.1]]]), "other": np.log([[[0.2, 0.8]]])}
    np.testing.assert_allclose(np.exp(mean_outputs(p, weights)), [[[0.725, 0.275]]])
    numbers = {"one": np.array([[1.0]]), "other": np.array([[5.0]])}
    np.testing.assert_allclose(mean_outputs(numbers, weights), [[2.0]])


# The training that learns from unlabeled samples


def test_it_is_tried_where_samples_have_views():
    gan = trained("images")
    student = distil(gan, KINDS["images"](), StudentConfig(steps=2, batch=6))
    rows = rows_of("images", "classification")
    assert stepped_candidate(gan, replace(AUTO, readout="all"), rows).name == "consistency"
    asked = resolve_config(AUTO, student, rows)
    assert stepped_candidate(student, asked, rows).name == "consistency+propagation"
    assert stepped_candidate(gan, replace(AUTO, warp=0.0), rows) is None
    assert stepped_candidate(gan, replace(AUTO, unlabeled=0.0), rows) is None
    assert stepped_candidate(gan, AUTO, rows_of("images", "regression")) is None
    assert stepped_candidate(trained("table"), AUTO, rows_of("table", "classification")) is None


def test_it_is_not_tried_where_what_is_fitted_at_once_is_never_wrong():
    def train_on(*_):
        pytest.fail("it was tried")

    average, folds = of(np.full(N, 0.9), LABELS), Folds(np.arange(N)[None] // 2 % 3)
    assert finish(try_training(Trial(train_on, 2.0), average, LABELS, folds)) is None


@pytest.mark.parametrize(("share", "trainings"), [(0.1, 1), (0.9, 3)])
def test_it_is_given_up_after_a_fold_that_leaves_it_far_behind(share, trainings):
    """It is right for `share` of the samples, the average for all but one."""
    started = []

    def train_on(train, test, fold):
        started.append(1)
        right = np.arange(len(test)) < round(share * len(test))
        return of(np.where(right, 0.9, 0.1), LABELS[test])[0]
        yield

    average = of(np.where(np.arange(N) == 0, 0.1, 0.9), LABELS)
    folds = Folds(np.arange(N)[None] // 2 % 3)
    outputs = finish(try_training(Trial(train_on, 2.0), average, LABELS, folds))
    assert (outputs is None, len(started)) == (trainings == 1, trainings)


@pytest.mark.parametrize(("seconds", "trainings"), [(39.0, 1), (41.0, 3), (None, 3), (0.0, 0)])
def test_it_is_given_up_where_no_time_is_left_for_all_of_it(seconds, trainings):
    """A training on a fold takes 10 seconds by the clock, and the last one as long as two."""
    started = []

    def train_on(train, test, fold):
        started.append(1)
        return of(np.full(len(test), 0.9), LABELS[test])[0]
        yield

    budget = Budget(seconds, clock=lambda: 10.0 * len(started))
    trial = Trial(train_on, behind=2.0, final=1.0, budget=budget)
    average = of(np.where(np.arange(N) == 0, 0.1, 0.9), LABELS)
    outputs = finish(try_training(trial, average, LABELS, Folds(np.arange(N)[None] // 2 % 3)))
    assert (outputs is not None, len(started)) == (trainings == 3, trainings)


def test_what_is_cheap_is_compared_first_and_what_is_late_is_said():
    config = replace(AUTO, auto=replace(AUTO.auto, budget=1e-9))
    model = finetune(trained("vectors"), KINDS["vectors"](), LABELS, config)
    assert list(model.choice.weights) == ["logistic on samples"]
    assert "time was up for" in model.choice.reason
    assert "logistic on samples" not in model.choice.left_out


def test_all_are_compared_in_time_enough():
    config = replace(AUTO, auto=replace(AUTO.auto, budget=1e9))
    choices = [
        finetune(trained("vectors"), KINDS["vectors"](), LABELS, c).choice for c in (AUTO, config)
    ]
    assert choices[0] == choices[1]


def test_with_a_budget_no_student_is_trained_unless_it_is_asked_for():
    config = replace(AUTO, auto=replace(AUTO.auto, budget=60.0))
    gan = trained("images")
    rows = labeled(gan, KINDS["images"](), LABELS, None, 0)
    assert resolve_config(config, gan, rows).readout == "all"
    assert resolve_config(replace(config, readout="student"), gan, rows).readout == "student"


@pytest.mark.parametrize("text", ["", "0s", "soon", "5 minutes", "-5s", "1d"])
def test_a_time_that_is_none_is_refused(text):
    with pytest.raises(InputError, match="expected a time as 60s, 5m or 1h"):
        seconds_of(text)


@pytest.mark.parametrize("right", [0.95, 0.05])
def test_its_own_held_out_predictions_decide_about_it(right):
    """It has all weight but the prior's where it alone is right, and none where it is wrong."""
    candidates, *_ = candidates_of("images", "classification")
    outputs = HeldOutOutputs({}, {}, LABELS)
    for one in candidates:
        outputs.add(one.name, np.log(np.full((1, N, 2), 0.5)))
    outputs.add("consistency", of(np.full(N, right), LABELS))
    weights = mixed_weights(outputs, priors(candidates), AUTO)
    assert (weights.get("consistency", 0) > 0.3) == (right > 0.5)


# Configs, and what is said


def test_ordinary_models_are_those_of_the_samples_alone():
    candidates, rows, config = candidates_of("images", "classification")
    stepped = stepped_candidate(trained("images"), config, rows)
    found = [one.name for one in (*candidates, stepped) if one.ordinary]
    models = [one.name for one in candidates if one.name.endswith(" on samples")]
    others = {"graph on samples", "self-training on samples"}
    assert others & {*models}
    assert found == [name for name in models if name not in others]


@pytest.mark.parametrize(
    ("kind", "task", "settings", "readout"),
    [
        ("images", "classification", {}, "student"),
        ("images", "classification", {"readout": "last"}, "last"),
        ("images", "classification", {"transforms": ()}, "all"),
        ("images", "classification", {"warp": 0.0}, "all"),
        ("images", "classification", {"method": "probe"}, "all"),
        ("images", "classification", {"transforms": ("noise",)}, "all"),
        ("images", "regression", {}, "all"),
        ("images", "regression", {"transforms": ("noise",)}, "all"),
        ("images", "regression", {"transforms": ("shift", "noise")}, "student"),
        ("vectors", "classification", {}, "all"),
        ("table", "classification", {}, "all"),
    ],
    ids=str,
)
def test_it_reads_a_student_where_there_are_views_that_keep_a_label(kind, task, settings, readout):
    config = resolve_config(replace(AUTO, **settings), trained(kind), rows_of(kind, task))
    assert config.readout == readout


def test_an_ensemble_is_a_config_that_comes_back_from_json():
    members = tuple(
        Member(config=quick(method, readout="all"), weight=0.5, temperature=2.0)
        for method in ("probe", "graph")
    )
    config = PredictorConfig(method="ensemble", members=members)
    assert PredictorConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    for fields in ({"method": "ensemble"}, {"method": "probe", "members": members}):
        with pytest.raises(InputError, match="members are for method"):
            PredictorConfig(**fields)


def test_auto_is_the_default():
    assert PredictorConfig().method == "auto"
    model = finetune(trained("vectors"), KINDS["vectors"](), LABELS, search=AUTO.search)
    assert model.config.method == "ensemble"


def test_probabilities_are_divided_by_the_temperature_of_the_folds():
    gan, x = trained("vectors"), KINDS["vectors"]()
    model = finetune(gan, x, LABELS, AUTO)
    found = model.choice.temperature
    assert found == model.temperature
    logits = torch.from_numpy(model.outputs(x))
    np.testing.assert_allclose(model.predict_proba(x), (logits / found).softmax(1).numpy())


def test_a_fold_hides_its_labels_and_keeps_its_rows_as_unlabeled():
    rows = rows_of("vectors", "classification")
    part = rows.part(torch.arange(4))
    assert len(part.values) == 4
    assert len(part.every()) == len(rows.every())
    hidden = part.unlabeled[: N - 4]
    assert torch.equal(hidden, rows.packed[4:])


def test_of_many_labels_some_weigh_the_candidates():
    x, y = planted(3000, 0)
    labels = np.where(np.arange(3000) < 20, 2, y)
    some = subsample(labeled(trained("vectors"), x[:, :3], labels, None, 0), 1000)
    counts = np.bincount(some.values)
    assert 990 < counts.sum() < 1010
    assert counts.min() >= 5


def test_a_model_is_compared_with_a_constant_and_with_ordinary_models():
    labels = np.arange(40) % 4 // 3  # 30 of one class
    good, poor = of(np.full(40, 0.9), labels), of(np.where(labels == 1, 0.9, 0.1), labels)
    found = compare(good, {"forest on samples": poor}, labels)
    assert (found.score, found.constant, found.best) == (100, 75, 25)
    assert found.ordinary == "forest" and found.warning is None
    assert "accuracy 100.0 ± 3.1 % on folds; the most frequent class 75.0 %" in found.line
    assert "worse than the most frequent class" in compare(poor, {"a": poor}, labels).warning
    wrong = of(np.where(np.arange(40) < 8, 0.1, 0.9), labels)
    assert "worse than forest" in compare(wrong, {"forest on samples": good}, labels).warning
    assert compare(wrong, {"forest": wrong}, labels).warning is None


def test_whoever_took_auto_is_not_told_to_take_it():
    labels = np.arange(40) % 4 // 3
    poor = of(np.where(labels == 1, 0.9, 0.1), labels)
    found = compare(poor, {"a": poor}, labels)
    assert found.warning.endswith("Use method auto, or label more")
    found = replace(found, method="auto")
    assert found.warning.endswith("Label more")
    assert "auto" not in found.warning
    assert FoldScores.from_json(found.to_json()) == found


def test_numbers_are_compared_by_their_error():
    labels = np.linspace(-1, 1, 30)
    found = compare(0.5 * labels[None], {"ridge on samples": labels[None]}, labels)
    assert found.score == pytest.approx(50)
    assert "error 50 ± 4 % of the labels' deviation on folds; the mean 100 %" in found.line
    assert "worse than ridge" in found.warning
    assert "worse than the mean" in compare(-labels[None], {"a": labels[None]}, labels).warning


def test_the_error_of_a_score_is_what_scores_of_other_labels_deviate_by():
    drawn = np.random.default_rng(0)
    right = drawn.random((2000, 200)) < 0.8
    wrong = score_error(1.0 - right[0], np.zeros(200), classes=True)
    assert wrong == pytest.approx(100 * right.mean(1).std(), rel=0.1)
    misses = drawn.normal(size=(2000, 200))
    roots = 100 * np.sqrt((misses**2).mean(1))
    labels = np.where(np.arange(200) % 2, 1.0, -1.0)  # of deviation 1
    error = score_error(misses[0] ** 2, labels, classes=False)
    assert error == pytest.approx(roots.std(), rel=0.25)


def test_a_perfect_score_of_few_labels_is_not_sure():
    assert score_error(np.zeros(10), np.arange(10) % 2, classes=True) > 5


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("method", ["probe", "graph"])
def test_every_method_is_compared_with_ordinary_models(task, method, tmp_path):
    x, labels = KINDS["vectors"](), TASKS[task]
    model = finetune(trained("vectors"), x, labels, quick(method), run=tmp_path / "m")
    assert model.comparison.best > (90 if task == "classification" else 50)
    assert load_predictor(tmp_path / "m").comparison == model.comparison


# The baseline


@each
@each_task
def test_the_simple_model_comes_back_to_the_same_bits_without_pickle(kind, task, tmp_path):
    x, config = KINDS[kind](), quick("baseline", calibrate=False)
    model = finetune(trained(kind), x, TASKS[task], config, run=tmp_path / "m")
    again = load_predictor(tmp_path / "m")
    assert same(model.outputs(x), again.outputs(x))
    assert same(model.features(x), again.features(x))
    assert not list((tmp_path / "m").rglob("*.pkl"))


@pytest.mark.parametrize("readout", ["all", "last", "samples", "samples+all", "student"])
@pytest.mark.parametrize("name", ["svm", "forest"])
def test_models_on_features_come_back_to_the_same_bits(readout, name, tmp_path):
    x = KINDS["images"]()
    config = quick("on-features", baseline=name, readout=readout, calibrate=False)
    model = finetune(trained("images"), x, LABELS, config, run=tmp_path / "m")
    assert same(model.outputs(x), load_predictor(tmp_path / "m").outputs(x))


def test_a_simple_model_can_be_named_and_one_that_there_is_not_is_refused():
    gan, rows = trained("vectors"), rows_of("vectors", "classification")
    asked = resolve_config(quick("baseline", baseline="k-nn"), gan, rows)
    assert model_of(gan, asked, rows).name == "k-nn"
    with pytest.raises(ValueError, match="no baseline 'oracle'.*logistic"):
        model_of(gan, replace(asked, baseline="oracle"), rows)
    with pytest.raises(ValueError, match="no model 'oracle'.*forest"):
        finetune(gan, KINDS["vectors"](), LABELS, quick("on-features", baseline="oracle"))
