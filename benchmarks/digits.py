"""The bundled digits, 10 labels a class: 3 GANs x 20 label draws, every method on each.

    python -m benchmarks.digits            # about half an hour on two cores; goes on where it was
    python -m benchmarks.digits --quick    # 1 GAN x 5 draws into a file of its own

Rows go to benchmarks/results/digits.csv as they come; a cell that is there is not run again.
"""

from dataclasses import replace
from itertools import product
from pathlib import Path

import click
import joblib
import torch

from ssgan.benchmark import DEMO, METHODS, draw, read_cells, write_cells
from ssgan.data import read
from ssgan.gan import pretrain

RESULTS = Path(__file__).parent / "results"
PER_CLASS = 10


def missing(path: Path, gan_seed: int, label_seed: int) -> list[str]:
    """Methods without a row; those that rest on no network are run for the first GAN only."""
    there = {(c.method, c.gan_seed, c.label_seed) for c in read_cells(path)}
    return [
        name
        for name, method in METHODS.items()
        if (name, gan_seed, label_seed) not in there and (method.needs != "rows" or gan_seed == 0)
    ]


@click.command()
@click.option("--quick", is_flag=True, help="1 GAN x 5 draws.")
@click.option("--work", type=click.Path(path_type=Path), default=Path("runs/digits"))
def main(quick: bool, work: Path) -> None:
    """Run what is missing of the digits table."""
    torch.set_num_threads(1)
    path = RESULTS / ("digits-quick.csv" if quick else "digits.csv")
    gans, draws = (1, 5) if quick else (3, 20)
    work.mkdir(parents=True, exist_ok=True)
    for seed in range(gans):
        pretrain(read("digits"), replace(DEMO, seed=seed), run=work / f"gan-{seed}", device="cpu")
    jobs = [(g, k, missing(path, g, k)) for g, k in product(range(gans), range(draws))]
    work_left = (joblib.delayed(draw)(work / f"gan-{g}", PER_CLASS, k, m) for g, k, m in jobs if m)
    for cells in joblib.Parallel(n_jobs=2, return_as="generator_unordered")(work_left):
        write_cells(path, cells)
        click.echo(f"{len(read_cells(path))} rows, the last of draw {cells[-1].label_seed}")


if __name__ == "__main__":
    main()
