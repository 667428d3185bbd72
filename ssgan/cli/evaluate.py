"""`ssgan evaluate`: how good predictions or samples are, in numbers."""

import json
from pathlib import Path
from typing import Any

import click

from ssgan.cli import options
from ssgan.cli.options import note


@options.command(
    "evaluate",
    click.argument("run", type=options.PATH, metavar="RUN|MODEL"),
    click.argument("data"),
    click.option("--json", "file", type=options.PATH, help="Write the JSON here too."),
    options.labels,
    options.part,
    *options.reading,
    *options.encoding,
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
    stdout and, for people, a table on stderr, which says of each measure which way is better.

    \b
    Example:
      ssgan evaluate model mnist --json measures.json
    """
    from ssgan.cli.samples import rows_to_judge
    from ssgan.prediction.evaluation import evaluate as measure
    from ssgan.prediction.loading import load
    from ssgan.runs.storage import write_whole

    model = load(run, device, encoder=options.named_encoder(reading))
    source, selection = rows_to_judge(run, model, data, {"labels": labels, "part": part, **reading})
    facts = {"data": source, "part": selection.part, "rows": len(selection.x)}
    beside = None if hasattr(model, "targets") else selection.part
    facts["measures"] = measure(model, selection.x, selection.y, seed, beside)
    text = json.dumps(facts, indent=2)
    show_table(facts, quiet)
    click.echo(text)
    if file is not None:
        write_whole(file, text.encode() + b"\n")
        note(f"{file} holds the same", quiet)


def show_table(facts: dict[str, Any], quiet: bool) -> None:
    """Show measures as a table on the terminal, unless it is to be quiet."""
    if quiet:
        return
    from rich.console import Console
    from rich.table import Table

    from ssgan.prediction.evaluation import explained

    title = f"{facts['rows']} rows of {facts['data']} ({facts['part']})"
    table = Table("measure", "value", "better", "what it is", title=title, title_justify="left")
    table.columns[1].justify = "right"
    for name, value, meaning in explained(facts["measures"]):
        table.add_row(name, value, meaning.better, meaning.text)
    Console(stderr=True, markup=False).print(table)
