"""How long a training takes is told from steps that are like those it will take."""

import pytest

from ssgan.models.estimate import BUDGET, FIRST, LEAST, MOST, seconds_a_step


class Steps:
    """Steps that take so many seconds, the first ten times that; and a clock that they turn."""

    def __init__(self, seconds):
        self.seconds, self.now, self.numbers = seconds, 0.0, []

    def __call__(self, number):
        self.now += self.seconds * (1 if self.numbers else 10)
        self.numbers.append(number)
        return {}


@pytest.mark.parametrize(
    ("seconds", "timed"), [(0.001, MOST), (BUDGET / 9.5, 10), (BUDGET, LEAST), (9 * BUDGET, LEAST)]
)
def test_a_slow_first_step_is_not_counted_and_slow_steps_are_few(seconds, timed):
    steps = Steps(seconds)
    assert seconds_a_step(steps, lambda: steps.now) == pytest.approx(seconds)
    assert steps.numbers[1:] == [FIRST + k for k in range(timed)]
