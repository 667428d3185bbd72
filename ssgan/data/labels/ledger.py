"""Which labels a run has learnt from: counted against a budget, hashed, and kept in the run.

    ledger = Ledger(budget=100)
    few = ledger.take(y, rows)               # LabelBudgetError for the 101st label
    ledger.keep(run.path / "labels.json")    # refused where other labels were read before

A label that is read twice counts once. To draw N labels of every class, the classes of all are
looked at; only those that are drawn pass the ledger, and no other reaches a model.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data.labels.values import digest, first_few, raw_labels
from ssgan.runs.storage import read_object, write_whole

LEDGER = "labels.json"
FIELDS = {"budget": int, "count": int, "indices": list, "sha256": str}


class LabelBudgetError(InputError):
    """More labels were asked for than a run may read, or others than it has."""


class Ledger:
    """The label indices that were read, at most `budget` of them; `only` these where it is given.

    Raises InputError for a budget below 1.
    """

    def __init__(self, budget: int, only: Iterable[int] | None = None) -> None:
        if isinstance(budget, bool) or not isinstance(budget, int) or budget < 1:
            raise InputError(f"expected a budget of at least 1 label, got {budget!r}")
        self.budget = budget
        self.only = None if only is None else frozenset(whole_numbers(list(only)).tolist())
        self._read: set[int] = set()

    @property
    def indices(self) -> Array:
        """What was read, sorted int64."""
        return np.array(sorted(self._read), dtype=np.int64)

    @property
    def sha256(self) -> str:
        """Of the indices, in hexadecimal; it names the split."""
        return digest(self.indices)

    def __len__(self) -> int:
        return len(self._read)

    def read(self, rows: Any) -> None:
        """Record that the labels of `rows` (n,) are read; all of them or, with an error, none.

        Raises LabelBudgetError where they would exceed the budget or where a resumed run had read
        others, InputError for what are no indices.
        """
        wanted_rows = set(whole_numbers(rows).tolist())
        if self.only is not None and (new := sorted(wanted_rows - self.only)):
            raise LabelBudgetError(
                f"the run has learnt from other labels, without those of rows {first_few(new)}: "
                "resume it with the same split, or start a new run"
            )
        if (count := len(self._read | wanted_rows)) > self.budget:
            raise LabelBudgetError(
                f"{count} labels would be read, the budget is {self.budget}: ask for fewer, or "
                "start a run with a larger budget"
            )
        self._read |= wanted_rows

    def take(self, y: Any, rows: Any) -> Array:
        """The labels `y[rows]` (n,) of any container as an array, after recording them."""
        return self.labels(y)[rows]

    def labels(self, y: Any) -> "Labels":
        """`y` (N,) behind this ledger."""
        return Labels(y, self)

    def merge(self, other: "Ledger") -> None:
        """Record what `other` has read too; refused as in `read`."""
        self.read(other.indices)

    def to_json(self) -> dict[str, Any]:
        return {
            "budget": self.budget,
            "count": len(self),
            "indices": self.indices.tolist(),
            "sha256": self.sha256,
        }

    def keep(self, path: str | Path) -> None:
        """Write what was read to a file; one that is there must say the same.

        Raises LabelBudgetError where it names other labels, and leaves it; InputError if it is
        damaged.
        """
        path = Path(path)
        if path.exists():
            if (stored := read_ledger(path)).sha256 != self.sha256:
                raise LabelBudgetError(
                    f"{path} says that {len(stored)} labels were read, sha256 {stored.sha256[:8]}, "
                    f"now it is {len(self)}, {self.sha256[:8]}: resuming never draws another "
                    "split, so start a new run"
                )
            return
        write_whole(path, json.dumps(self.to_json()).encode() + b"\n")


class Labels:
    """Labels that are handed out by index only, so that none is read without being counted."""

    def __init__(self, y: Any, ledger: Ledger) -> None:
        self._labels, self._ledger = raw_labels(y), ledger

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, rows: Any) -> Array:
        index = whole_numbers(rows)
        if len(index) and index.max() >= len(self):
            raise InputError(f"there is no row {index.max()} among {len(self)} labels")
        self._ledger.read(index)
        labels: Array = self._labels[index]
        return labels

    __iter__ = None  # what reads all labels must say so


def resumed_ledger(path: str | Path, budget: int) -> Ledger:
    """The ledger of a run: a new one, or one that gives only the labels read before.

    Raises LabelBudgetError where more than `budget` were read, InputError for a damaged file.
    """
    path = Path(path)
    if not path.exists():
        return Ledger(budget)
    stored = read_ledger(path)
    if len(stored) > budget:
        raise LabelBudgetError(
            f"{path} says that {len(stored)} labels were read, the budget is {budget}: "
            "give the budget of that run, or start a new one"
        )
    return Ledger(budget, only=stored.indices.tolist())


def read_ledger(path: str | Path) -> Ledger:
    """What a file says was read, if it agrees with itself; InputError if it does not."""
    path = Path(path)
    fields = read_object(path)
    for name, kind in FIELDS.items():
        if type(fields.get(name)) is not kind:
            raise InputError(f"{path} is damaged: expected {name} as {kind.__name__}")
    try:
        ledger = Ledger(fields["budget"])
        ledger.read(fields["indices"])
    except ValueError as error:
        raise InputError(f"{path} is damaged: {error}") from error
    if ledger.to_json() != {name: fields[name] for name in FIELDS}:
        raise InputError(
            f"{path} is damaged: count, order or sha256 do not belong to its indices: restore it"
        )
    return ledger


def whole_numbers(rows: Any) -> Array:
    """Row numbers (n,) as int64; InputError for what are none."""
    array = np.asarray(rows)
    if array.ndim == 1 and not len(array):
        return array.astype(np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu" or array.min() < 0:
        raise InputError(
            "expected row numbers (n,) from 0 on, as np.flatnonzero gives them, "
            f"got {array.dtype} {array.shape}"
        )
    return array.astype(np.int64)


def ledger_file(ledger: Ledger) -> dict[str, str]:
    """`labels.json` of a run directory: which labels were read."""
    return {LEDGER: json.dumps(ledger.to_json()) + "\n"}
