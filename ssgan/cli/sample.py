"""`ssgan sample`: new samples."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ssgan.cli import options
from ssgan.cli.options import COUNT, note
from ssgan.config import InputError

if TYPE_CHECKING:
    from ssgan.models.gan import GAN
    from ssgan.synthesis.sampling import ConditionList


@options.command(
    "sample",
    click.argument("run", type=options.PATH),
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
        "--prompt",
        "prompts",
        multiple=True,
        metavar="TEXT",
        help="What samples of a GAN with captions are to show; of several in turn, if repeated.",
    ),
    click.option(
        "--encoder",
        metavar="NAME",
        help="With --prompt: the directory of the sentence encoder of the captions.  [default: that"
        " of ssgan[text], if it was taken]",
    ),
    click.option(
        "--where",
        "wheres",
        multiple=True,
        metavar="CONDITION",
        help="Rows of a table with COLUMN=VALUE, !=, <, <=, > or >=; with all, if repeated.",
    ),
    click.option(
        "--relabel",
        metavar="COLUMN",
        help="Fill COLUMN of a table by a boosted model of the real rows, in place of the GAN.",
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
    prompts: tuple[str, ...],
    encoder: str | None,
    wheres: tuple[str, ...],
    relabel: str | None,
    checkpoint: str,
    out: Path,
    seed: int,
    device: str | None,
    quiet: bool,
) -> None:
    """Generate samples with the GAN in RUN, in the form of its data.

    Images: a folder of PNG files where OUT has no suffix, or .npz or .npy. Tables: .csv or
    .parquet. Vectors: .npy, .npz, .csv or .parquet. Samples that were asked for by label come
    with it: in folders by class, as y in an .npz file or as a column of a table. Those of a
    --prompt come with it in captions.csv beside the files, or as caption.

    Of a model that was adapted by method cogan: pairs of one noise, as arrays source and target
    of an .npz file, or in folders source and target.

    \b
    Example:
      ssgan sample run -n 1000 --out samples/
      ssgan sample run --per-class 100 --out samples.npz
      ssgan sample run --prompt "red heart" -n 8 --out hearts/
      ssgan sample run -n 100 --where sex=Female --where "age>=65" --out rows.csv
      ssgan sample run -n 1000 --relabel income --out rows.csv
    """
    check_sample_counts(count, per_class)
    refuse_with_prompts(prompts, encoder, labels, per_class)
    from ssgan.adaptation.pairs import holds_pairs
    from ssgan.models.pretraining import load

    if count is not None and holds_pairs(run):
        write_pairs(run, out, count, seed, device)
        note(f"{out} holds {count} pair{'' if count == 1 else 's'}", quiet)
        return
    gan = load(run, device, checkpoint, encoder)
    if wheres or relabel:
        refuse_of_rows(labels, per_class, prompts)
        write_rows(gan, out, count or 0, seed, (wheres, relabel))
    else:
        conditions = asked_conditions(gan, out, count, per_class, (labels, prompts))
        count = conditions.count if conditions else count or 0
        write_sampled(gan, out, count, seed=seed, conditions=conditions)
    note(f"{out} holds {count} sample{'' if count == 1 else 's'}", quiet)


def refuse_with_prompts(
    prompts: tuple[str, ...], encoder: str | None, labels: tuple[str, ...], per_class: int | None
) -> None:
    """UsageError for what does not go with --prompt, or not without."""
    if prompts and (labels or per_class):
        raise click.UsageError("--prompt and labels both say what samples show: give one of them.")
    if encoder and not prompts:
        raise click.UsageError("--encoder is that of --prompt: give both.")


def asked_conditions(
    gan: "GAN",
    out: Path,
    count: int | None,
    per_class: int | None,
    asked: tuple[tuple[str, ...], tuple[str, ...]],
) -> "ConditionList | None":
    """What labels or prompts ask for, once it is known that `out` can hold it."""
    from ssgan.cli import writing
    from ssgan.cli.labeled import check_form
    from ssgan.synthesis.sampling import condition_list, prompt_list

    labels, prompts = asked
    if prompts:
        conditions = prompt_list(gan, prompts, count or 0)
        formats = tuple(suffix for suffix in gan.codec.formats if suffix != ".npy")
        writing.check_suffix(out, formats, f"{gan.codec.kind} with captions")
        return conditions
    if not labels and per_class is None:
        writing.check_suffix(out, gan.codec.formats, gan.codec.kind)
        return None
    check_form(out, gan.codec, gan.classes)
    return condition_list(gan, labels, count, per_class)


def refuse_of_rows(
    labels: tuple[str, ...], per_class: int | None, prompts: tuple[str, ...]
) -> None:
    """UsageError for what does not go with --where and --relabel."""
    if labels or per_class or prompts:
        raise click.UsageError("--where and --relabel go with -n alone: leave the others out.")


def write_rows(
    gan: "GAN", out: Path, count: int, seed: int, asked: tuple[tuple[str, ...], str | None]
) -> None:
    """Rows of a table in which conditions hold, with a column that a model of real rows fills."""
    from ssgan.cli import writing
    from ssgan.cli.labeled import write_file
    from ssgan.models.where import row_conditions, rows_where
    from ssgan.prediction.relabel import relabeler
    from ssgan.synthesis.sampling import sample_blocks

    writing.check_suffix(out, gan.codec.formats, gan.codec.kind)
    wheres, column = asked
    fill = relabeler(gan, column, seed) if column else lambda rows: rows
    if wheres:
        blocks = rows_where(gan, count, row_conditions(gan.codec, wheres), seed)
    else:
        blocks = (rows for rows, _ in sample_blocks(gan, count, seed))
    write_file(((fill(rows), {}) for rows in blocks), out, count, "label")


def write_pairs(run: Path, out: Path, count: int, seed: int, device: str | None) -> None:
    """Pairs of generators that share layers: .npz, or a folder with one folder for each domain."""
    from ssgan.adaptation.pairs import sample_pairs
    from ssgan.cli import writing

    writing.check_suffix(out, ("", ".npz"), "pairs")
    pair = dict(zip(("source", "target"), sample_pairs(run, count, seed, device), strict=True))
    if tables := [name for name, samples in pair.items() if hasattr(samples, "columns")]:
        raise InputError(f"rows of a table ({tables[0]}) are no arrays: take ssgan.sample_pairs")
    if out.suffix:
        writing.write_arrays(out, **pair)
        return
    with writing.fill_folder(out) as folder:
        for name, samples in pair.items():
            writing.write_images(samples, folder / name)


def check_sample_counts(count: int | None, per_class: int | None) -> None:
    """Refuse other than one of -n and --per-class."""
    if count is None and per_class is None:
        raise click.UsageError("Missing option '-n', or --per-class: give one of them.")
    if count is not None and per_class is not None:
        raise click.UsageError("-n and --per-class exclude each other: give one of them.")


def write_sampled(
    gan: "GAN",
    out: Path,
    count: int,
    *,
    seed: int = 0,
    conditions: "ConditionList | None" = None,
    **blocks: int,
) -> None:
    """`count` samples in a format of their codec, or with labels in one that `check_form` takes."""
    from ssgan.cli import writing
    from ssgan.cli.labeled import write_class_folders, write_file
    from ssgan.synthesis.sampling import sample_blocks

    out, first, count = writing.own_part(out, count)
    blocks_of_samples = sample_blocks(gan, count, seed, conditions, **blocks, first=first)
    captioned = conditions is not None and conditions.prompts
    name = "caption" if captioned else "y"
    if out.suffix:
        labelled = (
            (x, {} if labels is None else {name: labels}) for x, labels in blocks_of_samples
        )
        write_file(labelled, out, count - first, gan.data["options"].get("target") or "label")
        return
    with writing.fill_folder(out) as folder:
        if conditions and not captioned:
            write_class_folders(blocks_of_samples, folder, conditions.counts())
            return
        first = 0
        for images, _ in blocks_of_samples:
            writing.write_images(images, folder, first, count)
            first += len(images)
        if conditions:
            write_captions(conditions, folder)


def write_captions(conditions: "ConditionList", folder: Path) -> None:
    """What the files of a folder were asked to show, as `ssgan pretrain --captions` reads it."""
    import pandas as pd

    files = sorted(path.name for path in folder.glob("*.png"))
    captions = conditions.labels(0, conditions.count)
    pd.DataFrame({"file": files, "caption": captions}).to_csv(folder / "captions.csv", index=False)
