"""CIFAR-10 made with and without classes: the suite `cifar10-generation`."""

import numpy as np
import pytest

from ssgan.benchmark.cells import Cell, Place
from ssgan.benchmark.suites import cifar10, stacked_mnist
from ssgan.benchmark.suites.cifar10 import BY_CLASS, WITHOUT
from ssgan.data import Data
from ssgan.objectives import NonSaturating, Relativistic


@pytest.fixture
def tiny():
    """Colour images of 8 x 8 in the place of CIFAR-10's."""
    rng = np.random.default_rng(0)
    x, x_test = (rng.integers(256, size=(n, 8, 8, 3), dtype=np.uint8) for n in (64, 1200))
    y, y_test = np.arange(64) % 4, np.arange(1200) % 4
    return Data(kind="images", x=x, y=y, x_test=x_test, y_test=y_test)


@pytest.mark.parametrize("method", [WITHOUT, BY_CLASS])
def test_both_methods_are_judged_without_a_download(method, tiny, tmp_path):
    place = Place(tmp_path, tmp_path, reader=lambda name, data_dir: tiny)
    found = cifar10.judge_natural(1, Cell(method=method, gan_seed=0), place)
    assert found["real_samples"] == 64 and found["steps"] == 1
    assert found["frechet"] > 0 and 0 <= found["coverage"] <= 1
    assert not any("inception" in name for name in found)


def test_labels_are_a_condition_by_class_only(tiny):
    assert cifar10.labels_for(WITHOUT, tiny) is None
    assert np.array_equal(cifar10.labels_for(BY_CLASS, tiny), tiny.y)


def test_the_file_of_weights_gives_the_published_distances(tmp_path):
    asked = []

    def inception(real, fake, weights):
        asked.append((real.shape, weights))
        return {"frechet_inception_9_real": 12.0, "kernel_inception_9_real": 0.5}

    images, weights = np.zeros((9, 32, 32, 3), np.uint8), tmp_path / "weights.pth"
    assert cifar10.fid(images, images, weights, inception) == {}
    weights.touch()
    found = cifar10.fid(images, images, weights, inception)
    assert found == {"frechet_inception": 12.0, "kernel_inception": 0.5}
    assert asked == [((9, 3, 32, 32), weights)]


@pytest.mark.parametrize(("gpu", "count"), [(False, 9), (True, 18)])
def test_all_rows_of_the_stacked_digits_run_where_there_is_a_gpu(gpu, count):
    assert len(stacked_mnist.stacked_mnist(False, gpu).cells) == count
    assert stacked_mnist.GPU_OBJECTIVES["plain, R1 and R2"] == NonSaturating(r1=1.0, r2=1.0)
    assert not Relativistic(r1=0.0, r2=0.0).penalises
