"""Volumes as tensors: how they are told from images, their views, and what is refused."""

import numpy as np
import pytest
import torch

from ssgan.codecs.volume import fit_volumes, view_from_corner
from ssgan.data import fit_codec, from_memory


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ((5, 16, 16, 3), "images"),
        ((5, 3, 16, 16), "images"),
        ((5, 16, 16, 16), "volumes"),
        ((5, 6, 9, 7), "volumes"),
        ((5, 16, 16, 16, 2), "volumes"),
        ((5, 2, 16, 16, 16), "volumes"),
        ((5, 16, 16), "images"),
    ],
)
def test_four_axes_are_volumes_where_none_can_be_channels(shape, kind):
    assert from_memory(np.zeros(shape, np.uint8)).kind == kind


def test_a_user_can_say_that_four_axes_are_volumes():
    assert from_memory(np.zeros((5, 16, 16, 3)), modality="volume").kind == "volumes"
    with pytest.warns(UserWarning, match="modality='volume' .--modality volume. says so"):
        assert from_memory(np.zeros((5, 16, 16, 4))).kind == "images"
    flat = from_memory(np.zeros((5, 512)), modality="volume", image_shape=(8, 8, 8))
    assert flat.x.shape == (5, 8, 8, 8)
    with pytest.raises(ValueError, match="expected volumes .*, got images"):
        from_memory(np.zeros((5, 16, 16)), modality="volume")


def test_occupied_voxels_are_1_and_empty_ones_and_the_border_minus_1():
    raw = np.zeros((2, 7, 9, 12), bool)
    raw[0, 3, 4, 5] = True
    codec = fit_volumes(raw)
    assert codec.shape == (1, 8, 10, 12)
    x = codec.expand(codec.pack(raw))
    assert x.unique().tolist() == [-1, 1]
    assert x[0, 0, 3, 4, 5] == 1
    assert codec.activate(torch.full((1, *codec.shape), 50.0), None).sum() == (
        2 * 7 * 9 * 12 - 8 * 10 * 12
    )


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (np.zeros((2, 8, 8, 9)), r"expected volumes of shape \(8, 8, 8\), got \(8, 8, 9\)"),
        (np.full((2, 8, 8, 8), 30.0), "expected voxels from 0 to 1, got 30 to 30"),
    ],
)
def test_volumes_unlike_the_fitted_ones_are_refused(raw, message):
    with pytest.raises(ValueError, match=message):
        fit_codec(np.arange(1024).reshape(2, 8, 8, 8) / 1023).pack(raw)


def test_a_picture_shows_three_sides_and_a_corner():
    raw = np.zeros((1, 6, 8, 8), np.uint8)
    raw[0, 0, 2:5, 3] = 200
    (picture,) = fit_volumes(raw).pictures(raw)
    assert picture.shape == (16, 32, 1)
    along_depth, along_height = picture[:8, :8, 0], picture[:8, 8:16, 0]
    assert along_depth[2:5, 3].tolist() == [200] * 3
    assert (along_depth > 0).sum() == 3
    assert (along_height > 0).sum() == 1
    assert (picture[8:, :8] > 0).sum() == 3
    assert 3 <= (picture[:, 16:] > 0).sum() <= 6


def test_what_is_nearer_to_the_corner_is_lighter_and_hides_what_is_behind():
    light = np.zeros((2, 1, 4, 4, 4), np.float32)
    light[0, 0, 0, 0, 0] = light[1, 0, 3, 3, 3] = 100
    near, far = (view_from_corner(light, 4)[i].max() for i in range(2))
    assert (near, round(float(far), 4)) == (100, 35)
    both = light.sum(0, keepdims=True)
    assert view_from_corner(both, 4).max() == 100


def test_a_sheet_of_colour_volumes_is_a_picture():
    raw = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 8, 3), dtype=np.uint8)
    codec = fit_volumes(raw)
    assert codec.pictures(raw).shape == (3, 16, 32, 3)
    assert codec.preview(raw)[0] == ".png"
