"""Method "auto": what it chooses from the labelled rows, and that it says so and remembers it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from ssgan.models.pretraining import pretrain
from ssgan.models.student import StudentConfig, distil
from ssgan.prediction import crossvalidation
from ssgan.prediction import select as auto
from ssgan.prediction.baselines import Choice, Verdict, candidates, cross_validated
from ssgan.prediction.finetune import finetune
from ssgan.prediction.labels import labeled
from ssgan.prediction.methods.baseline import model_of
from ssgan.prediction.predictor import load_predictor
from ssgan.prediction.resolve import resolve_config
from ssgan.prediction.select import by_rows, choose_method, choosing, deep_method, held_out_costs
from ssgan.training.runner import finish
from tests.examples import FAST, KINDS, LABELS, NUMBERS, SMALL, N, quick, same, trained

TASKS = {"classification": LABELS, "regression": NUMBERS}
AUTO = quick("auto", steps=2, batch=4)
each = pytest.mark.parametrize("kind", KINDS)
each_task = pytest.mark.parametrize("task", TASKS)


def rows_of(kind, task, count=N):
    labels = TASKS[task][:count]
    return labeled(trained(kind), KINDS[kind]()[:count], labels, None, 0)


@each
@each_task
def test_it_learns_from_every_kind_and_its_directory_remembers_the_choice(kind, task, tmp_path):
    x, y = KINDS[kind](), TASKS[task]
    model = finetune(trained(kind), x, y, AUTO, run=tmp_path / "m")
    choice = json.loads((tmp_path / "m" / "choice.json").read_text())["choice"]
    assert choice == json.loads(json.dumps(model.about["choice"]))
    assert choice["method"] == model.config.method
    known = {"baseline", "probe", "propagation", "consistency", "consistency+propagation", "graph"}
    assert choice["method"] in known
    student = kind == "images" and task == "classification"
    assert (tmp_path / "m" / "student").exists() == student
    assert choice["verdict"]["chosen"] in choice["verdict"]["means"]
    again = load_predictor(tmp_path / "m")
    assert again.config == model.config
    assert same(model.outputs(x), again.outputs(x))
    if task == "classification":
        assert same(model.predict_proba(x), again.predict_proba(x))


def test_a_run_chooses_once(tmp_path, monkeypatch):
    x = KINDS["vectors"]()
    first = finetune(trained("vectors"), x, LABELS, AUTO, run=tmp_path / "m")
    monkeypatch.setattr(auto, "choose_method", lambda *_: pytest.fail("it chose again"))
    again = finetune(trained("vectors"), x, LABELS, AUTO, run=tmp_path / "m")
    assert same(first.outputs(x), again.outputs(x))


@pytest.mark.parametrize("count", [4, 5])
def test_below_three_labels_of_a_class_it_compares_nothing_and_says_so(count):
    choice = finish(
        choose_method(trained("images"), AUTO, rows_of("images", "classification", count))
    )
    assert choice["verdict"]["abstained"]
    assert choice["method"] == "consistency"
    assert "2 classes have fewer than 3 labels" in choice["verdict"]["reason"]


def test_where_the_samples_tell_all_a_simple_model_is_kept():
    gan, x = trained("vectors"), KINDS["vectors"]()
    model = finetune(gan, x, LABELS, AUTO)
    assert model.config.method in ("baseline", "probe")
    assert (model.predict(x) == LABELS).all()


def test_a_fold_hides_its_labels_and_keeps_its_rows_as_unlabeled():
    rows = rows_of("vectors", "classification")
    part = rows.part(torch.arange(4))
    assert len(part.values) == 4
    assert len(part.every()) == len(rows.every())
    hidden = part.unlabeled[: N - 4]
    assert torch.equal(hidden, rows.packed[4:])


def test_the_course_is_by_the_kind_of_samples_and_labels():
    assert deep_method(trained("images"), rows_of("images", "classification")) == "consistency"
    assert deep_method(trained("table"), rows_of("table", "classification")) == "propagation"
    assert deep_method(trained("table"), rows_of("table", "regression")) == "consistency"


@each
@each_task
def test_the_simple_model_comes_back_to_the_same_bits_without_pickle(kind, task, tmp_path):
    x, config = KINDS[kind](), quick("baseline")
    model = finetune(trained(kind), x, TASKS[task], config, run=tmp_path / "m")
    again = load_predictor(tmp_path / "m")
    assert same(model.outputs(x), again.outputs(x))
    assert same(model.features(x), again.features(x))
    assert not list((tmp_path / "m").rglob("*.pkl"))


def test_probabilities_are_divided_by_the_temperature_of_the_folds():
    gan, x = trained("images"), KINDS["images"]()
    model = finetune(gan, x, LABELS, AUTO)
    warmer = replace(model, temperature=2.0)
    logits = torch.from_numpy(model.outputs(x))
    np.testing.assert_allclose(warmer.predict_proba(x), (logits / 2).softmax(1).numpy())
    found = model.about["choice"]["temperature"]
    assert found == model.temperature
    np.testing.assert_allclose(model.predict_proba(x), (logits / found).softmax(1).numpy())


def test_what_was_left_open_is_open_for_the_method_that_is_chosen(monkeypatch):
    seen = {}

    def watched(gan, config, rows, held=None, **named):
        seen[config.method] = config
        return auto_learning(gan, config, rows, held, **named)

    auto_learning = auto.learning
    monkeypatch.setattr(auto, "learning", watched)
    monkeypatch.setattr(crossvalidation, "learning", watched)
    finetune(trained("images"), KINDS["images"](), LABELS, AUTO)
    plain = finetune(
        trained("images"), KINDS["images"](), LABELS, replace(AUTO, method="propagation")
    )
    taught = seen["consistency+propagation"]
    assert taught.unlabeled == 1.0
    assert taught.transforms == plain.config.transforms != ()


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


def test_a_probe_of_a_student_has_learnt_from_unlabeled_rows_and_stands_for_the_deep_method():
    gan, rows = trained("images"), rows_of("images", "classification")
    student = distil(gan, KINDS["images"](), StudentConfig(steps=2, batch=6))
    for source, plain in ((gan, True), (student, False)):
        verdict = finish(choose_method(source, AUTO, rows))["verdict"]
        known = set(candidates(rows.packed.flatten(1).numpy(), LABELS, rows.classes, 0))
        assert set(verdict["means"]) == {*known, "probe", "graph", deep_method(source, rows)}
        if not plain:
            assert verdict["simple"]["name"] in known


def spiral(count):
    """Rows (count, 2) along two turns of a spiral, and how far along each lies."""
    along = np.linspace(0.0, 1.0, count)
    turn = 2 * np.pi * (0.5 + 2 * along)
    return np.stack([turn * np.cos(turn), turn * np.sin(turn)], 1), along


def test_numbers_along_a_curve_are_spread_over_a_graph_where_other_rows_show_it():
    exact = replace(AUTO, search=replace(FAST, tolerance=1e-6))
    x, along = spiral(300)
    gan, known = pretrain(x, replace(SMALL, steps=0, seed=1)), np.arange(5, 300, 15)
    found = {}
    for more in (x, None):
        rows = labeled(replace(gan, packed=None), x[known], along[known], more, 0)
        found[more is None] = finish(choose_method(gan, exact, rows))["verdict"]
    assert (found[False]["chosen"], found[False]["deep"]) == ("graph", True)
    assert found[False]["gain"] > 2 * found[False]["error"]  # far enough for any processor
    assert "graph" not in found[True]["means"]


def wrong(*rows):
    """What 100 rows cost when these are wrong."""
    cost = np.zeros(100)
    cost[list(rows)] = 100.0
    return cost


def judged(simple, deep, probe=None):
    choice = Choice("linear", 80.0, 0.0, "")
    verdict = Verdict(chosen="linear", deep=False, reason="", simple=choice)
    costs = {"linear": simple[None], "deep": deep[None]}
    if probe is None:
        return by_rows(verdict, costs, "deep")
    return by_rows(verdict, costs | {"probe": np.stack([probe, probe])}, "deep", "probe")


def test_folds_that_are_drawn_again_make_a_row_count_once():
    choice = Choice("linear", 80.0, 0.0, "")
    verdict = Verdict(chosen="linear", deep=False, reason="", simple=choice)
    often = np.stack([wrong(*range(10)), wrong(*range(20))])
    deep = np.stack([wrong(*range(5)), wrong(*range(5))])
    found = by_rows(verdict, {"linear": often, "deep": deep}, "deep")
    gaps = 100 * np.repeat([0.0, 1.0, 0.5, 0.0], [5, 5, 10, 80])
    assert found.gain == pytest.approx(gaps.mean())
    assert found.error == pytest.approx(np.std(gaps, ddof=1) / 10)


def test_few_labels_are_held_out_several_times_and_the_training_once(monkeypatch):
    seen = []

    def watched(answer, labels, classes, folds):
        seen.append(len(folds.of))
        return cross_validated(answer, labels, classes, folds)

    monkeypatch.setattr(auto, "cross_validated", watched)
    gan, twice = trained("vectors"), replace(FAST, repeats=2)
    rows = rows_of("vectors", "classification")
    means = finish(choose_method(gan, replace(AUTO, search=twice), rows))["verdict"]["means"]
    assert seen == [2] * (len(means) - 2)  # but for the training and the graph
    seen.clear()
    finish(choose_method(gan, replace(AUTO, search=replace(twice, repeat_rows=N)), rows))
    assert seen == []


def test_a_probe_that_is_ahead_speaks_for_the_deep_method():
    found = judged(wrong(*range(15)), wrong(*range(14)), wrong(*range(5)))
    assert (found.chosen, found.deep) == ("deep", True)
    assert found.gain == pytest.approx(10.0)
    assert "a held-out row costs probe 10.0 points less than linear" in found.reason
    assert judged(wrong(*range(15)), wrong(*range(14)), wrong(*range(15))).chosen == "linear"
    assert judged(wrong(*range(15)), wrong(*range(16)), wrong(*range(5))).chosen == "probe"


def test_the_course_is_taken_when_its_gain_is_more_than_a_standard_error_row_by_row():
    taken = judged(wrong(*range(15)), wrong(*range(10)))
    assert (taken.chosen, taken.deep) == ("deep", True)
    assert taken.gain == pytest.approx(5.0)
    assert taken.error == pytest.approx(np.std([100] * 5 + [0] * 95, ddof=1) / 10)
    kept = judged(wrong(*range(12)), wrong(*range(9), 50, 51))
    assert (kept.chosen, kept.deep) == ("linear", False)
    assert "no reason to leave the simple model" in kept.reason


@pytest.mark.parametrize("truth", [-0.05, -0.02, 0.0, 0.02, 0.1], ids=str)
@pytest.mark.parametrize("count", [30, 100])
def test_mean_regret_against_the_simple_model_is_at_most_a_point(count, truth):
    """Most rows are as hard for both; the course is right more often by `truth`."""
    rng, regrets = np.random.default_rng(0), []
    for _ in range(600):
        hard = rng.random(count)
        own = np.where(rng.random(count) < 0.7, hard, rng.random(count))
        found = judged((hard < 0.2) * 1.0, (own < 0.2 - truth) * 1.0)
        regrets.append(-truth if found.deep else 0.0)
    assert np.mean(regrets) <= 0.01


def test_losses_are_errors_of_classes_and_squares_of_numbers_in_points():
    assert held_out_costs(np.array([[[1.0, 0.0], [1.0, 0.0]]]), np.array([0, 1])).tolist() == [
        [0, 100]
    ]
    labels = np.array([1.0, 3.0])
    assert held_out_costs(np.array([[1.0, 5.0]]), labels).tolist() == [[0, 400]]
    assert held_out_costs(np.full((1, 2), labels.mean()), labels).mean() == 100


def test_the_simple_model_that_is_learnt_is_the_one_that_the_folds_chose(monkeypatch):
    """Even where its own folds would choose another."""
    monkeypatch.setattr(
        "ssgan.prediction.methods.baseline.choose", lambda *_: pytest.fail("chosen again")
    )
    monkeypatch.setattr(auto, "by_rows", lambda verdict, *_: replace(verdict, chosen="k-nn"))
    gan, rows = trained("vectors"), rows_of("vectors", "classification")
    learnt = finish(choosing(gan, AUTO, rows))
    assert learnt.config.method == "baseline"
    assert learnt.config.baseline == learnt.choice["verdict"]["chosen"] == "k-nn"


def test_a_simple_model_can_be_named_and_one_that_there_is_not_is_refused():
    gan, rows = trained("vectors"), rows_of("vectors", "classification")
    asked = resolve_config(quick("baseline", baseline="k-nn"), gan, rows)
    assert model_of(gan, asked, rows).name == "k-nn"
    with pytest.raises(ValueError, match="no baseline 'oracle'.*logistic"):
        model_of(gan, replace(asked, baseline="oracle"), rows)
