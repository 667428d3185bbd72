"""The one training loop.

task     `update(batches, step)` takes one step and gives its terms (parts of losses) and
         measures (anything else worth a line in the log); `parts` names what a checkpoint keeps
batches  `batches(stream, step, k)`: the k-th batch of a stream: "unlabeled", "labeled", or
         "every" for both
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from ssgan.runtime import Terms
from ssgan.training.batches import BatchSource
from ssgan.training.ranks import of_first
from ssgan.training.schedule import Schedule, Step
from ssgan.training.state import Parts


class Task(Protocol):
    """Something that is learnt in steps."""

    @property
    def parts(self) -> Parts:
        """What a checkpoint keeps."""
        ...

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        """Take a step; its terms (parts of losses) and measures (what else the log tells)."""
        ...


@runtime_checkable
class Guarded(Task, Protocol):
    """A task whose health can be asked for, and that can go on from a good state."""

    def health(self, step: int) -> dict[str, float]:
        """Measures of health (see `guard`) after `step` steps, the same whenever it is asked."""


@runtime_checkable
class Pictured(Task, Protocol):
    """A task that can show how far it is."""

    def pictures(self, step: int) -> Mapping[str, bytes]:
        """Files of the run directory, by name, after `step` steps."""


@dataclass
class Window:
    """Sums of terms and measures since the last line of the log, and of how many steps."""

    sums: dict[str, Any] = field(default_factory=dict)  # of tensors; of numbers where it was saved
    count: int = 0

    def add(self, values: Mapping[str, Tensor]) -> None:
        """Add those of a step."""
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, torch.zeros_like(value)) + value
        self.count += 1

    def close(self) -> tuple[dict[str, float], int]:
        """The means and their count; the next window begins."""
        means = {name: float(total) / self.count for name, total in self.sums.items()}
        count, self.sums, self.count = self.count, {}, 0
        return means, count

    def to_json(self) -> dict[str, Any]:
        """What a checkpoint between two lines keeps; the next sums are the same to the bit."""
        sums = {name: float(total) for name, total in self.sums.items()}
        return {"sums": sums, "count": self.count}


def train(
    task: Task,
    batches: BatchSource,
    schedule: Schedule,
    start: int = 0,
    restarts: int = 0,
    window: Window | None = None,
) -> Iterator[tuple[int, dict[str, float]]]:
    """Take the steps from `start` on; yield (steps done, mean terms and measures) now and then.

    Yields where the schedule has a line of the log, so that the device is asked for numbers only
    then; and nothing but the step where that takes longer than a pulse. `window` holds what was
    summed before the start. Raises FloatingPointError when no update since the line before was
    finite.
    """
    window, spoke = window or Window(), time.monotonic()
    for number in range(start, schedule.steps):
        steps_done = number + 1
        terms, measures = task.update(batches, Step(number, restarts, schedule.saves(steps_done)))
        window.add({**terms, **measures})
        if not schedule.logs(steps_done):
            if of_first(time.monotonic() - spoke > schedule.options.pulse):
                yield steps_done, {}
                spoke = time.monotonic()
            continue
        means, count = window.close()
        if means.get("not_finite", 0.0) >= 1.0:
            raise FloatingPointError(
                f"no update of the last {count} steps before step {steps_done} was finite: "
                "lower the learning rate or raise the penalties"
            )
        yield steps_done, means
        spoke = time.monotonic()
