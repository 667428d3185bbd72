"""Files that a command adds to the run directory it trains."""

import csv
import io
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from ssgan.training.runner import Progress

Trained = TypeVar("Trained")


def recorded(
    training: "Generator[Progress, None, Trained]", path: Path, files: Mapping[str, str]
) -> "Generator[Progress, None, Trained]":
    """The same training; `files` are written into its run at its first sign of life.

    So they are there if it is killed. Not where it is refused: the directory may be that of
    another run.
    """
    try:
        told = next(training)
    except StopIteration as end:
        add(path, files)
        result: Trained = end.value
        return result
    add(path, files)
    try:
        yield told
    except (KeyboardInterrupt, SystemExit) as stop:
        yield training.throw(stop)
    return (yield from training)


def add(path: Path, files: Mapping[str, str]) -> None:
    """Write files into a run directory."""
    from ssgan.runs.run import Run

    run = Run.open(path)
    for name, content in files.items():
        run.write(name, content)


def quarantined(faults: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The file `quarantine.csv` of a run, where there is anything to list."""
    rows = [("file", "reason"), *faults]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return {"quarantine.csv": text.getvalue()} if len(rows) > 1 else {}
