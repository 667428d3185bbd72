"""Damaged and mangled files of tables are read or refused in one sentence."""

import pandas as pd

from benchmarks.faults.tables import CHANGES, KINDS, RESULT, files


def test_of_the_committed_files_none_was_uncaught():
    rows = pd.read_csv(RESULT)
    assert len(rows) == 2000 and set(rows.kind) == set(KINDS)
    assert set(rows.outcome) == {"read", "warned", "refused"}
    assert set("+".join(rows.changes).split("+")) == set(CHANGES)
    assert rows.said[rows.outcome != "read"].notna().all()


def test_the_first_of_them_come_out_as_they_did(tmp_path):
    found = pd.DataFrame(files(tmp_path, 60, seed=0))
    before = pd.read_csv(RESULT)[:60]
    assert found.changes.tolist() == before.changes.tolist()
    assert "uncaught" not in set(found.outcome)
