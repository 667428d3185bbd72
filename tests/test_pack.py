"""Two builds of the same files are the same bytes, whoever made them, when and in which order."""

import io
import tarfile

import pytest

from benchmarks.pack import pack_again

FILES = {"ssgan-1/setup.cfg": (b"[metadata]", 0o644), "ssgan-1/run": (b"#!/bin/sh", 0o755)}


def archive(names, seconds, owner, mode):
    """A gzipped archive of FILES below a folder, in an order, of a time, an owner and a mode."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        folder = tarfile.TarInfo("ssgan-1")
        folder.type, folder.mtime, folder.mode = tarfile.DIRTYPE, seconds, 0o700
        tar.addfile(folder)
        for name in names:
            content, bits = FILES[name]
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.uname = len(content), seconds, owner
            member.mode = bits & mode
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def test_order_times_owners_and_masks_leave_no_trace():
    one = archive([*FILES], 1_700_000_000, "ada", 0o777)
    other = archive([*reversed(FILES)], 1_800_000_000, "", 0o700)
    assert one != other
    assert pack_again(one, 5) == pack_again(other, 5)


def test_contents_and_what_may_be_run_stay():
    packed = pack_again(archive([*FILES], 1, "ada", 0o777), 1_700_000_000)
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        found = {m.name: (tar.extractfile(m).read(), m.mode) for m in tar if m.isfile()}
        assert {member.mtime for member in tar.getmembers()} == {1_700_000_000}
    assert found == FILES


def test_another_content_is_another_archive():
    one = pack_again(archive([*FILES], 1, "", 0o777), 5)
    assert one != pack_again(archive(["ssgan-1/run"], 1, "", 0o777), 5)
    with pytest.raises(tarfile.ReadError):
        pack_again(b"no archive", 5)
