"""`ssgan data`: which data sets there are, and what one of them holds."""

import warnings
from pathlib import Path
from typing import Any

import click

from ssgan.cli import options
from ssgan.cli.options import note


@options.command("list", options.data_dir)
def list_data(*, data_dir: Path | None, quiet: bool) -> None:
    """List the named data sets: bundled, ready, to download on first use, or missing.

    \b
    Example:
      ssgan data list --data-dir ~/data
    """
    from ssgan.data import available

    for name, state, where in available(data_dir):
        click.echo(f"{name:<20} {state:<12} {where}")


@options.command("check", click.argument("data"), *options.reading)
def check_data(*, data: str, quiet: bool, **reading: Any) -> None:
    """Read DATA, print what it holds as JSON, and warn of what looks wrong.

    \b
    Example:
      ssgan data check photos/ --size 64
    """
    from ssgan.cli.samples import report_unreadable
    from ssgan.cli.settings import show_json
    from ssgan.data import check, read

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        samples = read(data, **reading)
    report_unreadable(samples)
    facts = check(samples)
    messages = [str(warning.message).removeprefix(f"{data}: ") for warning in caught]
    facts["warnings"] = list(dict.fromkeys([*messages, *facts["warnings"]]))
    show_json(facts)
    for warning in facts["warnings"]:
        note(f"warning: {warning}", quiet)


data = click.Group(
    "data", {"list": list_data, "check": check_data}, help="List and check data sets."
)
