"""`ssgan report`: one HTML page about a run."""

from pathlib import Path
from typing import Any

import click

from ssgan.cli import options
from ssgan.cli.options import note


@options.command(
    "report",
    click.argument("run", type=options.PATH, metavar="RUN|MODEL"),
    click.argument("data", required=False),
    options.labels,
    options.part,
    *options.reading,
    *options.encoding,
)
def report(*, run: Path, data: str | None, quiet: bool, **reading: Any) -> None:
    """Write RUN/report.html: how good it is, samples over time, losses, predictions, settings.

    A model is judged on the labelled rows of DATA, a GAN's samples are compared with them: as
    `ssgan evaluate` takes them, or by default the test part of what it was made of, else the rows
    that were held out. These are read again from the place that RUN names.

    \b
    Example:
      ssgan report model
      ssgan report model more.csv --target label
    """
    from ssgan.report import report as write

    encoder = options.named_encoder(reading)
    if data is None:
        refuse_reading_nothing(reading)
        tell_source(run, quiet)
        path = write(run, encoder=encoder)
    else:
        from ssgan.cli.samples import rows_to_judge
        from ssgan.prediction.loading import load

        model = load(run, encoder=encoder)
        source, selection = rows_to_judge(run, model, data, reading)
        part = "" if selection.part == "all" else f" ({selection.part})"
        path = write(run, selection.x, selection.y, which=f"{source}{part}", encoder=encoder)
    if not quiet:
        click.echo(path)


def refuse_reading_nothing(reading: dict[str, Any]) -> None:
    """UsageError for options that say how DATA is read, without DATA."""
    usual = {"header": True, "na": (), "drop": ()}
    changed = [name for name, value in reading.items() if value != usual.get(name)]
    if changed:
        flag = changed[0].replace("_", "-")
        raise click.UsageError(f"--{flag} says how DATA is read: give DATA too, or leave it out.")


def tell_source(run: Path, quiet: bool) -> None:
    """Say which place, named by a run that may be another's, will be read."""
    from ssgan.runs.run import Run

    config = Run.open(run).config
    data = config.get("data", config.get("gan"))
    source = data.get("source", "memory") if isinstance(data, dict) else "memory"
    if isinstance(source, str) and source != "memory":
        note(f"reading {source}, of which {run} says that it was made", quiet)
