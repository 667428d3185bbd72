"""The suites of shapes, signals and pictures: their parts, and that their short forms run."""

import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image

from ssgan.benchmark import run, series, suite
from ssgan.benchmark.cells import Cell, Place
from ssgan.benchmark.problems import Problem, halve_shapes
from ssgan.benchmark.suites import shapes, signals, upscaling
from ssgan.data import Data, spectrograms
from ssgan.randomness import Rng
from tests.models.test_superresolution import photographs

RNG = np.random.default_rng(0)


def bumps(count, seed):
    """Signals (N, 40) with a wide or a narrow bump at some place."""
    draw = np.random.default_rng(seed)
    y = np.arange(count) % 2
    at = draw.uniform(12, 28, count)[:, None]
    x = np.exp(-(((np.arange(40) - at) / np.where(y, 4.0, 1.5)[:, None]) ** 2))
    return x + draw.normal(0, 0.02, x.shape), y


def problem():
    (x, y), (x_test, y_test) = bumps(12, 0), bumps(40, 1)
    data = Data(kind="signals", x=x, y=y, x_test=x_test, y_test=y_test)
    return Problem(data, np.arange(12))


@pytest.mark.parametrize(("name", "least"), [("euclidean", 0.6), ("time_warped", 1), ("rocket", 1)])
def test_what_others_make_of_signals(name, least):
    found = problem()
    said = getattr(series, name)(found, 0)
    assert (said == found.data.y_test).mean() >= least


def plain_warping(a, b):
    """The textbook's double loop."""
    costs = np.full((len(a) + 1, len(b) + 1), np.inf)
    costs[0, 0] = 0
    for i in range(len(a)):
        for j in range(len(b)):
            least = min(costs[i, j], costs[i, j + 1], costs[i + 1, j])
            costs[i + 1, j + 1] = (a[i] - b[j]) ** 2 + least
    return costs[-1, -1]


def test_warping_costs_are_those_of_the_double_loop():
    a, b = RNG.normal(size=(3, 1, 9)).astype(np.float32), RNG.normal(size=(4, 1, 9)).astype("f4")
    expected = [[plain_warping(one[0], other[0]) for other in b] for one in a]
    np.testing.assert_allclose(series.warping_costs(a, b), expected, rtol=1e-5)


def test_random_kernels_are_as_in_the_paper():
    kernels = [*series.random_kernels(2, 100, Rng(("kernels",)))]
    assert sum(len(weights) for weights, *_ in kernels) == series.KERNELS
    for weights, biases, dilation, padding in kernels:
        assert weights.shape[1:] in ((2, 7), (2, 9), (2, 11))
        assert weights.mean((1, 2)).abs().max() < 1e-6
        assert biases.abs().max() <= 1
        assert padding in (0, (weights.shape[2] - 1) * dilation // 2)
        assert (weights.shape[2] - 1) * dilation < 100


def test_features_of_kernels_are_maxima_and_shares_above_0():
    x = torch.tensor([[[1.0, -2.0, 3.0, -4.0]]])
    one = (torch.ones(1, 1, 1), torch.tensor([0.5]), 1, 0)
    assert series.convolved(x, [one]).tolist() == [[3.5, 0.5]]


def test_a_tone_lights_the_band_of_its_pitch_and_no_other():
    time = np.arange(4096) / 8000
    low, high = (np.sin(2 * np.pi * pitch * time) for pitch in (300, 3000))
    images = spectrograms(np.stack([low, high]), 8000)
    assert images.shape == (2, 32, 31)
    rows = images.mean(2).argmax(1)
    assert rows[0] > 24 > 8 > rows[1]
    assert (images == 255).any((1, 2)).all()
    assert np.array_equal(images, spectrograms(np.stack([low, high])[:, None] * 9, 8000))


@pytest.mark.parametrize(
    ("x", "message"),
    [(np.zeros((2, 3, 512)), "of one channel"), (np.zeros((2, 100)), "at least 256 samples")],
)
def test_sounds_that_have_no_spectrogram_are_refused(x, message):
    with pytest.raises(ValueError, match=message):
        spectrograms(x, 8000)


def test_shapes_are_halved_and_the_leaked_ones_are_known():
    x = (RNG.random((5, 32, 32, 32, 1)) > 0.99).astype(np.uint8)
    data = halve_shapes(Data(kind="volumes", x=x, y=np.arange(5), x_test=x[3:], y_test=[3, 4]))
    assert (data.x.shape, data.x.dtype) == ((5, 16, 16, 16), bool)
    assert data.x[0, 1, 2, 3] == x[0, 2:4, 4:6, 6:8].any()
    other = dataclasses.replace(data, x_test=np.stack([data.x[2], ~data.x[2]]))
    assert shapes.leaked(other).tolist() == [True, False]


def tiny_shapes(name, data_dir):
    draw, y = np.random.default_rng(0), np.arange(300) % 10
    x = draw.random((300, 16, 16, 16)) > 0.9
    x[np.arange(300), y] = True
    parts = {"x": x[:250], "y": y[:250], "x_test": x[249:], "y_test": y[249:]}
    return Data(kind="volumes", **parts)


@pytest.mark.parametrize("method", [shapes.RAW, "critic, linear SVM", shapes.SUPERVISED])
def test_a_cell_of_shapes_counts_those_without_leaks_too(method, tmp_path):
    config = dataclasses.replace(shapes.TABLE.gan, steps=2, width=2, batch=8)
    settings = {**shapes.TABLE.settings, shapes.SUPERVISED: {"steps": 2}}
    table = dataclasses.replace(shapes.TABLE, gan=config, settings=settings)
    cell = Cell(data=shapes.SHAPES, labels=250, method=method, gan_seed=0, label_seed=0)
    place = Place(tmp_path, None, tiny_shapes)
    if need := shapes.shared(table, cell):
        shapes.make_shared(table, need, place)
    found = shapes.solve_shape(table, cell, place)
    assert 0 <= found["without_leaks"] <= 1
    if method == shapes.RAW:
        assert found["accuracy"] > 0.9


def test_every_set_of_signals_has_its_cells():
    cells = signals.signals(False).cells
    assert {cell.data for cell in cells} == {f"{name}-signals" for name in signals.CLASSES}
    assert {cell.labels for cell in cells if cell.data == "trace-signals"} == {20, 80}
    assert len(suite("spoken-digits", short=True).cells) == len(signals.SPOKEN_ROWS)


def test_pictures_are_measured_beside_interpolation(tmp_path):
    for name, seed in (("set5", 1), ("set14", 2), ("bsds500", 0)):
        (tmp_path / name).mkdir()
        for number, picture in enumerate(photographs(2, seed)):
            large = Image.fromarray(picture).resize((320, 300))
            large.save(tmp_path / name / f"{number}.png")
    found = upscaling.upscaling(True, 3)
    few = [c for c in found.cells if c.league == "x2" and c.data == "set5"]
    few = [c for c in few if c.method in (upscaling.BICUBIC, upscaling.REGRESSION)]
    solve = dataclasses.replace(found, name="upscaling", cells=tuple(few))
    rows = [*run(solve, tmp_path, work=tmp_path / "work", data_dir=tmp_path)]
    assert {row["method"] for row in rows} == {upscaling.BICUBIC, upscaling.REGRESSION}
    assert all(float(row["psnr"]) > 20 and 0 < float(row["ssim"]) <= 1 for row in rows)
