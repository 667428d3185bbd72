"""What a row says of the machine and the code that made it, and what its work cost."""

import functools
import hashlib
import os
import platform
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import sklearn
import torch

from ssgan.benchmark.results import Value
from ssgan.config import __version__
from ssgan.training.cost import count_flops, peak_resident_bytes

PACKAGE = Path(__file__).parents[1]
ASIDE = ("cli", "estimators", "report")  # no cell runs them, so a change there ages no row
Steps = Mapping[str, int]
COUNTED_STEPS = 10  # steps of a training whose operations are counted


@functools.cache
def code_hash(package: Path = PACKAGE) -> str:
    """The first of the sha256 of the package's code: rows of other code are marked as stale."""
    sha = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package)
        if name.parts[0] not in ASIDE:
            sha.update(name.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return sha.hexdigest()[:12]


@functools.cache
def commit() -> str:
    """What git calls the checkout that the package lies in; its version where there is none."""
    with suppress(OSError, subprocess.SubprocessError):
        if (PACKAGE.parent / ".git").exists():
            words = ["git", "describe", "--always", "--dirty"]
            process = subprocess.run(words, cwd=PACKAGE, capture_output=True, text=True, timeout=30)
            if process.returncode == 0:
                return process.stdout.strip()
    return __version__


@functools.cache
def machine() -> str:
    """The processor, as the system names it, and how many cores there are."""
    name = platform.processor() or platform.machine()
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next((line.split(":")[1] for line in lines if line.startswith("model name")), name)
    return f"{name.strip()}, {os.cpu_count()} cores"


def device_name() -> str:
    """The GPU that torch would take, or "cpu"."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


def stamps() -> dict[str, Value]:
    """Versions, code, machine and date: what every row ends with."""
    return {
        "torch": torch.__version__,
        "sklearn": sklearn.__version__,
        "ssgan": __version__,
        "commit": commit(),
        "source": code_hash(),
        "machine": machine(),
        "device": device_name(),
        "threads": torch.get_num_threads(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def forget_peak() -> None:
    """Let `peaks` begin again, as far as the system lets us: Linux does."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def peaks() -> dict[str, Value]:
    """The most memory in MB that this process held at once since `forget_peak`, and on the GPU."""
    on_gpu = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
    return {"peak_mb": round(peak_resident_bytes() / 1e6), "gpu_peak_mb": round(on_gpu / 1e6)}


def flops_of_steps(train: Callable[[Steps], object], steps: Steps) -> int:
    """Operations of `train(steps)`, the steps of its parts by name.

    Of a part that has more than 20, they follow from 10 and 20, the other parts as short.
    Whatever is done once, or a fixed number of times a training, is counted in.
    """
    long = {name: n for name, n in steps.items() if n > 2 * COUNTED_STEPS}
    short = {**steps, **dict.fromkeys(long, COUNTED_STEPS)}
    once = total = count_flops(lambda: train(short))
    for name, n in long.items():
        twice = count_flops(lambda name=name: train({**short, name: 2 * COUNTED_STEPS}))  # type: ignore[misc]
        total += round((twice - once) / COUNTED_STEPS * (n - COUNTED_STEPS))
    return total
