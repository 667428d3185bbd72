"""Are the seconds that `ssgan pretrain --dry-run` estimates those of the training?

    python -m benchmarks.faults.estimates      # two minutes; writes estimates.csv

Each configuration is estimated, then trained for some steps with a run directory. Seconds are those
of the processor, so that others on the machine count in neither.
"""

import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import click
import numpy as np
import pandas as pd

import ssgan
from ssgan.benchmark.measuring import machine
from ssgan.data import Data, fit_codec, from_memory, read
from ssgan.models.estimate import estimate

RESULT = Path(__file__).with_name("estimates.csv")
COMMAND = "python -m benchmarks.faults.estimates"
TRAINED, LEAST, MOST = 12.0, 20, 600  # seconds of a training, and its steps


def samples(name: str) -> Data:
    """A named data set, rows of ten numbers, or 2,000 noisy waves."""
    rng = np.random.default_rng(0)
    if name == "vectors":
        return from_memory(rng.normal(size=(5000, 10)))
    if name == "signals":
        waves = np.sin(rng.uniform(1, 5, (2000, 1)) * np.linspace(0, 2 * np.pi, 128))
        return from_memory(waves + 0.1 * rng.normal(size=waves.shape), modality="signal")
    return read(name)


def measure(name: str) -> dict[str, float]:
    """Milliseconds a step, as estimated and as a training of some steps took."""
    data, config, clock = samples(name), ssgan.GANConfig(), time.process_time
    about = estimate(data, fit_codec(data), config, None, "cpu", clock)
    expected = about["seconds"] / config.steps
    steps = min(MOST, max(LEAST, int(TRAINED / expected)))
    with tempfile.TemporaryDirectory() as home:
        began = clock()
        ssgan.pretrain(data, replace(config, steps=steps), run=Path(home) / "r", device="cpu")
        taken = (clock() - began) / steps
    figures = {"estimated_ms": 1000 * expected, "trained_ms": 1000 * taken}
    return figures | {"steps": steps, "trained_by_estimated": taken / expected}


@click.command()
@click.option("--out", default=RESULT, type=click.Path(path_type=Path), help="The table.")
def main(out: Path) -> None:
    rows = []
    for name in ("mnist", "digits", "adult", "vectors", "signals"):
        about = {"machine": machine(), "date": date.today().isoformat(), "command": COMMAND}
        rows.append({"data": name} | measure(name) | about)
        click.echo(f"{name}: {rows[-1]['trained_by_estimated']:.2f} times the estimate")
    pd.DataFrame(rows).round(2).to_csv(out, index=False)


if __name__ == "__main__":
    main()
