"""Trainings that break down go back to their last good state, and healthy ones are let alone."""

import json
from contextlib import chdir
from math import inf, nan

import pytest
import torch
from torch import nn

from ssgan.benchmark.suites.guard import ended_well, guard_trial
from ssgan.config import TrainingError
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.runtime import Runtime
from ssgan.training.batches import Batches, Stream
from ssgan.training.guard import Bounds, Health, alarms
from ssgan.training.optim import adam
from ssgan.training.runner import run_training
from ssgan.training.schedule import Schedule, TrainOptions
from ssgan.training.state import pack_parts, restore, snapshot
from ssgan.training.step import descend
from tests.examples import OFTEN, assert_same_course, course

CPU = Runtime("cpu", bfloat16=False)
RNG = Rng(("guard test",))
X = RNG("x").normal(10, 3)
ROWS = Batches({"rows": Stream((X,), 4)}, RNG)
WELL = {"score_gap": 0.3, "diversity": 0.9, "coverage": 0.6, "distance": 1.0}
GONE = {"diversity": 0.01, "coverage": 0.02, "distance": 30.0}


class Fit:
    """A linear layer on its way to the sum of its inputs, whose health is told by a script."""

    def __init__(self, script=lambda step, attempt: WELL, spoilt=lambda step, attempt: False):
        torch.manual_seed(0)
        self.network = nn.Linear(3, 1)
        self.optimizer = adam(self.network, 0.05, (0.5, 0.9))
        self.numbers = {"steps": 0.0}
        self.attempt, self.script, self.spoilt = 0, script, spoilt
        self.seen, self.asked = {}, []

    @property
    def parts(self):
        return {"network": self.network, "optimizer": self.optimizer, "numbers": self.numbers}

    def update(self, rows, step):
        self.attempt = step.restarts
        self.seen[self.attempt, step.number] = pack(self)
        self.numbers["steps"] += 1
        wrong = nan if self.spoilt(step.number, self.attempt) else 1.0

        def loss(x):
            return {"error": wrong * (self.network(x)[:, 0] - x.sum(1)).square().mean()}

        terms, refused = descend(loss, rows("rows", step.number, 0), self.optimizer, CPU)
        return terms, {"not_finite": refused}

    def health(self, step):
        self.asked.append((self.attempt, step))
        return dict(self.script(step, self.attempt))


def pack(task):
    tensors, rest = pack_parts(task.parts)
    return {k: v.clone() for k, v in tensors.items()}, json.loads(json.dumps(rest))


def equal(one, other):
    (a, b), (c, d) = one, other
    return b == d and a.keys() == c.keys() and all(torch.equal(a[k], c[k]) for k in a)


def train(task, run=None, guard=True):
    """A line of the log every 5 steps, a checkup every 10, judged from step 20 on."""
    options = TrainOptions(log_every=5, bounds=Bounds(first_judged_step=20))
    return run_training(task, ROWS, Schedule(100, 4, options), run, guard)


def claim(path):
    return Run.claim(path, {"steps": 100})


def frozen(after, until=1):
    """The script of a generator that falls into one mode after a step, in the first attempts."""
    return lambda step, attempt: WELL | (GONE if step > after and attempt < until else {})


def spoilt(after, until=1):
    """NaN in every loss from a step on, in the first attempts."""
    return lambda step, attempt: step >= after and attempt < until


BREAKDOWNS = {
    "frozen": {"script": frozen(40)},
    "frozen twice": {"script": frozen(40, until=2)},
    "not finite": {"spoilt": spoilt(42)},
    "not finite at first": {"spoilt": spoilt(0)},
    "not finite without checkups": {"script": lambda *_: {}, "spoilt": spoilt(42, until=2)},
}
each = pytest.mark.parametrize("how", BREAKDOWNS.values(), ids=BREAKDOWNS)


# The bounds


PAST = [{"step": 0, "distance": 50.0, "diversity": 1.2}, {"step": 200, **WELL, "terms": 2.0}]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, []),
        ({"diversity": 0.31}, []),
        ({"diversity": 0.29}, ["diversity 0.29 is below its bound 0.3"]),
        ({"coverage": 0.19}, ["coverage 0.19 is below its bound 0.2"]),
        ({"coverage": 0.21}, []),
        ({"distance": 7.05}, []),  # not yet half of the way from 1 back to 50, in factors
        ({"distance": 7.08}, ["distance 7.08 is beyond its bound 7.07"]),
        ({"score_gap": -9_999.0, "terms": 9_999.0}, []),
        ({"score_gap": -10_001.0}, ["score_gap -1e+04 is beyond its bound 1e+04"]),
        ({"terms": 1e5}, ["terms 1e+05 is beyond its bound 1e+04"]),
        ({"distance": nan}, ["distance is not a finite number"]),
        ({"score_gap": inf}, ["score_gap is not a finite number"]),
        (GONE, ["diversity", "coverage", "distance"]),
    ],
)
def test_a_checkup_is_compared_with_what_the_course_had_reached(change, words):
    found = alarms(PAST, {"step": 300, **WELL, "terms": 2.0, **change})
    assert len(found) == len(words)
    assert all(text.startswith(word) for text, word in zip(found, words, strict=True))


def test_nothing_is_alarming_in_the_first_steps_nor_without_measures():
    assert alarms(PAST, {"step": 199, **GONE, "score_gap": nan}) == []
    assert alarms(PAST, {"step": 300}) == alarms([], {"step": 300}) == []


def test_low_coverage_and_a_far_distance_from_the_beginning_are_no_breakdown():
    slow = {"diversity": 0.1, "coverage": 0.0, "distance": 50.0}
    past = [{"step": step, **slow} for step in (0, 200, 300)]
    assert alarms(past, {"step": 400, **slow}) == []


def test_a_lowest_distance_of_nothing_does_not_make_the_next_one_alarming():
    past = [{"step": 0, "distance": 0.5}, {"step": 200, "distance": -0.001}]  # kernel distances
    assert alarms(past, {"step": 300, "distance": 0.049}) == []
    assert alarms(past, {"step": 300, "distance": 0.051}) != []


def test_at_the_end_there_is_no_way_back_left_to_be_on():
    """Half of the way from 50 to 1 is a moment while there is time, and a breakdown at the end."""
    for distance, on_the_way, at_the_end in ((2.9, False, False), (3.1, False, True)):
        now = {"step": 300, **WELL, "distance": distance}
        assert bool(alarms(PAST, now)) == on_the_way
        assert bool(alarms(PAST, {**now, "last": True})) == at_the_end
    near = [{"step": 0, "distance": 1.0}, {"step": 200, "distance": 0.0001}]
    assert alarms(near, {"step": 300, "distance": 0.029, "last": True}) == []  # noise


def test_a_point_is_alarming_without_any_past():
    assert alarms([], {"step": 200, "diversity": 0.049}) != []
    assert alarms([], {"step": 200, "diversity": 0.051}) == []


def test_what_was_alarming_is_nothing_to_compare_with():
    health = Health().after({"step": 0, **WELL})
    for step in (200, 300, 400):
        health = health.after({"step": step, **WELL, "score_gap": 1e9 if step > 200 else 0.1})
    assert [bool(one["alarms"]) for one in health.checkups] == [False, False, True, True]
    assert health.good == 200


def test_one_alarm_is_a_bad_moment_and_two_in_a_row_are_bad():
    health = Health().after({"step": 200, **WELL})
    health = health.after({"step": 300, **WELL, **GONE})
    assert health.bad(2) == [] and health.bad(1) != []
    assert health.after({"step": 400, **WELL}).after({"step": 500, **WELL, **GONE}).bad(2) == []
    assert health.after({"step": 400, **WELL, **GONE}).bad(2) != []


def test_the_best_is_the_first_of_the_lowest_distances_and_never_alarming():
    health = Health()
    for step, distance in ((0, 0.1), (200, 3.0), (300, 1.0), (400, 1.0), (500, nan)):
        health = health.after({"step": step, "distance": distance})
    health = health.after({"step": 600, "distance": 0.5, "diversity": 0.0})
    assert health.marks == {"best": {"step": 300, "distance": 1.0}, "good": {"step": 400}}


def test_what_was_never_judged_is_not_gone_back_to():
    health = Health(bounds=Bounds(first_judged_step=20)).after({"step": 0, **GONE})
    for step in (5, 10, 15):  # judged from 20 on
        health = health.after({"step": step, **GONE})
    assert health.good == 0 and "good" not in health.marks
    assert health.back("why", 20).checkups == health.checkups[:1]


def test_health_comes_back_from_json():
    health = Health().after({"step": 0, **WELL}).after({"step": 300, **GONE}).back("why", 300)
    again = Health.from_json(json.loads(json.dumps(health.to_json())))
    assert again == health and again.restarts == 1
    assert again.after({"step": 400, **WELL}) == health.after({"step": 400, **WELL})


# Going back


def test_a_state_is_restored_as_often_as_it_is_asked_for():
    task = Fit()
    list(run_training(task, ROWS, Schedule(5, 4, OFTEN)))
    state, before = snapshot(task.parts, 5), pack(task)
    for _ in range(2):
        list(run_training(task, ROWS, Schedule(7, 4, OFTEN)))
        assert not equal(pack(task), before)
        restore(task.parts, state)
        assert equal(pack(task), before)


def test_a_frozen_generator_is_caught_within_two_checkups_and_begins_again_where_it_was_good():
    task = Fit(frozen(40))
    lines = list(train(task))
    assert task.asked[:7] == [(0, step) for step in range(0, 61, 10)]
    assert task.asked[7:] == [(1, step) for step in range(50, 101, 10)]
    assert task.attempt == lines[-1].restarts == 1
    assert equal(task.seen[0, 40], task.seen[1, 40])
    assert not equal(task.seen[0, 41], task.seen[1, 41])  # other rows
    assert [line.step for line in lines if line.restarts] == list(range(45, 101, 5))


def test_a_breakdown_that_only_the_end_shows_is_seen_there():
    task = Fit(frozen(90))
    list(train(task))
    assert task.attempt == 1 and max(step for attempt, step in task.seen if attempt) == 99


@each
def test_after_a_breakdown_the_log_tells_one_course(how, tmp_path):
    run, task = claim(tmp_path / "r"), Fit(**how)
    list(train(task, run))
    rows = run.metrics()
    assert [row["step"] for row in rows] == list(range(5, 101, 5))
    attempts = [row.get("attempt", 0) for row in rows]
    assert attempts == sorted(attempts) and attempts[-1] == task.attempt > 0
    assert task.numbers["steps"] == 100
    assert not (run.path / "diagnosis.json").exists()
    left = run.load().state["guard"]["left"]
    assert [one["attempt"] for one in left] == list(range(task.attempt))


def test_updates_that_are_not_finite_are_left_at_once():
    task = Fit(spoilt=spoilt(42))
    list(train(task))
    assert max(step for attempt, step in task.seen if attempt == 0) == 49
    assert equal(task.seen[0, 40], task.seen[1, 40])


def test_weights_that_are_not_finite_are_left_at_the_next_save(tmp_path):
    run, task = claim(tmp_path / "r"), Fit()
    training = train(task, run)
    for line in training:
        if line.step == 45 and not line.restarts:
            task.numbers["spoilt"] = 1.0
            with torch.no_grad():
                task.network.bias.fill_(nan)
    assert task.attempt == 1 and task.numbers == {"steps": 100.0}
    assert run.load().tensors["network/bias"].isfinite().all()


STOPPED = [
    (frozen(40, until=9), lambda *_: False, TrainingError, "diversity 0.01 is below its bound"),
    (frozen(10**9), spoilt(42, until=9), FloatingPointError, "before step 50 was finite"),
]


@pytest.mark.parametrize(("script", "wrong", "error", "words"), STOPPED)
def test_after_three_rollbacks_the_training_stops_and_says_what_was_seen(
    script, wrong, error, words, tmp_path
):
    run, task = claim(tmp_path / "r"), Fit(script, wrong)
    with pytest.raises(error, match=f"broke down 4 times.*{words}.*diagnosis.json says") as stop:
        list(train(task, run))
    assert type(stop.value) is error
    told = json.loads((run.path / "diagnosis.json").read_text())
    assert [one["attempt"] for one in told["restarts"]] == [0, 1, 2, 3]
    assert told["last_good_step"] == 40
    assert words in told["why"] and told["config"] == {"steps": 100}
    assert told["bounds"]["attempts"] == Bounds().attempts == 3
    assert [one["step"] for one in told["checkups"]] == [0, 10, 20, 30, 40]
    assert run.load().step == 40 and run.best()["step"] == 10
    with pytest.raises(error, match="broke down 5 times"):  # and so it does when it is asked again
        list(train(Fit(script, wrong), run))


def test_a_training_without_a_run_stops_with_a_sentence_alone(tmp_path):
    with (
        chdir(tmp_path),
        pytest.raises(TrainingError, match="broke down 4 times, at last by step 60: diversity"),
    ):
        list(train(Fit(frozen(40, until=9))))
    assert list(tmp_path.iterdir()) == []


def test_without_a_guard_nothing_is_asked_and_numbers_that_are_not_finite_stop_it(tmp_path):
    task = Fit(frozen(40, until=9))
    list(train(task, claim(tmp_path / "r"), guard=False))
    assert task.asked == [] and "guard" not in course(tmp_path / "r")[0].state
    with pytest.raises(FloatingPointError, match="^no update of the last 5 steps before step 45"):
        list(train(Fit(spoilt=spoilt(40)), guard=False))


def test_another_attempt_halves_nothing_itself_but_is_told_to_the_task():
    task = Fit(frozen(40, until=3))
    list(train(task))
    assert task.attempt == 3


# Runs


LEFT = ((1, True), (7, True), (2, False), (1, True), (2, False), (1, True), (3, True))


@each
def test_a_run_that_was_left_around_a_breakdown_ends_as_one_that_was_not(how, tmp_path):
    whole, left = claim(tmp_path / "whole"), claim(tmp_path / "left")
    list(train(Fit(**how), whole))
    for lines, interrupted in LEFT:  # else killed: what came after the last save is lost
        training = train(Fit(**how), left)
        for _ in range(lines):
            next(training)
        if interrupted:
            with pytest.raises(KeyboardInterrupt):
                training.throw(KeyboardInterrupt())
        training.close()
    list(train(Fit(**how), left))
    assert_same_course(whole.path, left.path)


def test_a_run_killed_just_after_going_back_does_not_take_the_course_it_left(tmp_path):
    whole, left = claim(tmp_path / "whole"), claim(tmp_path / "left")
    list(train(Fit(frozen(40)), whole))
    training = train(Fit(frozen(40)), left)
    with pytest.raises(KeyboardInterrupt), pytest.MonkeyPatch.context() as patch:

        def cut(self, step):
            if step == 40:
                raise KeyboardInterrupt

        patch.setattr(Run, "cut", cut)
        list(training)
    assert left.load().step == 40 and left.load().state["guard"]["attempt"] == 1
    list(train(Fit(frozen(40)), left))
    assert_same_course(whole.path, left.path)


def closest(at):
    return lambda step, attempt: WELL | {"distance": 1.0 + abs(step - at) / 100}


def test_the_best_checkpoint_outlives_all_rotation(tmp_path):
    run, task = claim(tmp_path / "r"), Fit(closest(30))
    for line in train(task, run):
        if line.step >= 30:
            assert run.best() == {"step": 30, "distance": 1.0}
    assert run.steps() == [30, 90, 100]
    best = run.load(which="best")
    assert best.step == 30
    assert all(torch.equal(best.tensors[k], v) for k, v in task.seen[0, 30][0].items())


def test_a_better_checkpoint_takes_the_place_of_the_best(tmp_path):
    run = claim(tmp_path / "r")
    list(train(Fit(closest(100)), run))
    assert run.best()["step"] == 100 and run.steps() == [90, 100]


def test_the_last_good_state_outlives_interruptions_after_it(tmp_path):
    whole, run = claim(tmp_path / "whole"), claim(tmp_path / "r")
    list(train(Fit(frozen(40)), whole))
    training = train(Fit(frozen(40)), run)
    for _ in range(8):
        next(training)
    for _ in range(3):  # at 45, 50 and 55
        assert not next(training).restarts
        with pytest.raises(SystemExit):
            training.throw(SystemExit())
        training = train(Fit(frozen(40)), run)
    assert run.steps() == [10, 40, 50, 55]  # the best, the good, and the newest two
    list(training)
    assert_same_course(whole.path, run.path)


def test_a_run_whose_good_state_is_damaged_goes_back_to_where_it_was_taken_up(tmp_path):
    run = claim(tmp_path / "r")
    training = train(Fit(frozen(40)), run)
    for _ in range(10):
        next(training)
    training.close()
    (run.path / "checkpoints" / "step-00000040" / "state.json").unlink()
    task = Fit(frozen(40))
    list(train(task, run))
    assert min(step for attempt, step in task.seen if attempt == 1) == 50


def test_a_run_has_one_training_at_a_time(tmp_path):
    run = claim(tmp_path / "r")
    training = train(Fit(), run)
    next(training)
    with pytest.raises(BlockingIOError, match="another training is writing"):
        next(train(Fit(), run))
    training.close()
    next(train(Fit(), run))


# GANs: what the slow tests ask a few times, and a longer trial as often as it likes


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_a_healthy_run_is_let_alone(seed):
    assert guard_trial("healthy", seed)["left"] == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_generator_frozen_to_one_mode_is_seen_within_two_checkups(seed):
    found = guard_trial("frozen", seed)
    assert found["left"][0][0] <= 600
    assert found["stopped"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("always", [False, True])
def test_a_blow_up_ends_in_recovery_or_a_stop(seed, always):
    assert ended_well(guard_trial("blown up always" if always else "blown up", seed))
