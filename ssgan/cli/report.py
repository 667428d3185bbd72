"""`ssgan report`: one HTML page about a run."""

from pathlib import Path

import click

from ssgan.cli import options


@options.command("report", click.argument("run", type=options.PATH, metavar="RUN|MODEL"))
def report(*, run: Path, quiet: bool) -> None:
    """Write RUN/report.html: samples over time, losses, predictions, settings.

    \b
    Example:
      ssgan report model
    """
    from ssgan.report import report as write

    path = write(run)
    if not quiet:
        click.echo(path)
