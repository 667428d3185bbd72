"""`ssgan forget`: take out of a directory what it holds of the data and does not need."""

from pathlib import Path

import click

from ssgan.cli import options


@options.command("forget", click.argument("run", type=options.PATH, metavar="RUN|MODEL"))
def forget(*, run: Path, quiet: bool) -> None:
    """Remove the names and labels of samples, previews, the report and the path of the data.

    RUN samples and predicts as before, but cannot be resumed. What stays is listed in SECURITY.md:
    weights, columns and categories, and for some methods the labelled samples.

    \b
    Example:
      ssgan forget model
    """
    from ssgan.models.forget import forget as remove

    removed = remove(run)
    for name in removed:
        if not quiet:
            click.echo(name)
    if not removed:
        options.note(f"{run} holds nothing of the data that it does not need", quiet)
