"""The runner: cells become rows one by one, a kill loses none, failures stop nobody else."""

from pathlib import Path

import joblib
import pytest
import torch

from ssgan.benchmark import measuring
from ssgan.benchmark.cells import Cell, Suite, grid, key_of
from ssgan.benchmark.reporting import paired, summarise
from ssgan.benchmark.results import append_row, read_rows
from ssgan.benchmark.runner import missing, results, run
from ssgan.benchmark.suites import SUITES, benchmarks_in, suite


def cell_of(method, label_seed=0):
    return Cell(method=method, label_seed=label_seed)


def solve(cell, place):
    """The seed as a score, and a mark in the work directory for every call."""
    with (place.work / "calls").open("a") as calls:
        calls.write(f"{cell.method} {cell.label_seed} {torch.get_num_threads()}\n")
    if cell.method == "broken":
        raise ValueError("it is\n  broken")
    return {"accuracy": cell.label_seed / 10, "split": "0e12"}


def prepare(need, place):
    with (place.work / "calls").open("a") as calls:
        calls.write(f"prepare {need}\n")
    if need == "no gan":
        raise FloatingPointError("it diverged")


def made(*cells, **changes):
    fields = {"name": "tiny", "about": "", "cells": cells, "solve": solve, "measure": "accuracy"}
    return Suite(**(fields | changes))


def finished(suite, out, **options):
    """The rows of a run in this process, what failed, and what was called."""
    work, rows = out / "work", []
    (work / "calls").unlink(missing_ok=True)
    running = run(suite, out, work=work, **options)
    with joblib.parallel_config(backend="threading"):
        while True:
            try:
                rows.append(next(running))
            except StopIteration as end:
                calls = work / "calls"
                lines = calls.read_text().splitlines() if calls.exists() else []
                return rows, end.value, lines


A, B, C = cell_of("a"), cell_of("a", 1), cell_of("b", 2)


def test_every_cell_becomes_one_row_that_says_where_it_comes_from(tmp_path):
    rows, failed, _ = finished(made(A, B, C), tmp_path)
    assert failed == []
    assert rows == read_rows(tmp_path / "tiny.csv")
    assert [(row["method"], row["label_seed"], row["accuracy"]) for row in rows] == [
        ("a", "0", "0.0"),
        ("a", "1", "0.1"),
        ("b", "2", "0.2"),
    ]
    first = rows[0]
    assert first["split"] == "0e12"  # text stays text
    assert first["torch"] == torch.__version__
    assert first["source"] == measuring.code_hash()
    assert first["threads"] == "1"
    assert float(first["peak_mb"]) > 50
    assert float(first["seconds"]) >= 0
    assert all(first[name] for name in ("sklearn", "ssgan", "commit", "machine", "device", "date"))


def test_what_is_there_is_not_run_again(tmp_path):
    finished(made(A), tmp_path)
    rows, _, calls = finished(made(A, B), tmp_path)
    assert [row["label_seed"] for row in rows] == ["1"]
    assert calls == ["a 1 1"]
    assert finished(made(A, B), tmp_path)[0] == []


def test_a_stopped_run_goes_on_cell_by_cell(tmp_path):
    suite = made(A, B, C)
    running = run(suite, tmp_path, work=tmp_path / "work")
    next(running)
    running.close()
    assert missing(suite, read_rows(results(suite, tmp_path))) == [B, C]
    finished(suite, tmp_path)
    assert [row["label_seed"] for row in read_rows(tmp_path / "tiny.csv")] == ["0", "1", "2"]


@pytest.mark.parametrize("cut", [1, 5, 60])
def test_a_torn_last_line_is_run_again(tmp_path, cut):
    suite = made(A, B)
    finished(suite, tmp_path)
    path = tmp_path / "tiny.csv"
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    assert missing(suite, read_rows(path)) == [B]
    _, _, calls = finished(suite, tmp_path)
    assert calls == ["a 1 1"]
    text = path.read_text()
    assert text.endswith("\n")
    assert len(text.splitlines()) == 3
    assert len(read_rows(path)) == 2


def test_a_torn_header_is_no_table(tmp_path):
    (tmp_path / "tiny.csv").write_text("method,label_se")
    rows, _, _ = finished(made(A), tmp_path)
    assert read_rows(tmp_path / "tiny.csv") == rows


def test_a_failing_cell_leaves_no_row_and_stops_no_other(tmp_path):
    broken = cell_of("broken")
    rows, failed, _ = finished(made(broken, A), tmp_path)
    assert [row["method"] for row in rows] == ["a"]
    assert [(outcome.what, outcome.why) for outcome in failed] == [(broken, "it is broken")]
    assert "in solve" in failed[0].trace
    assert missing(made(broken, A), rows) == [broken]


def test_what_cells_share_is_made_once_and_before_them(tmp_path):
    suite = made(A, B, C, needs=lambda cell: f"gan of {cell.method}", prepare=prepare)
    _, _, calls = finished(suite, tmp_path)
    assert calls[:2] == ["prepare gan of a", "prepare gan of b"]
    assert sorted(calls[2:]) == ["a 0 1", "a 1 1", "b 2 1"]


def test_cells_whose_need_fails_are_not_run(tmp_path):
    def needs(cell):
        return "no gan" if cell.method == "a" else None

    rows, failed, calls = finished(made(A, B, C, needs=needs, prepare=prepare), tmp_path)
    assert [row["method"] for row in rows] == ["b"]
    assert [(outcome.what, outcome.why) for outcome in failed] == [
        (A, "it diverged"),
        (B, "it diverged"),
    ]
    assert calls == ["prepare no gan", "b 2 1"]  # then all that is left, in all processes


def test_timed_cells_run_last_and_with_all_threads(tmp_path):
    torch.set_num_threads(2)
    try:
        suite = made(A, C, timed=lambda cell: cell.method == "a")
        rows, _, calls = finished(suite, tmp_path, jobs=2)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
    assert calls == ["b 2 1", "a 0 2"]
    assert [row["threads"] for row in rows] == ["1", "2"]


def make_older(path):
    """Let the rows of a CSV be those of other code."""
    path.write_text(path.read_text().replace(measuring.code_hash(), "another"))


def test_rows_of_other_code_stay_are_counted_and_can_be_renewed(tmp_path):
    suite = made(A, B)
    finished(suite, tmp_path)
    make_older(tmp_path / "tiny.csv")
    assert summarise(read_rows(tmp_path / "tiny.csv"), suite)[0].stale == 2
    assert finished(suite, tmp_path)[2] == []
    assert len(finished(suite, tmp_path, renew=True)[0]) == 2
    again = read_rows(tmp_path / "tiny.csv")
    assert len(again) == 4
    (line,) = summarise(again, suite)  # of two rows of a cell the last counts
    assert (line.n, line.stale) == (2, 0)


def test_what_renewed_rows_rest_on_is_made_again(tmp_path):
    places = []

    def prepared(need, place):
        places.append(place.work.relative_to(tmp_path))

    suite = made(A, needs=lambda cell: "gan", prepare=prepared)
    for renew in (False, False, True):
        finished(suite, tmp_path, renew=renew)
    make_older(tmp_path / "tiny.csv")
    finished(suite, tmp_path, renew=True)
    old, new = places
    assert new == old / measuring.code_hash()


def test_a_row_is_as_old_as_the_gan_that_it_rests_on():
    row = {"method": "a", "label_seed": "0", "accuracy": "1", "source": measuring.code_hash()}
    lines = [summarise([row | {"gan_source": s}], made(A))[0].stale for s in ("", "older")]
    assert lines == [0, 1]


def test_a_report_has_a_line_a_method_in_the_order_of_the_suite():
    rows = [
        {"method": method, "label_seed": seed, "accuracy": accuracy, "seconds": seconds}
        for method, seed, accuracy, seconds in (
            ("z", "0", "0.5", "1"),
            ("b", "0", "0.9", "1"),
            ("a", "0", "0.8", "1.0"),
            ("a", "1", "0.6", "3.0"),
        )
    ]
    a, b, other = summarise(rows, made(A, C))
    assert (a.group, b.group, other.group) == (("a",), ("b",), ("z",))
    assert a.mean == pytest.approx(0.7)
    assert a.deviation == pytest.approx(0.02**0.5)  # of a sample, not of a population
    assert (a.worst, a.n, a.seconds, a.gan_seconds) == (0.6, 2, 2.0, 0.0)
    assert a.seeds == {"label_seed": 2}
    assert (b.deviation, b.n) == (0.0, 1)
    assert summarise(rows, made(A, C, lower=True))[0].worst == 0.8
    assert summarise([], made(A)) == []


def test_methods_are_paired_by_their_draws_over_the_means_of_their_gans():
    ours = [(0, 0.9), (0, 0.7), (1, 0.9), (1, 0.9), (2, 1.0), (2, 1.0), (3, 0.1)]
    theirs = [(0, 0.7), (1, 0.7), (2, 0.7)]
    rows = [
        {"method": name, "label_seed": str(draw), "accuracy": str(accuracy)}
        for name, values in (("ours", ours), ("theirs", theirs))
        for draw, accuracy in values
    ]
    mean, reach = paired(rows, "accuracy", "ours", "theirs")
    assert mean == pytest.approx(0.2)  # of 0.1, 0.2 and 0.3; draw 3 has no partner
    assert reach == pytest.approx(4.302653 * 0.1 / 3**0.5)
    assert paired(rows, "accuracy", "theirs", "ours") == pytest.approx((-mean, reach))
    alone = paired(rows[:1], "accuracy", "ours", "theirs")
    assert alone[0] != alone[0]


def test_new_columns_are_added_to_rows_that_are_there(tmp_path):
    path = tmp_path / "r.csv"
    append_row(path, {"a": 1, "b": "x, y"})
    append_row(path, {"a": 2, "c": 0.1})
    append_row(path, {"b": "two\nlines"})
    assert path.read_text() == 'a,b,c\n1,"x, y",\n2,,0.1\n,two lines,\n'
    assert [row["a"] for row in read_rows(path)] == ["1", "2", ""]


def test_no_file_has_no_rows(tmp_path):
    assert read_rows(tmp_path / "none.csv") == []


@pytest.mark.parametrize("steps", [1, 20, 21, 5000])
@pytest.mark.parametrize("student", [None, 1, 4000])
def test_operations_of_many_steps_are_told_from_few(steps, student):
    trained = []

    def train(parts):
        trained.extend(parts.values())
        torch.ones(1, 100) @ torch.ones(100, 1)  # once
        for _ in range(parts["steps"]):
            torch.ones(1, 5) @ torch.ones(5, 1)
        for _ in range(parts.get("student", 0)):
            torch.ones(1, 7) @ torch.ones(7, 1)

    parts = {"steps": steps} | ({"student": student} if student else {})
    assert measuring.flops_of_steps(train, parts) == 200 + 10 * steps + 14 * (student or 0)
    assert max(trained) <= 20


def test_operations_of_what_takes_no_steps_are_counted_once():
    assert measuring.flops_of_steps(lambda _: torch.ones(1, 5) @ torch.ones(5, 1), {}) == 10


def test_the_source_is_that_of_the_code_but_for_what_no_cell_runs(tmp_path):
    (tmp_path / "cli").mkdir()
    code, command = tmp_path / "gan.py", tmp_path / "cli" / "demo.py"

    def after(path, text):
        path.write_text(text)
        return measuring.code_hash.__wrapped__(tmp_path)

    after(command, "x = 1")
    before = after(code, "x = 1")
    assert after(command, "x = 2") == before
    assert after(code, "x = 2") != before


def test_memory_is_counted_again_for_every_cell(tmp_path):
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("the system cannot forget a peak")

    def peak(megabytes):
        measuring.forget_peak()
        torch.ones(megabytes, 1000 * 250).sum()
        return measuring.peaks()["peak_mb"]

    large = peak(200)
    assert peak(1) < large - 150


DUMMY = """
from ssgan.benchmark.cells import Benchmark, Suite, grid

def echo(cell, place):
    return {"accuracy": cell.seed / 10}

def dummies(short):
    seeds = range(1 if short else 3)
    return Suite(cells=grid(method=("echo",), seed=seeds), solve=echo, measure="accuracy")

BENCHMARKS = (Benchmark("dummy", "a dummy", dummies),)
"""


def test_a_new_suite_is_one_file(tmp_path, monkeypatch):
    folder = tmp_path / "dummies"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "dummy.py").write_text(DUMMY)
    monkeypatch.syspath_prepend(tmp_path)
    found = benchmarks_in("dummies", [str(folder)])
    whole, short = (suite("dummy", quick, among=found) for quick in (False, True))
    assert (whole.name, short.name) == ("dummy", "dummy-quick")
    assert (whole.about, short.about) == ("a dummy", "a short form: a dummy")
    assert [row["accuracy"] for row in finished(whole, tmp_path)[0]] == ["0.0", "0.1", "0.2"]
    assert len(short.cells) == 1
    with pytest.raises(
        ValueError, match="no benchmark 'dumy': did you mean 'dummy'. There are dummy"
    ):
        suite("dumy", among=found)


def test_the_key_of_a_cell_has_the_columns_that_its_suite_uses():
    first, second, *_ = grid(data=("a",), labels=(0, 5), method=("m", "n"), gan_seed=(0,))
    assert key_of(first) == {"data": "a", "labels": "0", "method": "m", "gan_seed": "0"}
    assert str(second) == "data a, labels 0, method n, gan_seed 0"


def test_every_suite_has_distinct_cells_a_sentence_and_a_short_form_that_is_smaller():
    for name, benchmark in SUITES.items():
        whole, short = benchmark.suite(), benchmark.suite(short=True)
        assert (whole.name, short.name) == (name, f"{name}-quick")
        assert len(set(whole.cells)) == len(whole.cells) > len(short.cells) > 1
        assert len({tuple(key_of(cell)) for cell in whole.cells}) == 1
        assert set(whole.by) <= set(key_of(whole.cells[0]))
        assert benchmark.about
