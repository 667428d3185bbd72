"""Train a task inside a run directory: resume it, log it, save it, guard it, say how far it is."""

import json
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from math import isfinite
from typing import TypeVar

from ssgan.config import TrainingError
from ssgan.runs.checkpoints import Checkpoint, not_finite
from ssgan.runs.run import Run, finite
from ssgan.training.batches import Batches, BatchSource
from ssgan.training.guard import BOUNDS, Health, diagnosis
from ssgan.training.loop import Guarded, Task, train
from ssgan.training.state import State, pack_parts, restore, snapshot, unpack_parts

Result = TypeVar("Result")
ADVICE = "lower the learning rate or raise the penalties"
SAVES = 10  # checkpoints in a whole run


@dataclass(frozen=True)
class Progress:
    """How far a training is: what a progress bar or a log line needs."""

    step: int  # steps done
    steps: int  # steps asked for
    values: dict[str, float]  # mean terms and measures since the last one
    speed: float  # samples of the leading stream per second
    eta: float  # seconds left
    attempt: int = 0  # how often the guard has gone back to a good state
    phase: str = ""  # which training it is where there are several


@dataclass(frozen=True)
class Pace:
    """How long to train and how often to speak."""

    steps: int
    batch: int  # samples a step, for the speed
    every: int = 50  # steps between two lines of the log
    phase: str = ""  # what the progress is called


class Clock:
    """How many steps this process has taken, and in what time."""

    def __init__(self, pace: Pace) -> None:
        self.pace, self.began, self.steps = pace, time.perf_counter(), 0

    def tick(self, steps: int) -> float:
        """So many more steps; the seconds since the beginning."""
        self.steps += steps
        return time.perf_counter() - self.began

    def progress(self, step: int, values: dict[str, float], attempt: int) -> Progress:
        pace, rate = self.pace, self.steps / self.tick(0)
        eta = (pace.steps - step) / rate
        return Progress(step, pace.steps, values, rate * pace.batch, eta, attempt, pace.phase)


class Course:
    """A task on its way; where it is guarded, its health, and the good state to go back to."""

    def __init__(self, task: Task, run: Run | None, guard: bool) -> None:
        """The task is brought to the newest checkpoint of the run."""
        self.task, self.run = task, run
        self.guarded = task if guard and isinstance(task, Guarded) else None
        self.step, self.health = 0, Health()
        self.good = self.copied()
        if checkpoint := run.load() if run else None:
            self.resume(checkpoint)
        if run:
            run.cut(self.step)
        if self.guarded and not self.health.checkups:
            self.health = self.health.after({"step": self.step, **self.checkup({})})
            self.good = self.copied()

    def resume(self, checkpoint: Checkpoint) -> None:
        unpack_parts(self.task.parts, checkpoint.tensors, checkpoint.state)
        self.step = checkpoint.step
        if not self.guarded or "guard" not in checkpoint.state:
            return
        self.health = Health.from_json(checkpoint.state["guard"])
        self.guarded.attempt = self.health.attempt
        if self.health.good == self.step:
            self.good = self.copied()
        elif self.health.good:  # else it is what the task was made as
            self.good = self.reloaded(self.health.good)

    def reloaded(self, step: int) -> State | None:
        """The state that the run holds of a step; where that is damaged, the present one."""
        try:
            found = self.run.load(step) if self.run else None
        except (FileNotFoundError, ValueError):
            found = None
        return State(step, found.tensors, found.state) if found else self.copied()

    def copied(self) -> State | None:
        return snapshot(self.task.parts, self.step) if self.guarded else None

    def checkup(self, values: dict[str, float]) -> dict[str, float]:
        """The task's measures of health, and with them the largest of the logged values."""
        asked = self.guarded.checkup(self.step) if self.guarded else {}
        measures = {name: float(value) for name, value in asked.items()}
        terms = [abs(value) for value in values.values() if isfinite(value)]
        return measures | {"terms": max(terms)} if measures and terms else measures

    def examine(self, checkup: dict[str, float], last: bool) -> Exception | None:
        """Judge the state at a save; what is wrong with it, or nothing, and it is saved."""
        if self.guarded:
            if wrong := not_finite(pack_parts(self.task.parts)[0]):
                return FloatingPointError(f"{wrong} holds NaN or infinity: {ADVICE}")
            end = {"last": True} if last else {}
            self.health = self.health.after({"step": self.step, **checkup, **end})
            if why := self.health.bad(1 if last else BOUNDS.patience):
                return TrainingError(f"{', '.join(why)}: {ADVICE}")
            if self.health.good == self.step:
                self.good = self.copied()
        self.save()
        return None

    def log(self, values: dict[str, float], seconds: float) -> None:
        if self.run:
            attempt = {"attempt": self.health.attempt} if self.health.attempt else {}
            row = {"step": self.step, **values, **attempt, "seconds": round(seconds, 3)}
            self.run.log(row)

    def save(self) -> None:
        if self.run:
            tensors, rest = pack_parts(self.task.parts)
            guard = {"guard": self.health.to_json()} if self.guarded else {}
            self.run.save(self.step, tensors, rest | guard, self.health.marks)

    def go_back(self, trouble: Exception) -> None:
        """To the last good state, in another attempt; raises `trouble` if there were enough."""
        if self.good is None or self.guarded is None:
            raise trouble
        at, self.health = self.step, self.health.back(str(trouble), self.step)
        restore(self.task.parts, self.good)
        self.step, self.guarded.attempt = self.good.step, self.health.attempt
        self.save()  # at once: whoever resumes must not take the course that was left
        if len(self.health.left) > BOUNDS.attempts:
            raise type(trouble)(self.explained(str(trouble), at)) from trouble
        if self.run:
            self.run.cut(self.step)

    def explained(self, why: str, step: int) -> str:
        """One sentence on why the training is stopped; the whole story goes into a file."""
        text = f"training broke down {len(self.health.left)} times, at last by step {step}: {why}"
        if self.run is None:
            return text
        story = diagnosis(self.health, why, step, self.run.config)
        written = self.run.write("diagnosis.json", json.dumps(finite(story), indent=2) + "\n")
        return f"{text}; {written} says what was seen"


@contextmanager
def saving_when_stopped(course: Course) -> Iterator[None]:
    """Whoever throws an interruption in between two steps leaves a checkpoint behind."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        course.save()
        raise


def carry_out(
    task: Task, rows: BatchSource, pace: Pace, run: Run | None = None, guard: bool = True
) -> Generator[Progress, None, None]:
    """Train `task` from its newest checkpoint to the end, yielding the progress.

    KeyboardInterrupt or SystemExit thrown into the generator saves a checkpoint first. A task that
    is `Guarded` is checked at every save: it goes back to its last good state and on from there in
    another attempt where it has broken down, at most three times (see `guard`). Then, and with any
    other task or without `guard` at once, a FloatingPointError tells of numbers that are not
    finite; a TrainingError of anything else. BlockingIOError: somebody else is writing to the run.
    """
    with run.writing() if run else nullcontext():
        course, clock = Course(task, run, guard), Clock(pace)
        while trouble := (yield from attempted(course, rows, pace, clock)):
            course.go_back(trouble)


def attempted(
    course: Course, rows: BatchSource, pace: Pace, clock: Clock
) -> Generator[Progress, None, Exception | None]:
    """Train to the end, or to what is wrong, which is returned."""
    between, attempt = max(pace.steps // SAVES, 1), course.health.attempt
    saved = course.step // between
    if attempt and isinstance(rows, Batches):
        rows = rows.again(attempt)
    for line in lines(course, rows, pace):
        if isinstance(line, Exception):
            return line
        step, values = line
        seconds = clock.tick(step - course.step)
        course.step, due = step, step // between > saved or step == pace.steps
        checkup = course.checkup(values) if due else {}
        course.log(values | checkup, seconds)
        if due:
            saved = step // between
            if trouble := course.examine(checkup, step == pace.steps):
                return trouble
        with saving_when_stopped(course):
            yield clock.progress(step, values, attempt)
    return None


def lines(
    course: Course, rows: BatchSource, pace: Pace
) -> Iterator[tuple[int, dict[str, float]] | FloatingPointError]:
    """What `train` tells, and as the last of it that its numbers are not finite any more."""
    try:
        yield from train(course.task, rows, pace.steps, start=course.step, every=pace.every)
    except FloatingPointError as error:
        yield error


def finish(training: Generator[Progress, None, Result]) -> Result:
    """Run a training to its end without showing anything; what it returns."""
    while True:
        try:
            next(training)
        except StopIteration as end:
            result: Result = end.value
            return result
