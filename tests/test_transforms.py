"""Random changes of images, each sample its own."""

import pytest
import torch

from ssgan.randomness import Draw
from ssgan.transforms import warp

DRAW = Draw(("transforms test",))
IMAGES = DRAW("images").uniform(6, 2, 12, 12) * 2 - 1


def test_warped_images_keep_shape_dtype_and_range():
    warped = warp(IMAGES, 1.0, DRAW)
    assert (warped.shape, warped.dtype) == (IMAGES.shape, IMAGES.dtype)
    assert warped.abs().max() <= 1.0 + 1e-6
    assert not torch.equal(warped, IMAGES)


def test_strength_0_changes_nothing():
    assert warp(IMAGES, 0, DRAW) is IMAGES


def test_a_tiny_strength_changes_hardly_anything():
    torch.testing.assert_close(warp(IMAGES, 1e-5, DRAW), IMAGES, atol=1e-3, rtol=0)


@pytest.mark.parametrize("shape", [(6, 5), (6, 1, 16), (6, 1, 8, 8, 8)])
def test_samples_that_are_no_images_come_back_as_they_are(shape):
    x = torch.rand(shape)
    assert warp(x, 1.0, DRAW) is x


def test_the_same_draw_warps_the_same_way_and_another_does_not():
    assert torch.equal(warp(IMAGES, 1.0, DRAW), warp(IMAGES, 1.0, DRAW))
    assert not torch.equal(warp(IMAGES, 1.0, DRAW), warp(IMAGES, 1.0, DRAW("other")))


def test_every_sample_is_warped_in_its_own_way():
    twice = warp(IMAGES[:1].expand(6, -1, -1, -1), 1.0, DRAW)
    assert all(not torch.equal(twice[0], other) for other in twice[1:])


def test_an_image_of_one_colour_stays_one_as_edges_are_repeated():
    torch.testing.assert_close(
        warp(torch.full((4, 1, 8, 8), -0.3), 1.0, DRAW), -0.3 * torch.ones(4, 1, 8, 8)
    )


def test_no_image_is_mirrored_or_moved_far():
    """The bright quarter stays where it is, whatever is drawn."""
    x = torch.zeros(200, 1, 16, 16)
    x[:, :, :8, :8] = 1.0
    warped = warp(x, 1.0, DRAW)
    quarters = [warped[:, 0, 1:6, 1:6], warped[:, 0, 10:15, 1:6], warped[:, 0, 1:6, 10:15]]
    means = [quarter.mean((1, 2)) for quarter in quarters]
    assert (means[0] > 0.6).all()
    assert (torch.stack(means[1:]) < 0.4).all()


def test_stronger_warps_move_more():
    def moved(strength):
        return (warp(IMAGES, strength, DRAW) - IMAGES).abs().mean()

    assert moved(0.02) < moved(0.1) < moved(0.5)
