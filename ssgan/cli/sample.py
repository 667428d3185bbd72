"""`ssgan sample`: new samples."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ssgan.cli import options
from ssgan.cli.options import COUNT, note

if TYPE_CHECKING:
    from ssgan.gan import GAN


@options.command(
    "sample",
    click.argument("run", type=options.FILE),
    click.option("-n", "count", type=options.SEED, metavar="N", help="How many."),
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
    if (count is None) == (per_class is None):
        raise click.UsageError("Missing option '-n', or --per-class: give one of them.")
    from ssgan.cli import writing
    from ssgan.cli.augmented import check_form
    from ssgan.gan import load

    gan = load(run, device, checkpoint)
    if not labels and per_class is None:
        writing.check_suffix(out, writing.FORMS[gan.codec.kind], gan.codec.kind)
        writing.write_samples(gan.sample(count or 0, seed), out)
    else:
        check_form(out, gan.codec.kind, gan.classes)
        asked = wanted(gan, labels, count, per_class)
        count = len(asked)
        write(gan, gan.sample(count, seed, asked), asked, out)
    note(f"{out} holds {count} samples", quiet)


def wanted(gan: "GAN", labels: tuple[str, ...], count: int | None, per_class: int | None) -> Any:
    """The label of every sample: classes (N,), or numbers (N, K)."""
    import numpy as np

    if gan.condition is None:
        raise ValueError(
            "the GAN was trained without labels, so it has no classes to choose from: train it "
            "with `ssgan pretrain --conditional`, or give -n alone"
        )
    if not labels and gan.classes is None:
        raise ValueError("the GAN was trained on numbers, not classes: give --label, as 1.5")
    asked = [gan.condition.parse(text) for text in labels] or list(gan.classes or ())
    if per_class is not None:
        picks = np.repeat(np.arange(len(asked)), per_class)
    else:
        picks = np.arange(count or 0) % len(asked)
    if gan.classes is None:
        return np.array(asked)[picks]
    known = np.array([gan.classes.index(label) for label in asked])
    return gan.condition.decode(known[picks])


def write(gan: "GAN", samples: Any, labels: Any, out: Path) -> None:
    """Samples with their labels (N,) or (N, K), in a form that `check_form` takes."""
    from ssgan.cli import writing
    from ssgan.cli.augmented import Labelled, write_classes

    column = gan.data["options"].get("target") or "label"
    labels = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if not out.suffix:
        with writing.whole_folder(out) as folder:
            write_classes(Labelled(samples, labels), folder / "classes")
            for inner in [*(folder / "classes").iterdir()]:
                inner.rename(folder / inner.name)
            (folder / "classes").rmdir()
    elif hasattr(samples, "columns"):
        if column in samples.columns:
            raise ValueError(f"the table has a column {column!r} of its own: rename it")
        columns = {column: labels} if labels.ndim == 1 else dict(numbered(column, labels))
        writing.write_table(samples.assign(**columns), out)
    else:
        named = {"y" if out.suffix == ".npz" else column: labels}
        writing.write_arrays(out, x=samples, **named)


def numbered(column: str, labels: Any) -> Any:
    """Columns of labels (N, K): label0, label1, ..."""
    for number in range(labels.shape[1]):
        yield f"{column}{number}", labels[:, number]
