"""The suite of measures: what is timed is what users call, and other people's code is compared."""

import numpy as np
import pytest
import torch

from ssgan.benchmark import suite
from ssgan.benchmark.suites import metric_suite
from ssgan.benchmark.suites.metric_suite import ALL, DISTANCES, NOT_MEASURED, PEERS, TIMED_MEASURES
from ssgan.data import Data


@pytest.fixture(scope="module")
def x():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (900, 8, 8)).astype(np.uint8)
    return metric_suite.two_sides(Data(kind="images", x=images, y=np.arange(900) % 3), 300, 0)


def test_three_draws_share_no_row_and_the_last_is_rounded_to_pixels(x):
    assert x.real.shape == x.held_out.shape == x.fake.shape == (300, 1, 8, 8)
    assert len(torch.unique(torch.cat([x.real, x.held_out]), dim=0)) == 600
    levels = (x.fake + 1) * 127.5
    assert torch.allclose(levels, levels.round(), atol=1e-3)
    assert x.classes.shape == x.fake_classes.shape == (300,)


@pytest.mark.parametrize("method", [*DISTANCES, *TIMED_MEASURES])
def test_every_measure_is_timed(x, method):
    assert metric_suite.time_measure(method, x)["seconds"] >= 0


def test_all_together_holds_every_measure(x):
    found, memorised, coverage = TIMED_MEASURES[ALL](x)
    assert {name.split("_")[0] for one in found for name in one} == {
        *("frechet", "kernel", "precision", "recall", "density", "coverage", "c2st")
    }
    assert "memorised_randconv_300_train" in memorised
    assert set(coverage.coverage) == {0, 1, 2}


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.filterwarnings("ignore")
def test_distances_agree_to_a_thousandth_with_what_is_there(x, name):
    found = metric_suite.compare_code(*PEERS[name], x)
    assert found["difference"] == NOT_MEASURED or found["difference"] < 1e-3


def test_a_package_that_is_not_there_is_not_measured(x):
    def absent(ours, theirs):
        raise ImportError("no such package")

    found = metric_suite.compare_code(metric_suite.frechet_distance, absent, x)
    assert found["difference"] == "not measured"


def test_another_answer_is_a_difference(x):
    found = metric_suite.compare_code(lambda a, b: 1.5, lambda a, b: 1.0, x)
    assert found["difference"] == 0.5


def test_measures_run_alone_and_comparisons_do_not():
    found = suite("metric-suite")
    alone = {cell.method for cell in found.cells if found.timed(cell)}
    assert alone == {*DISTANCES, *TIMED_MEASURES}
    assert {cell.method for cell in found.cells} == alone | {*PEERS}
