"""Run a peer on the draws of a suite; its rows stand beside ours.

    python -m benchmarks.peers mnist-100 --python runs/lamda-ssl/bin/python --steps 2000

Each folder here is a peer: README.md says how its environment is made, run.py is what runs in it.
"""

import os
import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path

import click
import numpy as np
import torch

from ssgan.benchmark import Cell, Place, Suite, run
from ssgan.benchmark.fewlabel import Table, problem_of
from ssgan.benchmark.problems import score_predictions
from ssgan.benchmark.results import Value
from ssgan.benchmark.suites.fewlabel import FEW_LABEL_TABLES
from ssgan.data import digest

HERE = Path(__file__).parent
RESULTS = HERE.parent / "results"
PEERS = {  # row: folder and what its run.py calls it
    "LAMDA-SSL: ImprovedGAN": ("lamda-ssl", "ImprovedGAN"),
    "LAMDA-SSL: FixMatch": ("lamda-ssl", "FixMatch"),
}


def solve_by_peer(
    table: Table, python: Path, steps: int, cell: Cell, place: Place
) -> dict[str, Value]:
    """Hand a split to the peer and score its predictions."""
    folder, method = PEERS[cell.method]
    problem = problem_of(table, cell, place)
    x, y = problem.few
    rest = np.setdiff1d(np.arange(len(problem.data)), problem.labeled)
    parts = {"unlabeled": problem.data.x[rest], "x_test": problem.data.x_test}
    split, answer = place.work / "split.npz", place.work / "answer.npz"
    np.savez(split, x=x, y=y, **parts)
    words = [str(python), str(HERE / folder / "run.py"), str(split), str(answer)]
    words += ["--method", method, "--steps", str(steps), "--seed", str(cell.label_seed)]
    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ | threads)
    if done.returncode:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise ValueError(f"{words[1]} ended with {done.returncode}: {last}")
    found = np.load(answer)
    return {
        "split": digest(problem.labeled)[:12],
        table.measure: score_predictions(problem, found["guesses"], table.measure),
        "seconds": round(float(found["seconds"]), 2),
        "gan_seconds": 0.0,
        "total_seconds": round(float(found["seconds"]), 2),
        "samples_seen": int(found["samples"]),
        "league": "own data",
        "way": str(found["versions"]),
        "steps": steps,
    }


def peers(table: Table, python: Path, steps: int, methods: tuple[str, ...]) -> Suite:
    """The cells of the peers on the draws of a table, into the file of the table."""
    cells = tuple(
        Cell(data=table.data, labels=labels, method=name, gan_seed=draw, label_seed=draw)
        for labels in table.labels
        for draw in dict.fromkeys(draw for _, draw in table.draws)
        for name in methods
    )
    return Suite(
        name=table.name,
        about=f"peers on {table.about}",
        cells=cells,
        solve=partial(solve_by_peer, table, python, steps),
        measure=table.measure,
        timed=lambda cell: True,
    )


@click.command()
@click.argument(
    "suite", type=click.Choice([t.name for t in FEW_LABEL_TABLES if t.measure == "accuracy"])
)
@click.option("--python", type=Path, required=True, help="The interpreter of the peer's own.")
@click.option("--method", type=click.Choice(list(PEERS)), multiple=True, help="Default: all.")
@click.option("--steps", default=2000, show_default=True)
@click.option("--draws", type=int, help="Only the first few.")
@click.option("--out", type=Path, default=RESULTS, show_default=True)
@click.option("--work", type=Path, default=Path("runs/peers"), show_default=True)
def main(
    suite: str,
    python: Path,
    method: tuple[str, ...],
    steps: int,
    draws: int | None,
    out: Path,
    work: Path,
) -> None:
    """Run what is missing of the peers' rows."""
    table = next(table for table in FEW_LABEL_TABLES if table.name == suite)
    table = replace(table, draws=table.draws[:draws])
    rows = run(peers(table, python, steps, method or tuple(PEERS)), out, work=work)
    while True:
        try:
            row = next(rows)
        except StopIteration as end:
            for outcome in end.value:
                click.echo(f"{outcome.what}: {outcome.why}", err=True)
            raise SystemExit(bool(end.value)) from None
        click.echo(f"{row['method']}  draw {row['label_seed']}: {row[table.measure]}")


if __name__ == "__main__":
    main()
