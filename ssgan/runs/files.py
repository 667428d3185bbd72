"""The files of a run directory that its manifest lists: written, read and removed."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

from ssgan.config import InputError
from ssgan.runs.damage import RESTORE
from ssgan.runs.log import LOG, lines_up_to
from ssgan.runs.manifest import (
    MANIFEST,
    adopt,
    file_sha256,
    read_manifest,
    sha256,
    write_manifest,
)
from ssgan.runs.storage import write_whole


def path_below(directory: Path, name: str) -> Path:
    """The path of a file of a directory; InputError for one outside."""
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or Path(name).is_absolute():
        raise InputError(f"{name!r} must be the name of a file below the run directory")
    return directory.joinpath(*parts)


def write_file(directory: Path, name: str, content: bytes) -> Path:
    """Write a file and list it; one that is as it should be is left alone."""
    path = path_below(directory, name)
    manifest = read_manifest(directory) or adopt(directory)
    now, new = file_sha256(path), sha256(content)
    listed = manifest.allowed(name)
    if now != new or listed != (new,):
        both = (new, now) if now in listed and now != new else (new,)
        write_manifest(directory, manifest.allow(name, both))
        write_whole(path, content)
        if both != (new,):
            write_manifest(directory, manifest.allow(name, (new,)))
    return path


def holds_file(directory: Path, name: str) -> bool:
    """Whether there is such a file, or should be one."""
    manifest = read_manifest(directory)
    listed = manifest is not None and None not in manifest.allowed(name)
    return listed or path_below(directory, name).is_file()


def read_file(directory: Path, name: str) -> bytes:
    """The content of a listed file; InputError where it is damaged or missing."""
    path = path_below(directory, name)
    while True:
        manifest = read_manifest(directory)
        data = path.read_bytes() if path.is_file() else None
        if data is not None and (manifest is None or sha256(data) in manifest.allowed(name)):
            return data
        if read_manifest(directory) == manifest:  # else it has just been replaced
            unlisted = manifest is None or name not in manifest.files
            fault = "is damaged" if not unlisted else f"is not listed in {MANIFEST}"
            raise InputError(f"{path} {'is missing' if data is None else fault}: {RESTORE}")


def remove_file(directory: Path, name: str) -> None:
    """Remove a file, if it is there, and list it no more."""
    path = path_below(directory, name)
    manifest = read_manifest(directory) or adopt(directory)
    write_manifest(directory, manifest.allow(name, (file_sha256(path), None)))
    path.unlink(missing_ok=True)
    write_manifest(directory, manifest.allow(name, ()))


def record_log(directory: Path, step: int) -> None:
    """Put the lines of the log up to `step` into the manifest."""
    if (directory / LOG).exists():
        manifest = read_manifest(directory) or adopt(directory)
        recorded = {"step": step, "sha256": sha256(lines_up_to(directory / LOG, step))}
        write_manifest(directory, replace(manifest, metrics=recorded))
