"""Which labels a model learns from: where they are read, which are drawn, and how that is kept."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssgan.cli.options import sentence
from ssgan.cli.samples import Rows, read_again, read_as, take
from ssgan.config import InputError

if TYPE_CHECKING:
    from ssgan.data import Data, Targets
    from ssgan.data.ledger import Ledger
    from ssgan.models.gan import GAN

COLUMNS = (".csv", ".tsv", ".parquet")  # files that hold a data set or labels alone


@dataclass(frozen=True, kw_only=True)
class Split:
    """The rows that a model learns from, with and without labels."""

    data: "Data"  # the data set that the labels belong to
    samples: Any  # its labelled rows (N, ...), as many as `targets` has values
    targets: "Targets"
    unlabeled: Any  # other rows, or None
    record: Mapping[str, Any]  # JSON: data, seed, per_class, count, indices, sha256, values
    ledger: "Ledger"  # which labels were read: those of `targets`


def drawn(
    gan: "GAN", run: Path, source: str, asked: Mapping[str, Any], out: Path | None = None
) -> Split:
    """The split of a GAN's data that --labels, --per-class, --count and --label-seed ask for.

    Its labels are read through a ledger: of a model in `out` that is taken up, no others.
    """
    from ssgan.data import digest, draw_split, targets
    from ssgan.data.ledger import FILE, Ledger, resumed

    own = read_again(gan.data, run)
    data = labelled(own, source, asked)
    refuse_seen_target(own, data)
    found = targets(data.y, task=asked["task"])
    refuse_strange_classes(own, data, found)
    warn_of_unlearnt(data, found)
    seed = asked["label_seed"] or 0
    if asked["per_class"] or asked["count"]:
        chosen = draw_split(found, asked["per_class"], seed, labels=asked["count"])
    else:
        chosen, seed = found.labeled, None
    budget = budget_of(found, asked["per_class"], asked["count"])
    ledger = resumed(out / FILE, budget) if out else Ledger(budget)
    values = ledger.take(found.values, chosen)
    count_conditions(ledger, run, own, data)
    refuse_constant(found, values)
    record = {
        "data": {k: getattr(data, k) for k in ("source", "options", "fingerprint")},
        "labels": str(Path(source).resolve()) if Path(source).is_file() else source,
        **{"seed": seed, "per_class": asked["per_class"], "count": asked["count"]},
        **{"sha256": digest(chosen), "indices": chosen.tolist(), "values": values.tolist()},
    }
    return Split(
        data=data,
        samples=take(data.x, chosen),
        targets=replace(found, values=values),
        unlabeled=others(own, data, chosen),
        record=record,
        ledger=ledger,
    )


def count_conditions(ledger: "Ledger", run: Path, own: "Data", data: "Data") -> None:
    """Labels that a conditional GAN has learnt from are read by what is built on it as well.

    Not where the labels now are those of another data set.
    """
    from ssgan.data.ledger import FILE, LabelBudgetError, verify

    if data.fingerprint != own.fingerprint or not (run / FILE).is_file():
        return
    seen = verify(run / FILE)
    try:
        ledger.merge(seen)
    except LabelBudgetError as error:
        raise LabelBudgetError(
            f"the GAN in {run} has learnt from {len(seen)} labels (--conditional), more or others "
            f"than this model may read ({ledger.budget}): pretrain with the same --per-class and "
            "--label-seed or without --conditional, or leave --per-class and --count out here"
        ) from error


def budget_of(found: "Targets", per_class: int | None, count: int | None) -> int:
    """How many labels were asked for: not how many were drawn, which the ledger checks by it."""
    if per_class:
        return per_class * len(found.classes or ())
    return count or len(found.labeled)


def others(own: "Data", data: "Data", chosen: Any) -> Any:
    """The rows of the run that got no label: all, where the labels belong to another data set."""
    import numpy as np

    if data.fingerprint != own.fingerprint:
        return own.x
    rest = np.setdiff1d(np.arange(len(own)), chosen)
    return take(own.x, rest) if len(rest) else None


def labelled(own: "Data", source: str, asked: Mapping[str, Any]) -> "Data":
    """The data set with the labels of `source`: the run's own, or one that brings its own."""
    from ssgan.data import read_labels

    path = Path(source)
    if path.is_file() and labels_alone(path, own, asked["target"]):
        return replace(own, y=read_labels(path, own))
    reading = {name: asked[name] for name in ("data_dir", "size", "target")}
    try:
        data = read_as(own.options, source, reading)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"--labels: {sentence(error)}") from error
    if data.y is None:
        columns = [str(name) for name in getattr(data.x, "columns", ())]
        advice = (
            f"name their column with --target: {', '.join(columns)}"
            if columns
            else ("give a labelled data set, a CSV with file,label, or a column of labels")
        )
        raise InputError(f"{source} holds no labels: {advice}")
    return data


def labels_alone(path: Path, own: "Data", target: str | None) -> bool:
    """Whether a file holds labels for the run's rows, not a data set of its own."""
    if path.suffix == ".npy":
        return True
    if path.suffix not in COLUMNS or target is not None:
        return False
    if own.kind != "table":
        return True
    from ssgan.data.frames import read_table

    return read_table(path)[0].shape[1] == 1


def refuse_seen_target(own: "Data", data: "Data") -> None:
    """A GAN that has seen the labels as a column would give them away."""
    target = data.options.get("target")
    if target is not None and target in getattr(own.x, "columns", ()):
        raise InputError(
            f"the GAN was trained on the column {target!r} too: pretrain it with --target {target}"
        )


def refuse_strange_classes(own: "Data", data: "Data", found: "Targets") -> None:
    """Labels from a file that share some classes with the data's own, but not all: a slip."""
    if data.x is not own.x or data.y is own.y or found.classes is None:
        return
    known = classes_in(own.y)
    strange = [label for label in found.classes if label not in known]
    if strange and len(strange) < len(found.classes):
        from ssgan.data.labels import shown

        raise InputError(
            f"the labels name classes that {own.source} does not have: {shown(strange)}, it has "
            f"{shown(known)}: correct them, or rename all"
        )


def warn_of_unlearnt(data: "Data", found: "Targets") -> None:
    """Classes that appear only in the test part can never be predicted."""
    from ssgan.data.labels import shown

    classes = found.classes or ()
    tested = classes_in(data.y_test) if classes else []
    unlearnt = [label for label in tested if label not in classes]
    if unlearnt and len(unlearnt) < len(tested):  # where all differ the file has other classes
        message = f"classes with labels in the test part only are not learnt: {shown(unlearnt)}"
        warnings.warn(message, UserWarning, stacklevel=3)


def classes_in(y: Any) -> list[Any]:
    """The distinct labels of y (N,) in order; none for numbers, and where there are none."""
    from ssgan.data.labels import raw_labels, sorted_classes, task_of, unlabeled

    labels = raw_labels([] if y is None else y)
    given = labels[~unlabeled(labels)]
    return [*sorted_classes(given)] if len(given) and task_of(given) == "classification" else []


def refuse_constant(found: "Targets", drawn: Any) -> None:
    """Numbers (n,) that differ, of which only equal ones were drawn, teach nothing."""
    if found.classes is None and drawn.min() == drawn.max():
        raise InputError(
            f"the {len(drawn)} labels that were drawn are all {drawn[0]:g}: draw more with "
            "--count, or others with --label-seed"
        )


def recorded(model: Path) -> Mapping[str, Any]:
    """The split that a model learnt from; ValueError if its directory has none."""
    from ssgan.runs.storage import read_object

    if not (model / "split.json").is_file():
        raise InputError(f"{model} does not say what it learnt from: run `ssgan finetune` for it")
    return read_object(model / "split.json")


def held_out(model: Path, data: "Data", chosen: Rows) -> Rows:
    """`chosen`, all rows of `data`, without those whose labels the model learnt from."""
    import numpy as np

    if not (model / "split.json").is_file():
        return chosen
    split = recorded(model)
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
        x=take(chosen.x, rest),
        y=None if chosen.y is None else chosen.y[rest],
        names={name: [values[row] for row in rest] for name, values in chosen.names.items()},
    )
