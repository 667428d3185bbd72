"""What every cell of the board keeps beside its row: held-out and test predictions, a file a cell.

So a changed decision rule is judged in seconds, without fitting anything again. A file holds arrays
alone: "folds" (R, n), in which fold each labelled sample was held out; "oof", what the method gave
for it there; "test", what it gives for the test samples when it has learnt from all labels; and the
true labels of both. Outputs are log-probabilities (R, n, K) and (m, K), or numbers (R, n) and (m,).
R is 0 where a class has a single label, and for "auto", which decides on folds of its own.
"""

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ssgan.benchmark.cells import Cell
from ssgan.codecs.codec import Array
from ssgan.runs.storage import write_whole

FOLDER = "outputs"  # in the work directory


@dataclass(frozen=True, eq=False)
class Outputs:
    """What a method gave, held out and for the test samples."""

    oof: Array  # (R, n, K) log-probabilities, or (R, n) numbers
    test: Array  # (m, K), or (m,)
    folds: Array  # (R, n)


@dataclass(frozen=True, eq=False)
class StoredProblem:
    """All that methods gave for the labels of one draw."""

    data: str
    league: str
    labels: int
    seed: int
    y: Array  # (n,) class indices, or float64 numbers
    y_test: Array  # (m,)
    outputs: Mapping[str, Outputs]  # by method

    @property
    def group(self) -> tuple[str, str, int]:
        """What its draws have in common."""
        return self.data, self.league, self.labels

    @property
    def regression(self) -> bool:
        """Whether numbers are predicted."""
        return self.y.dtype.kind == "f"


def file_of(work: Path, cell: Cell) -> Path:
    """Where a cell keeps its outputs."""
    league, method = (re.sub(r"\W+", "-", name.lower()) for name in (cell.league, cell.method))
    problem = f"{cell.data}_{league}_{cell.labels}_{cell.label_seed}"
    return work / FOLDER / problem / f"{method}_{cell.gan_seed}.npz"


def keep(work: Path, cell: Cell, outputs: Outputs, y: Array, y_test: Array) -> None:
    """Write the outputs of a cell, whole or not at all."""
    key = {"data": cell.data, "league": cell.league, "method": cell.method}
    counts = {"labels": cell.labels, "label_seed": cell.label_seed}
    arrays = {"oof": outputs.oof.astype(np.float32), "test": outputs.test.astype(np.float32)}
    file = io.BytesIO()
    np.savez_compressed(file, y=y, y_test=y_test, folds=outputs.folds, **arrays, **key, **counts)  # type: ignore[arg-type]
    write_whole(file_of(work, cell), file.getvalue())


def load_stored(work: Path) -> list[StoredProblem]:
    """All problems of a work directory that have outputs, in the order of their names."""
    folders = sorted((work / FOLDER).glob("*")) if (work / FOLDER).exists() else []
    return [problem for folder in folders for problem in problems_in(sorted(folder.glob("*.npz")))]


def problems_in(files: Iterable[Path]) -> list[StoredProblem]:
    """The problem that the files of a folder are of; none without files."""
    outputs: dict[str, Outputs] = {}
    arrays: Mapping[str, Array] = {}
    for path in files:
        with np.load(path) as file:
            arrays = dict(file)
        outputs[str(arrays["method"])] = Outputs(arrays["oof"], arrays["test"], arrays["folds"])
    if not outputs:
        return []
    problem = StoredProblem(
        data=str(arrays["data"]),
        league=str(arrays["league"]),
        labels=int(arrays["labels"]),
        seed=int(arrays["label_seed"]),
        y=arrays["y"],
        y_test=arrays["y_test"],
        outputs=outputs,
    )
    return [problem]
