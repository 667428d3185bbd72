"""`ssgan demo`: the whole story on bundled digits."""

from pathlib import Path

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

    from ssgan import benchmark
    from ssgan.cli.benchmark import print_lines
    from ssgan.cli.progress import show
    from ssgan.report import report

    torch.set_num_threads(1)  # for networks this small two threads wait for each other
    rows = show(benchmark.demo(out, seed=seed), quiet)
    suite = benchmark.demo_suite(seed)
    print_lines(benchmark.summarise(rows, suite), suite)
    click.echo(f"reports: {report(out / 'gan')} and {report(out / 'model')}")
