"""Trials of the guard: healthy runs, generators frozen to one mode, rates a hundredfold too high.

All are short trainings on eight Gaussians on a circle. A row is one training; `bound` says how
often something may happen at most that was seen a number of times.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from scipy import stats
from torch import Tensor, nn

from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite
from ssgan.benchmark.results import Value
from ssgan.data import fit_codec, from_memory
from ssgan.models.config import GANConfig
from ssgan.models.domain import Domain
from ssgan.models.tasks.gan import Adversarial
from ssgan.randomness import Rng
from ssgan.runtime import Runtime, Terms
from ssgan.training.batches import Batches, BatchSource
from ssgan.training.runner import Session, finish
from ssgan.training.schedule import Schedule, Step

TRIAL = GANConfig(steps=1000, batch=64, width=4, latent=8, rate=2e-3)
CAUGHT = 600  # the second checkup after a generator was frozen at 400
TRIALS = {"healthy": 100, "frozen": 20, "blown up": 10, "blown up always": 10}


class FrozenGenerator(Adversarial):
    """A GAN whose generator gives samples of one mode alone from step `SINCE` on."""

    SINCE = 400
    now = False

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        self.now = step.number >= self.SINCE
        return super().update(batches, step)

    def health(self, step: int) -> dict[str, float]:
        """The usual measures; after `SINCE` steps its samples are frozen."""
        self.now = step > self.SINCE
        return super().health(step)

    def generate_samples(
        self, generator: nn.Module, n: int, rng: Rng, conditions: tuple[Tensor, ...] = ()
    ) -> Tensor:
        """The usual samples; once frozen, real ones of one mode alone."""
        usual = super().generate_samples(generator, n, rng, conditions)
        if not self.now:
            return usual
        real, *_ = self.calibration.encoded(self.runtime)
        near = (real - real[0]).flatten(1).norm(dim=1).argsort()[: len(real) // 10]
        return real[near[rng("one mode").integers(len(near), n)]] + 0 * usual


class BlownUp(Adversarial):
    """A GAN whose learning rates are a hundred times as high from step 500 on, until restarted."""

    SINCE, UNTIL = 500, 1

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        config = self.config
        if step.number >= self.SINCE and step.restarts < self.UNTIL:
            self.config = replace(config, rate=100 * config.rate)
        try:
            return super().update(batches, step)
        finally:
            self.config = config


class BlownUpAlways(BlownUp):
    """The same after every restart, too."""

    UNTIL = 9


TROUBLES: dict[str, type[Adversarial]] = {
    "healthy": Adversarial,
    "frozen": FrozenGenerator,
    "blown up": BlownUp,
    "blown up always": BlownUpAlways,
}


def circle(seed: int, n: int = 1000) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """Eight Gaussians on a circle, float32 (n, 2)."""
    rng = Rng(("circle", seed))
    angle = rng("mode").integers(8, n) * (torch.pi / 4)
    centres = torch.stack([angle.cos(), angle.sin()], 1)
    rows = centres + 0.05 * rng("noise").normal(n, 2)
    return rows.numpy()


def train_guarded(kind: type[Adversarial], config: GANConfig) -> dict[str, Any]:
    """Train `kind` of Adversarial on `circle`; {"attempts", "stopped", "left", "checkups"}.

    "left" has, for each rollback, the step at which the guard went back and why; "stopped" is
    the sentence of a training that was given up, else None.
    """
    data = from_memory(circle(config.seed))
    codec = fit_codec(data)
    domain, on = Domain(codec, codec.pack(data.x)), Runtime("cpu", bfloat16=False)
    task = kind(config, {"unlabeled": domain}, on)
    streams = {"unlabeled": domain.stream(config.batch, on)}
    batches = Batches(streams, Rng(("pretrain", config.seed)))
    session, stopped = Session(task, Schedule(config.steps, config.batch)), None
    try:
        finish(session.to_the_end(batches))
    except (FloatingPointError, RuntimeError) as error:
        stopped = str(error)
    left = [(checkup["step"], checkup["why"]) for checkup in session.health.abandoned]
    checkups = [dict(checkup) for checkup in session.health.checkups]
    return {"attempts": len(left), "stopped": stopped, "left": left, "checkups": checkups}


def guard_trial(kind: str, seed: int, **changes: Any) -> dict[str, Any]:
    """The outcome of a training of that kind, see TROUBLES."""
    return train_guarded(TROUBLES[kind], replace(TRIAL, seed=seed, **changes))


def ended_well(record: Mapping[str, Any]) -> bool:
    """Whether a run was stopped, or ended about as near to the data as it had ever been."""
    reached = [checkup["distance"] for checkup in record["checkups"] if checkup["step"]]
    return record["stopped"] is not None or reached[-1] <= 3 * min(reached[:5])


def right(kind: str, record: Mapping[str, Any]) -> bool:
    """Whether the guard did what it is for: no alarm, one in time, recovery or a clean stop."""
    if kind == "healthy":
        return not record["left"]
    if kind == "frozen":
        return bool(record["left"]) and record["left"][0][0] <= CAUGHT
    return ended_well(record)


def bound(seen: int, of: int) -> float:
    """How often something happens at most that was seen so often: Clopper and Pearson's 95 %.

    The upper end of the one-sided exact interval of a binomial share.
    """
    return 1.0 if seen >= of else float(stats.beta.ppf(0.95, seen + 1, of - seen))


def try_guard(cell: Cell, place: Place) -> Mapping[str, Value]:
    """What the guard did in a training."""
    record = guard_trial(cell.method, cell.gan_seed)
    first, why = record["left"][0] if record["left"] else ("", "")
    return {
        "right": float(right(cell.method, record)),
        "rollbacks": record["attempts"],
        "stopped": int(record["stopped"] is not None),
        "first_at": first,
        "why": why,
    }


def guard(short: bool) -> Suite:
    """The suite."""
    counts = {name: min(n, 5) for name, n in TRIALS.items()} if short else TRIALS
    return Suite(
        cells=tuple(Cell(method=k, gan_seed=seed) for k, n in counts.items() for seed in range(n)),
        solve=try_guard,
        measure="right",
    )


BENCHMARKS = (
    Benchmark("guard", "the guard: 100 healthy runs, 20 frozen generators, 20 blow-ups", guard),
)
