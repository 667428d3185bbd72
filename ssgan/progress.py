"""Train a task inside a run directory: resume it, log it, save it, and say how far it is."""

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from ssgan.runs import Run
from ssgan.training import Rows, Task, pack_parts, train, unpack_parts

Result = TypeVar("Result")
SAVES = 10  # checkpoints in a whole run


@dataclass(frozen=True)
class Progress:
    """How far a training is: what a progress bar or a log line needs."""

    step: int  # steps done
    steps: int  # steps asked for
    values: dict[str, float]  # mean terms and measures since the last one
    speed: float  # samples of the leading stream per second
    eta: float  # seconds left


@dataclass(frozen=True)
class Pace:
    """How long to train and how often to speak."""

    steps: int
    batch: int  # samples a step, for the speed
    every: int = 50  # steps between two lines of the log


def resume(task: Task, run: Run | None) -> int:
    """Bring the task to the newest checkpoint of the run; the steps done there."""
    checkpoint = run.load() if run else None
    if run is None:
        return 0
    if checkpoint is None:
        run.cut(0)
        return 0
    unpack_parts(task.parts, checkpoint.tensors, checkpoint.state)
    run.cut(checkpoint.step)
    return checkpoint.step


@contextmanager
def saving_when_stopped(task: Task, run: Run | None, step: int) -> Iterator[None]:
    """Whoever throws an interruption in between two steps leaves a checkpoint behind."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        if run:
            run.save(step, *pack_parts(task.parts))
        raise


def carry_out(
    task: Task, rows: Rows, pace: Pace, run: Run | None = None
) -> Generator[Progress, None, None]:
    """Train `task` from its newest checkpoint to the end, yielding the progress.

    KeyboardInterrupt or SystemExit thrown into the generator saves a checkpoint first.
    """
    start = resume(task, run)
    began, between = time.perf_counter(), max(pace.steps // SAVES, 1)
    saved = start // between
    for step, values in train(task, rows, pace.steps, start=start, every=pace.every):
        seconds = time.perf_counter() - began
        speed = (step - start) * pace.batch / seconds
        eta = (pace.steps - step) * seconds / (step - start)
        if run:
            run.log({"step": step, **values, "seconds": round(seconds, 3)})
        if step // between > saved or step == pace.steps:
            saved = step // between
            if run:
                run.save(step, *pack_parts(task.parts))
        with saving_when_stopped(task, run, step):
            yield Progress(step, pace.steps, values, speed, eta)


def finish(training: Generator[Progress, None, Result]) -> Result:
    """Run a training to its end without showing anything; what it returns."""
    while True:
        try:
            next(training)
        except StopIteration as end:
            result: Result = end.value
            return result
