"""Every file of a run is recorded: damage is named, old directories are told of once."""

import os
import threading
import warnings

import pytest

from ssgan.runs.manifest import read_manifest, write_manifest
from ssgan.runs.run import Run
from tests.runs.test_storage import Faults

IDENTITY = {"kind": "test", "steps": 10}


@pytest.fixture
def run(tmp_path):
    run = Run.claim(tmp_path / "run", IDENTITY)
    run.write("codec.json", '{"kind": "vectors"}')
    run.write("samples/1.csv", "a\n1\n")
    for step in (1, 2, 3):
        run.log({"step": step, "loss": 1 / step})
        if step == 2:
            run.save(2, {}, {})
    return run


def flip(path, bit):
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def test_what_was_written_is_read_and_needs_no_complaint(run):
    run.check()
    assert run.read("codec.json") == b'{"kind": "vectors"}'
    assert run.read_object("codec.json") == {"kind": "vectors"}
    assert Run.claim(run.path, IDENTITY).config == IDENTITY


@pytest.mark.parametrize("name", ["config.json", "codec.json", "manifest.json"])
def test_no_flipped_bit_of_a_file_that_counts_goes_unseen(run, name):
    path = run.path / name
    for bit in range(0, 8 * path.stat().st_size, 7):
        flip(path, bit)
        with pytest.raises(ValueError, match=f"{name} is"):
            run.check()
        flip(path, bit)
    run.check()


@pytest.mark.parametrize("what", ["damaged", "missing"])
def test_a_file_that_counts_is_named_with_what_to_do(run, what):
    path = run.path / "codec.json"
    path.write_text("[]") if what == "damaged" else path.unlink()
    message = f"codec.json is {what}: restore it from a backup, train again in another directory"
    for use in (run.check, lambda: run.read("codec.json"), lambda: Run.claim(run.path, IDENTITY)):
        with pytest.raises(ValueError, match=message):
            use()
    assert run.has("codec.json")


def test_a_damaged_picture_is_a_warning_and_is_not_read(run):
    (run.path / "samples" / "1.csv").write_text("a\n2\n")
    with pytest.warns(UserWarning, match="1.csv is damaged: nothing else depends on it"):
        run.check()
    with pytest.raises(ValueError, match="1.csv is damaged"):
        run.read("samples/1.csv")


def test_the_log_is_checked_up_to_the_checkpoint(run):
    path = run.path / "metrics.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"0.3333", b"0.4444"))  # of step 3, which no checkpoint covers
    run.check()
    for damaged in (whole.replace(b"0.5", b"0.6"), whole.replace(b'"step": 1', b'"step": 9'), b""):
        path.write_bytes(damaged)
        with pytest.warns(UserWarning, match="metrics.jsonl is damaged up to the newest"):
            run.check()


@pytest.mark.parametrize("step", [3, 2, 1, 0])
def test_a_log_that_is_cut_is_not_damaged(run, step):
    run.cut(step)
    run.check()
    run.log({"step": 4, "loss": 0.25})
    run.save(4, {}, {})
    run.check()


def test_a_file_that_is_as_it_should_be_is_not_written_again(run):
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    run.write("codec.json", '{"kind": "vectors"}')
    assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*")} == before


def test_a_removed_file_is_not_missed(run):
    run.remove("codec.json")
    run.remove("codec.json")
    run.check()
    assert not run.has("codec.json") and not (run.path / "codec.json").exists()


def test_a_directory_older_than_manifests_is_told_of_and_gets_one(run):
    (run.path / "manifest.json").unlink()
    assert run.read_object("codec.json") == {"kind": "vectors"} and run.has("codec.json")
    with pytest.warns(UserWarning, match="older than manifests") as caught:
        run.check()
    assert len(caught) == 1
    run.write("origin.json", "{}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.check()
    flip(run.path / "codec.json", 9)
    with pytest.raises(ValueError, match="codec.json is damaged"):
        run.check()


def test_a_manifest_of_another_format_is_refused(run):
    path = run.path / "manifest.json"
    write_manifest(run.path, read_manifest(run.path))
    run.check()
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(ValueError, match="manifest.json is damaged"):
        run.check()


def test_a_write_that_stops_at_any_call_leaves_the_old_content_or_the_new_one(run, monkeypatch):
    with monkeypatch.context() as patch:
        counted = Faults(patch)
        run.write("codec.json", "a")
    for first in range(1, counted.count + 1):
        run.write("codec.json", "old")
        with monkeypatch.context() as patch:
            Faults(patch, first)
            with pytest.raises(OSError, match="No space"):
                run.write("codec.json", "new")
        run.check()
        assert run.read("codec.json") in (b"old", b"new")
    assert sorted(os.listdir(run.path)) == [
        *("checkpoints", "codec.json", "config.json", "manifest.json", "metrics.jsonl", "samples")
    ]


def test_readers_never_see_damage_while_somebody_writes(run):
    contents, seen, ended = [f'{{"n": {n}}}' for n in range(60)], set(), threading.Event()

    def write():
        with run.writing() as held:
            for step, content in enumerate(contents, 4):
                held.write("codec.json", content)
                held.log({"step": step})
                if step % 10 == 0:
                    held.save(step, {}, {})
                if step % 30 == 0:
                    held.save(step - 5, {}, {})
                    held.cut(step - 5)
        ended.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not ended.is_set():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            Run.open(run.path).check()
        seen.add(run.read("codec.json").decode())
    writer.join()
    assert len(seen) > 1 and seen <= {*contents, '{"kind": "vectors"}'}
    assert run.read("codec.json").decode() == contents[-1]
