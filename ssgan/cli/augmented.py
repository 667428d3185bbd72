"""Real and synthetic rows in one file or folder, told apart."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssgan.cli import writing
from ssgan.cli.samples import read_again, stack, take
from ssgan.cli.split import recorded

if TYPE_CHECKING:
    from ssgan.predictor import Predictor

SYNTHETIC = "synthetic"
FORMS = {
    "images": ("", ".npz"),
    "table": writing.TABLES,
    "vectors": (".npz", *writing.TABLES),
}


@dataclass(frozen=True)
class Labelled:
    """Raw samples (N, ...) with their labels (N,)."""

    samples: Any
    labels: Any


def real_rows(predictor: "Predictor", model: Path) -> tuple[Labelled, str]:
    """The rows that a model learnt from with their labels, and what those are called."""
    import numpy as np

    split = recorded(model)
    data = read_again(split["data"], model)
    samples = take(data.x, np.asarray(split["indices"], np.int64))
    labels = predictor.targets.decode(np.asarray(split["values"]))
    return Labelled(samples, labels), data.options.get("target") or "label"


def check_form(path: Path, kind: str, classes: Iterable[Any] | None) -> None:
    """Refuse an --out that cannot hold these samples with their labels."""
    writing.check_suffix(path, FORMS[kind], f"{kind} with labels")
    if path.suffix:
        return
    if classes is None:
        raise ValueError(f"labels that are numbers have no folders: give an .npz file, not {path}")
    for name in map(str, classes):
        if not name.strip() or name.startswith(".") or "/" in name or name == "unlabeled":
            raise ValueError(f"class {name!r} cannot name a folder: give an .npz file, not {path}")


def write(real: Labelled, synthetic: Labelled, column: str, path: Path) -> None:
    """Both in a form that `check_form` takes; the label is called `column` in a table."""
    import numpy as np

    if not path.suffix:
        with writing.whole_folder(path) as folder:
            write_classes(real, folder / "real")
            write_classes(synthetic, folder / SYNTHETIC)
        return
    samples = stack(real.samples, synthetic.samples)
    labels = np.concatenate([real.labels, synthetic.labels])
    flags = np.arange(len(labels)) >= len(real.labels)
    if hasattr(samples, "columns"):
        if taken := {column, SYNTHETIC} & {*samples.columns}:
            raise ValueError(f"the table has a column {taken.pop()!r} of its own: rename it")
        writing.write_table(samples.assign(**{column: labels, SYNTHETIC: flags}), path)
    elif path.suffix == ".npz":
        writing.write_arrays(path, x=samples, y=labels, synthetic=flags)
    else:
        writing.write_arrays(path, **{"x": samples, column: labels, SYNTHETIC: flags})


def write_classes(rows: Labelled, folder: Path) -> None:
    """A folder of PNG files for each class."""
    folder.mkdir()
    for name in sorted({*rows.labels.tolist()}, key=str):
        mine = rows.labels == name
        writing.write_images(rows.samples[mine], folder / str(name))
