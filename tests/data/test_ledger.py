"""The label ledger: what is counted, what is refused, and what a run keeps of it."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from ssgan.data import digest
from ssgan.data.labels.ledger import LabelBudgetError, Ledger, read_ledger, resumed_ledger

Y = np.array([7, 8, 9, 7, 8])
CONTAINERS = [Y, Y.tolist(), tuple(Y.tolist()), torch.from_numpy(Y), pd.Series(Y, index=[*"edcba"])]


def test_what_is_read_is_kept_sorted_and_counts_once():
    ledger = Ledger(4)
    ledger.read([7, 2])
    ledger.read(torch.tensor([2, 5]))
    ledger.read(np.array([], int))
    assert ledger.indices.tolist() == [2, 5, 7]
    assert ledger.indices.dtype == np.int64
    assert len(ledger) == 3
    assert ledger.sha256 == digest(np.array([2, 5, 7]))


def test_the_order_of_reading_leaves_no_trace():
    one, other = Ledger(9), Ledger(9)
    one.read([3, 1, 2])
    other.read([1])
    other.read([2, 3])
    assert one.to_json() == other.to_json()


def test_the_label_beyond_the_budget_is_refused_and_nothing_is_recorded():
    ledger = Ledger(3)
    ledger.read([0, 1])
    with pytest.raises(LabelBudgetError, match="4 labels would be read, the budget is 3"):
        ledger.read([1, 2, 3])
    assert ledger.indices.tolist() == [0, 1]
    ledger.read([0, 1, 5])


@pytest.mark.parametrize("budget", [0, -1, 2.0, True, None])
def test_a_budget_is_a_whole_number_from_one_on(budget):
    with pytest.raises(ValueError, match="expected a budget of at least 1 label"):
        Ledger(budget)


@pytest.mark.parametrize("rows", [[-1], [0.5], [True, False], np.array([[1]]), 3, ["a"]], ids=str)
def test_what_are_no_row_numbers_is_refused(rows):
    ledger = Ledger(3)
    with pytest.raises(ValueError, match="expected row numbers"):
        ledger.read(rows)
    assert len(ledger) == 0


@pytest.mark.parametrize("y", CONTAINERS, ids=lambda y: type(y).__name__)
def test_labels_of_any_container_are_handed_out_by_number_and_counted(y):
    ledger = Ledger(3)
    assert ledger.take(y, [4, 0, 4]).tolist() == [8, 7, 8]
    assert ledger.indices.tolist() == [0, 4]


def test_labels_behind_a_ledger_are_read_in_no_other_way():
    ledger = Ledger(2)
    labels = ledger.labels(Y)
    assert len(labels) == 5
    assert labels[[1, 2]].tolist() == [8, 9]
    for reading in (lambda: [*labels], lambda: np.asarray(labels)[0] + 1, lambda: labels[0]):
        with pytest.raises((TypeError, ValueError)):
            reading()
    with pytest.raises(LabelBudgetError):
        labels[[3]]
    with pytest.raises(ValueError, match="there is no row 5 among 5 labels"):
        labels[[5]]
    assert ledger.indices.tolist() == [1, 2]


def test_ledgers_of_two_parts_are_merged_within_the_budget():
    one, other = Ledger(3), Ledger(3)
    one.read([0, 1])
    other.read([1, 2])
    one.merge(other)
    assert one.indices.tolist() == [0, 1, 2]
    other.read([3])
    with pytest.raises(LabelBudgetError):
        one.merge(other)


def kept(path, rows, budget=3):
    ledger = Ledger(budget)
    ledger.read(rows)
    ledger.keep(path)
    return ledger


def test_a_file_holds_budget_count_indices_and_hash(tmp_path):
    ledger = kept(tmp_path / "labels.json", [4, 1])
    found = json.loads((tmp_path / "labels.json").read_text())
    assert found == {"budget": 3, "count": 2, "indices": [1, 4], "sha256": ledger.sha256}
    assert read_ledger(tmp_path / "labels.json").to_json() == found


def test_a_run_that_resumes_reads_the_same_labels_and_no_others(tmp_path):
    path = tmp_path / "labels.json"
    assert resumed_ledger(path, 3).only is None
    before = kept(path, [4, 1])
    again = resumed_ledger(path, 3)
    assert len(again) == 0
    again.read([1])
    with pytest.raises(LabelBudgetError, match="without those of rows 2: resume it with the same"):
        again.read([2])
    again.read([4])
    again.keep(path)
    assert again.sha256 == before.sha256


@pytest.mark.parametrize("rows", [[1, 5], [1], [1, 4, 5]], ids=str)
def test_another_split_is_refused_and_the_file_stays(tmp_path, rows):
    path = tmp_path / "labels.json"
    kept(path, [4, 1])
    before = path.read_bytes()
    with pytest.raises(LabelBudgetError, match="resuming never draws another split"):
        kept(path, rows)
    assert path.read_bytes() == before


def test_a_run_does_not_resume_with_a_smaller_budget(tmp_path):
    kept(tmp_path / "labels.json", [4, 1])
    with pytest.raises(LabelBudgetError, match="2 labels were read, the budget is 1"):
        resumed_ledger(tmp_path / "labels.json", 1)


@pytest.mark.parametrize(
    "change",
    [
        {"count": 3},
        {"indices": [1, 5]},
        {"indices": [4, 1]},
        {"indices": [1, 1, 4]},
        {"indices": ["a"]},
        {"indices": None},
        {"budget": 1},
        {"budget": "3"},
        {"sha256": "0" * 64},
    ],
    ids=str,
)
def test_a_file_that_does_not_agree_with_itself_is_refused(tmp_path, change):
    path = tmp_path / "labels.json"
    kept(path, [4, 1])
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValueError, match=r"labels\.json is damaged: "):
        read_ledger(path)


def test_a_missing_or_broken_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match="is missing"):
        read_ledger(tmp_path / "labels.json")
    (tmp_path / "labels.json").write_text("{")
    with pytest.raises(ValueError, match="it is not JSON"):
        resumed_ledger(tmp_path / "labels.json", 3)
