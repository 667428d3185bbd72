"""`ssgan benchmark`: the tables of the documentation, cell by cell."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ssgan.cli import options
from ssgan.cli.options import note
from ssgan.config import InputError

if TYPE_CHECKING:
    from ssgan.benchmark import Line, Suite


@options.command(
    "benchmark",
    click.argument("suite", required=False),
    click.option("--list", "listed", is_flag=True, help="Name the suites and what they hold."),
    click.option("--quick", is_flag=True, help="A smaller table, in minutes."),
    click.option(
        "--out",
        type=options.PATH,
        metavar="DIR",
        default=Path("benchmark-results"),
        show_default=True,
        help="The directory for the results, SUITE.csv: one row a cell.",
    ),
    click.option(
        "--work",
        type=options.PATH,
        metavar="DIR",
        help="The directory for the GANs that cells share.  [default: OUT/work]",
    ),
    click.option(
        "--only",
        multiple=True,
        metavar="METHOD",
        help="Run only methods whose name has this in it; may be given again.",
    ),
    click.option(
        "--jobs",
        type=options.COUNT,
        metavar="N",
        help="Processes for what is not timed.  [default: one a core]",
    ),
    click.option("--renew", is_flag=True, help="Run again what other code has made."),
    click.option("--show", is_flag=True, help="Print the table of what is there; run nothing."),
    options.data_dir,
)
def benchmark(
    *,
    suite: str | None,
    listed: bool,
    quick: bool,
    out: Path,
    work: Path | None,
    only: tuple[str, ...],
    jobs: int | None,
    renew: bool,
    show: bool,
    data_dir: Path | None,
    quiet: bool,
) -> None:
    """Run the cells of SUITE that have no row yet, and print the table of all rows.

    Each cell is one method with one seed, and is on disk when it ends: stopped or
    killed, the same command goes on with the rest. Timed cells run alone on all threads. Rows that
    other code has made stay, and are marked with a star.

    \b
    Example:
      ssgan benchmark digits --quick --out results
    """
    from ssgan import benchmark as package

    if listed:
        return list_suites()
    if suite is None:
        raise click.UsageError(f"name a suite: {', '.join(package.SUITES)}")
    chosen_suite = only_methods(package.suite(suite, quick), only)
    path = package.results(chosen_suite, out)
    how = {"work": work or out / "work", "data_dir": data_dir, "jobs": jobs, "renew": renew}
    failed = [] if show else run_suite(chosen_suite, out, how, quiet)
    for league, rows in package.leagues(package.read_rows(path)).items():
        print_lines(package.summarise(rows, chosen_suite), chosen_suite, league)
    click.echo(f"rows: {path}")
    if failed:
        count = f"{len(failed)} of {len(chosen_suite.cells)} cells failed"
        raise click.ClickException(f"{count}: run the same again to try them again")


def list_suites() -> None:
    """Print the suites, a line each."""
    from ssgan.benchmark import SUITES

    for name, listed in SUITES.items():
        click.echo(f"{name:<20} {listed.about}")


def only_methods(suite: "Suite", only: tuple[str, ...]) -> "Suite":
    """The suite with the cells of some methods; InputError where there are none."""
    from dataclasses import replace

    if not only:
        return suite
    column = suite.by[-1]
    words = [word.lower() for word in only]
    cells = [c for c in suite.cells if any(w in str(getattr(c, column)).lower() for w in words)]
    if not cells:
        known = dict.fromkeys(str(getattr(cell, column)) for cell in suite.cells)
        raise InputError(f"no {column} has {' or '.join(only)} in its name: {'; '.join(known)}")
    return replace(suite, cells=tuple(cells))


def run_suite(suite: "Suite", out: Path, how: dict[str, Any], quiet: bool) -> list[Any]:
    """Run the missing cells and say on stderr what each gave, and why others failed."""
    import joblib

    from ssgan.benchmark import missing, read_rows, results, run

    total = len(missing(suite, read_rows(results(suite, out)), how["renew"]))
    note(f"{suite.name}: {total} of {len(suite.cells)} cells to run", quiet)
    rows = run(suite, out, **{**how, "jobs": how["jobs"] or joblib.cpu_count()})
    solved = 0
    while True:
        try:
            row = next(rows)
        except StopIteration as end:
            failed: list[Any] = end.value
            break
        solved += 1
        seeds = " ".join(value for name, value in row.items() if name.endswith("seed"))
        row_name = "  ".join([*(row[name] for name in suite.by), seeds])
        note(f"{solved}/{total}  {row_name}: {suite.measure} {row[suite.measure]}", quiet)
    for why, first in {outcome.why: outcome for outcome in reversed(failed)}.items():
        count = sum(outcome.why == why for outcome in failed)
        note(f"{count} failed, as {first.what}: {why}")
    return failed


def print_lines(lines: "list[Line]", suite: "Suite", league: str = "") -> None:
    """Print a line for every group of rows; a star where other code has made some."""
    from rich.console import Console
    from rich.table import Table

    heads = (f"{suite.measure} ± deviation", "worst", "n", "seconds", "+ GAN")
    table = Table(*suite.by, *heads, title=league or suite.about)
    for column in table.columns[len(suite.by) :]:
        column.justify = "right"
    for line in lines:
        table.add_row(
            *line.group,
            f"{line.mean:.4f} ± {line.deviation:.4f}",
            f"{line.worst:.4f}",
            f"{line.n}{'*' if line.stale else ''}",
            f"{line.seconds:.1f}",
            f"{line.gan_seconds:.0f}" if line.gan_seconds else "",
        )
    Console(markup=False).print(table)
    if old := sum(line.stale for line in lines):
        click.echo(f"* {old} rows were made by other code: --renew runs them again")
