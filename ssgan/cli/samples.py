"""Samples for a run or a model: which rows of DATA, and in the form that it was trained on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssgan.cli.options import note
from ssgan.config import InputError

if TYPE_CHECKING:
    from ssgan.data import Data
    from ssgan.models.gan import GAN
    from ssgan.prediction.predictor import Predictor

FORMING = ("size", "image_shape", "target")  # options that say what form samples have
Reading = Mapping[str, Any]  # --data-dir, --size, --target: arguments of `read`


def opened(path: Path, device: str | None) -> "GAN | Predictor":
    """The GAN of a run directory or the predictor of a model directory."""
    from ssgan.models.gan import load
    from ssgan.prediction.predictor import load_predictor
    from ssgan.runs.run import Run

    predictor = Run.open(path).config.get("kind") == "predictor"
    return load_predictor(path, device) if predictor else load(path, device)


def trained_on(model: "GAN | Predictor") -> Mapping[str, Any]:
    """Source, options and fingerprint of the samples that the GAN learnt from."""
    about: Mapping[str, Any] = getattr(model, "data", None) or getattr(model, "about", {})["gan"]
    return about


def read_for(model: "GAN | Predictor", source: str, asked: Reading) -> "Data":
    """A data set in the form that a model takes: resized, and without its target, as then."""
    return read_as(trained_on(model)["options"], source, asked)


def read_as(options: Mapping[str, Any], source: str, asked: Reading) -> "Data":
    """A data set read with the options of another, save those that are asked for."""
    from ssgan.data import read
    from ssgan.data.reading import divided

    given = {name: value for name, value in asked.items() if value is not None}
    usual = {name: options[name] for name in FORMING if name in options}
    given.setdefault("data_dir", options.get("data_dir"))
    column = usual.pop("target", None)
    data = read(source, **sizes(usual | given))
    report_unreadable(data)
    if column in getattr(data.x, "columns", ()) and data.y is None:
        data = replace(data, **divided({"x": data.x, "x_test": data.x_test}, column))
        data = replace(data, options=data.options | {"target": column})
    return data


def sizes(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as `read` takes them, where JSON made lists of tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in options.items()
    }


def read_again(about: Mapping[str, Any], path: Path) -> "Data":
    """The data set that the run in `path` recorded, checked to be what it was."""
    from ssgan.data import read

    if about["source"] == "memory":
        raise InputError(f"{path} was made of samples in memory, which are gone: use Python for it")
    try:
        data = read(about["source"], **sizes(about["options"]))
    except FileNotFoundError as error:
        raise FileNotFoundError(f"the data of {path} has gone: {error}") from error
    if data.fingerprint != about["fingerprint"]:
        raise InputError(
            f"{about['source']} is not what it was when {path} was made of it: restore it, or "
            "pretrain a new run on what it is now"
        )
    return data


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows of a data set, and what they are called in tables."""

    part: str  # "train", "test" or "all"
    x: Any
    y: Any  # labels (N,) or None
    names: dict[str, list[Any]]  # columns that say which row it is


def rows(data: "Data", part: str | None) -> Rows:
    """The rows of a part: without one the test part where there is one, else all."""
    if part == "test" and data.x_test is None:
        raise InputError(f"{data.source} has no test part: leave --part out to take all rows")
    held_out = data.x_test is not None
    part = part or ("test" if held_out else "all")
    train = Rows(part="train", x=data.x, y=data.y, names=named(data.names, len(data.x)))
    if not held_out or part == "train":
        return replace(train, part=part)
    test = Rows(part="test", x=data.x_test, y=data.y_test, names=named(None, len(data.x_test)))
    return test if part == "test" else joined(train, test)


def joined(train: Rows, test: Rows) -> Rows:
    """Both parts below each other, with a column that says which."""
    import numpy as np

    y = None if train.y is None or test.y is None else np.concatenate([train.y, test.y])
    numbers = [*range(len(train.x)), *range(len(test.x))]
    parts = ["train"] * len(train.x) + ["test"] * len(test.x)
    return Rows(part="all", x=stack(train.x, test.x), y=y, names={"part": parts, "row": numbers})


def named(names: list[str] | None, count: int) -> dict[str, list[Any]]:
    return {"row": list(range(count))} if names is None else {"file": names}


def stack(first: Any, second: Any) -> Any:
    """Raw samples below each other."""
    import numpy as np
    import pandas as pd

    if isinstance(first, pd.DataFrame):
        return pd.concat([first, second], ignore_index=True)
    return np.concatenate([first, second])


def take(x: Any, index: Any) -> Any:
    """Rows of raw samples by number."""
    return x.iloc[index].reset_index(drop=True) if hasattr(x, "iloc") else x[index]


def report_unreadable(data: "Data") -> None:
    """Name the files that were left out, and the lines that were repaired."""
    for line in unreadable(data.quarantine):
        note(f"warning: {line}")


def unreadable(quarantine: Iterable[tuple[str, str]], most: int = 10) -> list[str]:
    faults = [f"{file}: {reason}" for file, reason in quarantine]
    more = [f"and {len(faults) - most} more"] if len(faults) > most else []
    return faults[:most] + more
