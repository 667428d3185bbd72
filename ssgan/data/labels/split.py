"""Which labels a model learns from: where they are read, which are drawn, and how that is kept.

A model's directory says so in two files: split.json holds rows and labels, labels.json the ledger.
"""

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data.labels.files import read_labels
from ssgan.data.labels.ledger import (
    LEDGER,
    LabelBudgetError,
    Ledger,
    read_ledger,
    resumed_ledger,
    whole_numbers,
)
from ssgan.data.labels.targets import Targets, sorted_classes, targets, task_of
from ssgan.data.labels.values import TaskName, digest, first_few, raw_labels, unlabeled
from ssgan.data.selection import Selection, read_as, take_samples
from ssgan.data.source import Data
from ssgan.data.tables.frames import read_table
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.runs.storage import understood

LABEL_FILES = (".csv", ".tsv", ".parquet")  # that hold a data set or labels alone
SPLIT = "split.json"
MEANING = ("na", "unlabeled")  # options that say what labels mean
IDENTITY = ("source", "options", "fingerprint")  # of a data set
LISTS = ("indices", "values")  # the long fields of a split's record


@dataclass(frozen=True, kw_only=True)
class LabelRequest:
    """Where the labels are read, and how many of them are kept: all without a number."""

    source: str  # a file of labels, or a labelled data set
    task: TaskName | None = None  # None: told by the labels
    per_class: int | None = None
    count: int | None = None
    seed: int | None = None  # which labels are kept is drawn
    reading: Mapping[str, Any] = field(default_factory=dict)  # options of `read`


@dataclass(frozen=True, kw_only=True)
class Split:
    """The samples that a model learns from, with and without labels."""

    data: Data  # the data set that the labels belong to
    samples: Any  # its labelled samples (N, ...), as many as `targets` has values
    targets: Targets
    unlabeled: Any  # other samples, or None
    record: Mapping[str, Any]  # JSON: data, seed, per_class, count, indices, sha256, values
    ledger: Ledger  # which labels were read: those of `targets`


def make_split(
    pretrained_on: Data, request: LabelRequest, *, gan: Path | None = None, out: Path | None = None
) -> Split:
    """The split of a GAN's data `pretrained_on` that is asked for.

    Its labels pass a ledger on their way to the model: of a model in `out` that is taken up, no
    others. `gan` is the directory of the GAN, whose labels count too if it is conditional.
    """
    data = labelled_data(pretrained_on, request)
    refuse_seen_target(pretrained_on, data)
    labels = targets(data.y, task=request.task, no_label=data.no_label)
    refuse_strange_classes(pretrained_on, data, labels)
    warn_of_unlearnt(data, labels)
    drawn_rows = choose_rows(labels, request)
    coded, ledger = read_counted(labels, drawn_rows, request, out)
    if gan is not None and data.fingerprint == pretrained_on.fingerprint:
        count_conditions(ledger, gan)
    refuse_constant(coded)
    metadata = {name: getattr(data, name) for name in IDENTITY} | {"rows": len(data)}
    return Split(
        data=data,
        samples=take_samples(data.x, drawn_rows),
        targets=coded,
        unlabeled=samples_without_labels(pretrained_on, data, drawn_rows),
        record=split_record(metadata, coded, drawn_rows, request),
        ledger=ledger,
    )


def choose_rows(labels: Targets, request: LabelRequest) -> Any:
    """Sorted rows (n,) whose labels are kept."""
    if request.per_class or request.count:
        return draw_split(labels, request.per_class, request.seed or 0, labels=request.count)
    return labels.labeled


def draw_split(
    y: Targets, per_class: int | None = None, seed: int = 0, *, labels: int | None = None
) -> Array:
    """Draw the rows whose labels are kept: a pure function of its arguments.

    A smaller draw of the same seed lies within a larger one.

    Parameters
    ----------
    y : Targets
        All labels.
    per_class : int, optional
        How many labels of every class, for classification.
    seed : int
        Which labels.
    labels : int, optional
        How many labels in all, for regression.

    Returns
    -------
    array of int64 (n,)
        Row numbers, sorted.

    Raises
    ------
    InputError
        Where there are too few labels, or the number is that of the other task.

    Examples
    --------
    >>> y = targets(["a", "b"] * 50)
    >>> rows = draw_split(y, per_class=2)
    >>> len(rows), sorted(y.decode(y.values[rows]).tolist())
    (4, ['a', 'a', 'b', 'b'])
    """
    if (per_class is None) == (labels is None):
        raise InputError("expected either a number of labels per class or of all labels")
    if (y.classes is None) != (per_class is None):
        unit = "labels in all" if y.classes is None else "labels per class"
        raise InputError(f"for {y.task} give the number of {unit}")
    count = per_class if per_class is not None else labels or 0
    if count < 1:
        raise InputError(f"expected at least 1 label, got {count}")
    chosen = []
    for index, name in enumerate(y.classes or ("all",)):
        rows = y.labeled if y.classes is None else np.flatnonzero(y.values == index)
        if len(rows) < count:
            where = "" if y.classes is None else f" in class {name!r}"
            raise InputError(
                f"{count} labels{where} were requested, there are {len(rows)}: ask for fewer"
            )
        order = Rng(("split", seed, index)).numpy().permutation(len(rows))
        chosen.append(rows[order[:count]])
    return np.sort(np.concatenate(chosen)).astype(np.int64)


def condition_labels(data: Data, per_class: int | None = None, seed: int = 0) -> Any:
    """The labels (N,) that a conditional GAN learns from, others blank: all, or a drawn few."""
    if data.y is None:
        columns = ", ".join(str(name) for name in getattr(data.x, "columns", ()))
        advice = f"name their column with --target: {columns}" if columns else "leave it out"
        raise InputError(f"--conditional needs labels and {data.source} holds none: {advice}")
    if per_class is None and data.no_label is None:
        return data.y
    labels = targets(data.y, no_label=data.no_label)
    if -1 in (labels.classes or ()):
        raise InputError("a conditional GAN takes -1 for no label: rename that class")
    rows = draw_split(labels, per_class, seed) if per_class else labels.labeled
    values = np.full(len(labels.values), -1)
    values[rows] = labels.values[rows]
    return labels.decode(values)


def read_counted(
    labels: Targets, chosen: Any, request: LabelRequest, out: Path | None = None
) -> tuple[Targets, Ledger]:
    """The labels of the rows `chosen` (n,) alone, and the ledger that counted them."""
    budget = budget_of(labels, request)
    ledger = resumed_ledger(out / LEDGER, budget) if out else Ledger(budget)
    return replace(labels, values=ledger.take(labels.values, chosen)), ledger


def split_record(
    data: Mapping[str, Any], coded: Targets, chosen: Any, request: LabelRequest | None = None
) -> dict[str, Any]:
    """What split.json holds: the data set, the rows `chosen` (n,) of it and their labels.

    `data` has its source, options, fingerprint and rows, `coded` a value for each row that is
    kept. Without a request the labels came with the samples.
    """
    request = request or LabelRequest(source=data["source"])
    drawn = request.per_class or request.count
    named = Path(request.source)
    return {
        "data": {name: data[name] for name in (*IDENTITY, "rows") if name in data},
        "labels": str(named.resolve()) if named.is_file() else request.source,
        "seed": (request.seed or 0) if drawn else None,
        "per_class": request.per_class,
        "count": request.count,
        "sha256": digest(chosen),
        "indices": chosen.tolist(),
        "values": coded.values.tolist(),
    }


def split_files(record: Mapping[str, Any], ledger: Ledger) -> dict[str, str]:
    """The files of a model's directory that say what it learnt from, as text by their names."""
    records = {SPLIT: record, LEDGER: ledger.to_json()}
    return {name: json.dumps(fields) + "\n" for name, fields in records.items()}


def count_conditions(ledger: Ledger, gan: Path) -> None:
    """Labels that a conditional GAN has learnt from are read by what is built on it as well."""
    if not Run(gan).has(LEDGER):
        return
    Run(gan).read(LEDGER)  # refused where it is damaged
    seen = read_ledger(gan / LEDGER)
    try:
        ledger.merge(seen)
    except LabelBudgetError as error:
        raise LabelBudgetError(
            f"the GAN in {gan} has learnt from {len(seen)} labels (--conditional), more or others "
            f"than this model may read ({ledger.budget}): pretrain with the same --per-class and "
            "--label-seed or without --conditional, or leave --per-class and --count out here"
        ) from error


def budget_of(labels: Targets, request: LabelRequest) -> int:
    """How many labels were asked for: not how many were drawn, which the ledger checks by it."""
    if request.per_class:
        return request.per_class * len(labels.classes or ())
    return request.count or len(labels.labeled)


def samples_without_labels(pretrained_on: Data, data: Data, chosen: Any) -> Any:
    """The samples of the run without a label: all, where the labels are of another data set."""
    if data.fingerprint != pretrained_on.fingerprint:
        return pretrained_on.x
    rest = np.setdiff1d(np.arange(len(pretrained_on)), chosen)
    return take_samples(pretrained_on.x, rest) if len(rest) else None


def labelled_data(pretrained_on: Data, request: LabelRequest) -> Data:
    """The data set with the labels asked for: the run's own, or one that brings its own."""
    path = Path(request.source)
    if path.is_file() and holds_only_labels(path, pretrained_on, request.reading.get("target")):
        reading = request.reading
        meant = {name: reading[name] for name in MEANING if reading.get(name) not in (None, ())}
        labels = read_labels(
            path, pretrained_on, na=meant.get("na", ()), no_label=meant.get("unlabeled")
        )
        return replace(pretrained_on, y=labels, options=pretrained_on.options | meant)
    try:
        data = read_as(pretrained_on.options, request.source, request.reading)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"--labels: {error}") from error
    if data.y is None:
        columns = [str(name) for name in getattr(data.x, "columns", ())]
        advice = (
            f"name their column with --target: {', '.join(columns)}"
            if columns
            else ("give a labelled data set, a CSV with file,label, or a column of labels")
        )
        raise InputError(f"{request.source} holds no labels: {advice}")
    return data


def holds_only_labels(path: Path, pretrained_on: Data, target: str | None) -> bool:
    """Whether a file holds labels for the run's samples, not a data set of its own."""
    if path.suffix == ".npy":
        return True
    if path.suffix not in LABEL_FILES or target is not None:
        return False
    of_columns = hasattr(pretrained_on.x, "columns") or "target" in pretrained_on.options
    return not of_columns or read_table(path)[0].shape[1] == 1


def refuse_seen_target(pretrained_on: Data, data: Data) -> None:
    """A GAN that has seen the labels as a column would give them away."""
    target = data.options.get("target")
    if target is not None and target in getattr(pretrained_on.x, "columns", ()):
        raise InputError(
            f"the GAN was trained on the column {target!r} too: pretrain it with --target {target}"
        )


def refuse_strange_classes(own: Data, data: Data, labels: Targets) -> None:
    """Labels from a file that share some classes with the data's own, but not all: a slip."""
    if data.x is not own.x or data.y is own.y or labels.classes is None:
        return
    known = classes_in(own.y, data.no_label)
    strange = [label for label in labels.classes if label not in known]
    if strange and len(strange) < len(labels.classes):
        raise InputError(
            f"the labels name classes that {own.source} does not have: {first_few(strange)}, it "
            f"has {first_few(known)}: correct them, or rename all"
        )


def warn_of_unlearnt(data: Data, labels: Targets) -> None:
    """Classes that appear only in the test part can never be predicted."""
    classes = labels.classes or ()
    tested = classes_in(data.y_test, data.no_label) if classes else []
    unlearnt = [label for label in tested if label not in classes]
    if unlearnt and len(unlearnt) < len(tested):  # where all differ the file has other classes
        message = f"classes with labels in the test part only are not learnt: {first_few(unlearnt)}"
        warnings.warn(message, UserWarning, stacklevel=3)


def classes_in(y: Any, no_label: Any = None) -> list[Any]:
    """The distinct labels of y (N,) in order; none for numbers, and where there are none."""
    labels = raw_labels([] if y is None else y)
    present = labels[~unlabeled(labels, no_label=no_label)]
    return (
        [*sorted_classes(present)] if len(present) and task_of(present) == "classification" else []
    )


def refuse_constant(coded: Targets) -> None:
    """Numbers (n,) that differ, of which only equal ones were drawn, teach nothing."""
    values = coded.values
    if coded.classes is None and values.min() == values.max():
        raise InputError(
            f"the {len(values)} labels that were drawn are all {values[0]:g}: draw more with "
            "--count, or others with --label-seed"
        )


def read_split(model: Path) -> Mapping[str, Any]:
    """The record of the split that a model learnt from; InputError if its directory has none."""
    if not Run(model).has(SPLIT):
        raise InputError(f"{model} does not say what it learnt from: run `ssgan finetune` for it")
    with understood(model / SPLIT):
        record = Run(model).read_object(SPLIT)
        kinds = {"source": str, "options": dict, "fingerprint": str}
        if not all(isinstance(record["data"][name], kind) for name, kind in kinds.items()):
            raise ValueError("it does not name its samples")
        whole_numbers(record["indices"])
    return record


def describe_split(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a split without its long lists."""
    return {name: value for name, value in record.items() if name not in LISTS}


def leave_learnt_out(model: Path, data: Data, chosen: Selection) -> Selection:
    """`chosen`, all samples of `data`, without those whose labels the model learnt from."""
    if not Run(model).has(SPLIT):
        return chosen
    split = read_split(model)
    if split["data"]["fingerprint"] != data.fingerprint:
        return chosen
    rest = np.setdiff1d(np.arange(len(data)), split["indices"])
    if not len(rest):
        raise InputError(
            f"the model learnt from every row of {data.source}: give other rows, or --part all"
        )
    return replace(
        chosen,
        part="held out",
        x=take_samples(chosen.x, rest),
        y=None if chosen.y is None else chosen.y[rest],
        names={name: [values[row] for row in rest] for name, values in chosen.names.items()},
    )
