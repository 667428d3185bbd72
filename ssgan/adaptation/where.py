"""Where a training runs, which nothing of its result depends on."""

from dataclasses import dataclass
from pathlib import Path

from ssgan.training.schedule import TrainOptions


@dataclass(frozen=True)
class Where:
    """The directory that it is kept in, the device, and how often it speaks."""

    run: str | Path | None = None  # None: it is not kept
    device: str | None = None  # None: the best that there is
    options: TrainOptions = TrainOptions()


SOMEWHERE = Where()  # the usual
