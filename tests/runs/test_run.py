"""A run directory belongs to one config, and its metrics to one course of training."""

import errno
import json
import os
import random
import shutil
import subprocess
import sys

import pytest
import torch

import ssgan
from ssgan.runs.run import Run
from tests.runs.test_storage import Faults, names

IDENTITY = {"steps": 100, "seed": 0, "gan": {"width": 32, "rates": (0.1, 0.2)}, "data": "digits"}
FRESH = ["config.json", "manifest.json"]


@pytest.fixture
def run(tmp_path):
    return Run.claim(tmp_path / "run", IDENTITY)


def files(directory):
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_a_claimed_run_holds_its_config_as_json_gives_it_back(run):
    assert run.config == IDENTITY | {"gan": {"width": 32, "rates": [0.1, 0.2]}}
    assert json.loads((run.path / "config.json").read_text()) == run.config
    assert names(run.path) == FRESH


def test_the_same_config_claims_the_same_run_and_writes_nothing(run):
    before = (run.path / "config.json").stat().st_mtime_ns
    assert Run.claim(str(run.path), IDENTITY) == run
    assert (run.path / "config.json").stat().st_mtime_ns == before


def test_an_opened_run_is_the_claimed_one(run):
    assert Run.open(str(run.path)) == run == ssgan.Run(run.path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 1}, "run: holds seed=0, asked seed=1: choose another directory or the same"),
        ({"data": "mnist"}, 'holds data="digits", asked data="mnist"'),
        ({"gan": {"width": 64, "rates": [0.1, 0.2]}}, "holds gan.width=32, asked gan.width=64"),
        ({"gan": {"width": 32, "rates": []}}, r"gan.rates=\[0.1, 0.2\], asked gan.rates=\[\]"),
        ({"gan": {}}, r"holds no gan, asked gan=\{\}"),
        ({"more": None}, "holds no more, asked more=null"),
        ({"steps": 99}, r"holds steps=100, asked steps=99 \(steps can only grow\)"),
        ({"steps": None}, "holds steps=100, asked steps=null"),
        ({"data": "x" * 100}, r'asked data="x{56}\.\.\.:'),
        ({"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}, "asked c=3; and 2 more: choose"),
    ],
)
def test_another_config_is_refused_by_its_keys_and_changes_nothing(run, change, message):
    run.log({"step": 1})
    before = files(run.path)
    with pytest.raises(FileExistsError, match=message):
        Run.claim(run.path, IDENTITY | change)
    assert files(run.path) == before


def test_a_setting_that_is_missing_is_another_config(run):
    with pytest.raises(FileExistsError, match="holds seed=0, asked no seed"):
        Run.claim(run.path, {key: IDENTITY[key] for key in ("steps", "gan", "data")})


def test_keys_with_dots_are_not_mistaken_for_nested_ones(tmp_path):
    Run.claim(tmp_path, {"a.b": 1})
    with pytest.raises(FileExistsError, match="holds no a.b, asked a.b=1"):
        Run.claim(tmp_path, {"a": {"b": 1}})


def test_steps_may_grow_and_are_then_held(run):
    assert Run.claim(run.path, IDENTITY | {"steps": 200}).config["steps"] == 200
    with pytest.raises(FileExistsError, match="holds steps=200, asked steps=100"):
        Run.claim(run.path, IDENTITY)


def test_nested_keys_may_grow_where_they_are_named(run):
    wider = IDENTITY | {"gan": {"width": 64, "rates": [0.1, 0.2]}}
    assert Run.claim(run.path, wider, growing=("gan.width",)).config["gan"]["width"] == 64
    with pytest.raises(FileExistsError, match="holds steps=100, asked steps=200"):
        Run.claim(run.path, wider | {"steps": 200}, growing=("gan.width",))


def test_a_run_that_may_grow_but_differs_otherwise_stays_as_it_is(run):
    with pytest.raises(FileExistsError, match="holds seed=0, asked seed=1: choose"):
        Run.claim(run.path, IDENTITY | {"steps": 200, "seed": 1})
    assert run.config["steps"] == 100


def test_a_directory_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(FileExistsError, match="holds thesis.tex but no config.json"):
        Run.claim(tmp_path, IDENTITY)
    assert names(tmp_path) == ["thesis.tex"]


def test_a_file_is_no_run_directory(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError, match="is a file, not a directory"):
        Run.claim(tmp_path / "file", IDENTITY)


def test_a_claim_that_was_killed_can_be_made_again(tmp_path):
    (tmp_path / ".unfinished-0123").write_text('{"ste')
    Run.claim(tmp_path, IDENTITY)
    assert names(tmp_path) == FRESH


def test_claiming_sweeps_what_a_killed_save_left(run):
    run.save(1, {}, {})
    (run.path / "checkpoints" / ".unfinished-0123").mkdir()
    (run.path / "checkpoints" / ".unfinished-0123" / "state.json").write_text("{")
    Run.claim(run.path, IDENTITY)
    assert names(run.path / "checkpoints") == ["step-00000001"]


def test_a_full_disk_leaves_no_half_claimed_run(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        clean = Faults(patch)
        Run.claim(tmp_path / "clean", IDENTITY)
    for first in range(1, clean.count):  # the last call is the lock's, which needs no room
        with monkeypatch.context() as patch:
            Faults(patch, first)
            with pytest.raises(OSError, match=r"could not be written: No space"):
                Run.claim(tmp_path / str(first), IDENTITY)
        assert Run.claim(tmp_path / str(first), IDENTITY).config["seed"] == 0


@pytest.mark.parametrize("made", [True, False])
def test_what_is_no_run_cannot_be_opened(tmp_path, made):
    if made:
        (tmp_path / "run").mkdir()
    reason = "has no config.json" if made else "does not exist"
    with pytest.raises(FileNotFoundError, match=f"run is not a run directory .it {reason}"):
        Run.open(tmp_path / "run")


def test_a_damaged_config_is_told_by_its_file(run):
    (run.path / "config.json").write_text('{"steps": 1')
    with pytest.raises(ValueError, match=r"config\.json is damaged"):
        Run.claim(run.path, IDENTITY)


@pytest.mark.parametrize("identity", [{"a": {1: 2}}, {"a": object()}])
def test_a_config_that_is_not_json_is_refused_before_anything_is_written(tmp_path, identity):
    with pytest.raises(TypeError, match="config.a"):
        Run.claim(tmp_path / "run", identity)
    assert names(tmp_path) == []


def test_a_config_with_nan_is_refused_because_it_never_equals_itself(tmp_path):
    with pytest.raises(ValueError, match="nan"):
        Run.claim(tmp_path / "run", {"rate": float("nan")})
    assert names(tmp_path) == []


def test_a_run_saves_and_loads_checkpoints(run):
    assert run.load() is None and run.steps() == []
    for step in (1, 2, 3):
        run.save(step, {"w": torch.full((2,), step)}, {"attempt": step})
    assert run.steps() == [2, 3]
    assert run.load().tensors["w"].tolist() == [3, 3]
    assert run.load(2).state == {"attempt": 2}


def test_a_run_knows_its_best_checkpoint(run):
    assert run.best() is None and run.load(which="best") is None
    for step, best in ((1, 1), (2, 2), (3, 2), (4, 2)):
        run.save(step, {}, {"saved": step}, {"best": {"step": best, "distance": 1 / best}})
    assert run.best() == {"step": 2, "distance": 0.5}
    assert run.load(which="best").state == {"saved": 2}
    assert run.load().state == run.load(which="last").state == {"saved": 4}
    with pytest.raises(ValueError, match="'last' or 'best', got 'first'"):
        run.load(which="first")


def test_a_run_that_was_never_judged_has_no_best(run):
    run.save(1, {}, {})
    assert run.best() is None
    with pytest.raises(FileNotFoundError, match="no checkpoint as the best"):
        run.load(which="best")


def test_a_run_has_one_writer_at_a_time(run):
    with run.writing():
        before = files(run.path)
        for write in (run.writing, Run.open(run.path).writing):
            with (
                pytest.raises(BlockingIOError, match="is writing to .*run just now: wait"),
                write(),
            ):
                pass
        with pytest.raises(BlockingIOError, match="another directory"):
            Run.claim(run.path, IDENTITY | {"steps": 200})
        assert files(run.path) == before
    with run.writing():
        pass
    assert Run.claim(run.path, IDENTITY) == run


WRITER = """
import sys, time
from ssgan.runs import Run
with Run.open(sys.argv[1]).writing():
    print("writing", flush=True)
    time.sleep(600)
"""


def test_a_killed_writer_locks_nobody_out(run, tmp_path):
    program = [sys.executable, "-c", WRITER, str(run.path)]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline()
        with pytest.raises(BlockingIOError, match="another training is writing"):
            Run.claim(run.path, IDENTITY)
        copy = shutil.copytree(run.path, tmp_path / "copy")
        assert Run.claim(copy, IDENTITY).config == run.config
        process.kill()
    assert Run.claim(run.path, IDENTITY) == run


def test_a_file_system_without_locks_is_written_to_all_the_same(run, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("ssgan.runs.lock.fcntl.flock", refuse)
    with run.writing():
        run.log({"step": 1})
    assert run.metrics() == [{"step": 1}]


def test_the_warning_of_a_damaged_checkpoint_points_at_the_caller(run):
    run.save(1, {}, {})
    run.save(2, {}, {})
    (run.path / "checkpoints" / "step-00000002" / "state.json").unlink()
    with pytest.warns(UserWarning, match="state.json is missing; using step 1 instead") as caught:
        run.load()
    assert caught[0].filename == __file__


def test_rows_are_logged_in_their_order(run):
    rows = [{"step": 1, "critic": 0.1 + 0.2, "note": "ü"}, {"step": 2, "hidden": {"a": [1, None]}}]
    for row in rows:
        run.log(row)
    assert run.metrics() == rows
    assert (run.path / "metrics.jsonl").read_bytes().count(b"\n") == 2


def test_numbers_that_json_has_no_word_for_are_logged_as_null(run):
    run.log({"step": 1, "loss": float("nan"), "all": [float("inf"), {"x": -float("inf")}]})
    assert run.metrics() == [{"step": 1, "loss": None, "all": [None, {"x": None}]}]


def test_a_run_without_metrics_has_none(run):
    assert run.metrics() == []
    run.cut(5)
    assert names(run.path) == FRESH


def test_a_cut_run_logs_byte_for_byte_what_an_uninterrupted_one_does(tmp_path):
    whole, resumed = (Run.claim(tmp_path / name, IDENTITY) for name in ("whole", "resumed"))
    rows = [{"step": step, "loss": 1 / (step + 1)} for step in range(20)]
    for row in rows:
        whole.log(row)
    for row in rows[:15]:
        resumed.log(row)
    resumed.cut(9)
    for row in rows[10:]:
        resumed.log(row)
    first, second = ((run.path / "metrics.jsonl").read_bytes() for run in (whole, resumed))
    assert first == second


TORN = '{"step": 2, "α": "ü"}'.encode()


@pytest.mark.parametrize("length", range(1, len(TORN)))
def test_a_torn_last_line_is_left_out_and_cut(run, length):
    run.log({"step": 1})
    with open(run.path / "metrics.jsonl", "ab") as file:
        file.write(TORN[:length])
    assert run.metrics() == [{"step": 1}]
    run.cut(9)
    assert (run.path / "metrics.jsonl").read_bytes() == b'{"step": 1}\n'


def test_a_row_after_a_torn_line_is_not_lost(run):
    run.log({"step": 1})
    with open(run.path / "metrics.jsonl", "ab") as file:
        file.write(b'{"st')
    run.log({"step": 2})
    assert run.metrics() == [{"step": 1}, {"step": 2}]


def test_a_full_disk_under_the_metrics_is_told_and_keeps_the_rows_before(run, monkeypatch):
    run.log({"step": 1})
    with monkeypatch.context() as patch:
        Faults(patch, 2)
        with pytest.raises(OSError, match="metrics.jsonl could not be written: No space left"):
            run.log({"step": 2})
    assert run.metrics() == [{"step": 1}]


def test_other_files_are_written_as_text_or_bytes_with_their_folders(run):
    assert run.write("samples/00000001.png", b"\x89PNG").read_bytes() == b"\x89PNG"
    assert run.write("report.html", "<p>ü</p>").read_text(encoding="utf-8") == "<p>ü</p>"
    assert run.write("report.html", "new") == run.path / "report.html"
    assert names(run.path) == [*FRESH, "report.html", "samples"]


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/tmp/x", "", "."])
def test_a_file_outside_the_run_is_refused(run, name):
    with pytest.raises(ValueError, match="must be the name of a file below the run directory"):
        run.write(name, b"")


@pytest.mark.parametrize("name", ["with space", "ünï/中文 🚀", "-dash", f"{'d' * 200}/{'e' * 200}"])
def test_directories_of_any_name_hold_runs(tmp_path, name):
    run = Run.claim(tmp_path / name, IDENTITY)
    run.save(1, {"名": torch.ones(2)}, {"ü": "中"})
    run.log({"step": 1})
    opened = Run.open(tmp_path / name)
    assert opened.load().tensors["名"].tolist() == [1, 1] and opened.load().state == {"ü": "中"}
    assert opened.metrics() == [{"step": 1}]


def test_a_path_that_is_not_utf8_can_be_part_of_a_config(tmp_path):
    identity = {"data": os.fsdecode(b"/data/caf\xe9")}
    run = Run.claim(tmp_path, identity)
    assert run.config == identity and Run.claim(tmp_path, identity) == run


def test_a_directory_that_cannot_be_written_to_is_told(run):
    run.path.chmod(0o500)
    if os.access(run.path, os.W_OK):
        pytest.skip("this user may write everywhere")
    try:
        assert Run.claim(run.path, IDENTITY).config == run.config
        for write in (lambda: run.save(1, {}, {}), lambda: run.log({}), lambda: run.write("a", "")):
            with pytest.raises(PermissionError, match="could not be written: Permission denied"):
                write()
    finally:
        run.path.chmod(0o700)


def test_a_read_only_file_system_is_told_and_read_all_the_same(run, monkeypatch):
    run.save(1, {}, {"a": 1})
    writing = ("mkdir", "rename", "replace", "unlink", "rmdir")
    system_open = os.open

    def refuse(*arguments, **keywords):
        raise OSError(30, "Read-only file system")

    def open_to_read(path, flags, *rest, **keywords):
        return (refuse if flags & os.O_WRONLY else system_open)(path, flags, *rest, **keywords)

    for name in writing:
        monkeypatch.setattr(os, name, refuse)
    monkeypatch.setattr(os, "open", open_to_read)
    opened = Run.claim(run.path, IDENTITY)
    assert opened.load().state == {"a": 1}
    for write in (lambda: run.save(2, {}, {}), lambda: run.log({}), lambda: run.write("a", "")):
        with pytest.raises(OSError, match="could not be written: Read-only file system"):
            write()


def test_a_run_uses_no_global_randomness(run):
    random.seed(0)
    torch_state, python_state = torch.get_rng_state(), random.getstate()
    run.save(1, {"w": torch.ones(3)}, {})
    run.load()
    assert torch.equal(torch.get_rng_state(), torch_state) and random.getstate() == python_state


def test_a_directory_that_was_removed_meanwhile_is_not_called_intact(run):
    shutil.rmtree(run.path)
    with pytest.raises(FileNotFoundError, match="run was removed meanwhile, with what was saved"):
        run.log({"step": 1})


@pytest.mark.parametrize("line", ["{}", '{"step": "x"}', '{"a": 1, "a": 2}'])
def test_lines_of_the_log_without_a_step_are_left_out(tmp_path, line):
    run = Run.claim(tmp_path / "r", {})
    with run.writing() as held:
        held.log({"step": 1})
    with (run.path / "metrics.jsonl").open("a") as file:
        file.write(f"{line}\n")
    assert run.metrics() == [{"step": 1}]
