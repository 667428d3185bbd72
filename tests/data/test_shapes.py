"""Axes that do not tell what samples are: what is said, what decides, how to bring them right."""

import numpy as np
import pandas as pd
import pytest

import ssgan
from ssgan.codecs.arrays import how_to_match
from ssgan.config import InputError
from ssgan.data import fit_codec, read

RNG = np.random.default_rng(0)
FLAT = RNG.integers(0, 256, (20, 64))
COLUMNS = pd.DataFrame(FLAT, columns=[f"pixel{i}" for i in range(64)])
BYTES = RNG.integers(0, 256, (20, 8, 10, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("found", "how"),
    [
        ((8, 10, 3), "x[None]"),
        ((1, 5, 8, 10, 3), "x[0]"),
        ((5, 3, 8, 10), "x.transpose(0, 2, 3, 1)"),
        ((5, 10, 8, 3), "x.transpose(0, 2, 1, 3)"),
        ((8, 10, 3, 5), "np.moveaxis(x, -1, 0)"),
    ],
)
def test_what_is_said_brings_axes_right(found, how):
    said = how_to_match(found, (8, 10, 3), "resize them")
    assert said.removeprefix("give ").startswith(how)
    x = np.zeros(found)
    doing = {
        "x[None]": lambda: x[None],
        "x[0]": lambda: x[0],
        "x.transpose(0, 2, 3, 1)": lambda: x.transpose(0, 2, 3, 1),
        "x.transpose(0, 2, 1, 3)": lambda: x.transpose(0, 2, 1, 3),
        "np.moveaxis(x, -1, 0)": lambda: np.moveaxis(x, -1, 0),
    }
    assert doing[how]().shape[1:] == (8, 10, 3)


def test_other_sizes_are_no_matter_of_axes():
    assert how_to_match((5, 8, 9, 3), (8, 10, 3), "resize them") == "resize them"
    assert how_to_match((5, 7), (9,), "cut them") == "cut them"


def test_every_kind_of_samples_says_how_its_axes_are_brought_right():
    images, voxels = fit_codec(BYTES), fit_codec(RNG.random((20, 8, 9, 10)))
    waves, rows = fit_codec(read(RNG.random((20, 3, 16)), modality="signal")), fit_codec(FLAT)
    for codec, one in ((images, BYTES[0]), (waves, np.ones((3, 16))), (rows, np.ones(64))):
        with pytest.raises(InputError, match=r"give x\[None\] where it is one sample"):
            codec.pack(one)
    with pytest.raises(InputError, match=r"give x.transpose\(0, 3, 1, 2\)"):
        voxels.pack(np.zeros((5, 9, 10, 8)))
    with pytest.raises(InputError, match=r"give x.transpose\(0, 2, 1\)"):
        waves.pack(np.zeros((5, 16, 3)))
    with pytest.raises(InputError, match="they have 3 channels, an axis after the first"):
        waves.pack(np.zeros((5, 16)))
    with pytest.raises(InputError, match=r"cut or pad them to that length \(--length 16\)"):
        waves.pack(np.zeros((5, 3, 15)))
    with pytest.raises(InputError, match=r"give x.reshape\(len\(x\), -1\) where they are these"):
        rows.pack(np.zeros((5, 8, 8)))
    with pytest.raises(InputError, match="leave out columns that are not among them"):
        rows.pack(np.zeros((5, 65)))


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((28, 28), r"taken for rows of numbers; if they are a single image, x\[None\]"),
        ((30, 28, 3), r"taken for images; if they are a single image, x\[None\]"),
        ((28, 28, 40), r"if they are images that the last axis counts, give np.moveaxis\(x, -1, 0"),
        ((28, 28, 3, 40), "taken for volumes; if they are images that the last axis counts"),
    ],
)
def test_bytes_whose_first_axis_may_count_no_samples_are_said(shape, said):
    with pytest.warns(UserWarning, match=said):
        read(RNG.integers(0, 256, shape, dtype=np.uint8))


@pytest.mark.parametrize("shape", [(30, 28), (32, 32, 32, 3), (8, 8, 8, 8), (5, 28, 28), (5, 5)])
def test_nothing_is_said_of_bytes_whose_first_axis_counts_them(shape):
    read(RNG.integers(0, 256, shape, dtype=np.uint8))  # a warning would be an error


def test_columns_of_pixels_are_images_where_their_shape_is_given():
    data = read(COLUMNS.assign(label=1), target="label", image_shape=(8, 8))
    assert (data.kind, data.x.dtype, data.x.tolist()) == ("images", np.uint8, FLAT.tolist())
    assert fit_codec(data).shape == (1, 8, 8)
    shares = read(COLUMNS / 255, image_shape=(4, 16)).x
    assert (shares == FLAT / 255).all()
    with pytest.raises(InputError, match="pixels are numbers, column 'name' is none"):
        read(COLUMNS.assign(name="a"), image_shape=(8, 8))


def test_the_shape_of_flat_images_is_for_flat_ones():
    with pytest.raises(InputError, match=r"samples of shape \(8, 10, 3\) are none: leave it out"):
        read(BYTES, image_shape=(10, 8, 3))
    assert read(BYTES, image_shape=(8, 10, 3)).x is BYTES
    with pytest.raises(InputError, match="flat images keep the size that image_shape says"):
        read(FLAT, image_shape=(8, 8), size=4)


@pytest.mark.parametrize(
    ("x", "modality", "said"),
    [
        (FLAT, "image", "image_shape .--image-shape. says what flat ones are"),
        (FLAT, "volume", "image_shape .--image-shape. says what flat ones are"),
        (COLUMNS, "image", "image_shape .--image-shape. makes images of columns"),
        (BYTES[..., 0], "volume", r"got images .*, of shape \(20, 8, 10\): x\[None\] is a set"),
        (BYTES[None], "image", r"got volumes .*: x\[0\] has an axis less"),
        (BYTES, "text", "got images .*: name what they are"),
    ],
)
def test_a_modality_that_samples_do_not_have_is_refused_with_a_way_to_it(x, modality, said):
    with pytest.raises(InputError, match=said):
        read(x, modality=modality)


def test_a_list_of_numbers_is_asked_whether_it_is_one_sample():
    with pytest.raises(InputError, match=r"x\[None\] where it is one sample"):
        ssgan.pretrain([1.0, 2.0, 3.0])
