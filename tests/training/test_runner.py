"""A task in a run directory: resumed, logged, saved, and how far it is."""

import time
from contextlib import chdir

import pytest
import torch
from torch import nn

from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.runtime import Runtime
from ssgan.training.batches import Batches, Stream
from ssgan.training.optim import adam
from ssgan.training.runner import finish, run_training
from ssgan.training.schedule import Schedule, TrainOptions
from ssgan.training.step import descend
from tests.examples import OFTEN, assert_same_course, course

CPU = Runtime("cpu", bfloat16=False)
RNG = Rng(("progress test",))
X = RNG("x").normal(10, 3)
ROWS = Batches({"rows": Stream((X,), 4)}, RNG)


class Fit:
    """A linear layer on its way to the sum of its inputs."""

    def __init__(self):
        torch.manual_seed(0)
        self.network = nn.Linear(3, 1)
        self.optimizer = adam(self.network, 0.05, (0.5, 0.9))
        self.taken = []

    @property
    def parts(self):
        return {"network": self.network, "optimizer": self.optimizer}

    def update(self, rows, step):
        self.taken.append(step.number)

        def loss(x):
            return {"error": (self.network(x)[:, 0] - x.sum(1)).square().mean()}

        terms, refused = descend(loss, rows("rows", step.number, 0), self.optimizer, CPU)
        return terms, {"not_finite": refused}


def claim(path, steps=20):
    return Run.claim(path, {"steps": steps})


def fit(run=None, steps=20, every=2):
    task = Fit()
    return task, run_training(task, ROWS, Schedule(steps, 4, TrainOptions(log_every=every)), run)


def test_progress_tells_step_steps_values_speed_and_time_left():
    task, training = fit()
    lines = list(training)
    assert [line.step for line in lines] == list(range(2, 21, 2))
    assert {line.steps for line in lines} == {20}
    assert lines[-1].values["error"] < lines[0].values["error"]
    assert all(line.speed > 0 for line in lines)
    assert lines[-1].eta == 0 < lines[0].eta
    assert task.taken == list(range(20))


def test_a_training_without_a_run_writes_nothing(tmp_path):
    with chdir(tmp_path):
        list(fit()[1])
    assert list(tmp_path.iterdir()) == []


def test_the_log_has_a_line_for_every_progress(tmp_path):
    run = claim(tmp_path / "r")
    told = list(fit(run)[1])
    rows = run.metrics()
    assert [row["step"] for row in rows] == [line.step for line in told]
    assert [row["error"] for row in rows] == [line.values["error"] for line in told]
    assert set(rows[0]) == {"step", "error", "not_finite", "seconds"}


def saved(steps, every, checkpoints=10):
    """After which steps there is a checkpoint."""
    schedule = Schedule(steps, 4, TrainOptions(log_every=every, checkpoints=checkpoints))
    return [step for step in range(1, steps + 1) if schedule.saves(step)]


def test_a_training_is_saved_ten_times_and_at_its_end():
    assert saved(45, 1) == [*range(4, 45, 4), 45]  # 45 is no multiple of 10
    assert saved(5000, 50) == list(range(500, 5001, 500))
    assert saved(20, 1, checkpoints=1) == [20]


def test_a_training_is_saved_no_oftener_than_it_speaks():
    assert saved(20, 9) == [9, 18, 20]
    assert saved(1000, 75) == [150, 225, 300, 450, 525, 600, 750, 825, 900, 1000]


def test_what_a_task_is_told_to_be_saved_is(tmp_path):
    run, told = claim(tmp_path / "r"), []
    task = Fit()
    update = task.update
    task.update = lambda rows, step: (
        told.append((step.number + 1, step.saved)) or update(rows, step)
    )
    held = []
    for line in run_training(task, ROWS, Schedule(20, 4, TrainOptions(log_every=3)), run):
        held.append((line.step, line.step in run.steps()))
    assert [step for step, due in told if due] == [step for step, kept in held if kept]


@pytest.mark.parametrize("lines", [1, 9])
def test_a_run_that_was_left_ends_as_one_that_was_not(tmp_path, lines):
    whole, left = claim(tmp_path / "whole"), claim(tmp_path / "left")
    list(fit(whole)[1])
    _, training = fit(left)
    for _ in range(lines):
        next(training)
    training.close()
    task, rest = fit(left)
    list(rest)
    assert task.taken == list(range(2 * lines, 20))
    assert_same_course(whole.path, left.path)


def test_steps_that_were_logged_but_not_saved_are_logged_once(tmp_path):
    whole, left = claim(tmp_path / "whole"), claim(tmp_path / "left")
    list(fit(whole, every=1)[1])
    _, training = fit(left, every=1)
    for _ in range(7):
        next(training)  # saved at 6
    training.close()
    assert [row["step"] for row in left.metrics()] == list(range(1, 8))
    task, rest = fit(left, every=1)
    next(rest)
    assert task.taken == [6]
    assert [row["step"] for row in left.metrics()] == list(range(1, 8))
    list(rest)
    assert_same_course(whole.path, left.path)


def test_a_log_without_a_checkpoint_is_begun_anew(tmp_path):
    run = claim(tmp_path / "r")
    run.log({"step": 1, "error": 1.0})
    list(fit(run, steps=2)[1])
    assert [row["step"] for row in run.metrics()] == [2]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interruption_between_two_steps_leaves_a_checkpoint(tmp_path, error):
    whole, stopped = claim(tmp_path / "whole"), claim(tmp_path / "stopped")
    list(fit(whole, every=1)[1])
    _, training = fit(stopped, every=1)
    assert [next(training).step for _ in range(3)] == [1, 2, 3]
    assert stopped.steps() == [2]
    with pytest.raises(error):
        training.throw(error())
    assert stopped.load().step == 3
    list(fit(stopped, every=1)[1])
    assert_same_course(whole.path, stopped.path)


def test_an_interruption_without_a_run_goes_through():
    _, training = fit()
    next(training)
    with pytest.raises(KeyboardInterrupt):
        training.throw(KeyboardInterrupt())


def test_another_error_saves_nothing(tmp_path):
    run = claim(tmp_path / "r")
    _, training = fit(run, every=1)
    for _ in range(3):
        next(training)
    with pytest.raises(RuntimeError, match="a bug"):
        training.throw(RuntimeError("a bug"))
    assert run.steps() == [2]


def test_a_finished_run_takes_no_step_and_keeps_its_log(tmp_path):
    run = claim(tmp_path / "r")
    list(fit(run)[1])
    before = course(run.path)
    task, training = fit(run)
    assert list(training) == []
    assert task.taken == []
    found, rows = course(run.path)
    assert rows == before[1]
    assert torch.equal(task.network.weight, found.tensors["network/weight"])


def test_a_diverged_training_keeps_its_last_good_checkpoint(tmp_path):
    run, task = claim(tmp_path / "r"), Fit()
    nan = Batches({"rows": Stream((X * float("nan"),), 4)}, RNG)

    def rows(stream, step, k):
        return (nan if step >= 6 else ROWS)(stream, step, k)

    with pytest.raises(FloatingPointError, match="before step 8"):
        list(run_training(task, rows, Schedule(20, 4, OFTEN), run))
    assert run.load().step == 6
    assert all(t.isfinite().all() for t in run.load().tensors.values())


def test_a_task_that_cannot_be_guarded_is_trained_as_it_is(tmp_path):
    run, task = claim(tmp_path / "r"), Fit()
    list(run_training(task, ROWS, Schedule(20, 4, OFTEN), run))
    found = run.load()
    assert found.marks == {}
    assert set(found.state) == {"optimizer"} and not (run.path / "diagnosis.json").exists()


def test_speed_and_time_left_count_the_steps_of_this_process(tmp_path):
    run = claim(tmp_path / "r")
    training = fit(run)[1]
    for _ in range(9):
        next(training)
    training.close()
    begun = time.perf_counter()
    (last, *rest) = list(fit(run)[1])
    assert last.step == 20 and not rest
    assert last.speed >= 2 * 4 / (time.perf_counter() - begun)


def test_finish_gives_what_the_training_returns():
    def training():
        yield 1
        yield 2
        return "the result"

    assert finish(training()) == "the result"


@pytest.mark.parametrize("stop", [3, 4, 5, 7])
def test_a_training_stopped_between_two_lines_saves_and_ends_with_the_same_bits(tmp_path, stop):
    whole, stopped = claim(tmp_path / "whole"), claim(tmp_path / "stopped")
    list(fit(whole, every=4)[1])
    options = TrainOptions(log_every=4, pulse=0.0)
    training = run_training(Fit(), ROWS, Schedule(20, 4, options), stopped)
    while next(training).step < stop:
        pass
    with pytest.raises(SystemExit):
        training.throw(SystemExit(143))
    assert stopped.load().step == stop
    list(fit(stopped, every=4)[1])
    assert_same_course(whole.path, stopped.path)
