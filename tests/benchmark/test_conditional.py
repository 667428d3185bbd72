"""What samples by class are worth: the suites `conditional-mnist` and `conditional-fashion`."""

import numpy as np
import pytest

from ssgan.benchmark import suite
from ssgan.benchmark.cells import Cell, Place
from ssgan.benchmark.suites import conditional
from ssgan.benchmark.suites.conditional import CONDITIONAL, REAL, ConditionalAmounts
from ssgan.data import read

AMOUNTS = ConditionalAmounts(steps=2, learnt=500, compared=500)


@pytest.fixture(scope="module")
def digits():
    return read("digits")


def solved(method, digits, tmp_path):
    place = Place(tmp_path, reader=lambda name, data_dir: digits)
    return conditional.judge_classes(AMOUNTS, Cell(data="d", method=method, gan_seed=0), place)


def test_real_rows_teach_as_much_as_real_rows_and_are_seen_to_be_copies(digits, tmp_path):
    found = solved(REAL, digits, tmp_path)
    assert found["steps"] == 0
    assert abs(found["cas"] - found["real"]) < 0.1
    assert found["c2st"] < 0.6
    assert found["memorised_p"] < 0.01


def test_an_untrained_generator_teaches_little_and_is_told_apart(digits, tmp_path):
    found = solved(CONDITIONAL, digits, tmp_path)
    assert found["steps"] == 2
    assert found["cas"] < 0.5 < found["real"]
    assert found["c2st"] > 0.95
    assert found["alarms"] == 10
    assert found["memorised_p"] > 0.01


def test_classes_are_indices_whatever_labels_are_called(digits):
    rows = np.arange(20)
    assert np.array_equal(conditional.class_indices(digits, rows).numpy(), digits.y[rows])


@pytest.mark.parametrize(("short", "gans"), [(False, 3), (True, 1)])
def test_every_data_set_has_its_gans_and_real_rows(short, gans):
    for name in ("conditional-mnist", "conditional-fashion"):
        methods = [cell.method for cell in suite(name, short).cells]
        assert methods == [CONDITIONAL] * gans + [REAL]
