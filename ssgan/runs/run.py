"""The run directory: what was asked, how it went, and from where it goes on.

    config.json                     what the result depends on: `claim` refuses another
    metrics.jsonl                   one JSON object a line, in the order of the steps
    checkpoints/step-00001000/      the newest two, the best and the last good one
    diagnosis.json                  why the guard stopped the training, if it did
    samples/, report.html, ...      whatever callers hand to `write`

Every file is written whole or not at all, and none is a pickle.
"""

import json
import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from torch import Tensor

from ssgan.config import InputError
from ssgan.runs import checkpoints
from ssgan.runs.checkpoints import Checkpoint
from ssgan.runs.storage import UNFINISHED, append_line, plain, read_object, sweep, write_whole

if sys.platform != "win32":
    import fcntl


@dataclass(frozen=True)
class Run:
    """A directory of a training, that `claim` made or `open` found.

    Parameters
    ----------
    path : Path
        The directory.

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
        text = json.dumps(asked, indent=2, allow_nan=False) + "\n"
        if not (run.path / "config.json").exists():
            _refuse_occupied(run.path)
            run.write("config.json", text)
        else:
            _refuse_another(run.path, plain(renew(run.config), "config"), asked, growing)
        with run.writing():
            if run.config != asked:
                run.write("config.json", text)
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
        return read_object(self.path / "config.json")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Nobody else writes here meanwhile; a BlockingIOError if somebody does already.

        The operating system holds the lock, so it ends with the process however that ends.
        """
        descriptor = _lock(self.path)
        try:
            yield
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
        """Write the checkpoint of `step`, as `checkpoints.save` says."""
        checkpoints.save(self.path / "checkpoints", step, tensors, state, marks)

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
        append_line(self.path / "metrics.jsonl", line.encode())

    def metrics(self) -> list[dict[str, Any]]:
        """The logged rows, in their order; lines that a kill or a fault tore are left out."""
        return [row for _, row in _lines(self.path / "metrics.jsonl")]

    def cut(self, step: int) -> None:
        """Drop the metrics after `step`, and torn lines, so that a resumed run continues them."""
        if (self.path / "metrics.jsonl").exists():
            lines = [
                line
                for line, row in _lines(self.path / "metrics.jsonl")
                if row.get("step", 0) <= step
            ]
            self.write("metrics.jsonl", b"".join(line + b"\n" for line in lines))

    def write(self, name: str, data: bytes | str) -> Path:
        """Write the file `name` ("samples/00001000.png": folders are made) whole or not at all."""
        parts = PurePosixPath(name).parts
        if not parts or ".." in parts or Path(name).is_absolute():
            raise InputError(f"{name!r} must be the name of a file below the run directory")
        path = self.path.joinpath(*parts)
        write_whole(path, data.encode() if isinstance(data, str) else data)
        return path


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


def finite(value: Any) -> Any:
    """JSON `value` with null for each number that JSON has no word for."""
    if isinstance(value, dict):
        return {key: finite(child) for key, child in value.items()}
    if isinstance(value, list):
        return [finite(child) for child in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _refuse_occupied(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise FileExistsError(f"{path} is a file, not a directory: choose another for the run")
    names = sorted(os.listdir(path)) if path.exists() else []
    if others := [name for name in names if not name.startswith(UNFINISHED)]:
        raise FileExistsError(
            f"{path} holds {others[0]} but no config.json, so it is not a run: choose a directory "
            "that is new or empty"
        )


def _refuse_another(
    path: Path, held: dict[str, Any], asked: dict[str, Any], growing: tuple[str, ...]
) -> None:
    """A FileExistsError that names the first settings in which `asked` is not what `path` holds."""
    ours, theirs = _leaves(asked), _leaves(held)
    differences = [
        f"holds {_shown(name, theirs)}, asked {_shown(name, ours)}"
        + (f" ({'.'.join(name)} can only grow)" if ".".join(name) in growing else "")
        for name in dict.fromkeys([*ours, *theirs])
        if not _agree(name, theirs, ours, growing)
    ]
    if differences:
        more = f"; and {len(differences) - 3} more" if len(differences) > 3 else ""
        raise FileExistsError(
            f"{path}: {'; '.join(differences[:3])}{more}: choose another directory or the same "
            "settings"
        )


Leaves = dict[tuple[str, ...], Any]  # values of nested dictionaries by their keys


def _leaves(value: Any, name: tuple[str, ...] = ()) -> Leaves:
    if not isinstance(value, dict) or not value:
        return {name: value}
    return {
        inner: leaf
        for key, child in value.items()
        for inner, leaf in _leaves(child, (*name, key)).items()
    }


def _agree(name: tuple[str, ...], held: Leaves, asked: Leaves, growing: tuple[str, ...]) -> bool:
    if name not in held or name not in asked:
        return False
    grown = ".".join(name) in growing and isinstance(held[name], int | float)
    if grown and isinstance(asked[name], int | float):
        return bool(asked[name] >= held[name])
    return bool(held[name] == asked[name])


def _shown(name: tuple[str, ...], leaves: Leaves) -> str:
    """ "seed=0", or "no seed"; long values are cut."""
    if name not in leaves:
        return f"no {'.'.join(name)}"
    text = json.dumps(leaves[name], ensure_ascii=False)
    return f"{'.'.join(name)}={text if len(text) <= 60 else text[:57] + '...'}"
