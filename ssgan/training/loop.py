"""The one training loop.

task     `update(batches, step)` takes one step and gives its terms (parts of losses) and
         measures (anything else worth a line in the log); `parts` names what a checkpoint keeps
batches  `batches(stream, step, k)`: the k-th batch of a stream ("unlabeled", "labeled")
"""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from ssgan.objectives import Terms
from ssgan.training.batches import BatchSource
from ssgan.training.state import Parts


class Task(Protocol):
    @property
    def parts(self) -> Parts: ...

    def update(self, batches: BatchSource, step: int) -> tuple[Terms, Terms]: ...


@runtime_checkable
class Guarded(Task, Protocol):
    """A task whose health can be asked for, and that can be begun again from a good state."""

    attempt: int  # 0 at first; then rates are halved so often, and it is part of every draw's key

    def checkup(self, step: int) -> dict[str, float]:
        """Measures of health (see `guard`) after `step` steps, the same whenever it is asked."""


def train(
    task: Task, batches: BatchSource, steps: int, *, start: int = 0, every: int = 50
) -> Iterator[tuple[int, dict[str, float]]]:
    """Take steps `start` to `steps`; yield (steps done, mean terms and measures) now and then.

    Yields after every `every`-th step and the last one, so that the device is asked for numbers
    only then. Raises FloatingPointError when no update of such a window was finite.
    """
    sums: dict[str, Tensor] = {}
    count = 0
    for step in range(start, steps):
        terms, measures = task.update(batches, step)
        for name, value in {**terms, **measures}.items():
            sums[name] = sums.get(name, torch.zeros_like(value)) + value
        count += 1
        if (step + 1) % every and step + 1 < steps:
            continue
        means = {name: float(total) / count for name, total in sums.items()}
        if means.get("not_finite", 0.0) >= 1.0:
            raise FloatingPointError(
                f"no update of the last {count} steps before step {step + 1} was finite: "
                "lower the learning rate or raise the penalties"
            )
        sums, count = {}, 0
        yield step + 1, means
