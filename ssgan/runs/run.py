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
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from ssgan.config import InputError, refuse_empty
from ssgan.runs import checkpoints
from ssgan.runs.checkpoints import Checkpoint
from ssgan.runs.damage import check_files
from ssgan.runs.files import holds_file, read_file, record_log, remove_file, write_file
from ssgan.runs.identity import refuse_another, refuse_occupied
from ssgan.runs.lock import lock_of
from ssgan.runs.log import LOG, finite, lines_up_to, log_lines
from ssgan.runs.storage import append_line, make_directory, parse_object, plain, sweep, write_whole


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

        What killed writers left unfinished is removed.

        Parameters
        ----------
        path : str or Path
            The directory.
        identity : dict
            JSON with text keys: what the result depends on.
        growing : tuple of str, default=("steps",)
            Keys (dotted where nested: "gan.steps") that may be larger than those in the directory,
            which then holds the larger ones.
        renew : callable, default=dict
            Gives an identity that an older version wrote in the words of this one.

        Returns
        -------
        Run

        Raises
        ------
        FileExistsError
            If the directory has another identity, or files of something else.
        BlockingIOError
            If somebody is writing to it just now (see `writing`).
        """
        refuse_empty(path, "the path of a run")
        run = cls(Path(path))
        wanted = plain(identity, "config")
        json.dumps(wanted, indent=2, allow_nan=False)  # before anything is written
        if (run.path / "config.json").exists():
            run.check()
            refuse_another(run.path, plain(renew(run.config), "config"), wanted, growing)
        else:
            refuse_occupied(run.path)
            make_directory(run.path)
        with run.writing() as locked:
            if (run.path / "config.json").exists():  # perhaps only now: somebody was faster
                refuse_another(run.path, plain(renew(run.config), "config"), wanted, growing)
            if not (run.path / "config.json").exists() or run.config != wanted:
                locked.write_config(wanted)
            sweep(run.path)
        return run

    @classmethod
    def open(cls, path: str | Path) -> "Run":
        """The run in a directory, to read from it or to write beside what it holds.

        Parameters
        ----------
        path : str or Path
            The directory.

        Returns
        -------
        Run

        Raises
        ------
        FileNotFoundError
            If it is no run directory.
        """
        refuse_empty(path, "the path of a run")
        run = cls(Path(path))
        if not (run.path / "config.json").is_file():
            fault = "has no config.json" if run.path.exists() else "does not exist"
            raise FileNotFoundError(
                f"{path} is not a run directory (it {fault}): give the directory that a run "
                "was written to"
            )
        return run

    @property
    def config(self) -> dict[str, Any]:
        """The identity with which the run was claimed (lists where it had tuples)."""
        return self.read_object("config.json")

    @contextmanager
    def writing(self) -> Iterator["Run"]:
        """The run, to which nobody else writes meanwhile.

        The operating system holds the lock, so it ends with the process however that ends.

        Returns
        -------
        context manager of Run

        Raises
        ------
        BlockingIOError
            If somebody else is writing.
        """
        if self.held:
            yield self
            return
        descriptor = lock_of(self.path)
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
        """Write a checkpoint, as `checkpoints.save` says, and record the log so far.

        Parameters
        ----------
        step : int
            Its step.
        tensors : dict of str to Tensor
            Weights and other large states.
        state : dict of str to JSON
            Small states.
        marks : mapping, optional
            Steps of checkpoints to keep: the last good one and the best.
        """
        checkpoints.save(self.path / "checkpoints", step, tensors, state, marks)
        record_log(self.path, step)

    def load(self, step: int | None = None, which: str = "last") -> Checkpoint | None:
        """The newest intact checkpoint, or that of a step, as `checkpoints.load` says.

        Parameters
        ----------
        step : int, optional
            Its step.
        which : {"last", "best"}, default="last"
            The best has the lowest distance to real samples.

        Returns
        -------
        Checkpoint or None
            None where there is none.

        Raises
        ------
        InputError
            For another word.
        """
        if which not in ("last", "best"):
            raise InputError(f"expected the checkpoint 'last' or 'best', got {which!r}")
        if which == "best" and step is None:
            return checkpoints.load_marked(self.path / "checkpoints", which)
        return checkpoints.load(self.path / "checkpoints", step)

    def trained(self) -> Checkpoint:
        """The newest checkpoint of an undamaged run.

        Returns
        -------
        Checkpoint

        Raises
        ------
        FileNotFoundError
            Before there is one.
        InputError
            If files are damaged.
        """
        self.check()
        if (saved := self.load()) is None:
            raise FileNotFoundError(f"{self.path} holds no checkpoint yet: let it learn longer")
        return saved

    def best(self) -> dict[str, Any] | None:
        """The mark of the checkpoint that which="best" loads.

        Returns
        -------
        dict or None
            {"step": ., "distance": .}, if there is one.
        """
        newest = self.load()
        mark = newest.marks.get("best") if newest else None
        return dict(mark) if mark else None

    def steps(self) -> list[int]:
        """Steps at which there are checkpoints, ascending.

        Returns
        -------
        list of int
        """
        return checkpoints.steps(self.path / "checkpoints")

    def log(self, row: dict[str, Any]) -> None:
        """Append a row to the metrics as one line.

        Parameters
        ----------
        row : dict of str to JSON
            Numbers that are not finite become null.
        """
        line = json.dumps(finite(plain(row, "row")))
        append_line(self.path / LOG, line.encode())

    def metrics(self) -> list[dict[str, Any]]:
        """The rows of logged steps, in their order.

        Returns
        -------
        list of dict
            Without lines that are torn or damaged.
        """
        rows = (row for _, row in log_lines(self.path / LOG))
        return [row for row in rows if isinstance(row.get("step"), int)]

    def cut(self, step: int) -> None:
        """Drop the metrics after a step, and torn lines, so that a resumed run continues them.

        Parameters
        ----------
        step : int
            The last step to keep.
        """
        if (self.path / LOG).exists():
            lines = lines_up_to(self.path / LOG, step)
            if lines != (self.path / LOG).read_bytes():
                record_log(self.path, step)
                write_whole(self.path / LOG, lines)

    def write(self, name: str, data: bytes | str) -> Path:
        """Write a file whole or not at all; one that is as it should be is left alone.

        Parameters
        ----------
        name : str
            Its name below the directory, "samples/00001000.png"; folders are made.
        data : bytes or str
            Its content.

        Returns
        -------
        Path

        Raises
        ------
        BlockingIOError
            If somebody else is writing.
        """
        with self.writing():
            return write_file(self.path, name, data.encode() if isinstance(data, str) else data)

    def write_config(self, identity: dict[str, Any]) -> None:
        """Write another identity, of which nothing is asked.

        Parameters
        ----------
        identity : dict
            JSON with text keys.
        """
        text = json.dumps(plain(identity, "config"), indent=2, allow_nan=False) + "\n"
        self.write("config.json", text)

    def read(self, name: str) -> bytes:
        """The content of a file that `write` wrote.

        Parameters
        ----------
        name : str
            The name of a file below the directory: "samples/00001000.png".

        Returns
        -------
        bytes

        Raises
        ------
        InputError
            If it is damaged or missing.
        """
        return read_file(self.path, name)

    def read_object(self, name: str) -> dict[str, Any]:
        """The JSON object in a file that `write` wrote.

        Parameters
        ----------
        name : str
            The name of a file below the directory: "samples/00001000.png".

        Returns
        -------
        dict

        Raises
        ------
        InputError
            If it is damaged or missing.
        """
        return parse_object(self.read(name), self.path / name)

    def has(self, name: str) -> bool:
        """Whether there is such a file, or should be one: then `read` says that it is missing.

        Parameters
        ----------
        name : str
            The name of a file below the directory: "samples/00001000.png".

        Returns
        -------
        bool
        """
        return holds_file(self.path, name)

    def remove(self, name: str) -> None:
        """Remove a file that `write` wrote, if it is there.

        Parameters
        ----------
        name : str
            The name of a file below the directory: "samples/00001000.png".
        """
        with self.writing():
            remove_file(self.path, name)

    def check(self) -> None:
        """Compare every file with the manifest; InputError names those that are damaged.

        A UserWarning names those that are there to be looked at only, and tells of a directory
        that has no manifest, because it is older than they are.
        """
        check_files(self.path)
