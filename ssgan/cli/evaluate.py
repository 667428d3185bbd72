"""`ssgan evaluate`: how good predictions or samples are, in numbers."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ssgan.cli import options
from ssgan.cli.options import note
from ssgan.config import InputError


@options.command(
    "evaluate",
    click.argument("run", type=options.PATH, metavar="RUN|MODEL"),
    click.argument("data"),
    click.option("--json", "file", type=options.PATH, help="Write the JSON here too."),
    click.option(
        "--labels",
        type=options.PATH,
        metavar="FILE",
        help="Labels of DATA where it brings none: a CSV file,label, or a column of them.",
    ),
    options.part,
    *options.reading,
    options.strict,
    options.seed,
    options.device,
)
def evaluate(
    *,
    run: Path,
    data: str,
    file: Path | None,
    labels: Path | None,
    part: str | None,
    seed: int,
    device: str | None,
    quiet: bool,
    **reading: Any,
) -> None:
    """Compare a model's predictions with the labels of DATA, or a GAN's samples with its rows.

    Rows that the model learnt the labels of are left out, unless --part names them. Prints JSON on
    stdout and, for people, a table on stderr.

    \b
    Example:
      ssgan evaluate model mnist --json measures.json
    """
    from ssgan.cli.inputs import read_for
    from ssgan.data import read_labels
    from ssgan.prediction.evaluation import evaluate as measure
    from ssgan.prediction.loading import load
    from ssgan.runs.storage import write_whole

    model = load(run, device)
    source = read_for(model, data, reading)
    if labels is not None:
        meant = {"na": reading["na"], "no_label": reading["unlabeled"]}
        source = replace(source, y=read_labels(labels, source, **meant))
    chosen = labelled_rows(run, source, part, labelled=hasattr(model, "targets"))
    about = {"data": source.source, "part": chosen.part, "rows": len(chosen.x)}
    beside = None if hasattr(model, "targets") else chosen.part
    about["measures"] = measure(model, chosen.x, chosen.y, seed, beside)
    text = json.dumps(about, indent=2)
    show_table(about, quiet)
    click.echo(text)
    if file is not None:
        write_whole(file, text.encode() + b"\n")
        note(f"{file} holds the same", quiet)


def labelled_rows(run: Path, data: Any, part: str | None, labelled: bool) -> Any:
    """The rows of a part; without one the test part, else all that the model did not learn from.

    A GAN, which is not `labelled`, is compared with rows without their labels.
    """
    from ssgan.data.selection import select_part
    from ssgan.data.split import leave_learnt_out

    chosen = select_part(data, part)
    if part is None and chosen.part == "all":
        chosen = leave_learnt_out(run, data, chosen)
    if labelled and chosen.y is None:
        raise InputError(
            f"{data.source} holds no labels to compare with: name their column with --target, "
            "give them with --labels, or give a labelled data set"
        )
    return chosen if labelled else replace(chosen, y=None)


def show_table(about: dict[str, Any], quiet: bool) -> None:
    if quiet:
        return
    from rich.console import Console
    from rich.table import Table

    title = f"{about['rows']} rows of {about['data']} ({about['part']})"
    table = Table("measure", "value", title=title, title_justify="left")
    table.columns[1].justify = "right"
    for name, value in about["measures"].items():
        table.add_row(name, f"{value:.4f}" if isinstance(value, float) else str(value))
    Console(stderr=True, markup=False).print(table)
