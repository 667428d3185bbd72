"""The one training loop.

task     `update(batches, step)` takes one step and gives its terms (parts of losses) and
         measures (anything else worth a line in the log); `parts` names what a checkpoint keeps
batches  `batches(stream, step, k)`: the k-th batch of a stream ("unlabeled", "labeled")
"""

from collections.abc import Iterator, Mapping
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from ssgan.objectives import Terms
from ssgan.training.batches import BatchSource
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


def train(
    task: Task, batches: BatchSource, schedule: Schedule, start: int = 0, restarts: int = 0
) -> Iterator[tuple[int, dict[str, float]]]:
    """Take the steps from `start` on; yield (steps done, mean terms and measures) now and then.

    Yields where the schedule has a line of the log, so that the device is asked for numbers only
    then. Raises FloatingPointError when no update since the line before was finite.
    """
    sums: dict[str, Tensor] = {}
    count = 0
    for number in range(start, schedule.steps):
        done = number + 1
        terms, measures = task.update(batches, Step(number, restarts, schedule.saves(done)))
        for name, value in {**terms, **measures}.items():
            sums[name] = sums.get(name, torch.zeros_like(value)) + value
        count += 1
        if not schedule.logs(done):
            continue
        means = {name: float(total) / count for name, total in sums.items()}
        if means.get("not_finite", 0.0) >= 1.0:
            raise FloatingPointError(
                f"no update of the last {count} steps before step {done} was finite: "
                "lower the learning rate or raise the penalties"
            )
        sums, count = {}, 0
        yield done, means
