"""Does memory grow with the steps of a training, with pictures that are read, with rows sampled?

    python -m benchmarks.faults.growth      # a minute or two; writes growth.csv

Each row is measured in a process of its own. Memory is what lies in RAM (resident), in MB.
"""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
from click.testing import CliRunner
from PIL import Image

import ssgan
from ssgan.benchmark.measuring import forget_peak, machine
from ssgan.cli import ssgan as command_line
from ssgan.models.pretraining import pretraining
from ssgan.training.cost import peak_resident_bytes
from ssgan.training.schedule import TrainOptions

RESULT = Path(__file__).with_name("growth.csv")
COMMAND = "python -m benchmarks.faults.growth"
STEPS, PICTURES, ROWS = 3000, 20_000, 1_000_000
CONFIG = ssgan.GANConfig(steps=STEPS, batch=16, width=4, latent=8)
Measured = dict[str, float]


def resident_mb() -> float:
    """What of this process lies in RAM."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def training(home: Path) -> Measured:
    """Memory after a sixth of the steps and at the end, with a run, its log and its checkpoints."""
    x = np.random.default_rng(0).integers(0, 256, (500, 8, 8), dtype=np.uint8)
    options = TrainOptions(log_every=50, checkpoints=30)
    told = {p.step: resident_mb() for p in pretraining(x, CONFIG, run=home / "r", options=options)}
    early, late = told[STEPS // 6], told[STEPS]
    return {"first_mb": early, "last_mb": late, "change_percent": 100 * (late / early - 1)}


def reading(home: Path) -> Measured:
    """Seconds, those of the processors too, and the most memory beside that of the pixels.

    For pictures of 32 x 32 in colour. The processors' seconds are told apart, as others may use
    them meanwhile.
    """
    folder, rng = home / "pictures", np.random.default_rng(0)
    folder.mkdir()
    for number in range(PICTURES):
        pixels = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png", compress_level=1)
    before = resident_mb()
    forget_peak()
    began, used = time.perf_counter(), time.process_time()
    data = ssgan.data.read(folder)
    seconds, used = time.perf_counter() - began, time.process_time() - used
    held = data.x.nbytes / 1e6
    beside = peak_resident_bytes() / 1e6 - before - held
    times = {"seconds": seconds, "processor_seconds": used}
    return times | {"first_mb": held, "last_mb": held + beside}


def sampling(home: Path) -> Measured:
    """The most memory of `ssgan sample` for a tenth of the rows and for all of them."""
    x = np.random.default_rng(0).normal(size=(500, 10))
    ssgan.pretrain(x, steps=20, batch=32, width=8, latent=8, run=home / "r")
    peaks, began = [], time.perf_counter()
    for count in (ROWS // 10, ROWS):
        forget_peak()
        words = ["sample", home / "r", "-n", count, "--out", home / f"{count}.npy", "--quiet"]
        done = CliRunner().invoke(command_line, [str(word) for word in words])
        if done.exit_code:
            raise RuntimeError(done.output)
        peaks.append(peak_resident_bytes() / 1e6)
    seconds, slope = time.perf_counter() - began, 1e6 * (peaks[1] - peaks[0]) / (0.9 * ROWS)
    found = {"seconds": seconds, "first_mb": peaks[0], "last_mb": peaks[1]}
    return found | {"bytes_a_row": slope, "change_percent": 100 * (peaks[1] / peaks[0] - 1)}


WORK: dict[str, Callable[[Path], Measured]] = {
    f"{STEPS:,} steps of training": training,
    f"{PICTURES:,} pictures read": reading,
    f"{ROWS:,} rows sampled, beside a tenth of them": sampling,
}


def tell(work: Callable[[Path], Measured], queue: Any) -> None:
    """Measure in this process."""
    with tempfile.TemporaryDirectory() as folder:
        queue.put({name: round(value, 2) for name, value in work(Path(folder)).items()})


def measured() -> Iterator[dict[str, Any]]:
    """The rows, each from a process of its own."""
    context = multiprocessing.get_context("spawn")
    stamp = {"machine": machine(), "date": date.today().isoformat(), "command": COMMAND}
    for what, work in WORK.items():
        queue = context.Queue()
        process = context.Process(target=tell, args=(work, queue))
        process.start()
        found = queue.get()
        process.join()
        yield {"what": what} | found | stamp


@click.command()
@click.option("--out", default=RESULT, type=click.Path(path_type=Path), help="The table.")
def main(out: Path) -> None:
    rows = pd.DataFrame(measured())
    rows.to_csv(out, index=False)
    click.echo(rows.drop(columns=["machine", "command"]).to_string())


if __name__ == "__main__":
    main()
