"""PSNR, SSIM and luma of pictures: exact values, laws, and what is refused."""

import numpy as np
import pytest

from ssgan.metrics import luma, psnr, ssim

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (24, 20, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("colour", "expected"),
    [((0, 0, 0), 16), ((255, 255, 255), 235), ((255, 0, 0), 81.481), ((0, 0, 255), 40.966)],
)
def test_the_luma_of_colours_is_that_of_the_standard(colour, expected):
    assert luma(np.array([[colour]], np.uint8))[0, 0] == pytest.approx(expected)


def test_a_grey_picture_has_the_luma_of_the_same_picture_in_colours():
    grey = PICTURE[..., 0]
    np.testing.assert_allclose(luma(grey), luma(np.repeat(grey[..., None], 3, 2)), atol=1e-10)


def test_psnr_is_that_of_the_squared_error_of_the_luma():
    lighter = np.full((8, 8), 100, np.uint8)
    step = 219 / 255  # of the luma for one of grey
    assert psnr(lighter, lighter + 1) == pytest.approx(20 * np.log10(255 / step))
    assert psnr(lighter, lighter) == float("inf")


def test_a_border_is_left_out_of_both_measures():
    other = PICTURE.copy()
    other[:2] = other[-2:] = 255 - other[:2]
    other[:, :2] = other[:, -2:] = 0
    assert psnr(PICTURE, other, border=2) == float("inf")
    assert ssim(PICTURE, other, border=2) == pytest.approx(1)
    assert psnr(PICTURE, other, border=1) < 40


def test_ssim_of_two_flat_pictures_compares_their_means_alone():
    a, b = np.full((16, 16), 50, np.uint8), np.full((16, 16), 200, np.uint8)
    first, second, c1 = luma(a)[0, 0], luma(b)[0, 0], (0.01 * 255) ** 2
    expected = (2 * first * second + c1) / (first**2 + second**2 + c1)
    assert ssim(a, b) == pytest.approx(expected, rel=1e-9)


def test_ssim_is_symmetric_at_most_1_and_falls_with_noise():
    noisy = [
        np.clip(PICTURE + RNG.normal(0, s, PICTURE.shape), 0, 255).astype(np.uint8) for s in (5, 60)
    ]
    assert ssim(PICTURE, noisy[0]) == pytest.approx(ssim(noisy[0], PICTURE))
    assert 1 > ssim(PICTURE, noisy[0]) > ssim(PICTURE, noisy[1])


@pytest.mark.parametrize(
    ("one", "other", "border", "message"),
    [
        (PICTURE, PICTURE[:20], 0, r"of one size, got \(24, 20\) and \(20, 20\)"),
        (PICTURE, PICTURE, 10, "24 x 20 has no pixels within a border of 10"),
        (PICTURE[..., :2], PICTURE[..., :2], 0, "expected a picture .* got shape"),
    ],
)
def test_pictures_that_cannot_be_compared_are_refused(one, other, border, message):
    with pytest.raises(ValueError, match=message):
        psnr(one, other, border)


def test_ssim_wants_a_window():
    with pytest.raises(ValueError, match="windows of 11 pixels, got a picture of 10 x 10 inside"):
        ssim(PICTURE[:12, :12], PICTURE[:12, :12], border=1)
