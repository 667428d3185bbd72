"""Real and synthetic rows in one file or folder, told apart."""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssgan.cli import writing
from ssgan.config import InputError
from ssgan.data.selection import read_again, take
from ssgan.data.split import read_split

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from ssgan.codecs import Codec
    from ssgan.models.gan import GAN
    from ssgan.prediction.predictor import Predictor
    from ssgan.report.augmented import Tally
    from ssgan.synthesis import Filter, Filtered, Known, Verdict

    Array = NDArray[np.int64]

SYNTHETIC = "synthetic"
CHUNK = 2**24  # bytes that are read back at once


@dataclass(frozen=True)
class Labelled:
    """Raw samples (N, ...) with their labels (N,)."""

    samples: Any
    labels: Any


def opened_pair(run: Path, model: Path, device: str | None) -> "tuple[GAN, Predictor]":
    """The GAN and the predictor that was finetuned on it; ValueError for one of other data."""
    from ssgan.models.gan import load
    from ssgan.prediction.predictor import load_predictor

    gan, predictor = load(run, device), load_predictor(model, device)
    if predictor.about["gan"]["fingerprint"] != gan.data["fingerprint"]:
        raise InputError(f"{model} was finetuned on a GAN of other data than {run}: give that one")
    return gan, predictor


def real_rows(predictor: "Predictor", model: Path) -> tuple[Labelled, str]:
    """The rows that a model learnt from with their labels, and what those are called."""
    import numpy as np

    split = read_split(model)
    data = read_again(split["data"], model)
    samples = take(data.x, np.asarray(split["indices"], np.int64))
    labels = predictor.targets.decode(np.asarray(split["values"]))
    return Labelled(samples, labels), data.options.get("target") or "label"


def check_form(path: Path, codec: "Codec", classes: Iterable[Any] | None) -> None:
    """Refuse an --out that cannot hold these samples with their labels; .npy holds one array."""
    formats = tuple(suffix for suffix in codec.formats if suffix != ".npy")
    writing.check_suffix(path, formats, f"{codec.kind} with labels")
    if path.suffix:
        return
    if classes is None:
        raise InputError(f"labels that are numbers have no folders: give an .npz file, not {path}")
    for name in map(str, classes):
        if not name.strip() or name.startswith(".") or "/" in name or name == "unlabeled":
            raise InputError(f"class {name!r} cannot name a folder: give an .npz file, not {path}")


def known_rows(gan: "GAN", predictor: "Predictor", real: Labelled) -> "Known":
    """What filters and the gate may ask."""
    import numpy as np

    from ssgan.synthesis import Known

    classes = predictor.classes
    if classes is None:
        return Known(gan, (), predictor, real.samples)
    values = np.asarray(predictor.targets.encode(real.labels), np.int64)
    return Known(gan, tuple(classes), predictor, real.samples, values)


@dataclass(frozen=True)
class Asked:
    """How many synthetic rows, by one of the first three, and from which seed."""

    count: int | None = None
    per_class: int | None = None
    strategy: str | None = None
    balance: bool = False
    seed: int = 0

    @property
    def balances(self) -> bool:
        """Whether rare classes are to count as much as frequent ones."""
        return self.balance or self.count is None

    def counts(self, known: "Known") -> "Array | None":
        """How many of every class (K,); None: as often as the GAN makes them."""
        import numpy as np

        from ssgan.synthesis import counts_for, wanted

        if not self.balances:
            return None
        if not known.classes or known.indices is None:
            raise InputError("counts and balance are for classes, the model predicts numbers")
        number = len(known.classes)
        if self.strategy is None:
            return counts_for(known.classes, self.count or number * (self.per_class or 0))
        there = np.bincount(known.indices, minlength=number).tolist()
        more = wanted(self.strategy, dict(zip(known.classes, there, strict=True)))
        if not any(more.values()):
            raise InputError(f"all classes have {max(there)} labelled rows: give -n or --per-class")
        return np.array([more.get(label, 0) for label in known.classes])


@dataclass(frozen=True)
class Judged:
    """Synthetic rows by the block, what the gate says of the first, and a tally of all so far."""

    asked: Asked
    known: "Known"
    first: "Filtered"
    others: "Iterator[Filtered]"
    total: int  # rows in all blocks
    verdict: "Verdict"
    tally: "Tally"

    @property
    def allowed(self) -> int:
        """Rows that were found to help: as many for a real one as in the arm that does."""
        if self.verdict.answer != "helps":
            return 0
        return min(len(self.first.labels), round((self.verdict.ratio or 0) * self.verdict.rows))

    def taken(self, written: int) -> "Iterator[Filtered]":
        """So many rows: all, or some of the first block, which alone was judged."""
        from ssgan.randomness import Rng
        from ssgan.synthesis import Filtered

        if written == self.total:
            return itertools.chain([self.first], self.others)
        labels = self.first.labels
        rows = Rng(("written", self.asked.seed)).numpy().permutation(len(labels))[:written]
        rows.sort()  # by class, as they came
        part = Filtered(take(self.first.samples, rows), labels[rows], {})
        return iter([part] if written else [])

    def told(self, written: int) -> dict[str, Any]:
        """What stands in verdict.json."""
        return self.verdict.to_json() | {"written": written, "samples": self.tally.to_json()}


def judged(
    gan: "GAN", predictor: "Predictor", real: Labelled, asked: Asked, names: Sequence[str]
) -> Judged:
    """Synthetic rows that pass the filters of these names, and the gate's verdict."""
    from ssgan.report.augmented import Tally
    from ssgan.synthesis import Plan, assess
    from ssgan.synthesis.filters import filter_named

    known, tally = known_rows(gan, predictor, real), Tally()
    filters, counts = [filter_named(name) for name in names], asked.counts(known)
    total = asked.count or 0 if counts is None else int(counts.sum())
    blocks = tally.over(synthetic_blocks(known, total, counts, filters, asked.seed))
    first = next(blocks)
    plan = Plan(metric="balanced accuracy" if asked.balances else "accuracy", seed=asked.seed)
    verdict = assess(known, {" + ".join(names) or "gan": first}, plan=plan)
    return Judged(asked, known, first, blocks, total, verdict, tally)


def synthetic_blocks(
    known: "Known", total: int, counts: "Array | None", filters: "Sequence[Filter]", seed: int
) -> "Iterator[Filtered]":
    """`total` synthetic rows, about BLOCK in memory at once, each block with its share of `counts`
    (K,) or with classes as the GAN makes them."""
    import numpy as np

    from ssgan.randomness import Rng
    from ssgan.synthesis import Filtered, augment, selected
    from ssgan.synthesis.generation import BLOCK, quotas

    model, blocks = known.model, -(-total // BLOCK)
    if model is None:
        raise InputError("expected a finetuned model: it labels the samples")
    if filters and not known.classes:
        raise InputError("filters are for classes, the model predicts numbers")
    for number in range(blocks):
        own = seed if number == 0 else Rng(("augment", seed, number)).entropy()
        size = total * (number + 1) // blocks - total * number // blocks
        part = None
        if counts is not None:
            odd = np.arange(len(counts)) % blocks  # else all classes of one row were in one block
            part = (counts * (number + 1) + odd) // blocks - (counts * number + odd) // blocks
            size = int(part.sum())
        if filters:
            part = quotas(known.gan, model, size, None, False, own) if part is None else part
            yield selected(known, part, filters, own)
        else:
            each = None if part is None else dict(zip(known.classes, part.tolist(), strict=True))
            yield Filtered(*augment(known.gan, model, size, counts=each, seed=own), {})


def write(
    real: Labelled,
    column: str,
    more: "Iterator[Filtered]",
    path: Path,
    told: Callable[[], dict[str, Any]],
) -> None:
    """Both in a form that `check_form` takes, block by block; the label is `column` in a table.

    `told` says what goes into verdict.json, once all blocks are written.
    """
    from ssgan.runs.storage import write_whole

    if not path.suffix:
        with writing.whole_folder(path) as folder:
            write_classes(real, folder / "real")
            (folder / SYNTHETIC).mkdir()
            begun: dict[Any, int] = {}
            for block in more:
                write_more(block, folder / SYNTHETIC, begun)
            (folder / "verdict.json").write_text(json.dumps(told(), indent=2) + "\n")
        return
    if taken := {column, SYNTHETIC} & {*getattr(real.samples, "columns", ())}:
        raise InputError(f"the table has a column {taken.pop()!r} of its own: rename it")
    blocks = itertools.chain([(real, False)], ((block, True) for block in more))
    if path.suffix == ".npz":
        write_npz(blocks, path)
    else:
        writing.stream_table((framed(block, column, made) for block, made in blocks), path)
    write_whole(path.with_suffix(".verdict.json"), (json.dumps(told(), indent=2) + "\n").encode())


def framed(block: Any, column: str, synthetic: bool) -> "pd.DataFrame":
    """Rows of a table, or vectors as columns x0, x1, ..., with label and origin."""
    import numpy as np
    import pandas as pd

    samples = block.samples
    if not hasattr(samples, "columns"):
        rows = np.asarray(samples)
        samples = pd.DataFrame(rows, columns=[f"x{i}" for i in range(rows.shape[1])])
    frame: pd.DataFrame = samples.assign(**{column: block.labels, SYNTHETIC: synthetic})
    return frame


def write_npz(blocks: "Iterator[Any]", path: Path) -> None:
    """x, y and synthetic; samples and labels go to disk by the block, then into the archive."""
    from contextlib import ExitStack
    from tempfile import TemporaryFile
    from zipfile import ZipFile

    import numpy as np

    from ssgan.runs.storage import whole_file

    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        x, y, flags = (stack.enter_context(TemporaryFile(dir=path.parent)) for _ in range(3))
        form: dict[str, Any] = {}
        for block, synthetic in blocks:
            samples, labels = np.asarray(block.samples), writing.plain_array(block.labels)
            if not form:
                # Text of classes has one width for all, that of the predictor's own labels.
                form = {"x": samples, "y": labels, SYNTHETIC: np.empty(0, bool)}
            x.write(samples.astype(form["x"].dtype).tobytes())
            y.write(labels.astype(form["y"].dtype).tobytes())
            flags.write(np.full(len(labels), synthetic).tobytes())
        rows = flags.tell()  # a byte each
        archive = stack.enter_context(ZipFile(stack.enter_context(whole_file(path)), "w"))
        for name, raw in {"x": x, "y": y, SYNTHETIC: flags}.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                writing.add_array(member, rows, read_back(raw, form[name]))


def read_back(raw: Any, like: Any) -> "Iterator[Any]":
    """The rows of a file by the block, each like those of an array."""
    import math

    import numpy as np

    shape = like.shape[1:]
    size = like.dtype.itemsize * math.prod(shape)
    raw.seek(0)
    while data := raw.read(max(1, CHUNK // size) * size):
        yield np.frombuffer(data, like.dtype).reshape(-1, *shape)


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
