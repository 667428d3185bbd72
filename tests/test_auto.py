"""Method "auto": what it chooses from the labelled rows, and that it says so and remembers it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from examples import KINDS, LABELS, NUMBERS, N, same, trained

from ssgan import auto
from ssgan.auto import chosen, course
from ssgan.finetuning import PredictorConfig
from ssgan.labeled import labeled
from ssgan.predictor import finetune, load_predictor

TASKS = {"classification": LABELS, "regression": NUMBERS}
AUTO = PredictorConfig(method="auto", steps=2, batch=4)
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
    known = {"simple", "probe", course(trained(kind), rows_of(kind, task))}
    assert choice["method"] in known
    assert choice["verdict"]["chosen"] in choice["verdict"]["means"]
    again = load_predictor(tmp_path / "m")
    assert again.config == model.config
    assert same(model.outputs(x), again.outputs(x))
    if task == "classification":
        assert same(model.predict_proba(x), again.predict_proba(x))


def test_a_run_chooses_once(tmp_path, monkeypatch):
    x = KINDS["vectors"]()
    first = finetune(trained("vectors"), x, LABELS, AUTO, run=tmp_path / "m")
    monkeypatch.setattr(auto, "chosen", lambda *_: pytest.fail("it chose again"))
    again = finetune(trained("vectors"), x, LABELS, AUTO, run=tmp_path / "m")
    assert same(first.outputs(x), again.outputs(x))


@pytest.mark.parametrize("count", [4, 5])
def test_below_three_labels_of_a_class_it_compares_nothing_and_says_so(count):
    choice = chosen(trained("images"), AUTO, rows_of("images", "classification", count))
    assert choice["verdict"]["abstained"]
    assert choice["method"] == "consistency"
    assert "2 classes have fewer than 3 labels" in choice["verdict"]["reason"]


def test_where_the_samples_tell_all_a_simple_model_is_kept():
    gan, x = trained("vectors"), KINDS["vectors"]()
    model = finetune(gan, x, LABELS, AUTO)
    assert model.config.method in ("simple", "probe")
    assert (model.predict(x) == LABELS).all()


def test_a_fold_hides_its_labels_and_keeps_its_rows_as_unlabeled():
    rows = rows_of("vectors", "classification")
    part = rows.part(torch.arange(4))
    assert len(part.values) == 4
    assert len(part.every()) == len(rows.every())
    hidden = part.unlabeled[: N - 4]
    assert torch.equal(hidden, rows.packed[4:])


def test_the_course_is_by_the_kind_of_samples_and_labels():
    assert course(trained("images"), rows_of("images", "classification")) == "consistency"
    assert course(trained("table"), rows_of("table", "classification")) == "finetune"
    assert course(trained("table"), rows_of("table", "regression")) == "consistency"


@each
@each_task
def test_the_simple_model_comes_back_to_the_same_bits_without_pickle(kind, task, tmp_path):
    x, config = KINDS[kind](), PredictorConfig(method="simple")
    model = finetune(trained(kind), x, TASKS[task], config, run=tmp_path / "m")
    again = load_predictor(tmp_path / "m")
    assert same(model.outputs(x), again.outputs(x))
    assert same(model.features(x), again.features(x))
    assert not list((tmp_path / "m").rglob("*.pkl"))


def test_probabilities_are_divided_by_the_temperature_of_the_folds():
    gan, x = trained("images"), KINDS["images"]()
    model = finetune(gan, x, LABELS, AUTO)
    warmer = replace(model, about={**model.about, "choice": {"temperature": 2.0}})
    logits = torch.from_numpy(model.outputs(x))
    np.testing.assert_allclose(warmer.predict_proba(x), (logits / 2).softmax(1).numpy())
    found = model.about["choice"]["temperature"]
    np.testing.assert_allclose(model.predict_proba(x), (logits / found).softmax(1).numpy())


def test_what_was_left_open_is_open_for_the_method_that_is_chosen(monkeypatch):
    seen = {}

    def watched(gan, config, rows, held=None):
        seen[config.method] = config
        return auto_learning(gan, config, rows, held)

    auto_learning = auto.learning
    monkeypatch.setattr(auto, "learning", watched)
    finetune(trained("images"), KINDS["images"](), LABELS, AUTO)
    plain = finetune(trained("images"), KINDS["images"](), LABELS, replace(AUTO, method="finetune"))
    assert seen["consistency"].unlabeled == 1.0
    assert seen["consistency"].transforms == plain.config.transforms != ()
