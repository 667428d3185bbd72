"""Real and synthetic rows in one file or folder, told apart."""

import itertools
import json
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssgan.cli import writing
from ssgan.cli.samples import read_again, take
from ssgan.cli.split import recorded

if TYPE_CHECKING:
    from ssgan.gan import GAN
    from ssgan.predictor import Predictor
    from ssgan.synthesis import Filter, Filtered, Known, Verdict

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


def opened_pair(run: Path, model: Path, device: str | None) -> "tuple[GAN, Predictor]":
    """The GAN and the predictor that was finetuned on it; ValueError for one of other data."""
    from ssgan.gan import load
    from ssgan.predictor import load_predictor

    gan, predictor = load(run, device), load_predictor(model, device)
    if predictor.about["gan"]["fingerprint"] != gan.data["fingerprint"]:
        raise ValueError(f"{model} was finetuned on a GAN of other data than {run}: give that one")
    return gan, predictor


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


def known_rows(gan: "GAN", predictor: "Predictor", real: Labelled) -> "Known":
    """What filters and the gate may ask."""
    import numpy as np

    from ssgan.synthesis import Known

    classes = predictor.classes
    if classes is None:
        return Known(gan, (), predictor, real.samples)
    values = np.asarray(predictor.targets.encode(real.labels), np.int64)
    return Known(gan, tuple(classes), predictor, real.samples, values)


def judged(
    gan: "GAN", predictor: "Predictor", real: Labelled, asked: tuple[int, Sequence[str], bool, int]
) -> "tuple[Iterator[Filtered], Verdict]":
    """Synthetic rows by the block and the gate's verdict; asked: count, filters, balance, seed."""
    from ssgan.synthesis import Plan, assess
    from ssgan.synthesis.filters import filter_named

    count, names, balance, seed = asked
    known = known_rows(gan, predictor, real)
    blocks = synthetic_blocks(known, count, [filter_named(n) for n in names], balance, seed)
    first = next(blocks)
    verdict = assess(known, {" + ".join(names) or "gan": first}, plan=Plan(seed=seed))
    return itertools.chain([first], blocks), verdict


def synthetic_blocks(
    known: "Known", count: int, filters: "Sequence[Filter]", balance: bool, seed: int
) -> "Iterator[Filtered]":
    """`count` synthetic rows, at most BLOCK in memory at once."""
    from ssgan.randomness import Draw
    from ssgan.synthesis import Filtered, augment, selected
    from ssgan.synthesis.generation import BLOCK, quotas

    model = known.model
    if model is None:
        raise ValueError("expected a finetuned model: it labels the samples")
    for number, first in enumerate(range(0, count, BLOCK)):
        size = min(BLOCK, count - first)
        own = seed if number == 0 else Draw(("augment", seed, number)).entropy()
        if filters:
            if not known.classes:
                raise ValueError("filters are for classes, the model predicts numbers")
            counts = quotas(known.gan, model, size, None, balance, own)
            yield selected(known, counts, filters, own)
        else:
            yield Filtered(*augment(known.gan, model, size, balance=balance, seed=own), {})


def write(
    real: Labelled, more: "Iterator[Filtered]", column: str, path: Path, verdict: "Verdict"
) -> None:
    """Both in a form that `check_form` takes, block by block; the label is `column` in a table."""
    text = json.dumps(verdict.to_json(), indent=2) + "\n"
    if not path.suffix:
        with writing.whole_folder(path) as folder:
            write_classes(real, folder / "real")
            (folder / SYNTHETIC).mkdir()
            begun: dict[Any, int] = {}
            for block in more:
                write_more(block, folder / SYNTHETIC, begun)
            (folder / "verdict.json").write_text(text)
        return
    if taken := {column, SYNTHETIC} & {*getattr(real.samples, "columns", ())}:
        raise ValueError(f"the table has a column {taken.pop()!r} of its own: rename it")
    blocks = itertools.chain([(real, False)], ((block, True) for block in more))
    with whole_file(path) as unfinished:
        if path.suffix == ".npz":
            write_npz(blocks, unfinished)
        else:
            write_rows(blocks, column, unfinished, path.suffix)
    writing.write_bytes(path.with_suffix(".verdict.json"), lambda s: s.write(text.encode()))


@contextmanager
def whole_file(path: Path) -> "Iterator[Path]":
    """A name beside `path` to write to, which takes its place when all went well."""
    import os

    from ssgan.storage import UNFINISHED

    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(UNFINISHED + secrets.token_hex(8))
    try:
        yield unfinished
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_rows(blocks: "Iterator[Any]", column: str, path: Path, suffix: str) -> None:
    """Tables, or vectors as columns x0, x1, ..., a block at a time."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer, schema = None, None
    for number, (block, synthetic) in enumerate(blocks):
        samples = block.samples
        if not hasattr(samples, "columns"):
            rows = np.asarray(samples)
            samples = pd.DataFrame(rows, columns=[f"x{i}" for i in range(rows.shape[1])])
        frame = samples.assign(**{column: block.labels, SYNTHETIC: synthetic})
        if suffix == ".csv":
            frame.to_csv(path, index=False, mode="a", header=number == 0)
            continue
        table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
        if writer is None:
            schema = table.schema
            writer = pq.ParquetWriter(path, schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def write_npz(blocks: "Iterator[Any]", path: Path) -> None:
    """x, y and synthetic; samples and labels go to disk by the block, then into the archive."""
    import tempfile
    import zipfile

    import numpy as np

    with (
        tempfile.TemporaryFile(dir=path.parent) as x,
        tempfile.TemporaryFile(dir=path.parent) as y,
        tempfile.TemporaryFile(dir=path.parent) as flags,
    ):
        form: dict[str, Any] = {}
        for block, synthetic in blocks:
            samples, labels = np.asarray(block.samples), writing.plain_array(block.labels)
            if not form:
                # Text of classes has one width for all, that of the predictor's own labels.
                form = {"x": samples, "y": labels, SYNTHETIC: np.empty(0, bool), "rows": 0}
            form["rows"] += len(labels)
            x.write(samples.astype(form["x"].dtype).tobytes())
            y.write(labels.astype(form["y"].dtype).tobytes())
            flags.write(np.full(len(labels), synthetic).tobytes())
        with zipfile.ZipFile(path, "w") as archive:
            for name, raw in {"x": x, "y": y, SYNTHETIC: flags}.items():
                add_array(archive, name, form[name], form["rows"], raw)


def add_array(archive: Any, name: str, like: Any, rows: int, raw: Any) -> None:
    """An array of `rows` rows like those of another, whose bytes are in a file, to an archive."""
    import numpy as np

    header = {
        "descr": np.lib.format.dtype_to_descr(like.dtype),
        "fortran_order": False,
        "shape": (rows, *like.shape[1:]),
    }
    raw.seek(0)
    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array_header_2_0(member, header)
        shutil.copyfileobj(raw, member)


def write_more(block: "Filtered", folder: Path, begun: dict[Any, int]) -> None:
    """A block of images into folders by class, numbered on from `begun`."""
    from PIL import Image

    for image, label in zip(block.samples, block.labels.tolist(), strict=True):
        place = folder / str(label)
        number = begun.get(label, 0)
        if number == 0:
            place.mkdir()
        begun[label] = number + 1
        pixels = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
        Image.fromarray(pixels).save(place / f"{number:05d}.png")


def write_classes(rows: Labelled, folder: Path) -> None:
    """A folder of PNG files for each class."""
    folder.mkdir()
    for name in sorted({*rows.labels.tolist()}, key=str):
        mine = rows.labels == name
        writing.write_images(rows.samples[mine], folder / str(name))
