"""Whether a training is healthy, and back to its last good state where it is not.

    run_training(task, batches, schedule, run)      trains, measures at every save, rolls back
    run.load(which="best")                          the checkpoint with the lowest "distance"
    run.best()                                      {"step": 500, "distance": 1.2}, or None

What a task offers to be guarded (`loop.Guarded`; others are trained as they are):

    task.health(step)     measures of health, any of these, or {} where there is nothing to judge
        score_gap         mean score of real samples less that of generated ones
        diversity         mean distance between generated samples / between real ones
        coverage          share of real samples that generated ones lie near to, in [0, 1]
        distance          between real and generated samples, lower is better

Every step says how often the training was begun again (`schedule.Step`): rates are halved each
time, and other random numbers are drawn.

Public logs of classic GANs end far from their own best: five of eight at 2.8 times its FID or more
(the runs that StudioGAN published). So each bound compares with what this training had reached.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Any

Checkup = Mapping[str, Any]  # measures by name, "step", "alarms" once judged, "last" at the end


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """From where on a training is held for broken; `diagnosis.json` quotes them."""

    first_judged_step: int = 200  # before it networks are all but untrained
    patience: int = 2  # checkups in a row with an alarm; one may be a bad moment
    attempts: int = 3  # rollbacks before the training is stopped
    diversity: float = 0.05  # of real samples': one point, or one of many narrow modes
    min_share_of_best: float = 1 / 3  # of the highest diversity and coverage so far
    min_judged_coverage: float = 0.15  # the coverage from which losing it means anything
    max_distance_ratio: float = 3.0  # to the lowest; on the way half of the way back, too
    noise_floor: float = 100.0  # distances below the first one over this count as that much
    max_score_ratio: float = 1000.0  # to the largest score gap and terms so far, 10 at least


def alarms(past: Sequence[Checkup], now: Checkup, bounds: Bounds = Bounds()) -> list[str]:
    """What is wrong in the checkup `now`, after those of the same training that were not alarming.

    Where it is the "last" there is no time left to come back: the distance is held closer.
    """
    if now["step"] < bounds.first_judged_step:
        return []
    infinite = [name for name, value in now.items() if not isfinite(value)]
    wrong = [f"{name} is not a finite number" for name in infinite]
    for name, low, high in limits(past, now, bounds):
        value = now.get(name, low)
        if value < low:
            wrong.append(f"{name} {value:.3g} is below its bound {low:.3g}")
        if abs(value) > high and isfinite(value):
            wrong.append(f"{name} {value:.3g} is beyond its bound {high:.3g}")
    return wrong


def limits(
    past: Sequence[Checkup], now: Checkup, bounds: Bounds
) -> Iterator[tuple[str, float, float]]:
    """(measure, lower bound, upper bound of its size) for the checkup `now`."""

    def so_far(name: str, least: int = 1) -> list[float]:
        values = [checkup[name] for checkup in past if checkup["step"] >= least and name in checkup]
        return [value for value in values if isfinite(value)]

    diversity = min(max(so_far("diversity"), default=0.0), 1.0)  # noise is more diverse than data
    yield "diversity", max(bounds.diversity, bounds.min_share_of_best * diversity), inf
    coverage = max(so_far("coverage"), default=0.0)
    judged = coverage >= bounds.min_judged_coverage
    yield "coverage", bounds.min_share_of_best * coverage if judged else -inf, inf
    if distances := so_far("distance"):
        first = max(so_far("distance", least=0)[:2])
        lowest = max(min(distances), first / bounds.noise_floor)
        half = (max(lowest, 0.0) * max(first, 0.0)) ** 0.5
        before = max(bounds.max_distance_ratio * min(distances), half)
        yield "distance", -inf, bounds.max_distance_ratio * lowest if now.get("last") else before
    for name in ("score_gap", "terms"):
        if sizes := [abs(value) for value in so_far(name)]:
            yield name, -inf, bounds.max_score_ratio * max(10.0, *sizes)


@dataclass(frozen=True)
class Health:
    """What the guard remembers: it is in every checkpoint, so that a resumed run judges alike."""

    restarts: int = 0
    checkups: tuple[Checkup, ...] = ()  # of the training that led here, each with its "alarms"
    abandoned: tuple[Mapping[str, Any], ...] = ()  # attempts: "attempt", "step", "why", "checkups"
    bounds: Bounds = Bounds()

    def after(self, checkup: Checkup) -> "Health":
        """With one more checkup, judged."""
        past = [earlier for earlier in self.checkups if not earlier["alarms"]]
        judged = {**checkup, "alarms": alarms(past, checkup, self.bounds)}
        return replace(self, checkups=(*self.checkups, judged))

    def bad(self, patience: int) -> list[str]:
        """Why to go back: the alarms of the last checkup, if it is the `patience`-th in a row."""
        newest = self.checkups[-patience:]
        if len(newest) < patience or not all(checkup["alarms"] for checkup in newest):
            return []
        return list(newest[-1]["alarms"])

    @property
    def good(self) -> int:
        """The step of the last checkup that was judged and not alarming; else the beginning."""
        judged = (
            checkup for checkup in self.checkups if checkup["step"] >= self.bounds.first_judged_step
        )
        return max((checkup["step"] for checkup in judged if not checkup["alarms"]), default=0)

    @property
    def marks(self) -> dict[str, dict[str, Any]]:
        """The steps that checkpoints must keep: the last good one and the best."""
        judged = [
            checkup for checkup in self.checkups if checkup["step"] > 0 and not checkup["alarms"]
        ]
        measured = [checkup for checkup in judged if isfinite(checkup.get("distance", inf))]
        marks = {"good": {"step": self.good}} if self.good else {}
        if measured:
            best = min(measured, key=lambda checkup: checkup["distance"])
            marks["best"] = {name: best[name] for name in ("step", "distance")}
        return marks

    @property
    def given_up(self) -> bool:
        """Whether the training broke down more often than it may be begun again."""
        return len(self.abandoned) > self.bounds.attempts

    def back(self, why: str, step: int) -> "Health":
        """At the last good state, begun again, after what was seen at `step`."""
        at = self.good
        gone = [checkup for checkup in self.checkups if checkup["step"] > at]
        abandoned = {"attempt": self.restarts, "step": step, "why": why, "checkups": gone}
        return replace(
            self,
            restarts=min(self.restarts + 1, self.bounds.attempts),
            checkups=tuple(checkup for checkup in self.checkups if checkup["step"] <= at),
            abandoned=(*self.abandoned, abandoned),
        )

    def to_json(self) -> dict[str, Any]:
        """Without the bounds, which every training brings itself."""
        return {
            "attempt": self.restarts,
            "checkups": [dict(record) for record in self.checkups],
            "left": [dict(record) for record in self.abandoned],
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any], bounds: Bounds = Bounds()) -> "Health":
        """What `to_json` gave, to be judged by `bounds`."""
        return cls(fields["attempt"], tuple(fields["checkups"]), tuple(fields["left"]), bounds)


def diagnose(health: Health, why: str, step: int, config: Any) -> dict[str, Any]:
    """What `diagnosis.json` says of a training that went back from `step` for the last time."""
    return {
        "why": why,
        "step": step,
        "last_good_step": health.good,
        "best": health.marks.get("best"),
        "bounds": dataclasses.asdict(health.bounds),
        "restarts": list(health.abandoned),
        "checkups": list(health.checkups),
        "config": config,
    }
