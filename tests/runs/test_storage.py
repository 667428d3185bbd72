"""Files whole or not at all, and the sentences that say why not."""

import errno
import os

import pytest

from ssgan.runs.storage import (
    append_line,
    parse_object,
    plain,
    read_object,
    sweep,
    whole_file,
    write_directory,
    write_whole,
)

CALLS = ("mkdir", "open", "write", "fsync", "rename", "replace")  # where the disk can refuse


class Faults:
    """The calls of CALLS are counted, and fail from number `first` on."""

    def __init__(self, monkeypatch, first=None, code=errno.ENOSPC, lasting=True):
        self.count = 0
        for name in CALLS:
            call = getattr(os, name)

            def faulty(*args, call=call, **kwargs):
                self.count += 1
                if first is not None and (self.count == first or lasting and self.count > first):
                    raise OSError(code, os.strerror(code))
                return call(*args, **kwargs)

            monkeypatch.setattr(os, name, faulty)


def names(directory):
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("lasting", [True, False])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_a_disk_that_refuses_any_call_leaves_the_file_that_was_there(
    tmp_path, monkeypatch, code, lasting
):
    path = tmp_path / "config.json"
    write_whole(path, b"before")
    with monkeypatch.context() as patch:
        clean = Faults(patch)
        write_whole(tmp_path / "other", b"x")
    (tmp_path / "other").unlink()
    assert clean.count >= 6
    for first in range(1, clean.count + 1):
        with monkeypatch.context() as patch:
            Faults(patch, first, code, lasting)
            try:
                write_whole(path, b"after!")
            except OSError as error:
                assert str(path) in str(error) and "6 bytes" in str(error)
                assert os.strerror(code) in str(error) and error.errno == code
        assert path.read_bytes() in (b"before", b"after!")
        assert names(tmp_path) == ["config.json"]
        path.write_bytes(b"before")


def stream(path, *parts):
    with whole_file(path) as file:
        for part in parts:
            file.write(part)


@pytest.mark.parametrize("lasting", [True, False])
def test_a_stream_that_a_disk_refuses_leaves_the_file_that_was_there(
    tmp_path, monkeypatch, lasting
):
    path = tmp_path / "samples"
    path.write_bytes(b"before")
    with monkeypatch.context() as patch:
        clean = Faults(patch)
        stream(tmp_path / "other", b"x", b"y")
    (tmp_path / "other").unlink()
    assert clean.count >= 7
    for first in range(1, clean.count + 1):
        with monkeypatch.context() as patch:
            Faults(patch, first, lasting=lasting)
            try:
                stream(path, b"aft", b"er!")
            except OSError as error:
                assert str(path) in str(error) and error.errno == errno.ENOSPC
                assert "No space left on device (" in str(error) and "it needs" not in str(error)
        assert path.read_bytes() in (b"before", b"after!")
        assert names(tmp_path) == ["samples"]
        path.write_bytes(b"before")


def test_a_stream_counts_from_its_end_on_and_may_go_back(tmp_path, monkeypatch):
    path, write = tmp_path / "a" / "file", os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    with whole_file(path) as file:
        assert file.write(b"0123456789") == 10
        file.seek(2)
        file.write(b"AB")
        assert not path.exists()
    assert path.read_bytes() == b"01AB456789"


def test_a_refusal_before_the_rename_is_always_told(tmp_path, monkeypatch):
    Faults(monkeypatch, 3)
    with pytest.raises(OSError, match="No space left on device .it needs 5 bytes, .* are free"):
        write_whole(tmp_path / "file", b"12345")


def test_a_short_write_is_continued(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    write_whole(tmp_path / "file", b"0123456789")
    assert (tmp_path / "file").read_bytes() == b"0123456789"


def test_a_file_system_that_cannot_sync_directories_is_used_all_the_same(tmp_path, monkeypatch):
    fsync = os.fsync

    def picky(descriptor):
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", picky)
    write_whole(tmp_path / "file", b"x")
    assert (tmp_path / "file").read_bytes() == b"x"


def test_a_directory_replaces_the_one_that_is_there(tmp_path):
    write_directory(tmp_path / "d", {"a": b"1", "b": b"2"})
    write_directory(tmp_path / "d", {"a": b"3"})
    assert names(tmp_path / "d") == ["a"]
    assert (tmp_path / "d.replaced" / "a").read_bytes() == b"1"


def test_folders_above_a_file_are_made(tmp_path):
    write_whole(tmp_path / "a" / "b" / "c.txt", b"x")
    assert (tmp_path / "a" / "b" / "c.txt").read_bytes() == b"x"


def test_a_line_after_a_torn_one_stands_by_itself(tmp_path):
    path = tmp_path / "lines"
    append_line(path, b"first")
    path.write_bytes(path.read_bytes() + b"tor")
    append_line(path, b"second")
    append_line(path, b"third")
    assert path.read_bytes() == b"first\ntor\nsecond\nthird\n"


def test_a_name_too_long_for_the_file_system_is_told_with_its_path(tmp_path):
    with pytest.raises(OSError, match="x{300}/file could not be written"):
        write_whole(tmp_path / ("x" * 300) / "file", b"1")


def test_sweeping_removes_unfinished_files_and_directories_and_nothing_else(tmp_path):
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / ".unfinished-1").write_bytes(b"")
    (tmp_path / ".unfinished-2" / "deep").mkdir(parents=True)
    (tmp_path / ".hidden").write_bytes(b"")
    (tmp_path / "unfinished").write_bytes(b"")
    sweep(tmp_path)
    assert names(tmp_path) == [".hidden", "samples", "unfinished"]
    assert names(tmp_path / "samples") == []


@pytest.mark.parametrize("text", [b"", b"{", b"[1]", b"\xff", b"[" * 100_000, b"null"])
def test_what_is_not_a_json_object_is_damaged(tmp_path, text):
    with pytest.raises(ValueError, match="state.json is damaged"):
        parse_object(text, tmp_path / "state.json")


def test_a_missing_object_is_named(tmp_path):
    with pytest.raises(ValueError, match="state.json is missing"):
        read_object(tmp_path / "state.json")


def test_plain_gives_what_json_gives_back():
    value = {"a": (1, 2.5, None), "b": {"c": True, "d": ["x"]}}
    assert plain(value, "state") == {"a": [1, 2.5, None], "b": {"c": True, "d": ["x"]}}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": {3: 1}}, r"state\.a has the key 3; JSON has text keys only"),
        ({"a": [1, {1}]}, r"state\.a\[1\] is a set"),
        ({"a": b"x"}, r"state\.a is a bytes"),
    ],
)
def test_what_json_would_not_give_back_is_refused_by_its_place(value, message):
    with pytest.raises(TypeError, match=message):
        plain(value, "state")
