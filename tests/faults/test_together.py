"""Two processes on one directory lose nothing, and memory does not grow: what was measured."""

import pandas as pd

from benchmarks.faults import growth, together
from ssgan.cli.names import CHOICES
from ssgan.models.pretraining import load


def test_all_trials_of_two_processes_were_right():
    rows = pd.read_csv(together.RESULT)
    assert len(rows) == 43 and rows.right.all()
    methods = set(CHOICES["methods"])
    assert set(rows.what.str.split().str[0]) - {"pretrain"} == set(together.METHODS) <= methods


def test_memory_was_flat():
    rows = pd.read_csv(growth.RESULT).set_index("what")
    assert [*rows.index] == [*growth.WORK]
    training, reading, sampling = (rows.loc[name] for name in growth.WORK)
    assert abs(training.change_percent) <= 2
    assert reading.last_mb < 2 * reading.first_mb, "less beside the pixels than the pixels"
    assert sampling.bytes_a_row < 8, "a row has 10 numbers of 8 bytes, which are not held"


def test_two_trainings_of_one_run_at_once_leave_what_one_alone_leaves(tmp_path):
    together.pretrain(tmp_path / "alone")
    alone = together.outputs(tmp_path / "alone")
    found = together.both(together.pretrain, together.pretrain, tmp_path / "run", False)
    assert together.wrong_with(tmp_path / "run", alone, found) == ""


def test_what_is_lost_would_be_seen(tmp_path):
    together.pretrain(tmp_path / "run")
    alone = together.outputs(tmp_path / "run")
    went = [(1, []), (0, ["BlockingIOError: another training is writing"])]
    assert together.wrong_with(tmp_path / "run", alone, went) == ""
    assert "not those of one alone" in together.wrong_with(tmp_path / "run", [], went)
    assert together.wrong_with(tmp_path / "run", alone, [(1, ["KeyError: x"])]) == "KeyError: x"
    assert "nobody went through" in together.wrong_with(tmp_path / "run", alone, [(0, [])])
    (tmp_path / "run" / ".unfinished-1").touch()
    assert "left behind" in together.wrong_with(tmp_path / "run", alone, went)
    assert len(load(tmp_path / "run").sample(2)) == 2
