"""Random changes of images, each sample its own."""

import pytest
import torch

from ssgan.randomness import Rng
from ssgan.transforms.batch import (
    KINDS,
    Augmentation,
    augment_batch,
    colour_jitter,
    cut_out,
    mixed,
    textured,
    translated,
    warp,
)

RNG = Rng(("transforms test",))
IMAGES = RNG("images").uniform(6, 2, 12, 12) * 2 - 1


def test_warped_images_keep_shape_dtype_and_range():
    warped = warp(IMAGES, 1.0, RNG)
    assert (warped.shape, warped.dtype) == (IMAGES.shape, IMAGES.dtype)
    assert warped.abs().max() <= 1.0 + 1e-6
    assert not torch.equal(warped, IMAGES)


def test_strength_0_changes_nothing():
    assert warp(IMAGES, 0, RNG) is IMAGES


def test_a_tiny_strength_changes_hardly_anything():
    torch.testing.assert_close(warp(IMAGES, 1e-5, RNG), IMAGES, atol=1e-3, rtol=0)


@pytest.mark.parametrize("shape", [(6, 5), (6, 1, 16), (6, 1, 8, 8, 8)])
def test_samples_that_are_no_images_come_back_as_they_are(shape):
    x = torch.rand(shape)
    assert warp(x, 1.0, RNG) is x


def test_the_same_draw_warps_the_same_way_and_another_does_not():
    assert torch.equal(warp(IMAGES, 1.0, RNG), warp(IMAGES, 1.0, RNG))
    assert not torch.equal(warp(IMAGES, 1.0, RNG), warp(IMAGES, 1.0, RNG("other")))


def test_every_sample_is_warped_in_its_own_way():
    twice = warp(IMAGES[:1].expand(6, -1, -1, -1), 1.0, RNG)
    assert all(not torch.equal(twice[0], other) for other in twice[1:])


def test_an_image_of_one_colour_stays_one_as_edges_are_repeated():
    torch.testing.assert_close(
        warp(torch.full((4, 1, 8, 8), -0.3), 1.0, RNG), -0.3 * torch.ones(4, 1, 8, 8)
    )


def test_no_image_is_mirrored_or_moved_far():
    """The bright quarter stays where it is, whatever is drawn."""
    x = torch.zeros(200, 1, 16, 16)
    x[:, :, :8, :8] = 1.0
    warped = warp(x, 1.0, RNG)
    quarters = [warped[:, 0, 1:6, 1:6], warped[:, 0, 10:15, 1:6], warped[:, 0, 1:6, 10:15]]
    means = [quarter.mean((1, 2)) for quarter in quarters]
    assert (means[0] > 0.6).all()
    assert (torch.stack(means[1:]) < 0.4).all()


def test_stronger_warps_move_more():
    def moved(strength):
        return (warp(IMAGES, strength, RNG) - IMAGES).abs().mean()

    assert moved(0.02) < moved(0.1) < moved(0.5)


# Before the critic

ALL = tuple(KINDS)
COLOURS = RNG("colours").uniform(40, 3, 16, 16) * 2 - 1


@pytest.mark.parametrize("kind", KINDS)
def test_augmented_images_keep_shape_and_dtype_and_pass_gradients(kind):
    x = COLOURS.clone().requires_grad_(True)
    augmented = augment_batch(x, (kind,), 1.0, RNG)
    assert (augmented.shape, augmented.dtype) == (x.shape, x.dtype)
    (gradient,) = torch.autograd.grad(augmented.square().sum(), x)
    assert gradient.isfinite().all()
    assert gradient.abs().flatten(1).sum(1).min() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_each_sample_is_changed_with_the_probability(kind):
    assert torch.equal(augment_batch(COLOURS, (kind,), 0.0, RNG), COLOURS)
    x = COLOURS[:1].expand(2000, -1, -1, -1)
    changed = (augment_batch(x, (kind,), 0.3, RNG) != x).flatten(1).any(1)
    assert float(changed.float().mean()) == pytest.approx(0.3, abs=0.05)
    always = augment_batch(x, (kind,), torch.tensor(1.0), RNG)
    assert len(always.unique(dim=0)) > 10


def test_a_shift_moves_by_up_to_an_eighth_and_lets_0_in():
    x = torch.zeros(400, 1, 16, 16)
    x[:, :, 8, 8] = 1.0
    where = translated(x, RNG).flatten(1).argmax(1)
    rows, columns = where // 16 - 8, where % 16 - 8
    for moves in (rows, columns):
        assert set(moves.tolist()) == {-2, -1, 0, 1, 2}
    assert translated(torch.ones(9, 1, 16, 16), RNG).min() == 0


def test_a_square_of_half_the_side_is_blanked_also_partly_outside():
    blank = cut_out(torch.ones(400, 2, 16, 16), RNG) == 0
    assert torch.equal(blank[:, 0], blank[:, 1])
    assert int(blank[:, 0].sum((1, 2)).max()) == 64
    assert int(blank[:, 0].sum((1, 2)).min()) == 16
    assert blank[:, 0].any(1).sum(1).max() == 8


def test_colours_change_brightness_saturation_and_contrast_as_in_the_paper():
    flat = colour_jitter(torch.zeros(3000, 3, 2, 2), RNG)
    assert -0.5 <= flat.min() < -0.45 < 0.45 < flat.max() < 0.5
    x = torch.tensor([1.0, -1.0]).view(1, 1, 1, 2).expand(3000, 3, 1, 2)  # grey: no saturation
    spread = colour_jitter(x, RNG)[:, 0, 0, 0] - colour_jitter(x, RNG)[:, 0, 0, 1]
    assert 1.0 <= spread.min() < 1.05 < 2.95 < spread.max() <= 3.0
    red = torch.zeros(3000, 3, 1, 1)
    red[:, 0] = 1.0
    tint = colour_jitter(red, RNG)
    tint = tint[:, 0] - tint[:, 1]
    assert 0 <= tint.min() < 0.05
    assert 1.8 < tint.max() <= 3.0


def test_rows_are_mixed_with_those_before_them_by_their_shares():
    rows = torch.tensor([[1.0, 0.0], [0.0, 1.0], [4.0, 4.0]])
    shares = torch.tensor([1.0, 0.75, 0.5])
    assert mixed(rows, shares).tolist() == [[1.0, 0.0], [0.25, 0.75], [2.0, 2.5]]
    assert mixed(rows[:, 0], shares).tolist() == [1.0, 0.25, 2.0]


def test_another_draw_augments_in_another_way_and_the_same_in_the_same():
    assert torch.equal(augment_batch(COLOURS, ALL, 1.0, RNG), augment_batch(COLOURS, ALL, 1.0, RNG))
    assert not torch.equal(
        augment_batch(COLOURS, ALL, 1.0, RNG), augment_batch(COLOURS, ALL, 1.0, RNG("b"))
    )


def test_the_kinds_come_from_lists_too():
    assert Augmentation(kinds=["cutout"]) == Augmentation(kinds=("cutout",))


def test_a_random_convolution_keeps_the_shape_and_mixes_it_with_the_image():
    images = Rng(("x",)).normal(6, 3, 8, 8)
    found = textured(images, Rng(("t",)))
    assert found.shape == images.shape
    rng = Rng(("t",))
    side = (1, 3, 5, 7)[int(rng("side").integers(4, 1))]
    weights = rng("weights").normal(18, 3, side, side) / (3 * side * side) ** 0.5
    share = rng("share").uniform(6, 1, 1, 1)
    for row in range(6):
        own = weights[3 * row : 3 * row + 3]
        changed = torch.nn.functional.conv2d(images[row : row + 1], own, padding=side // 2)[0]
        expected = share[row] * images[row] + (1 - share[row]) * changed
        torch.testing.assert_close(found[row], expected)
    assert not torch.equal(found, textured(images, Rng(("u",))))
