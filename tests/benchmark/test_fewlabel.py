"""Few labels: problems, methods, cells and what they say, and the demo on a tiny scale."""

import json
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import torch

from ssgan import benchmark
from ssgan.benchmark import fewlabel, measuring, methods, story
from ssgan.benchmark.cells import Cell, Place
from ssgan.benchmark.fewlabel import (
    Table,
    cells_of,
    gan_directory,
    seed_pairs,
    suite_of,
    training_seconds,
)
from ssgan.benchmark.methods import (
    CLASSIFIERS,
    CONTENDERS,
    OURS,
    REGRESSORS,
    contenders_for,
)
from ssgan.benchmark.problems import (
    Problem,
    choose_labelled,
    hold_out_test,
    rotate,
    rotate_both_parts,
    score_predictions,
)
from ssgan.benchmark.results import read_rows
from ssgan.benchmark.suites import SUITES, calibration, suite, time_to_accuracy
from ssgan.benchmark.suites.fewlabel import FEW_LABEL_TABLES, SHORT_STEPS, SLOW, shorten
from ssgan.config import InputError
from ssgan.data import Data, digest, read
from ssgan.data.images import vision
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import load, pretrain
from ssgan.models.student.config import StudentConfig
from ssgan.prediction.labels import GRAPH
from ssgan.prediction.loading import load_predictor
from ssgan.prediction.methods.stepped.propagation import RATIO
from ssgan.prediction.resolve import refuse_unused
from ssgan.randomness import Rng
from ssgan.runs.run import Run

TINY = GANConfig(steps=2, batch=8, width=2, latent=4)
LITTLE = {"folds": 2, "repeats": 1, "values": 1, "trees": 2, "tolerance": 0.1}
FEW = {"": {"steps": 3, "student": {"steps": 2}, "search": LITTLE}}
CLASSES, REGRESSIONS = contenders_for(False), contenders_for(True)
QUICKLY = ("RBF-SVM", "linear probe, random trunk", "linear probe, discriminator")


def few_digits():
    digits = read("digits")
    parts = {"x": digits.x[:120], "y": digits.y[:120]}
    return replace(digits, x_test=digits.x_test[:50], y_test=digits.y_test[:50], **parts)


def brightness():
    """Images whose mean is the number to tell."""
    x = (
        np.random.default_rng(0).integers(0, 256, (60, 8, 8))
        * np.linspace(0.2, 1, 60)[:, None, None]
    )
    x = x.astype(np.uint8)
    y = x.mean((1, 2)) / 10
    return Data(kind="images", x=x[::2], y=y[::2], x_test=x[1::2], y_test=y[1::2])


@pytest.fixture(scope="module")
def starts():
    """Per data set: the rows that may be read, a GAN that has learnt next to nothing, its twin."""
    found = {}
    for regression, data in ((False, few_digits()), (True, brightness())):
        labeled = choose_labelled(data, 20 if regression else 40, seed=0)
        gans = {t: pretrain(data, replace(TINY, steps=2 if t else 0)) for t in (True, False)}
        found[regression] = data, labeled, gans
    return found


class Sealed:
    """An array of labels of which only some rows may be read."""

    def __init__(self, values, open_rows):
        self.values, self.open = values, set(np.asarray(open_rows).tolist())

    def __len__(self):
        return len(self.values)

    def __getitem__(self, rows):
        if not set(np.atleast_1d(rows).tolist()) <= self.open:
            raise AssertionError("a label was read that is not among the few")
        return self.values[rows]

    def __array__(self, *_, **__):
        raise AssertionError("all labels were read")


def sealed(data, labeled):
    y, y_test = Sealed(data.y, labeled), Sealed(data.y_test, [])
    return Data(kind=data.kind, x=data.x, y=y, x_test=data.x_test, y_test=y_test)


@pytest.mark.parametrize(
    ("method", "regression"),
    [(name, False) for name in CLASSES] + [(name, True) for name in REGRESSIONS],
)
def test_every_method_answers_and_reads_no_other_labels_than_the_few(starts, method, regression):
    data, labeled, gans = starts[regression]
    row = CONTENDERS[method]
    start = None if row.needs in ("rows", "weights") else gans[row.needs == "gan"]
    answer = row.answer(Problem(sealed(data, labeled), labeled, start), FEW, 3)
    assert answer.predictions.shape == (len(data.x_test),)
    assert np.isfinite(answer.predictions).all()
    assert answer.samples >= len(labeled) or row.trains
    assert (answer.config is None) == (row.way is None)
    if answer.config is not None:
        assert answer.config.seed == 3


@pytest.mark.parametrize("method", [name for name, row in OURS.items() if row.needs == "gan"])
def test_every_row_of_a_gan_has_one_that_differs_in_the_first_weights_alone(method):
    twins = [row for row in OURS.values() if row.settings == OURS[method].settings]
    assert [row.needs for row in twins] == ["networks", "gan"]
    assert OURS[methods.twin_of(method)] == twins[0]
    assert methods.twin_of(methods.twin_of(method)) is None


@pytest.mark.parametrize(
    ("method", "least"),
    [("logistic regression", 0.6), ("RBF-SVM", 0.6), ("SelfTraining, logistic regression", 0.6)],
)
def test_methods_are_far_above_chance(starts, method, least):
    data, labeled, _ = starts[False]
    problem = Problem(data, labeled)
    answer = CONTENDERS[method].answer(problem, {}, 0)
    assert score_predictions(problem, answer.predictions, "accuracy") > least


@pytest.mark.parametrize("method", REGRESSORS)
def test_regressions_are_better_than_the_mean(starts, method):
    data, labeled, _ = starts[True]
    problem = Problem(data, labeled)
    mean = np.full(len(data.x_test), data.y[labeled].mean())
    found = CONTENDERS[method].answer(problem, {}, 0).predictions
    of_mean = score_predictions(problem, mean, "rmse")
    assert score_predictions(problem, found, "rmse") < 0.8 * of_mean


def test_a_gan_row_and_its_gan_off_row_differ_in_the_first_weights_only():
    fields = {"": {"steps": 7, "warp": 0.5}, "propagation": {"rate": 1e-4}}
    off, on = (
        CONTENDERS[n] for n in ("GAN off: finetuned random trunk", "finetuned discriminator")
    )
    config = methods.config_for(on, fields, 4)
    assert config == methods.config_for(off, fields, 4)
    assert (config.seed, config.steps, config.warp, config.rate) == (4, 7, 0.5, 1e-4)
    assert (off.needs, on.needs) == ("networks", "gan")


@pytest.mark.parametrize("table", FEW_LABEL_TABLES, ids=lambda table: table.name)
def test_no_row_of_a_table_has_settings_that_it_has_no_use_for(table):
    rows = [CONTENDERS[name] for name in table.methods or OURS]
    for row in (row for row in rows if row.settings is not None):
        refuse_unused(methods.config_for(row, table.settings, 0), suits=("zoom",))


def test_the_rows_that_are_always_there_are_there():
    for name in ("network from scratch, labels only", "GAN off: finetuned random trunk"):
        assert name in CLASSES
        assert name in REGRESSIONS
    assert {"linear probe, discriminator", "RBF-SVM", "LabelSpreading, k = 7"} <= {*CLASSES}
    assert set(REGRESSORS) <= set(REGRESSIONS)
    assert not set(CLASSIFIERS) & set(REGRESSIONS)


def test_foreign_weights_are_a_row_only_where_they_are_at_hand(monkeypatch, tmp_path):
    row = "pretrained ResNet-18 + logistic regression"
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert vision.imagenet_resnet() is None
    assert row not in contenders_for(False)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / vision.WEIGHTS).touch()
    assert row in contenders_for(False)


@pytest.mark.parametrize("shape", [(3, 8, 8), (3, 9, 7, 1), (3, 8, 8, 3)])
def test_pictures_become_what_a_pretrained_network_wants(shape):
    wanted = type("Wanted", (), {"mean": [0.5, 0.5, 0.5], "std": [0.5] * 3, "crop_size": [16]})()
    x = vision.Pictures(wanted)(torch.full(shape, 255, dtype=torch.uint8))
    assert x.shape == (3, 3, 16, 16)
    assert torch.allclose(x, torch.ones(()))


# Problems.


def test_turned_images_turn_anticlockwise_by_the_angle_that_is_told():
    images = np.zeros((200, 21, 21), np.uint8)
    images[:, 10, 18] = 255  # to the right of the middle
    images[:, 10, 17] = 255
    found, degrees = rotate(images, Rng(("turned",)))
    assert found.dtype == np.uint8
    assert degrees.dtype == np.float64
    assert np.abs(degrees).max() < 60
    assert np.abs(degrees).max() > 55
    weights = found / found.sum((1, 2), keepdims=True)
    rows, columns = np.mgrid[:21, :21] - 10
    up, right = -(weights * rows).sum((1, 2)), (weights * columns).sum((1, 2))
    assert np.abs(np.rad2deg(np.arctan2(up, right)) - degrees).max() < 1.5
    again, others = rotate(images, Rng(("turned",)))
    assert np.array_equal(again, found)
    assert not np.array_equal(rotate(images, Rng(("other",)))[1], others)


def test_rotated_images_have_an_angle_for_every_image_of_both_parts():
    data = rotate_both_parts(few_digits())
    assert (data.x.shape, data.y.shape) == ((120, 8, 8), (120,))
    assert (data.x_test.shape, data.y_test.shape) == ((50, 8, 8), (50,))
    assert not np.array_equal(data.y[:50], data.y_test)
    assert len(choose_labelled(data, 50, seed=1)) == 50


def test_a_table_is_divided_once_and_for_all():
    frame = pd.DataFrame({"a": np.arange(50.0), "b": 1.5})
    one = hold_out_test(Data(kind="table", x=frame, y=np.arange(50.0)))
    assert (len(one.x), len(one.x_test)) == (40, 10)
    assert np.array_equal(one.x["a"], one.y)
    assert np.array_equal(one.x_test["a"], one.y_test)
    assert sorted([*one.y, *one.y_test]) == list(range(50))
    assert np.array_equal(hold_out_test(Data(kind="table", x=frame, y=np.arange(50.0))).y, one.y)


def test_labels_are_as_many_of_every_class_and_a_remainder_is_refused():
    data = read("digits")
    rows = choose_labelled(data, 50, seed=2)
    assert np.bincount(data.y[rows]).tolist() == [5] * 10
    with pytest.raises(ValueError, match="55 labels cannot be as many in each of 10 classes"):
        choose_labelled(data, 55, seed=2)


@pytest.mark.parametrize(("measure", "value"), [("accuracy", 0.25), ("mae", 2.0), ("rmse", 6**0.5)])
def test_scores_are_those_of_the_test_rows(measure, value):
    data = Data(kind="vectors", x=np.zeros((1, 1)), x_test=np.zeros((4, 1)), y_test=np.arange(4))
    problem = Problem(data, np.arange(0))
    score = score_predictions(problem, np.array([4, 3, 0, 3]), measure)
    assert score == pytest.approx(value, abs=1e-5)


# Tables.


def small(**changes):
    fields = {
        "name": "small",
        "about": "",
        "data": "digits",
        "labels": (50,),
        "draws": ((7, 7),),
        "gan": TINY,
        "settings": FEW,
        "methods": QUICKLY,
        "timed": False,
        "device": "cpu",
        "flops": None,  # counting takes seconds a method
    }
    return Table(**(fields | changes))


def carried_out(table, out):
    with joblib.parallel_config(backend="threading"):
        return list(benchmark.run(suite_of(table), out, work=out / "work"))


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    out = tmp_path_factory.mktemp("small")
    return {
        row["method"]: row for row in carried_out(small(flops=measuring.flops_of_steps), out)
    }, out


def test_a_row_says_what_was_measured_and_what_it_took(rows):
    found, out = rows
    svm, probe, gan = (found[name] for name in QUICKLY)
    labeled = choose_labelled(read("digits"), 50, seed=7)
    for row in (svm, probe, gan):
        assert (row["data"], row["labels"], row["label_seed"]) == ("digits", "50", "7")
        assert row["split"] == digest(labeled)[:12]
        assert 0 <= float(row["accuracy"]) <= 1
        total = float(row["seconds"]) + float(row["gan_seconds"])
        assert float(row["total_seconds"]) == pytest.approx(total, abs=0.06)
        assert row["league"] == "own data"
    assert float(svm["accuracy"]) > 0.7
    assert (svm["way"], probe["way"]) == ("", "probe")
    assert (svm["samples_seen"], probe["samples_seen"]) == ("50", "50")
    assert int(gan["samples_seen"]) == 50 + TINY.steps * TINY.batch
    assert svm["flops"] == "0"
    assert 0 < int(probe["flops"]) < int(gan["flops"])
    assert (svm["gan_source"], gan["gan_source"]) == ("", gan["source"])


def by_the_step(train, steps):
    """Operations as if each step took 100."""
    return 100 * sum(steps.values())


def passes(labels=50, rows=1500, **settings):
    return methods.samples_in(methods.PredictorConfig(**settings), labels, rows)


def test_rows_are_counted_as_often_as_each_teacher_takes_them():
    steps = {"steps": 10, "batch": 4, "ratio": 3}
    assert passes(method="probe") == 50
    assert passes(method="graph") == 1500
    assert passes(method="graph", rows=10**6) == 50 + GRAPH
    assert passes(method="propagation", unlabeled=0.0, **steps) == 10 * 4
    assert passes(method="propagation", **steps) == 10 * 4 * (1 + RATIO)
    assert (
        passes(method="consistency", **steps) == passes(method="k-plus-one", **steps) == 10 * 4 * 4
    )
    assert passes(method="consistency+k-plus-one", **steps) == 10 * 4 * (1 + 3 + 3)


@pytest.mark.slow
def test_what_auto_compared_counts_as_well(tmp_path):
    """At least the pretraining and the student, which candidates share."""
    (row,) = carried_out(small(methods=("auto",), flops=by_the_step), tmp_path)
    student, pretraining = 2 * StudentConfig.batch, TINY.steps * TINY.batch
    assert int(row["samples_seen"]) >= pretraining + student
    assert row["way"] == "ensemble"


def test_calibration_is_measured_with_and_without_a_temperature(tmp_path):
    table = calibration.short_calibrated_part(small(), ("linear probe, discriminator",))
    found = replace(calibration.calibration_of((table,)), name="calibration")
    assert [cell.data for cell in found.cells] == ["digits"]
    with joblib.parallel_config(backend="threading"):
        (row,) = benchmark.run(found, tmp_path, work=tmp_path)
    assert float(row["temperature"]) != 1
    assert 0 <= float(row["ece"]) != float(row["ece_plain"])
    assert float(row["log_loss"]) > 0 < float(row["log_loss_plain"])


def test_one_pretraining_serves_all_rows_of_its_seed(rows):
    _, out = rows
    table = small()
    runs = [path for path in (out / "work").iterdir() if path.is_dir() and path.name != "flops"]
    assert runs == [gan_directory(table, 7, Place(out / "work"))]
    assert load(runs[0]).config == replace(TINY, seed=7)
    about = json.loads(runs[0].with_name(f"{runs[0].name}.json").read_text())
    assert about["flops"] > 0


def test_another_config_or_seed_is_another_gan():
    table = small()
    other = replace(table, gan=replace(TINY, width=3))
    work = Place(Path("work"))
    assert (
        len(
            {
                gan_directory(table, 0, work),
                gan_directory(table, 1, work),
                gan_directory(other, 0, work),
            }
        )
        == 3
    )


def test_seconds_of_a_run_that_was_taken_up_are_those_of_all_its_parts(tmp_path):
    run = Run.claim(tmp_path / "run", {"steps": 4})
    for step, seconds in ((1, 1.0), (2, 2.5), (3, 0.5), (4, 1.5)):
        run.log({"step": step, "seconds": seconds})
    assert training_seconds(tmp_path / "run") == 4.0
    assert training_seconds(Run.claim(tmp_path / "none", {"steps": 0}).path) == 0.0


def test_main_methods_run_on_every_draw_and_others_on_the_first():
    chosen = ("RBF-SVM", "linear probe, discriminator", "auto")
    table = small(draws=seed_pairs(None, 5), methods=chosen)
    counts = {name: [c.label_seed for c in cells_of(table) if c.method == name] for name in chosen}
    assert counts["auto"] == [0, 1, 2, 3, 4]
    assert counts["RBF-SVM"] == counts["linear probe, discriminator"] == [0, 1, 2]
    assert all(cell.gan_seed == cell.label_seed for cell in cells_of(table))


def test_methods_without_networks_run_once_a_draw():
    table = small(draws=seed_pairs(range(3), 2), methods=QUICKLY, others=6)
    counts = {name: sum(cell.method == name for cell in cells_of(table)) for name in QUICKLY}
    assert counts == {"RBF-SVM": 2, QUICKLY[1]: 6, QUICKLY[2]: 6}


def test_what_is_trained_is_timed_where_seconds_are_compared():
    cell = Cell(data="digits", labels=50, method="auto", gan_seed=0, label_seed=0)
    assert fewlabel.is_timed(small(timed=True), cell)
    assert not fewlabel.is_timed(small(timed=False), cell)
    assert not fewlabel.is_timed(small(timed=True), replace(cell, method="RBF-SVM"))


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("name", [table.name for table in FEW_LABEL_TABLES])
def test_every_suite_has_cells_that_are_told_apart(name, short):
    found = suite(name, short)
    assert found.name == name + "-quick" * short
    assert len(set(found.cells)) == len(found.cells) > 5
    assert found.measure in ("accuracy", "mae", "rmse")
    assert found.lower == (found.measure != "accuracy")
    assert found.about.endswith(SUITES[name].about) and SUITES[name].about
    drawn = {cell.label_seed for cell in found.cells}
    assert len(drawn) >= (1 if short else 3 if name == "cifar10-probe" else 5)


def test_short_forms_are_smaller_and_keep_what_a_table_forbids():
    for table in FEW_LABEL_TABLES:
        assert len(cells_of(shorten(table))) < len(cells_of(table))
        for way, given in shorten(table).settings.items():
            assert given["steps"] == SHORT_STEPS, way
        slow = {cell.method for cell in cells_of(shorten(table))} & set(SLOW)
        assert bool(slow) == (table.data == "digits")  # seconds there
        if table.gan.architecture == "resnet":  # for a GPU, made small enough for a processor
            rows = shorten(table).settings[""]
            assert (shorten(table).gan.width, rows["batch"] * rows["ratio"]) == (8, 64)
    rotated = next(table for table in FEW_LABEL_TABLES if table.name == "rotated-mnist")
    assert not {"turn", "slant", "stretch", "flip"} & {*shorten(rotated).settings[""]["transforms"]}


def test_an_unknown_suite_is_refused_with_those_that_there_are():
    with pytest.raises(
        ValueError, match="no benchmark 'mnits'.*here are adaptation, .*breadth, calibration"
    ):
        suite("mnits")


def test_the_committed_digits_are_cells_of_their_suite():
    from benchmarks.tables import RESULTS

    held, found = read_rows(RESULTS / "digits.csv"), suite("digits")
    left = benchmark.missing(found, held)
    drawn = {str(cell.label_seed) for cell in found.cells}
    keys = {(row["labels"], row["method"], row["label_seed"]) for row in held}
    assert held
    assert len(found.cells) - len(left) == sum(rng in drawn for *_, rng in keys)


def test_a_training_is_run_for_every_length_that_is_compared(tmp_path):
    table = small(methods=("GAN off: graph and consistency",))
    found = replace(time_to_accuracy.lengths_of(table, (1, 2)), name="lengths")
    assert [cell.steps for cell in found.cells] == [1, 2]
    with joblib.parallel_config(backend="threading"):
        one, more = list(benchmark.run(found, tmp_path, work=tmp_path))
    assert (one["steps"], more["steps"]) == ("1", "2")
    assert one["way"] == "consistency+propagation"
    assert int(one["samples_seen"]) < int(more["samples_seen"])
    whole = suite("time-to-accuracy").cells
    assert len(whole) == len(time_to_accuracy.TRAINED) * len(time_to_accuracy.LENGTHS) * 3


# The demo.


def test_a_demo_trains_one_gan_keeps_a_model_and_tells_of_every_method(tmp_path):
    brief = {"gan": TINY, "settings": FEW, "methods": QUICKLY}
    kept = {QUICKLY[-1]: "model"}
    table = replace(story.DEMO, **brief, models=kept, draws=((0, 0),), labels=(50,))
    with joblib.parallel_config(backend="threading"):
        told = list(story.run_demo(tmp_path / "d", 3, table))
    assert [progress.step for progress in told] == [2, 1, 2, 3]
    found = read_rows(tmp_path / "d" / "cells.csv")
    assert {row["method"] for row in found} == {*QUICKLY}
    assert {(row["labels"], row["gan_seed"]) for row in found} == {("50", "3")}
    assert load(tmp_path / "d" / "gan").config == replace(TINY, seed=3)
    model = load_predictor(tmp_path / "d" / "model")
    assert model.about["labels"]["count"] == 50
    (row,) = (row for row in found if row["method"] == QUICKLY[-1])
    digits = read("digits")
    assert np.mean(model.predict(digits.x_test) == digits.y_test) == pytest.approx(
        float(row["accuracy"]), abs=1e-5
    )


def test_a_demo_that_cannot_be_ends_in_a_sentence(tmp_path):
    other = tmp_path / "d" / "model"  # of something else
    other.mkdir(parents=True)
    (other / "config.json").write_text("none")
    table = replace(story.DEMO, gan=TINY, settings=FEW, methods=QUICKLY[-1:], labels=(50,))
    table = replace(table, models={QUICKLY[-1]: "model"}, draws=((0, 0),))
    refused = pytest.raises(InputError, match=f"{QUICKLY[-1]}.* ended with: .*remove it or name")
    with joblib.parallel_config(backend="threading"), refused:
        list(story.run_demo(tmp_path / "d", 3, table))


def test_cells_of_a_gan_share_a_student_whose_cost_stands_in_their_rows(tmp_path):
    place = Place(tmp_path)
    shared = StudentConfig(steps=2, batch=8)
    table = small(student=shared, methods=None, flops=by_the_step)
    way = "linear probe, distilled student"
    for name in (way, f"GAN off: {way}", "k-NN, distilled student"):
        cell = Cell(data=table.data, labels=table.labels[0], method=name, gan_seed=7, label_seed=7)
        need = fewlabel.shared_by(table, cell)
        assert need.student == replace(shared, seed=7)
        fewlabel.make_shared(table, need, place)
        row = fewlabel.solve_cell(table, cell, place)
        seconds = fewlabel.training_seconds(fewlabel.home_of_student(table, need, place))
        assert row["seconds"] > seconds > 0
        assert row["samples_seen"] >= 2 * 8 + table.labels[0]
        assert row["flops"] == 100 * (2 if "off" in name else 2 + TINY.steps)
    students = [path for path in tmp_path.iterdir() if "-student-" in path.name]
    twins = [path for path in tmp_path.iterdir() if "-twin-" in path.name]
    assert (len(students), len(twins)) == (1, 1)
    other = Cell(**(vars(cell) | {"method": "linear probe, discriminator"}))
    assert fewlabel.shared_by(table, other).student is None
    scratch = Cell(**(vars(cell) | {"method": "student's network from scratch, labels only"}))
    assert fewlabel.shared_by(table, scratch) is None


def test_a_shared_student_is_counted_as_one_that_a_cell_makes_itself(tmp_path):
    method = "GAN off: linear probe, distilled student"
    own = {"": {"steps": 3, "student": {"steps": 2, "batch": 8}}}
    table = small(methods=(method,), settings=own, flops=measuring.flops_of_steps)
    (alone,) = carried_out(table, tmp_path / "alone")
    student = StudentConfig(steps=2, batch=8)
    (shared,) = carried_out(replace(table, settings=FEW, student=student), tmp_path / "shared")
    assert shared["flops"] == alone["flops"] != "0"
    assert shared["samples_seen"] == alone["samples_seen"]


def test_who_needs_what_another_process_makes_waits_for_it():
    waits, tries = [], iter([BlockingIOError("busy"), BlockingIOError("busy"), None])

    def make():
        if trouble := next(tries):
            raise trouble
        return "made"

    assert fewlabel.wait_for_lock(make, waits.append) == "made"
    assert waits == [0.5] * 2


def test_the_demo_shows_the_recommended_method_and_a_twin_of_each_of_its_own():
    shown = story.DEMO.methods
    assert story.RECOMMENDED in shown
    assert "logistic regression" in shown
    splits = {}
    for cell in story.demo_suite(4).cells:
        assert cell.gan_seed == 4
        splits.setdefault(cell.method, []).append(cell.label_seed)
    for name in shown:
        if CONTENDERS[name].needs == "gan":
            assert splits[methods.twin_of(name)] == splits[name]
        assert splits[name] == ([0] if "auto" in name else [0, 1, 2, 3, 4])
