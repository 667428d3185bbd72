"""CIFAR-10 made with and without classes: the suite `cifar10-generation`."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ssgan.benchmark import suite
from ssgan.benchmark.suites import natural, stacked
from ssgan.benchmark.suites.natural import METHODS, WEIGHTS, Cell
from ssgan.objectives import NonSaturating, Relativistic


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """Colour images of 8 x 8 in the place of CIFAR-10's."""
    rng = np.random.default_rng(0)
    x, x_test = (rng.integers(256, size=(n, 8, 8, 3), dtype=np.uint8) for n in (64, 1200))
    y = np.arange(64) % 4
    from ssgan.data import Data

    data = Data(kind="images", x=x, y=y, x_test=x_test, y_test=np.arange(1200) % 4)
    monkeypatch.setattr(natural, "data_of", lambda name, data_dir: data)
    return data


@pytest.mark.parametrize("method", METHODS)
def test_both_ways_are_judged_without_a_download(method, tiny, tmp_path):
    found = natural.solve(1, tmp_path, Cell(method=method, gan_seed=0), tmp_path)
    assert found["real_samples"] == 64 and found["steps"] == 1
    assert found["frechet"] > 0 and 0 <= found["coverage"] <= 1
    assert not any("inception" in name for name in found)


def test_labels_are_read_by_class_only(tiny, tmp_path, monkeypatch):
    told = []

    def pretrained(data, config, labels):
        told.append(labels)
        raise InterruptedError

    monkeypatch.setattr(natural, "pretrain", pretrained)
    for method in METHODS:
        with pytest.raises(InterruptedError):
            natural.solve(1, tmp_path, Cell(method=method, gan_seed=0), tmp_path)
    assert told[0] is None and np.array_equal(told[1], tiny.y)


def test_weights_beside_the_data_give_the_published_distances(tmp_path, monkeypatch):
    (tmp_path / WEIGHTS).touch()
    seen = SimpleNamespace()

    def inception(real, fake, weights):
        seen.shape, seen.weights = real.shape, weights
        return {"frechet_inception_9_real": 12.0, "kernel_inception_9_real": 0.5}

    monkeypatch.setattr(natural, "inception", inception)
    images = np.zeros((9, 32, 32, 3), np.uint8)
    found = natural.fid(images, images, tmp_path)
    assert found == {"frechet_inception": 12.0, "kernel_inception": 0.5}
    assert seen.shape == (9, 3, 32, 32) and seen.weights == tmp_path / WEIGHTS


@pytest.mark.parametrize(("gpu", "count"), [(False, 9), (True, 18)])
def test_all_rows_of_the_stacked_digits_run_where_there_is_a_gpu(gpu, count, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    assert len(suite("stacked-mnist").cells) == count
    assert stacked.MORE["plain, R1 and R2"] == NonSaturating(r1=1.0, r2=1.0)
    assert not Relativistic(r1=0.0, r2=0.0).penalises
