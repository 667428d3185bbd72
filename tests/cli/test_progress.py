"""How progress is shown, and how signals reach a training."""

import os
import signal
import sys
import threading
from dataclasses import replace

import pytest
from rich.console import Console

from ssgan.cli.progress import Stop, bar, lines, losses_line, pace_line, show
from ssgan.training.runner import Progress


def state(step, steps=100, **values):
    return Progress(step, steps, values or {"critic": 0.5}, 1400.4, 83.2)


def counting(steps=100, stopped=None):
    """A training that notes what is thrown into it, and after which step."""
    for step in range(10, steps + 1, 10):
        try:
            yield state(step, steps)
        except BaseException as error:
            stopped.append((step, type(error)))
            raise
    return "trained"


@pytest.mark.parametrize("quiet", [True, False])
def test_show_returns_what_the_training_returns(quiet):
    assert show(counting(), quiet) == "trained"


def test_quiet_shows_nothing(capsys):
    show(counting(), quiet=True)
    assert capsys.readouterr() == ("", "")


def test_a_log_has_the_first_line_and_the_last(capsys):
    show(counting())
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "step 10/100  critic 0.5  1,400 samples/s  1:23 left",
        "step 100/100  critic 0.5  1,400 samples/s  1:23 left",
    ]


def test_a_log_and_a_bar_name_the_training_that_is_under_way(capsys):
    training = (replace(state(step), phase="calibration") for step in (1, 100))
    lines()(next(training))
    assert capsys.readouterr().err.startswith("calibration, step 1/100  critic")
    with bar(Console(stderr=True, force_terminal=True)) as tell:
        tell(next(training))
    assert "calibration 100/100" in capsys.readouterr().err


def test_a_log_has_a_line_every_few_seconds(capsys):
    seconds = iter(range(0, 1000, 2))
    tell = lines(clock=lambda: next(seconds) / 2)
    for step in range(1, 100):
        tell(state(step))
    steps = [int(line.split("/")[0][5:]) for line in capsys.readouterr().err.splitlines()]
    assert steps[0] == 1
    assert len(steps) < 40


def test_a_terminal_gets_a_bar_with_losses_speed_and_time_left(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    show(counting())
    err = capsys.readouterr().err
    assert "100/100" in err
    assert "1,400 samples/s  1:23 left critic 0.5" in err


def test_updates_that_were_not_finite_are_mentioned_only_where_there_are_some():
    assert "finite" not in losses_line(state(1, critic=1.0, not_finite=0.0))
    assert "not finite 0.25" in losses_line(state(1, critic=1.0, not_finite=0.25))


@pytest.mark.parametrize(
    ("seconds", "left"), [(0.2, "0:00"), (83.2, "1:23"), (3600, "1:00:00"), (36061, "10:01:01")]
)
def test_the_time_left_is_said_in_hours_minutes_and_seconds(seconds, left):
    assert pace_line(Progress(1, 2, {}, 0.6, seconds)) == f"1 samples/s  {left} left"


@pytest.fixture
def heard():
    """SIGHUP is heard, also in tests that were started by nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (signal.SIGINT, KeyboardInterrupt),
        (signal.SIGTERM, SystemExit),
        (signal.SIGHUP, SystemExit),
    ],
)
def test_a_signal_is_thrown_in_between_two_steps(number, kind, capsys, heard):
    stopped = []

    def training():
        yield state(10)
        os.kill(os.getpid(), number)  # it comes while a step is taken
        yield from counting(stopped=stopped)

    with pytest.raises(kind) as raised:
        show(training(), quiet=True)
    assert stopped == [(10, kind)]
    assert kind is KeyboardInterrupt or raised.value.code == 128 + number
    assert "stopping" in capsys.readouterr().err


def test_a_second_signal_ends_the_process_where_it_is(capsys):
    reached, codes = [], []

    def leave(code):
        codes.append(code)
        raise KeyboardInterrupt  # a test cannot end its own process

    def training():
        yield state(10)
        os.kill(os.getpid(), signal.SIGINT)
        reached.append("after one")
        os.kill(os.getpid(), signal.SIGINT)
        reached.append("after two")
        yield state(20)

    with pytest.raises(KeyboardInterrupt):
        show(training(), quiet=True, stop=Stop(leave))
    assert (reached, codes) == (["after one"], [130])


def test_a_signal_after_the_last_step_is_not_forgotten(capsys):
    def training():
        yield state(100)
        os.kill(os.getpid(), signal.SIGTERM)
        return "trained"

    with pytest.raises(SystemExit) as raised:
        show(training(), quiet=True)
    assert raised.value.code == 143


def test_the_handlers_of_before_are_put_back():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    show(counting(), quiet=True)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_training_may_be_shown_in_another_thread():
    results = []
    thread = threading.Thread(target=lambda: results.append(show(counting(), quiet=True)))
    thread.start()
    thread.join()
    assert results == ["trained"]
