"""Train a task inside a run directory: resume it, log it, save it, guard it, say how far it is."""

import json
import time
from collections.abc import Generator
from contextlib import nullcontext
from dataclasses import dataclass
from math import isfinite
from typing import TypeVar

from ssgan.config import TrainingError
from ssgan.runs.checkpoints import Checkpoint, not_finite
from ssgan.runs.log import finite
from ssgan.runs.run import Run
from ssgan.training.batches import Batches, BatchSource
from ssgan.training.guard import Health, diagnose
from ssgan.training.loop import Guarded, Pictured, Task, Window, train
from ssgan.training.ranks import checkpoint_of_first, of_first, stopped
from ssgan.training.schedule import Schedule
from ssgan.training.state import State, pack_parts, restore, snapshot, unpack_parts

Result = TypeVar("Result")
ADVICE = "lower the learning rate or raise the penalties"


@dataclass(frozen=True)
class Progress:
    """How far a training is: what a progress bar or a log line needs."""

    step: int  # steps done
    steps: int  # steps asked for
    values: dict[str, float]  # mean terms and measures since the last one
    speed: float  # samples of the leading stream per second
    eta: float  # seconds left
    restarts: int = 0  # how often the guard has gone back to a good state
    phase: str = ""  # which training it is where there are several


class Clock:
    """How many steps this process has taken, and in what time."""

    def __init__(self) -> None:
        self.began, self.steps = time.perf_counter(), 0

    def tick(self, steps: int) -> float:
        """So many more steps; the seconds since the beginning."""
        self.steps += steps
        return time.perf_counter() - self.began

    @property
    def rate(self) -> float:
        """Steps a second."""
        return self.steps / self.tick(0)


class Session:
    """A task in training; where it is guarded, its health, and the good state to go back to."""

    def __init__(
        self, task: Task, schedule: Schedule, run: Run | None = None, guard: bool = True
    ) -> None:
        """The task is brought to the newest checkpoint of the run."""
        self.task, self.schedule, self.run, self.clock = task, schedule, run, Clock()
        self.guarded = task if guard and isinstance(task, Guarded) else None
        self.step, self.health = 0, Health(bounds=schedule.options.bounds)
        self.window, self.values = Window(), dict[str, float]()
        self.good = self.copied()
        if checkpoint := checkpoint_of_first(run.load() if run else None):
            self.resume(checkpoint)
        if run:
            run.cut(self.step)
        if self.guarded and not self.health.checkups:
            self.health = self.health.after({"step": self.step, **self.checkup({})})
            self.good = self.copied()

    def resume(self, checkpoint: Checkpoint) -> None:
        """Take the training up where a checkpoint left it."""
        unpack_parts(self.task.parts, checkpoint.tensors, checkpoint.state)
        self.step = checkpoint.step
        self.window = Window(**checkpoint.state.get("window", {}))
        if not self.guarded or "guard" not in checkpoint.state:
            return
        self.health = Health.from_json(checkpoint.state["guard"], self.health.bounds)
        if self.health.good == self.step:
            self.good = self.copied()
        elif self.health.good:  # else it is what the task was made as
            self.good = self.reloaded(self.health.good)

    def reloaded(self, step: int) -> State | None:
        """The state that the run holds of a step; where that is damaged, the present one."""
        try:
            saved = self.run.load(step) if self.run else None
        except (FileNotFoundError, ValueError):
            saved = None
        saved = checkpoint_of_first(saved)
        return State(step, saved.tensors, saved.state) if saved else self.copied()

    def copied(self) -> State | None:
        """The present state, where there is a guard that may go back to it."""
        return snapshot(self.task.parts, self.step) if self.guarded else None

    def to_the_end(self, batches: BatchSource) -> Generator[Progress, None, None]:
        """Train to the last step, going back to the good state as often as the guard allows."""
        while self.step < self.schedule.steps:
            try:
                yield from self.onwards(batches)
            except (FloatingPointError, TrainingError) as trouble:
                self.go_back(trouble)

    def onwards(self, batches: BatchSource) -> Generator[Progress, None, None]:
        """Train to the last step; FloatingPointError or TrainingError where something is wrong."""
        restarts = self.health.restarts
        if isinstance(batches, Batches):
            batches = batches.again(restarts)
        start = (self.step, restarts, self.window)
        for step, values in train(self.task, batches, self.schedule, *start):
            seconds = self.clock.tick(step - self.step)
            self.step, saved = step, self.schedule.saves(step)
            checkup = self.checkup(values) if saved else {}
            self.values = values or self.values
            if values or saved:
                self.log(values | checkup, seconds)
            if saved:
                self.examine(checkup)
                self.save()
                self.show()
            stop_request: BaseException | None = None
            try:
                yield self.progress(self.values)
            except (KeyboardInterrupt, SystemExit) as stop:
                stop_request = stop
            if stop_all := stopped(stop_request):
                self.save()
                raise stop_all

    def progress(self, values: dict[str, float]) -> Progress:
        """How far the training is."""
        schedule, rate = self.schedule, self.clock.rate
        eta = (schedule.steps - self.step) / rate
        restarts = self.health.restarts
        return Progress(
            self.step, schedule.steps, values, rate * schedule.batch, eta, restarts, schedule.phase
        )

    def checkup(self, values: dict[str, float]) -> dict[str, float]:
        """The task's measures of health, and with them the largest of the logged values."""
        health = self.guarded.health(self.step) if self.guarded else {}
        measures = of_first({name: float(value) for name, value in health.items()})
        terms = [abs(value) for value in values.values() if isfinite(value)]
        return measures | {"terms": max(terms)} if measures and terms else measures

    def examine(self, checkup: dict[str, float]) -> None:
        """Judge the state before it is saved; an error says what is wrong with it."""
        if not self.guarded:
            return
        if wrong := not_finite(pack_parts(self.task.parts)[0]):
            raise FloatingPointError(f"{wrong} holds NaN or infinity: {ADVICE}")
        last = self.step == self.schedule.steps
        end = {"last": True} if last else {}
        self.health = self.health.after({"step": self.step, **checkup, **end})
        if why := self.health.bad(1 if last else self.health.bounds.patience):
            raise TrainingError(f"{', '.join(why)}: {ADVICE}")
        if self.health.good == self.step:
            self.good = self.copied()

    def log(self, values: dict[str, float], seconds: float) -> None:
        """A line of the run's log."""
        if self.run:
            restarts = {"attempt": self.health.restarts} if self.health.restarts else {}
            row = {"step": self.step, **values, **restarts, "seconds": round(seconds, 3)}
            self.run.log(row)

    def save(self) -> None:
        """A checkpoint of the present state."""
        if self.run:
            tensors, rest = pack_parts(self.task.parts)
            guard = {"guard": self.health.to_json()} if self.guarded else {}
            window = {"window": self.window.to_json()} if self.window.count else {}
            self.run.save(self.step, tensors, rest | guard | window, self.health.marks)

    def show(self) -> None:
        """Pictures of how far the task is, where it has any."""
        if self.run and isinstance(self.task, Pictured):
            for name, content in self.task.pictures(self.step).items():
                self.run.write(name, content)

    def go_back(self, trouble: Exception) -> None:
        """To the last good state, to begin again; raises `trouble` if that was often enough."""
        if self.good is None or self.guarded is None:
            raise trouble
        at, self.health = self.step, self.health.back(str(trouble), self.step)
        restore(self.task.parts, self.good)
        self.window = Window()
        self.step = self.good.step
        self.save()  # at once: whoever resumes must not go on with what was given up
        if self.health.given_up:
            raise type(trouble)(self.explained(str(trouble), at)) from trouble
        if self.run:
            self.run.cut(self.step)

    def explained(self, why: str, step: int) -> str:
        """One sentence on why the training is stopped; the whole story goes into a file."""
        text = (
            f"training broke down {len(self.health.abandoned)} times, at last by step {step}: {why}"
        )
        if self.run is None:
            return text
        story = diagnose(self.health, why, step, self.run.config)
        written = self.run.write("diagnosis.json", json.dumps(finite(story), indent=2) + "\n")
        return f"{text}; {written} says what was seen"


def run_training(
    task: Task, batches: BatchSource, schedule: Schedule, run: Run | None = None, guard: bool = True
) -> Generator[Progress, None, None]:
    """Train `task` from its newest checkpoint to the end, yielding the progress.

    KeyboardInterrupt or SystemExit thrown into the generator saves a checkpoint first. A task that
    is `Guarded` is measured at every save: it goes back to its last good state and on from there
    where it has broken down, at most three times (see `guard`). Then, and with any other task or
    without `guard` at once, a FloatingPointError tells of numbers that are not finite; a
    TrainingError of anything else. BlockingIOError: somebody else is writing to the run.
    """
    with run.writing() if run else nullcontext() as locked:
        yield from Session(task, schedule, locked, guard).to_the_end(batches)


def finish(training: Generator[Progress, None, Result]) -> Result:
    """Run a training to its end without showing anything; what it returns."""
    while True:
        try:
            next(training)
        except StopIteration as end:
            result: Result = end.value
            return result
