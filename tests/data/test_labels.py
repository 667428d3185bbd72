"""Labels: what is unlabeled, what the task is, which rows are drawn, and label files."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ssgan.config import InputTypeError
from ssgan.data import Data, digest, draw_split, from_memory, read_labels, targets, unlabeled
from ssgan.data.labels.targets import reason_of

QUICK = settings(deadline=None, derandomize=True, max_examples=30)
PD = pd.Series

CLASSES = [
    ([0, 1, -1, 1, 0], [0, 1, -1, 1, 0], (0, 1), np.int64),
    (np.array([3.0, np.nan, 7, 7, 3]), [0, -1, 1, 1, 0], (3, 7), np.float64),
    (np.array([0.0, 1, -1, 1, 0]), [0, 1, -1, 1, 0], (0, 1), np.float64),
    (np.array(["b", "", "a", "a", "b"]), [1, -1, 0, 0, 1], ("a", "b"), object),
    (np.array(["b", None, "a", "a", "b"], object), [1, -1, 0, 0, 1], ("a", "b"), object),
    (["b", -1, "a", "a", "b"], [1, -1, 0, 0, 1], ("a", "b"), object),
    ([True, False, None, True, False], [1, 0, -1, 1, 0], (False, True), np.bool_),
    (np.array([True, False, True, False]), [1, 0, 1, 0], (False, True), np.bool_),
    ([5, None, 4, 4, 5], [1, -1, 0, 0, 1], (4, 5), np.int64),
    (PD(["b", None, "a", "b", "a"]), [1, -1, 0, 1, 0], ("a", "b"), object),
    (PD([2, pd.NA, 1, 1, 2], dtype="Int64"), [1, -1, 0, 0, 1], (1, 2), np.int64),
    (PD(["b", None, "a", "b", "a"], dtype="category"), [1, -1, 0, 1, 0], ("a", "b"), object),
    (torch.tensor([4, -1, 9, 9, 4]), [0, -1, 1, 1, 0], (4, 9), np.int64),
    (np.array([[1], [2], [2], [1]]), [0, 1, 1, 0], (1, 2), np.int64),
    ([1, "a", "a", 1], [0, 1, 1, 0], (1, "a"), object),
]


@pytest.mark.parametrize(("y", "values", "classes", "dtype"), CLASSES)
def test_classes_become_their_index_and_unlabeled_rows_minus_one(y, values, classes, dtype):
    found = targets(y)
    assert found.task == "classification"
    assert found.values.dtype == np.int64
    assert found.values.tolist() == values
    assert found.classes == classes
    assert found.labeled.tolist() == [row for row, value in enumerate(values) if value >= 0]


@pytest.mark.parametrize(("y", "values", "classes", "dtype"), CLASSES)
def test_decoded_classes_have_the_labels_own_dtype(y, values, classes, dtype):
    found = targets(y)
    rows = found.labeled
    decoded = found.decode(found.values[rows])
    if not (isinstance(y, np.ndarray) and y.dtype.kind == "U"):
        assert decoded.dtype == dtype
    assert decoded.tolist() == [classes[value] for value in values if value >= 0]
    assert found.encode(decoded).tolist() == found.values[rows].tolist()


def test_unlabeled_rows_decode_to_what_stands_for_no_label():
    assert targets([1, 2, 2, 1]).decode([0, -1]).tolist() == [1, -1]
    assert targets(["a", "b", "b", "a"]).decode(np.array([1, -1])).tolist() == ["b", None]
    assert np.isnan(targets([1.0, 2, 2, 1]).decode([-1])[0])
    assert targets([True, False] * 2).decode([1, -1]).tolist() == [True, None]


def test_numbers_keep_their_values_and_unlabeled_rows_are_nan():
    found = targets(np.array([0.5, np.nan, 3, -1], np.float32))
    assert found.task == "regression"
    assert found.classes is None
    np.testing.assert_array_equal(found.values, [0.5, np.nan, 3, -1])
    assert found.labeled.tolist() == [0, 2, 3]
    assert found.decode(np.array([0.25])).dtype == np.float32


TASKS = [
    ([0.5, 1, 2], "regression"),
    (np.arange(21.0), "regression"),
    (np.tile(np.arange(20.0), 2), "classification"),
    (np.arange(200), "regression"),
    (np.repeat(np.arange(100), 2), "classification"),
    ([None, 1.5, 2.5], "regression"),
    (["a1.5", "2.5", "2.5", "a1.5"], "classification"),
]


@pytest.mark.parametrize(("y", "task"), TASKS)
def test_the_labels_tell_the_task(y, task):
    assert targets(y).task == task


def test_the_task_can_be_asked_for():
    assert targets([1, 2, -1, 1], "regression").values.tolist() == [1, 2, -1, 1]
    assert targets(np.array([0.5, 1.5] * 2), "classification").classes == (0.5, 1.5)
    assert targets([1, 2, 3], "regression").decode(np.array([1.6])).tolist() == [2]


def test_given_classes_fix_the_order():
    assert targets(["a", "b", "a", "b", "c", "c"], classes=["c", "b", "a"]).values[0] == 2


REFUSALS = [
    ([-1, -1], {}, "none of the 2 rows has a label"),
    ([np.nan, np.nan], {}, "none of the 2 rows has a label"),
    (["", None], {}, "none of the 2 rows has a label"),
    ([], {}, "none of the 0 rows has a label"),
    (["a", "a", ""], {}, "all labels are 'a': a classifier needs at least two classes"),
    ([2.5, 2.5, np.nan], {}, "all labels are 2.5: there is nothing to learn"),
    ([0, 1, -1], {"classes": [0, 1, 2]}, "2 labels for 3 classes"),
    ([0, 5, 1], {"classes": [0, 1, 2]}, "label 5 is none of the 3 classes 0, 1, 2"),
    (["a", "b"], {"task": "regression"}, "expected numbers to regress on, got 'a'"),
    (["1.5", "2.5", "x"], {"task": "regression"}, "expected numbers to regress on, got 'x'"),
    ([1.0, np.inf], {"task": "regression"}, "the label of row 1 is infinite"),
    (["1.5", "1e400"], {"task": "regression"}, "the label of row 1 is infinite"),
    ([1.0, 2.0, -np.inf, np.nan], {}, "the label of row 2 is infinite"),
    (["a", np.float32(np.inf), "b"], {}, "the label of row 1 is infinite"),
    ([1, 2, 10**400], {}, "the label of row 2 is a number beyond 64 bits"),
    ([0.5, 10**400], {"task": "regression"}, "the label of row 1 is a number beyond 64 bits"),
    (np.zeros((3, 2)), {}, "expected one label a row"),
]


@pytest.mark.parametrize(("y", "options", "message"), REFUSALS)
def test_labels_from_which_nothing_can_be_learnt_are_refused(y, options, message):
    with pytest.raises(ValueError, match=message):
        targets(y, **options)


def test_labels_that_are_neither_text_nor_numbers_are_refused():
    with pytest.raises(TypeError, match="expected text or numbers, got Timestamp"):
        targets(PD(pd.to_datetime(["2020-01-01", "2020-01-02"])))


def test_a_single_label_in_a_class_is_a_warning():
    with pytest.warns(UserWarning, match="a single label in 1 of 2 classes: 'b'"):
        assert targets(["a", "a", "b"]).classes == ("a", "b")


def test_classes_that_were_not_learnt_are_named_and_counted():
    found = targets(["cat", "dog"] * 2)
    message = r"label 'wolf' is none of the 2 classes 'cat', 'dog': .* unknown classes \(2\)"
    with pytest.raises(ValueError, match=message):
        found.encode(["cat", "wolf", None, "fox"])


def test_labels_of_a_test_part_may_be_few():
    assert targets(["a", "b"] * 2).encode(["b", None]).tolist() == [1, -1]


def test_what_is_unlabeled():
    assert unlabeled([1, -1, 0]).tolist() == [False, True, False]
    assert unlabeled(np.array([1.0, -1, np.nan])).tolist() == [False, True, True]
    assert unlabeled(np.array([-1.0, np.nan]), "regression").tolist() == [False, True]
    assert unlabeled(PD(["a", pd.NA, ""], dtype=object)).tolist() == [False, True, True]
    assert unlabeled(np.array([True, False])).tolist() == [False, False]


# Splits


@QUICK
@given(st.lists(st.integers(-1, 3), min_size=40, max_size=80), st.integers(1, 3), st.integers(0, 9))
def test_a_split_has_as_many_labels_of_every_class_and_is_sorted(y, per_class, seed):
    found = targets([*y, *[0, 1, 2, 3] * 3], no_label=-1)
    rows = draw_split(found, per_class, seed)
    assert rows.dtype == np.int64
    assert (np.diff(rows) > 0).all()
    assert np.bincount(found.values[rows]).tolist() == [per_class] * 4


def test_a_split_depends_on_labels_number_and_seed_only():
    found = targets(np.arange(1000) % 10)
    rows = draw_split(found, 10, 3)
    np.testing.assert_array_equal(rows, draw_split(targets(np.arange(1000) % 10), 10, 3))
    assert rows.tolist() != draw_split(found, 10, 4).tolist()
    assert rows[:5].tolist() == [13, 15, 23, 27, 48]  # recorded: runs rely on it


def test_a_smaller_split_lies_within_a_larger_one():
    found = targets(np.arange(1000) % 10)
    assert {*draw_split(found, 3, 7)} < {*draw_split(found, 10, 7)}


def test_numbers_are_drawn_by_their_count():
    found = targets(np.linspace(0, 1, 100))
    rows = draw_split(found, seed=1, labels=20)
    assert len({*rows}) == 20
    assert {*draw_split(found, seed=1, labels=5)} < {*rows}


CLASS = targets(["a", "b", "a", "b", "b"])
NUMBER = targets([0.5, 1.5, 2.5])
SPLIT_REFUSALS = [
    (CLASS, {"per_class": 3}, "3 labels in class 'a' were requested, there are 2"),
    (CLASS, {"per_class": 0}, "at least 1 label, got 0"),
    (CLASS, {"labels": 3}, "for classification give the number of labels per class"),
    (NUMBER, {"per_class": 3}, "for regression give the number of labels in all"),
    (NUMBER, {"labels": 4}, "4 labels were requested, there are 3"),
    (NUMBER, {}, "expected either"),
]


@pytest.mark.parametrize(("found", "options", "message"), SPLIT_REFUSALS)
def test_splits_that_cannot_be_drawn_are_refused(found, options, message):
    with pytest.raises(ValueError, match=message):
        draw_split(found, **options)


def test_a_digest_tells_values_shapes_and_dtypes_apart():
    arrays = [
        *(np.arange(6), np.arange(6).reshape(2, 3), np.arange(6.0), np.array(["a", 1], object)),
        *(np.array(["a", "1"], object), np.array(["a", "1"]), np.arange(0), torch.arange(6) + 1),
    ]
    assert len({digest(array) for array in arrays}) == len(arrays)
    assert digest(np.arange(12)[::2]) == digest(torch.arange(6) * 2)


# Files


def folder(*names, quarantine=()):
    x = np.zeros((len(names), 8, 8), np.uint8)
    return Data(kind="images", x=x, source="pets", names=[*names], quarantine=[*quarantine])


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


PETS = folder("a/1.png", "a/2.png", "b/3.png")


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("file,label\nb/3.png,dog\na/1.png,cat\n", ["cat", None, "dog"]),
        ("file,label\n3.png,dog\n1.png,cat\n2.png,\n", ["cat", None, "dog"]),
        ("label,file\n7,3.png\n4,1.png\n5,2.png\n", [4, 5, 7]),
        ("file,label,note\n./a/1.png,4,x\n3.png,,x\n2.png,5,y\n", [4, 5, None]),
        ("file,label\n3.png,1.5\n1.png,2\n", [2.0, np.nan, 1.5]),
        ("file,label\n3.png,007\n1.png,008\n", ["008", None, "007"]),
        ("file,label\n1.png,4\na/1.png,4\n", [4, None, None]),
        ("label\ncat\n\ndog\n", ["cat", None, "dog"]),
        ("cat\ndog\ncat\n", ["cat", "dog", "cat"]),
        ("3\n4\n3\n", [3, 4, 3]),
        ("label\n3\n-1\n3\n", [3, -1, 3]),
        ("file,label\n1.png, cat \n2.png,cat\n3.png,-1\n", ["cat", "cat", None]),
        ("file,label\n1.png,2\n2.png,two\n3.png,3\n", ["2", "two", "3"]),
    ],
)
def test_labels_of_a_file_are_put_to_their_rows(tmp_path, text, labels):
    found = read_labels(written(tmp_path / "labels.csv", text), PETS)
    np.testing.assert_array_equal(found, np.array(labels, dtype=found.dtype))
    assert found.dtype.kind == {int: "i", float: "f"}.get(type(labels[0]), "O") or None in labels


def test_labels_of_an_array_are_one_a_row(tmp_path):
    np.save(tmp_path / "labels.npy", np.array([3, -1, 4]))
    assert read_labels(tmp_path / "labels.npy", PETS).tolist() == [3, -1, 4]


def test_labels_of_unreadable_files_are_passed_over(tmp_path):
    pets = folder("1.png", quarantine=[("a/2.png", "the file is empty")])
    text = "file,label\n1.png,cat\na/2.png,dog\n2.png,dog\n"
    assert read_labels(written(tmp_path / "labels.csv", text), pets).tolist() == ["cat"]


@pytest.mark.parametrize(
    ("text", "data", "message"),
    [
        ("file,label\n9.png,x\n1.png,y\n", PETS, "labels files that are not in pets: '9.png'"),
        ("file,label\n1.png,x\na/1.png,y\n", PETS, "labels a/1.png twice, 'x' and 'y'"),
        ("file,label\n1.png,1\n1.png,2\n", PETS, "labels 1.png twice, 1 and 2: keep one"),
        ("file,label\n1.png,x\n2.png\n", PETS, "line 3 has 1 of 2 fields: end it with a comma"),
        ("file,label\n1.png,x\n2.p", PETS, "line 3 has 1 of 2 fields"),
        ('file,label\n1.png,x\n2.png,"y\n', PETS, "cannot be read as a table"),
        ("file,label\n1.png,1.5\n2.png,2.5\n3.png,2,5\n", PETS, "line 4 has 3 fields"),
        ("file,label\n1.png,1.5\n2.png,2.5\n3.png,x\n", PETS, "are numbers, but one is 'x'"),
        ("file,label\n1.png,x\n", folder("a/1.png", "b/1.png"), "that are not in pets: '1.png'"),
        ("file,label\n1.png,x\n", from_memory(np.zeros((2, 8, 8))), "memory is no image folder"),
        ("label\nx\ny\n", folder("1", "2", "3", "4"), "holds 2 labels for 4 samples"),
        ("name,age\nx,1\n", PETS, "has the columns 'name', 'age': expected file,label"),
        ("", PETS, "is empty"),
    ],
)
def test_label_files_that_do_not_fit_are_refused(tmp_path, text, data, message):
    with pytest.raises(ValueError, match=message):
        read_labels(written(tmp_path / "labels.csv", text), data)


def test_a_label_file_of_another_kind_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file .*none.csv"):
        read_labels(tmp_path / "none.csv", PETS)
    with pytest.raises(ValueError, match=r"expected labels in a \.csv"):
        read_labels(written(tmp_path / "labels.txt", "1"), PETS)


# What is told by labels alone is said, or decided by the user


def test_many_whole_numbers_are_classes_with_a_warning_that_names_regression():
    with pytest.warns(UserWarning, match="200 whole numbers are taken for classes: .*regression"):
        assert len(targets(np.repeat(np.arange(200), 2)).classes) == 200
    assert targets(np.repeat(np.arange(200), 2), "regression").classes is None
    assert len(targets(np.repeat(np.arange(200), 2), "classification").classes) == 200


def test_counts_with_rare_values_are_classes_with_a_warning():
    y = np.repeat(np.arange(30), [1, *[10] * 29])
    with pytest.warns(UserWarning) as said:
        assert len(targets(y).classes) == 30
    assert "30 whole numbers are taken for classes" in str(said[0].message)


@pytest.mark.parametrize("y", [[f"n{row}" for row in range(30)], np.arange(30), np.arange(60) // 2])
def test_labels_that_hardly_repeat_are_refused_as_a_guess(y):
    if len(y) == 60:
        assert len(targets(y).classes) == 30
        return
    with pytest.raises(ValueError, match="30 different labels in 30 rows are hardly classes"):
        targets(y)
    with pytest.warns(UserWarning, match="a single label in 30 of 30"):
        assert len(targets(y, "classification").classes) == 30


MINUS = np.repeat([-1, 0, 1], 40)


@pytest.mark.parametrize("y", [MINUS, MINUS.astype(float), MINUS.tolist(), MINUS.astype(str)])
def test_a_minus_one_as_frequent_as_classes_is_said(y):
    with pytest.warns(UserWarning, match="40 labels of -1 are taken for unlabeled, while 40 are"):
        assert len(targets(y).classes) == 2
    assert len(targets(y, no_label="none").classes) == 3
    assert len(targets(y, no_label=-1).classes) == 2
    assert (targets(y, no_label="-1").values == -1).sum() == 40


def test_a_minus_one_beside_empty_labels_is_said():
    with pytest.warns(UserWarning, match="1 labels of -1 .* while 2 rows have an empty one"):
        targets([0, 1, 1, 0, -1, None, None])


def test_few_labels_among_many_of_minus_one_are_no_surprise():
    assert targets(np.repeat([-1, 0, 1], [500, 5, 5])).classes == (0, 1)


@pytest.mark.parametrize(
    ("y", "no_label"),
    [
        ([0, 1, 9, 0, 1], 9),
        ([0, 1, 9, 0, 1], "9"),
        (["a", "b", "?", "a", "b"], "?"),
        ([0.0, 1.0, 9.0, 0.0, 1.0], "9"),
    ],
)
def test_another_label_may_mean_none(y, no_label):
    found = targets(np.array(y), no_label=no_label)
    assert found.values.tolist() == [0, 1, -1, 0, 1]
    assert found.encode(np.array(y)).tolist() == [0, 1, -1, 0, 1]
    assert targets([-1, 2, 9, 2, -1], no_label=9).classes == (-1, 2)


def test_minus_one_that_is_a_class_stays_one_for_other_rows():
    found = targets(MINUS, no_label="none")
    assert found.encode([-1, 1, 0]).tolist() == [0, 2, 1]
    known = targets(MINUS, classes=(-1, 0, 1))
    assert known.encode([-1, 1, None]).tolist() == [0, 2, -1]


def test_text_and_minus_one_in_one_list_are_classes_and_no_label():
    for y in (["cat", "dog", -1, "cat", "dog"], ["cat", "dog", "-1", "cat", "dog"]):
        assert targets(y).classes == ("cat", "dog")


def test_the_reason_for_a_task_is_said_in_words():
    for y, reason in (
        ([0, 1, 1, 0], "whole numbers of 2 values"),
        (["a", "b", "a", "b"], "text of 2 values"),
        ([True, False, True, False], "true or false of 2 values"),
        ([0.5, 1.5, 2.5], "numbers with fractions"),
        (np.arange(200), "whole numbers that hardly repeat"),
    ):
        assert reason_of(targets(y), y) == reason


DOUBTS = [
    (["0.5", "1.5"] * 4, "text that writes numbers, as '0.5', and are taken for 2 classes"),
    (["0,5", "1,5"] * 4, "text that writes numbers"),
    (list(map(str, range(30))) * 3, "text that writes numbers, .* for 30 classes"),
    (np.repeat(np.arange(18, 60), 5), "42 whole numbers are taken for classes"),
    ([0.5, 1.5] * 10, "2 numbers with fractions, each of them many times"),
    (["yes", "Yes", "no"] * 4, "the classes 'Yes', 'yes' differ in case or spaces alone"),
    (["cat", "cat ", "dog"] * 4, "the classes 'cat', 'cat ' differ"),
    ([-2, -1, 0, 0, -2, 0], "1 labels of -1 are taken for unlabeled, while -2 is a class"),
]


@pytest.mark.parametrize(("y", "message"), DOUBTS)
def test_what_looks_wrong_in_labels_is_said(y, message):
    with pytest.warns(UserWarning, match=message):
        targets(y)


@pytest.mark.parametrize(
    "y", [["0.5", "1.5"] * 4, np.repeat(np.arange(18, 60), 5), [0.5, 1.5] * 10]
)
def test_a_task_that_is_given_is_not_doubted(y):
    assert targets(y, "regression").classes is None


def test_classes_that_differ_in_type_alone_are_refused():
    with pytest.raises(ValueError, match="the labels 1 and '1' differ in type alone"):
        targets([1, "1", "a"] * 3)


def test_masked_labels_are_none():
    y = np.ma.masked_array([0, 1, 2, 0, 1], mask=[False, False, True, False, False])
    found = targets(y)
    assert (found.classes, found.values.tolist()) == ((0, 1), [0, 1, -1, 0, 1])


def test_whole_labels_beside_gaps_stay_whole_in_every_container():
    import pyarrow as pa

    given = [2**53 + 1, None, 3, 3, 2**53 + 1]
    for y in (pa.array(given), pa.chunked_array([given]), pd.array(given, dtype="Int64")):
        assert targets(y, "classification").classes == (3, 2**53 + 1)


def test_decimals_are_numbers():
    from decimal import Decimal

    assert targets([Decimal("0.25"), Decimal("1.5")]).values.tolist() == [0.25, 1.5]


def test_minus_one_written_with_a_fraction_is_no_label():
    assert unlabeled(["-1.0", "1.0", "v-1.0"]).tolist() == [True, False, False]
    assert unlabeled([0, 1], no_label="0.0").tolist() == [True, False]


def test_numbers_that_a_dtype_cannot_hold_are_its_ends():
    found = targets(np.array([0, 100], np.int8), "regression")
    assert found.decode(np.array([130.0, -200.0])).tolist() == [127, -128]
    assert targets([True, False, True], "regression").decode([0.25]).tolist() == [0.25]


@pytest.mark.parametrize("several", [[["a"], ["a", "b"]] * 3, [{"a": 1}, {"b": 2}] * 3])
def test_several_labels_a_row_are_refused(several):
    with pytest.raises(InputTypeError, match="expected one label a row, got"):
        targets(several)
