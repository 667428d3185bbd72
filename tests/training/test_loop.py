"""The training loop."""

import json

import pytest
import torch

from ssgan.training.loop import Window, train
from ssgan.training.schedule import Schedule, TrainOptions


class Counting:
    """A task whose term is the step and whose updates are refused at some steps."""

    parts = {}

    def __init__(self, refused=()):
        self.seen, self.refused = [], refused

    def update(self, rows, step):
        self.seen.append(step.number)
        bad = float(step.number in self.refused)
        return {"loss": torch.tensor(float(step.number))}, {"not_finite": torch.tensor(bad)}


def by_fours(steps):
    return Schedule(steps, 1, TrainOptions(log_every=4))


def test_training_takes_every_step_once_and_speaks_of_means_now_and_then():
    task = Counting()
    lines = list(train(task, None, by_fours(10), start=3))
    assert task.seen == list(range(3, 10))
    assert lines == [
        (4, {"loss": 3.0, "not_finite": 0.0}),
        (8, {"loss": 5.5, "not_finite": 0.0}),
        (10, {"loss": 8.5, "not_finite": 0.0}),
    ]


def test_nothing_is_left_to_do_when_all_steps_are_done():
    assert list(train(Counting(), None, by_fours(5), start=5)) == []


def test_a_window_in_which_every_update_was_refused_stops_the_training():
    lines = train(Counting(refused=range(4, 8)), None, by_fours(12))
    assert next(lines)[0] == 4
    with pytest.raises(FloatingPointError, match="the last 4 steps before step 8.*learning rate"):
        next(lines)


def test_training_goes_on_when_an_update_of_a_window_was_applied():
    lines = list(train(Counting(refused=(4, 5, 6)), None, by_fours(8)))
    assert [means["not_finite"] for _, means in lines] == [0.0, 0.75]


def test_between_two_lines_a_slow_training_gives_its_step_and_loses_no_term():
    schedule = Schedule(10, 1, TrainOptions(log_every=4, pulse=0.0))
    lines = list(train(Counting(), None, schedule))
    assert [step for step, _ in lines] == list(range(1, 11))
    spoken = [(step, means) for step, means in lines if means]
    assert spoken == list(train(Counting(), None, by_fours(10)))


def test_a_window_that_was_saved_goes_on_to_the_same_mean():
    window = Window()
    going = train(
        Counting(), None, Schedule(8, 1, TrainOptions(log_every=4, pulse=0.0)), 0, 0, window
    )
    while next(going)[0] < 6:
        pass
    kept = json.loads(json.dumps(window.to_json()))
    assert kept == {"sums": {"loss": 9.0, "not_finite": 0.0}, "count": 2}
    assert next(train(Counting(), None, by_fours(8), 6, 0, Window(**kept))) == (
        *(8, {"loss": 5.5, "not_finite": 0.0}),
    )
