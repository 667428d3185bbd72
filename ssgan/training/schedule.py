"""How long a training is, how often it speaks and is saved, and which of its steps is taken."""

from dataclasses import dataclass, fields
from typing import Any, Self

from ssgan.config import check_numbers
from ssgan.randomness import Rng
from ssgan.training.guard import Bounds


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """How often a training speaks and is saved, and from where on it is held for broken."""

    log_every: int = 50  # steps between two lines of the log
    checkpoints: int = 10  # in a whole training
    pulse: float = 5.0  # seconds between two lines after which it can be stopped all the same
    bounds: Bounds = Bounds()  # of healthy trainings

    def __post_init__(self) -> None:
        check_numbers(self, least={"log_every": 1, "checkpoints": 1})

    @classmethod
    def taken_from(cls, keywords: dict[str, Any]) -> Self:
        """Those among keywords, which are taken out of them: the rest are fields of a config."""
        names = [field.name for field in fields(cls) if field.name in keywords]
        return cls(**{name: keywords.pop(name) for name in names})


@dataclass(frozen=True)
class Schedule:
    """A training of `steps` steps."""

    steps: int
    batch: int  # samples a step, for the speed
    options: TrainOptions = TrainOptions()
    phase: str = ""  # which training it is where there are several

    def logs(self, step: int) -> bool:
        """Whether there is a line of the log after `step` steps."""
        return step % self.options.log_every == 0 or step == self.steps

    def saves(self, step: int) -> bool:
        """Whether there is a checkpoint after `step` steps: at the first line of each part."""
        every, part = self.options.log_every, max(self.steps // self.options.checkpoints, 1)
        before = (step - 1) // every * every  # the line before
        return step == self.steps or (self.logs(step) and step // part > before // part)


@dataclass(frozen=True)
class Step:
    """A step that a task is to take, and what it must know of the training around it."""

    number: int  # from 0 on
    restarts: int = 0  # how often the training has gone back to a good state
    saved: bool = False  # whether a checkpoint follows

    @property
    def rate(self) -> float:
        """The factor of learning rates: half as much after every restart."""
        return float(0.5**self.restarts)

    def rng(self, of_task: Rng) -> Rng:
        """The randomness of this step: after a restart another than the first time."""
        return of_restart(of_task, self.restarts)(self.number)


def of_restart(rng: Rng, restarts: int) -> Rng:
    """The randomness of a training that was begun again so often; at first `rng` itself."""
    return rng("attempt", restarts) if restarts else rng
