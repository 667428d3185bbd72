"""Which labels a model learns from, and what its directory says of them."""

import json

import numpy as np
import pytest

from ssgan.data import from_memory, targets
from ssgan.data.labels.ledger import LabelBudgetError, Ledger, read_ledger
from ssgan.data.labels.split import (
    IDENTITY,
    LabelRequest,
    leave_learnt_out,
    make_split,
    read_counted,
    read_split,
    split_files,
    split_record,
)
from ssgan.data.selection import select_part

X = np.arange(40.0).reshape(20, 2) ** 2
Y = np.arange(20) % 2


@pytest.fixture
def labelled(tmp_path):
    np.savez(tmp_path / "d.npz", x=X, y=Y)
    return str(tmp_path / "d.npz")


def test_a_split_holds_the_labels_asked_for_and_leaves_the_others_unlabeled(labelled):
    request = LabelRequest(source=labelled, per_class=3, seed=1)
    split = make_split(from_memory(X), request)
    chosen = split.record["indices"]
    assert sorted(split.targets.values) == [0, 0, 0, 1, 1, 1]
    np.testing.assert_array_equal(split.samples, X[chosen])
    np.testing.assert_array_equal(split.unlabeled, np.delete(X, chosen, 0))
    assert split.ledger.indices.tolist() == chosen
    assert (split.record["seed"], split.record["per_class"]) == (1, 3)
    assert make_split(from_memory(X), LabelRequest(source=labelled)).record["seed"] is None


@pytest.mark.parametrize(("per_class", "budget"), [(2, 4), (3, 6)])
def test_more_labels_than_were_asked_for_are_never_read(per_class, budget):
    request = LabelRequest(source="d", per_class=per_class)
    message = f"{budget + 1} labels would be read, the budget is {budget}"
    with pytest.raises(LabelBudgetError, match=message):
        read_counted(targets(Y), np.arange(budget + 1), request)
    kept, ledger = read_counted(targets(Y), np.arange(budget), request)
    assert len(kept.values) == len(ledger) == budget


def test_more_numbers_than_were_asked_for_are_never_read():
    found = targets(np.arange(20) / 3)
    with pytest.raises(LabelBudgetError, match="12 labels would be read, the budget is 5"):
        read_counted(found, np.arange(12), LabelRequest(source="d", count=5))


def test_labels_that_came_with_the_samples_are_recorded_too(tmp_path):
    data = from_memory(X, Y)
    found = targets(data.y)
    ledger = Ledger(len(found.labeled))
    ledger.read(found.labeled)
    identity = {name: getattr(data, name) for name in IDENTITY}
    files = split_files(split_record(identity, found, found.labeled), ledger)
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    record = read_split(tmp_path)
    assert record == json.loads(files["split.json"])
    assert record["data"] == {"source": "memory", "options": {}, "fingerprint": data.fingerprint}
    assert record["values"] == Y.tolist()
    assert record["seed"] is record["per_class"] is None
    assert len(read_ledger(tmp_path / "labels.json")) == 20
    with pytest.raises(ValueError, match="learnt from every row of memory"):
        leave_learnt_out(tmp_path, data, select_part(data))
