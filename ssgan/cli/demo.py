"""`ssgan demo`: the whole story on bundled digits."""

from pathlib import Path
from typing import Any

import click

from ssgan.cli import options


@options.command(
    "demo",
    click.option(
        "--out",
        type=options.FILE,
        default=Path("ssgan-demo"),
        show_default=True,
        help="The directory for what it makes.",
    ),
    options.seed,
)
def demo(*, out: Path, seed: int, quiet: bool) -> None:
    """Pretrain on the bundled digits and compare methods on 10 labels a class.

    Prints a table of their accuracies over several draws of the labels, and where the pages about
    the GAN and the finetuned model lie.

    \b
    Example:
      ssgan demo --out demo
    """
    import torch

    from ssgan.benchmark import demo as tell
    from ssgan.benchmark import table
    from ssgan.cli.progress import show
    from ssgan.report import report

    torch.set_num_threads(1)  # for networks this small two threads wait for each other
    cells = show(tell(out, seed=seed), quiet)
    show_table(table(cells))
    click.echo(f"reports: {report(out / 'gan')} and {report(out / 'model')}")


def show_table(lines: list[dict[str, Any]]) -> None:
    """Print a line for every method: accuracy, and seconds."""
    from rich.console import Console
    from rich.table import Table

    gans, draws = max(line["gans"] for line in lines), max(line["draws"] for line in lines)
    title = f"accuracy on held-out digits: {gans} GAN x {draws} draws of the labels"
    table = Table("method", "mean ± deviation", "worst", "seconds", "of the GAN", title=title)
    for column in table.columns[1:]:
        column.justify = "right"
    for line in lines:
        score = f"{line['mean']:.3f} ± {line['deviation']:.3f}"
        gan = f"{line['gan_seconds']:.0f}" if line["gan_seconds"] else ""
        table.add_row(line["method"], score, f"{line['worst']:.3f}", f"{line['seconds']:.1f}", gan)
    Console().print(table)
