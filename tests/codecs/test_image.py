"""Images as tensors: padding, layouts, ranges, and what is refused."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from ssgan.codecs.arrays import sheet_of
from ssgan.data import fit_codec
from ssgan.randomness import Rng

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("sides", "padded"),
    [
        *(((28, 28), (28, 28)), ((8, 8), (8, 8)), ((7, 9), (8, 10)), ((5, 200), (8, 200))),
        *(((32, 32), (32, 32)), ((105, 105), (112, 112)), ((1, 1), (8, 8)), ((31, 64), (32, 64))),
    ],
)
def test_sides_are_padded_until_they_can_be_halved(sides, padded):
    codec = fit_codec(np.zeros((2, *sides), np.uint8))
    assert codec.shape == (1, *padded)


def test_padding_is_black_on_both_sides():
    codec = fit_codec(np.full((1, 6, 8), 255, np.uint8))
    x = codec.expand(codec.pack(np.full((1, 6, 8), 255, np.uint8)))
    assert x[0, 0, :, 0].tolist() == [-1, 1, 1, 1, 1, 1, 1, -1]
    generated = codec.activate(torch.full((1, *codec.shape), 9.0), Rng((0,)))
    assert torch.allclose(generated, x)


def test_flat_images_come_back_flat():
    flat = RNG.integers(0, 256, (5, 64), dtype=np.uint8)
    codec = fit_codec(flat, image_shape=(8, 8))
    assert codec.shape == (1, 8, 8)
    np.testing.assert_array_equal(codec.decode(codec.expand(codec.pack(flat))), flat)


def test_pictures_are_bytes_whatever_the_pixels_were():
    raw = RNG.integers(0, 17, (5, 8, 8)).astype(float)
    raw[0, 0, :2] = 0, 16
    pictures = fit_codec(raw).pictures(raw)
    assert pictures.shape == (5, 8, 8, 1)
    assert pictures.dtype == np.uint8
    np.testing.assert_array_equal(pictures[..., 0], np.rint(raw * 255 / 16))


def test_an_array_has_its_channels_last_and_a_tensor_first():
    assert fit_codec(np.zeros((2, 4, 8, 3), np.uint8)).shape == (3, 8, 8)
    assert fit_codec(torch.zeros(2, 3, 8, 4)).shape == (3, 8, 8)
    assert fit_codec(np.zeros((2, 3, 9, 9), np.uint8)).shape == (3, 10, 10)


def test_pixels_a_little_out_of_range_are_clipped():
    codec = fit_codec(np.linspace(0, 1, 64).reshape(1, 8, 8))
    bright = codec.decode(codec.expand(codec.pack(np.full((1, 8, 8), 1.2))))
    assert (bright == 1).all()


IMAGE_REFUSALS = [
    (np.zeros((3, 8, 8)), "all right", None),
    (np.zeros((3, 9, 8), np.uint8), r"expected images of shape \(8, 8\), got \(9, 8\)", ValueError),
    (np.full((3, 8, 8), np.nan), "row 0 holds NaN", ValueError),
    (np.full((3, 8, 8), np.inf), "row 0 holds infinity", ValueError),
    (np.full((3, 8, 8), 255.0), "expected pixels from 0 to 1, got 255 to 255", ValueError),
]


@pytest.mark.parametrize(("raw", "message", "error"), IMAGE_REFUSALS)
def test_images_unlike_the_fitted_ones_are_refused(raw, message, error):
    codec = fit_codec(np.linspace(0, 1, 64).reshape(1, 8, 8))
    if error is None:
        codec.pack(raw)
    else:
        with pytest.raises(error, match=message):
            codec.pack(raw)


def test_floats_are_refused_where_bytes_were_fitted():
    with pytest.raises(ValueError, match="expected uint8 pixels from 0 to 255, got float64"):
        fit_codec(np.zeros((1, 8, 8), np.uint8)).pack(np.zeros((2, 8, 8)))


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_a_grid_shows_eight_images_in_a_row_a_pixel_apart(channels, mode):
    images = np.arange(100, 109, dtype=np.uint8)[:, None, None, None]
    images = np.broadcast_to(images, (9, 60, 50, channels))
    sheet = Image.open(io.BytesIO(sheet_of(images)))
    assert sheet.mode == mode
    assert sheet.size == (8 * 51, 2 * 61)
    cells = np.asarray(sheet).reshape(122, 408, channels)
    assert (cells[0:60, 51:101] == 101).all()
    assert (cells[61:121, 0:50] == 108).all()
    assert (cells[60] == 0).all()
    assert (cells[61:, 51:] == 0).all()


def test_small_images_are_enlarged():
    sheet = Image.open(io.BytesIO(sheet_of(np.full((8, 8, 8, 1), 9, np.uint8))))
    assert sheet.size == (72 * 5, 9 * 5)


def test_previews_have_the_whole_range_from_black_to_white_whatever_the_levels():
    raw = np.zeros((8, 60, 50))
    raw[:, :30] = 16.0
    suffix, content = fit_codec(raw).preview(raw)
    assert suffix == ".png"
    assert set(np.asarray(Image.open(io.BytesIO(content))).ravel()) == {0, 255}
