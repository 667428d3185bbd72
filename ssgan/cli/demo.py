"""`ssgan demo`: the whole story on bundled digits."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ssgan.cli import options

if TYPE_CHECKING:
    from ssgan.benchmark.story import Versus

TITLE = "accuracy on held-out digits, 10 labels a class"


@options.command(
    "demo",
    click.option(
        "--out",
        type=options.PATH,
        default=Path("ssgan-demo"),
        show_default=True,
        help="The directory for what it makes.",
    ),
    options.seed,
)
def demo(*, out: Path, seed: int, quiet: bool) -> None:
    """Pretrain on the bundled digits and compare methods on 10 labels a class.

    Prints their accuracies with the GAN and without it, and where its samples and the pages about
    the GAN and the recommended model lie.

    \b
    Example:
      ssgan demo --out demo
    """
    import torch

    from ssgan.benchmark import story
    from ssgan.cli.progress import show
    from ssgan.data import read
    from ssgan.report import report

    torch.set_num_threads(1)  # for networks this small two threads wait for each other
    rows, suite = show(story.run_demo(out, seed=seed), quiet), story.demo_suite(seed)
    print_twins(story.compare_twins(rows, suite))
    click.echo(summary(story.compare_on_split(rows, suite), len(read("digits").y_test)))
    click.echo(f"samples of the GAN: {latest_samples(out / 'gan')}")
    click.echo(f"reports: {report(out / 'gan')} and {report(out / 'model')}")


def print_twins(comparisons: "Sequence[Versus]") -> None:
    """Print a line for every method, with the same without the GAN beside it."""
    from rich.console import Console
    from rich.table import Table

    table = Table("method", title=TITLE)
    for head in ("accuracy", "splits", "GAN off", "the GAN, points", "seconds", "+ GAN"):
        table.add_column(head, justify="right")
    for versus in comparisons:
        line, off = versus.line, versus.off
        table.add_row(
            versus.method,
            f"{line.mean:.3f} ± {line.deviation:.3f}" if line.n > 1 else f"{line.mean:.3f}",
            str(line.n),
            f"{off.mean:.3f}" if off else "",
            gain_in_points(versus),
            f"{line.seconds:.1f}",
            f"{line.gan_seconds:.0f}" if line.gan_seconds else "",
        )
    Console(markup=False).print(table)


def gain_in_points(versus: "Versus") -> str:
    """What the GAN adds to a method, with its 95 % interval where there are splits enough."""
    if versus.off is None:
        return ""
    if versus.line.n == 1:
        return f"{100 * (versus.line.mean - versus.off.mean):+.1f}"
    return "{:+.1f} ± {:.1f}".format(*(100 * value for value in versus.gain))


def summary(comparisons: "Sequence[Versus]", tests: int) -> str:
    """What the recommended method gives against the best simple model, and what is the GAN's."""
    from ssgan.benchmark import RECOMMENDED

    ours = next(versus for versus in comparisons if versus.method == RECOMMENDED)
    simple = max(
        (versus for versus in comparisons if versus.simple), key=lambda versus: versus.line.mean
    )
    wrong = 1 - ours.line.mean
    chance = 100 * 1.96 * (2 * wrong * (1 - wrong) / tests) ** 0.5
    off = f", without the GAN {ours.off.mean:.3f}" if ours.off else ""
    return (
        f"On the first split {ours.method} reaches {ours.line.mean:.3f}{off}, {simple.method} "
        f"(the best simple model there) {simple.line.mean:.3f}.\nOf {tests} test images, "
        f"differences below {chance:.1f} points may be chance: `ssgan benchmark digits` compares "
        "all methods on five splits."
    )


def latest_samples(run: Path) -> Path:
    """The last picture of samples in the directory of a GAN."""
    return max((run / "samples").iterdir())
