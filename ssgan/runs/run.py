"""The run directory: what was asked, how it went, and from where it goes on.

    config.json                     what the result depends on: `claim` refuses another
    manifest.json                   the sha256 of every file that `write` wrote (see `manifest`)
    metrics.jsonl                   one JSON object a line, in the order of the steps
    checkpoints/step-00001000/      the newest two, the best and the last good one
    diagnosis.json                  why the guard stopped the training, if it did
    samples/, codec.json, ...       whatever callers hand to `write`; `read` checks what it gives

Every file is written whole or not at all, and none is a pickle.
"""

import json
import math
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from torch import Tensor

from ssgan.config import InputError
from ssgan.runs import checkpoints
from ssgan.runs.checkpoints import Checkpoint
from ssgan.runs.identity import refuse_another, refuse_occupied
from ssgan.runs.manifest import (
    MANIFEST,
    Allowed,
    Manifest,
    adopt,
    file_sha256,
    read_manifest,
    sha256,
    write_manifest,
)
from ssgan.runs.storage import (
    append_line,
    make_directory,
    parse_object,
    plain,
    sweep,
    write_whole,
)

LOG = "metrics.jsonl"
SHOWN = ("samples/", "quarantine.csv", "diagnosis.json")  # people look at them, nothing is made
RESTORE = (
    "restore it from a backup, train again in another directory, or remove manifest.json to use "
    "the directory unchecked"
)

if sys.platform != "win32":
    import fcntl


@dataclass(frozen=True)
class Run:
    """A directory of a training, that `claim` made or `open` found.

    Parameters
    ----------
    path : Path
        The directory.
    held : bool, default=False
        Whether its lock is held: so is the run that `writing` gives.

    Examples
    --------
    >>> import tempfile, ssgan
    >>> with tempfile.TemporaryDirectory() as path:
    ...     run = ssgan.Run.claim(path, {"steps": 10})
    ...     run.log({"step": 5, "loss": 0.5})
    ...     ssgan.Run.open(path).metrics(), run.config, run.steps()
    ([{'step': 5, 'loss': 0.5}], {'steps': 10}, [])
    """

    path: Path
    held: bool = field(default=False, compare=False, repr=False)

    def __fspath__(self) -> str:
        return str(self.path)

    @classmethod
    def claim(
        cls,
        path: str | Path,
        identity: dict[str, Any],
        growing: tuple[str, ...] = ("steps",),
        renew: Callable[[dict[str, Any]], dict[str, Any]] = dict,
    ) -> "Run":
        """The run of `identity` in `path`: a new one, or the one that is there already.

        Identity is JSON with text keys. Keys in `growing` (dotted where nested: "gan.steps") may
        be larger than those in the directory, which then holds the larger ones. Any other
        difference, or a directory with files of something else, is a FileExistsError; a run to
        which somebody is writing just now (see `writing`) is a BlockingIOError. What killed
        writers left unfinished is removed. `renew` gives an identity that an older version wrote
        in the words of this one.
        """
        run = cls(Path(path))
        asked = plain(identity, "config")
        json.dumps(asked, indent=2, allow_nan=False)  # before anything is written
        if (run.path / "config.json").exists():
            run.check()
            refuse_another(run.path, plain(renew(run.config), "config"), asked, growing)
        else:
            refuse_occupied(run.path)
            make_directory(run.path)
        with run.writing() as held:
            if (run.path / "config.json").exists():  # perhaps only now: somebody was faster
                refuse_another(run.path, plain(renew(run.config), "config"), asked, growing)
            if not (run.path / "config.json").exists() or run.config != asked:
                held.write_config(asked)
            sweep(run.path)
        return run

    @classmethod
    def open(cls, path: str | Path) -> "Run":
        """The run in `path`, to read from it or to write beside what it holds."""
        run = cls(Path(path))
        if not (run.path / "config.json").is_file():
            what = "has no config.json" if run.path.exists() else "does not exist"
            raise FileNotFoundError(
                f"{path} is not a run directory (it {what}): give the directory that a run "
                "was written to"
            )
        return run

    @property
    def config(self) -> dict[str, Any]:
        """The identity with which the run was claimed (lists where it had tuples)."""
        return self.read_object("config.json")

    @contextmanager
    def writing(self) -> Iterator["Run"]:
        """The run, to which nobody else writes meanwhile; a BlockingIOError if somebody does.

        The operating system holds the lock, so it ends with the process however that ends.
        """
        if self.held:
            yield self
            return
        descriptor = _lock(self.path)
        try:
            yield replace(self, held=True)
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def save(
        self,
        step: int,
        tensors: dict[str, Tensor],
        state: dict[str, Any],
        marks: checkpoints.Marks | None = None,
    ) -> None:
        """Write the checkpoint of `step`, as `checkpoints.save` says, and record the log so far."""
        checkpoints.save(self.path / "checkpoints", step, tensors, state, marks)
        self._record_log(step)

    def load(self, step: int | None = None, which: str = "last") -> Checkpoint | None:
        """The newest intact checkpoint, or that of `step`, as `checkpoints.load` says.

        With which="best" the one of the lowest distance to real samples, as
        `checkpoints.load_marked` says. Raises ValueError for another word.
        """
        if which not in ("last", "best"):
            raise InputError(f"expected the checkpoint 'last' or 'best', got {which!r}")
        if which == "best" and step is None:
            return checkpoints.load_marked(self.path / "checkpoints", which)
        return checkpoints.load(self.path / "checkpoints", step)

    def trained(self) -> Checkpoint:
        """The newest checkpoint of an undamaged run; FileNotFoundError before there is one."""
        self.check()
        if (saved := self.load()) is None:
            raise FileNotFoundError(f"{self.path} holds no checkpoint yet: let it learn longer")
        return saved

    def best(self) -> dict[str, Any] | None:
        """{"step": ., "distance": .} of the checkpoint that which="best" loads, if there is one."""
        newest = self.load()
        mark = newest.marks.get("best") if newest else None
        return dict(mark) if mark else None

    def steps(self) -> list[int]:
        """Steps at which there are checkpoints, ascending."""
        return checkpoints.steps(self.path / "checkpoints")

    def log(self, row: dict[str, Any]) -> None:
        """Append `row` to the metrics as one line; numbers that are not finite become null."""
        line = json.dumps(finite(plain(row, "row")))
        append_line(self.path / LOG, line.encode())

    def metrics(self) -> list[dict[str, Any]]:
        """The rows of logged steps, in their order; lines that are torn or damaged are left out."""
        rows = (row for _, row in _lines(self.path / LOG))
        return [row for row in rows if isinstance(row.get("step"), int)]

    def cut(self, step: int) -> None:
        """Drop the metrics after `step`, and torn lines, so that a resumed run continues them."""
        if (self.path / LOG).exists():
            lines = _lines_up_to(self.path / LOG, step)
            if lines != (self.path / LOG).read_bytes():
                self._record_log(step)
                write_whole(self.path / LOG, lines)

    def write(self, name: str, data: bytes | str) -> Path:
        """Write the file `name` ("samples/00001000.png": folders are made) whole or not at all.

        A file that is as it should be is left alone. BlockingIOError: somebody else is writing.
        """
        path, content = self._below(name), data.encode() if isinstance(data, str) else data
        with self.writing():
            manifest = read_manifest(self.path) or adopt(self.path)
            now, new = file_sha256(path), sha256(content)
            listed = manifest.files.get(name, (None,))
            if now != new or listed != (new,):
                both = (new, now) if now in listed and now != new else (new,)
                write_manifest(self.path, manifest.allow(name, both))
                write_whole(path, content)
                if both != (new,):
                    write_manifest(self.path, manifest.allow(name, (new,)))
        return path

    def write_config(self, identity: dict[str, Any]) -> None:
        """Write another identity, of which nothing is asked."""
        text = json.dumps(plain(identity, "config"), indent=2, allow_nan=False) + "\n"
        self.write("config.json", text)

    def read(self, name: str) -> bytes:
        """The content of a file that `write` wrote; InputError where it is damaged or missing."""
        path = self._below(name)
        while True:
            manifest = read_manifest(self.path)
            data = path.read_bytes() if path.is_file() else None
            if data is not None and (manifest is None or sha256(data) in _allowed(manifest, name)):
                return data
            if read_manifest(self.path) == manifest:  # else it has just been replaced
                unlisted = manifest is None or name not in manifest.files
                what = "is damaged" if not unlisted else f"is not listed in {MANIFEST}"
                raise InputError(f"{path} {'is missing' if data is None else what}: {RESTORE}")

    def read_object(self, name: str) -> dict[str, Any]:
        """The JSON object in a file that `write` wrote, as `read` gives it."""
        return parse_object(self.read(name), self.path / name)

    def has(self, name: str) -> bool:
        """Whether there is such a file, or should be one: then `read` says that it is missing."""
        manifest = read_manifest(self.path)
        listed = manifest is not None and None not in _allowed(manifest, name)
        return listed or self._below(name).is_file()

    def remove(self, name: str) -> None:
        """Remove a file that `write` wrote, if it is there."""
        path = self._below(name)
        with self.writing():
            manifest = read_manifest(self.path) or adopt(self.path)
            now = file_sha256(path)
            write_manifest(self.path, manifest.allow(name, (now, None)))
            path.unlink(missing_ok=True)
            write_manifest(self.path, manifest.allow(name, ()))

    def check(self) -> None:
        """Compare every file with the manifest; InputError names those that are damaged.

        A UserWarning names those that are there to be looked at only, and tells of a directory
        that has no manifest, because it is older than they are.
        """
        manifest = read_manifest(self.path)
        if manifest is None:
            warnings.warn(
                f"{self.path} is older than manifests, so damage of its files cannot be seen",
                UserWarning,
                stacklevel=3,
            )
            return
        damages = {name: what for name in manifest.files if (what := self._damage(name))}
        if self._log_is_damaged():
            damages[LOG] = f"{self.path / LOG} is damaged up to the newest checkpoint"
        for name, what in damages.items():
            if name.startswith((*SHOWN, LOG)):
                warnings.warn(
                    f"{what}: nothing else depends on it; restore it from a backup, or do "
                    "without it",
                    UserWarning,
                    stacklevel=3,
                )
        if named := [what for name, what in damages.items() if not name.startswith((*SHOWN, LOG))]:
            raise InputError(f"{'; '.join(named)}: {RESTORE}")

    def _damage(self, name: str) -> str | None:
        """What is wrong with a file; None for nothing."""
        while True:
            manifest = read_manifest(self.path)
            now = file_sha256(self.path / name)
            if manifest is None or now in _allowed(manifest, name):
                return None
            if read_manifest(self.path) == manifest:
                return f"{self.path / name} is {'missing' if now is None else 'damaged'}"

    def _log_is_damaged(self) -> bool:
        """Whether the recorded lines of the log are not those that were recorded."""
        while True:
            manifest = read_manifest(self.path)
            if manifest is None or manifest.metrics is None:
                return False
            lines = _lines_up_to(self.path / LOG, manifest.metrics["step"])
            if sha256(lines) == manifest.metrics["sha256"]:
                return False
            if read_manifest(self.path) == manifest:
                return True

    def _record_log(self, step: int) -> None:
        """Put the lines of the log up to `step` into the manifest."""
        if (self.path / LOG).exists():
            manifest = read_manifest(self.path) or adopt(self.path)
            lines = _lines_up_to(self.path / LOG, step)
            recorded = {"step": step, "sha256": sha256(lines)}
            write_manifest(self.path, replace(manifest, metrics=recorded))

    def _below(self, name: str) -> Path:
        """The path of a file of the run; InputError for one outside."""
        parts = PurePosixPath(name).parts
        if not parts or ".." in parts or Path(name).is_absolute():
            raise InputError(f"{name!r} must be the name of a file below the run directory")
        return self.path.joinpath(*parts)


def _allowed(manifest: Manifest, name: str) -> Allowed:
    return manifest.files.get(name, (None,))


def _lock(path: Path) -> int | None:
    """A descriptor that holds the lock of a directory; None where the system has no such locks.

    The directory is locked and no file in it, so that nothing is left behind and a run on a disk
    that is read only can be locked as well.
    """
    if sys.platform == "win32":
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:  # what may not be read is explained where it is written to
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise BlockingIOError(
            f"another training is writing to {path} just now: wait for its end, or choose another "
            "directory"
        ) from None
    except OSError:  # some network file systems have no locks
        os.close(descriptor)
        return None
    return descriptor


def _lines(path: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """The lines of a file that are JSON objects, as they stand and parsed."""
    for line in path.read_bytes().split(b"\n") if path.exists() else ():
        with suppress(ValueError, RecursionError):
            row = json.loads(line)
            if isinstance(row, dict):
                yield line, row


def _lines_up_to(path: Path, step: int) -> bytes:
    """The lines of a log up to a step, without torn ones."""
    numbered = ((line, row.get("step", 0)) for line, row in _lines(path))
    lines = (line for line, at in numbered if isinstance(at, int | float) and at <= step)
    return b"".join(line + b"\n" for line in lines)


def finite(value: Any) -> Any:
    """JSON `value` with null for each number that JSON has no word for."""
    if isinstance(value, dict):
        return {key: finite(child) for key, child in value.items()}
    if isinstance(value, list):
        return [finite(child) for child in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
