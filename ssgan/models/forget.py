"""Remove from a run or model directory what it holds of the data and does not need."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ssgan.models.stored import CAPTIONS
from ssgan.runs.run import Run
from ssgan.runs.storage import remove_directory

FORGOTTEN = (
    *("quarantine.csv", "labels.json", "split.json", "origin.json", "diagnosis.json"),
    *("source-labels.json", "source-split.json", CAPTIONS),
)
BESIDE = ("report.html", "translated.npz", "translated")  # what commands write into a directory


def forget(path: str | Path) -> list[str]:
    """Remove the names and labels of samples, previews, the report and the path of the data.

    What is left samples and predicts as before; it can neither be resumed nor finetuned on the
    data that it was made of without giving those again. SECURITY.md lists what stays in it.

    Parameters
    ----------
    path : str or Path
        A run or model directory that nobody writes to; runs within it are cleaned too.

    Returns
    -------
    list of str
        The files that were removed or changed; none the second time.

    Raises
    ------
    FileNotFoundError
        If there is no run.
    BlockingIOError
        If a training is writing to it.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np, ssgan
    >>> from ssgan.models.forget import forget
    >>> x = np.random.default_rng(0).normal(size=(40, 3))
    >>> with tempfile.TemporaryDirectory() as run:
    ...     gan = ssgan.pretrain(x, run=run, steps=2, batch=8, width=2, latent=4)
    ...     forget(run), forget(run), len(ssgan.load(run).sample(3))
    (['samples/step-00000002.csv'], [], 3)
    """
    outer = Run.open(path)
    inner = sorted(p.parent for p in outer.path.glob("**/config.json") if p.parent != outer.path)
    removed = []
    for run in (outer, *map(Run.open, inner)):
        below = run.path.relative_to(outer.path)
        removed += [(below / name).as_posix() for name in forget_one(run)]
    return removed


def forget_one(run: Run) -> list[str]:
    """What `forget` does, in a directory without those of the runs in it."""
    with run.writing() as locked:
        previews = [p.relative_to(run.path) for p in sorted((run.path / "samples").glob("*"))]
        names = [*FORGOTTEN, *(preview.as_posix() for preview in previews)]
        removed = [name for name in names if run.has(name)]
        for name in removed:
            locked.remove(name)
        for name in BESIDE:
            if (place := run.path / name).is_dir():
                remove_directory(place)
            elif place.exists():
                place.unlink()
            else:
                continue
            removed.append(name)
        return removed + (["config.json"] if forget_source(locked) else [])


def forget_source(run: Run) -> bool:
    """Take the paths of data, and where named data sets lie, out of config.json."""
    config = run.config
    named = [record for record in data_records(config) if record["source"] != "memory"]
    for record in named:
        record["source"] = "memory"
        record["options"] = {k: v for k, v in record["options"].items() if k != "data_dir"}
    if named:
        run.write_config(config)
    return bool(named)


def data_records(fields: Any) -> Iterator[dict[str, Any]]:
    """What a config says of data sets, at any depth: the source of each, and its options."""
    if not isinstance(fields, dict):
        return
    if isinstance(fields.get("source"), str) and isinstance(fields.get("options"), dict):
        yield fields
    for value in fields.values():
        yield from data_records(value)
