"""`ssgan benchmark`: suites by name, rows on disk, a table, and failures that are said."""

import re

import joblib
import pytest
from click.testing import CliRunner

from ssgan import benchmark
from ssgan.benchmark import SUITES, Cell, Suite, measuring
from ssgan.benchmark.reporting import ELSEWHERE
from ssgan.cli import ssgan


def cell_of(method, label_seed=0):
    return Cell(method=method, label_seed=label_seed)


CELLS = (cell_of("ours"), cell_of("ours", 1), cell_of("[theirs]"))


@pytest.fixture
def invoke(monkeypatch, tmp_path):
    """The command on a tiny suite, its work in this process; --out is a directory of the test."""

    def solve(cell, place):
        invoked.data_dirs.add(place.data_dir)
        if cell.method == "broken":
            raise ValueError("it is\nbroken")
        return {"accuracy": 0.5 + cell.label_seed / 10}

    def tiny(name, short):
        invoked.asked.append((name, short))
        fields = {"about": "a tiny suite", "solve": solve, "measure": "accuracy"}
        return Suite(name=name, cells=invoked.cells, **fields)

    def invoked(*words):
        out = ["--out", str(tmp_path / "out")]
        with joblib.parallel_config(backend="threading"):
            return CliRunner().invoke(ssgan, ["benchmark", *words, *out])

    monkeypatch.setattr(benchmark, "suite", tiny)
    monkeypatch.setenv("COLUMNS", "120")
    invoked.cells, invoked.asked, invoked.data_dirs = CELLS, [], set()
    invoked.out = tmp_path / "out"
    return invoked


def test_the_rows_are_written_and_a_table_is_printed(invoke):
    result = invoke("tiny", "--jobs", "1")
    assert result.exit_code == 0, result.output
    assert "0.5500 ± 0.0707" in result.stdout
    assert "[theirs]" in result.stdout
    assert "a tiny suite" in result.stdout
    assert f"rows: {invoke.out / 'tiny.csv'}" in result.stdout
    assert "tiny: 3 of 3 cells to run" in result.stderr
    assert "3/3" in result.stderr
    again = invoke("tiny")
    assert "0 of 3 cells to run" in again.stderr
    assert again.stdout == result.stdout


def test_networks_that_saw_other_data_are_in_a_table_of_their_own(invoke):
    assert invoke("tiny").stdout.count("┏") == 1
    path = invoke.out / "tiny.csv"
    head, *lines = path.read_text().splitlines()
    told = [ELSEWHERE if "theirs" in line else "own data" for line in lines]  # run in any order
    lines = [f"{league},{line}" for league, line in zip(told, lines, strict=True)]
    path.write_text("\n".join([f"league,{head}", *lines, ""]))
    shown = invoke("tiny", "--show").stdout
    assert shown.count("┏") == 2
    assert shown.index("ours") < shown.index(ELSEWHERE) < shown.index("[theirs]")


def test_only_some_methods_are_run(invoke):
    result = invoke("tiny", "--only", "THEIRS")
    assert result.exit_code == 0
    assert "ours" not in result.stdout
    assert len((invoke.out / "tiny.csv").read_text().splitlines()) == 2
    result = invoke("tiny", "--only", "nobody")
    assert result.exit_code == 1
    assert result.stderr == "ssgan: no method has nobody in its name: ours; [theirs]\n"


def test_failures_are_said_once_each_and_the_exit_code_is_1(invoke):
    invoke.cells = (*CELLS, cell_of("broken"), cell_of("broken", 1))
    result = invoke("tiny")
    assert result.exit_code == 1
    assert "0.5500" in result.stdout
    assert result.stderr.count("it is broken") == 1
    said = r"2 failed, as method broken, label_seed [01]: it is broken"
    assert re.search(said, result.stderr)  # the first to fail, of two processes
    assert "2 of 5 cells failed: run the same again to try them again" in result.stderr


def test_rows_of_other_code_are_marked_and_renewed_when_asked(invoke):
    invoke("tiny")
    path = invoke.out / "tiny.csv"
    path.write_text(path.read_text().replace(measuring.code_hash(), "another"))
    result = invoke("tiny", "--show")
    assert result.exit_code == 0
    assert "2*" in result.stdout
    assert "* 3 rows were made by other code: --renew runs them again" in result.stdout
    assert "*" not in invoke("tiny", "--renew").stdout


def test_show_runs_nothing(invoke):
    result = invoke("tiny", "--show", "--quiet")
    assert result.exit_code == 0
    assert not invoke.out.exists()


def test_quick_and_the_data_directory_reach_the_suite(invoke, tmp_path):
    invoke("tiny", "--quick", "--data-dir", str(tmp_path), "--quiet")
    assert invoke.asked == [("tiny", True)]
    assert invoke.data_dirs == {tmp_path}


def test_the_list_names_every_suite():
    result = CliRunner().invoke(ssgan, ["benchmark", "--list"])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(SUITES)


def test_no_suite_and_an_unknown_one_are_refused():
    result = CliRunner().invoke(ssgan, ["benchmark"])
    assert result.exit_code == 2
    assert "name a suite: adaptation, adaptation-tables, breadth, calibration" in result.stderr
    result = CliRunner().invoke(ssgan, ["benchmark", "digit"])
    assert result.exit_code == 1
    assert "no benchmark 'digit': did you mean 'digits'? There are adaptation, ada" in result.stderr
