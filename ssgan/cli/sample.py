"""`ssgan sample`: new samples."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ssgan.cli import options
from ssgan.cli.options import COUNT, note
from ssgan.config import InputError

if TYPE_CHECKING:
    import pandas as pd

    from ssgan.models.gan import GAN

BLOCK = 10_000  # samples that are in memory at once


@options.command(
    "sample",
    click.argument("run", type=options.FILE),
    click.option("-n", "count", type=COUNT, metavar="N", help="How many."),
    click.option(
        "--label",
        "labels",
        multiple=True,
        metavar="CLASS",
        help="Samples of this class of a conditional GAN; of several in turn, if repeated.",
    ),
    click.option(
        "--per-class",
        type=COUNT,
        metavar="N",
        help="N samples of every class, or of every --label, instead of -n.",
    ),
    click.option(
        "--checkpoint",
        type=click.Choice(["last", "best"]),
        default="last",
        show_default=True,
        help="Which of RUN's; best is the one with samples nearest to its data.",
    ),
    options.out,
    options.seed,
    options.device,
)
def sample(
    *,
    run: Path,
    count: int | None,
    labels: tuple[str, ...],
    per_class: int | None,
    checkpoint: str,
    out: Path,
    seed: int,
    device: str | None,
    quiet: bool,
) -> None:
    """Generate samples with the GAN in RUN, in the form of its data.

    Images: a folder of PNG files where OUT has no suffix, or .npz or .npy. Tables: .csv or
    .parquet. Vectors: .npy, .npz, .csv or .parquet. Samples that were asked for by label come
    with it: in folders by class, as y in an .npz file or as a column of a table.

    \b
    Example:
      ssgan sample run -n 1000 --out samples/
      ssgan sample run --per-class 100 --out samples.npz
    """
    check_counts(count, per_class)
    from ssgan.cli import writing
    from ssgan.cli.augmented import check_form
    from ssgan.models.gan import load

    gan = load(run, device, checkpoint)
    if not labels and per_class is None:
        writing.check_suffix(out, gan.codec.formats, gan.codec.kind)
        asked = None
    else:
        check_form(out, gan.codec, gan.classes)
        asked = wanted(gan, labels, count, per_class)
    count = asked.count if asked else count or 0
    write(gan, Made(gan, count, seed, asked), out)
    note(f"{out} holds {count} sample{'' if count == 1 else 's'}", quiet)


def check_counts(count: int | None, per_class: int | None) -> None:
    """Refuse other than one of -n and --per-class."""
    if count is None and per_class is None:
        raise click.UsageError("Missing option '-n', or --per-class: give one of them.")
    if count is not None and per_class is not None:
        raise click.UsageError("-n and --per-class exclude each other: give one of them.")


@dataclass(frozen=True)
class Asked:
    """The label of every sample, told block by block: there may be more than fit in memory."""

    values: Any  # classes (A,) or numbers (A, K)
    count: int
    each: int | None  # so many of a value and then of the next; None: of each in turn

    def told(self, start: int, stop: int) -> Any:
        """Those of samples from `start` up to `stop`, as the GAN takes them: (N,) or (N, K)."""
        import numpy as np

        places = np.arange(start, stop)
        picks = places % len(self.values) if self.each is None else places // self.each
        return self.values[picks]

    def labels(self, start: int, stop: int) -> Any:
        """The same as they are written: (N, 1) as (N,)."""
        found = self.told(start, stop)
        return found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found

    def dtype(self) -> Any:
        """What holds all of them without a pickle."""
        from ssgan.cli.writing import plain_array

        return plain_array(self.values[: self.count]).dtype

    def counts(self) -> dict[Any, int]:
        """How many samples of each class there are, of those that come at all."""
        shares, rest = divmod(self.count, len(self.values))
        found: dict[Any, int] = {}
        for place, value in enumerate(self.values.tolist()):
            found[value] = found.get(value, 0) + (self.each or shares + (place < rest))
        return {value: count for value, count in found.items() if count}


@dataclass(frozen=True)
class Made:
    """Samples of a GAN, made block by block; which block one is in does not change it."""

    gan: "GAN"
    count: int
    seed: int
    asked: Asked | None

    def spans(self) -> "Iterator[tuple[int, int]]":
        """First and last number of every block."""
        for start in range(0, self.count, BLOCK):
            yield start, min(start + BLOCK, self.count)

    def blocks(self) -> "Iterator[tuple[Any, Any]]":
        """Raw samples, and their labels or None."""
        for start, stop in self.spans():
            told = self.asked.told(start, stop) if self.asked else None
            x = self.gan.generate(stop - start, self.seed, start, told)
            yield self.gan.codec.decode(x.cpu()), self.asked and self.asked.labels(start, stop)


def wanted(gan: "GAN", labels: tuple[str, ...], count: int | None, per_class: int | None) -> Asked:
    """The label of every sample: classes (N,), or numbers (N, K)."""
    import numpy as np

    if gan.condition is None:
        raise InputError(
            "the GAN was trained without labels, so it has no classes to choose from: train it "
            "with `ssgan pretrain --conditional`, or give -n alone"
        )
    if not labels and gan.classes is None:
        raise InputError("the GAN was trained on numbers, not classes: give --label, as 1.5")
    asked = [gan.condition.parse(text) for text in labels] or list(gan.classes or ())
    if gan.classes is None:
        values = np.array(asked)
    else:
        values = gan.condition.decode(np.array([gan.classes.index(label) for label in asked]))
    total = count or 0 if per_class is None else per_class * len(asked)
    return Asked(values, total, per_class)


def write(gan: "GAN", made: Made, out: Path) -> None:
    """Samples in a format of their codec, those with labels in one that `check_form` takes."""
    from ssgan.cli import writing

    column = gan.data["options"].get("target") or "label"
    if not out.suffix:
        with writing.whole_folder(out) as folder:
            write_folder(made, folder)
    elif out.suffix in writing.TABLES:
        writing.stream_table((table(x, labels, column) for x, labels in made.blocks()), out)
    else:
        arrays = {"x": (x for x, _ in made.blocks())}
        widths = {}
        if asked := made.asked:
            arrays["y"] = (asked.labels(*span) for span in made.spans())
            widths["y"] = asked.dtype()
        writing.stream_arrays(out, made.count, arrays, widths)


def write_folder(made: Made, folder: Path) -> None:
    """PNG files, in folders by class where there are classes."""
    from ssgan.cli import writing

    counts = made.asked.counts() if made.asked else {}
    begun: dict[Any, int] = {}
    number = 0
    for images, labels in made.blocks():
        if labels is None:
            writing.write_images(images, folder, number, made.count)
            number += len(images)
            continue
        for label in dict.fromkeys(labels.tolist()):
            mine = images[labels == label]
            first = begun.get(label, 0)
            writing.write_images(mine, folder / str(label), first, counts[label])
            begun[label] = first + len(mine)


def table(samples: Any, labels: Any, column: str) -> "pd.DataFrame":
    """Rows of a table, or vectors as columns x0, x1, ..., with their labels if any."""
    from ssgan.cli import writing

    named = {} if labels is None else {column: labels}
    if not hasattr(samples, "columns"):
        return writing.framed(x=samples, **named)
    if named and column in samples.columns:
        raise InputError(f"the table has a column {column!r} of its own: rename it")
    frame: pd.DataFrame = samples.assign(**writing.framed(**named)) if named else samples
    return frame
