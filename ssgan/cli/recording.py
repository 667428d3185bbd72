"""Files that a command adds to the run directory it trains."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def recording(path: Path, files: Mapping[str, str]) -> Iterator[None]:
    """Write `files` into the run that the body trains, whether it ends or is stopped.

    Not where the body was refused: the directory may be that of another run.
    """
    from ssgan.runs import Run

    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        if (path / "config.json").is_file():
            for name, content in files.items():
                Run.open(path).write(name, content)
        raise
    for name, content in files.items():
        Run.open(path).write(name, content)


def quarantined(faults: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The file `quarantine.csv` of a run, where there is anything to list."""
    rows = [("file", "reason"), *faults]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return {"quarantine.csv": text.getvalue()} if len(rows) > 1 else {}
