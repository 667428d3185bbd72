"""Changes of signals and volumes: what they keep, how far they go, and that draws decide alone."""

import math

import pytest
import torch

from ssgan.data import fit_codec, from_memory
from ssgan.models.student.natural import SYMMETRIES, natural, recognition_rate
from ssgan.randomness import Rng
from ssgan.transforms.signals import SHIFT, moved_in_time, read_at, spectral_masked
from ssgan.transforms.views import FLIPS, QUARTERS, Views
from ssgan.transforms.volumes import quarter_turned, rotation_matrices, warp_volumes

RNG = Rng(("moves",))
SIGNALS = RNG("signals").normal(50, 2, 40)
VOLUMES = RNG("volumes").normal(40, 1, 8, 8, 8)
IN_TIME = ("shift", "time-warp", "scale")


@pytest.mark.parametrize("name", [*IN_TIME, "spectral-mask", "cutout", "noise", "flip"])
def test_each_transform_changes_signals_and_keeps_their_form(name):
    found = Views((name,)).strong(SIGNALS, RNG("views"))
    assert (found.shape, found.dtype) == (SIGNALS.shape, SIGNALS.dtype)
    assert not torch.equal(found, SIGNALS)
    assert torch.equal(found, Views((name,)).strong(SIGNALS, RNG("views")))
    assert not torch.equal(found, Views((name,)).strong(SIGNALS, RNG("others")))


def test_strength_0_leaves_signals_as_they_are():
    torch.testing.assert_close(moved_in_time(SIGNALS, 0.0, RNG, IN_TIME), SIGNALS)


def test_places_between_values_are_read_on_a_line_and_ends_are_held():
    x = torch.tensor([[[0.0, 10.0, 20.0]]])
    at = torch.tensor([[-3.0, 0.25, 1.5, 2.0, 9.0]])
    assert read_at(torch.cat([x, x, x], 2)[..., :5], at).tolist() == [[[0, 2.5, 15, 20, 10]]]


def test_a_peak_is_shifted_by_no_more_than_the_share_and_the_time_is_warped_in_order():
    ramp = torch.arange(200.0).expand(300, 1, 200)
    shifts = (moved_in_time(ramp, 1.0, RNG, ("shift",)) - ramp)[:, 0, 100]
    assert shifts.abs().max() <= SHIFT * 200
    assert shifts.min() < -10 < 10 < shifts.max()
    steps = moved_in_time(ramp, 1.0, RNG, ("time-warp",)).diff(dim=2)
    assert 0.69 < steps.min() < 0.85
    assert 1.15 < steps.max() < 1.31


def test_scaling_multiplies_a_whole_signal():
    ratio = moved_in_time(SIGNALS, 1.0, RNG, ("scale",)) / SIGNALS
    assert (ratio.amax((1, 2)) - ratio.amin((1, 2))).max() < 1e-5
    assert 0.74 < ratio.min() < 0.85 < 1.2 < ratio.max() < 1.35


def test_a_fifth_of_the_frequencies_is_blanked_but_never_the_mean():
    before, after = torch.fft.rfft(SIGNALS), torch.fft.rfft(spectral_masked(SIGNALS, RNG))
    blank = (after.abs() < 1e-4) & (before.abs() > 1e-3)
    assert (blank.sum(2) == 4).all()
    assert not blank[:, :, 0].any()
    torch.testing.assert_close(SIGNALS.mean(2), spectral_masked(SIGNALS, RNG).mean(2))


@pytest.mark.parametrize("axis", range(3))
def test_turns_are_rotations_about_their_axis(axis):
    matrix = rotation_matrices(torch.tensor([0.3]), axis)[0]
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(3))
    torch.testing.assert_close(matrix[axis], torch.eye(3)[axis])
    assert matrix.trace().item() == pytest.approx(1 + 2 * math.cos(0.3))


@pytest.mark.parametrize("name", ["turn", "stretch", "shift", "cutout", "noise", *FLIPS, *QUARTERS])
def test_each_transform_changes_volumes_and_keeps_their_form(name):
    found = Views((name,)).strong(VOLUMES, RNG("views"))
    assert found.shape == VOLUMES.shape
    assert not torch.equal(found, VOLUMES)
    assert torch.equal(found, Views((name,)).strong(VOLUMES, RNG("views")))


def test_volumes_are_as_they_were_after_moves_of_no_strength():
    moves = ("turn", "stretch", "shift")
    torch.testing.assert_close(warp_volumes(VOLUMES, 0.0, RNG, moves), VOLUMES)


@pytest.mark.parametrize("name", QUARTERS)
def test_quarter_turns_are_one_of_four_each_as_often(name):
    plane = QUARTERS[name]
    many = VOLUMES[:1].repeat(400, 1, 1, 1, 1)
    found = quarter_turned(many, plane, RNG)
    counts = [int((found == many.rot90(k, plane)).all((1, 2, 3, 4)).sum()) for k in range(4)]
    assert sum(counts) == 400
    assert min(counts) > 60


def test_volumes_with_sides_that_differ_are_turned_by_a_half():
    long = RNG("long").normal(40, 1, 8, 8, 10)
    found = quarter_turned(long, (-2, -1), RNG)
    half = (found == long.rot90(2, (-2, -1))).all((1, 2, 3, 4))
    assert 0 < half.sum() < 40
    assert (half | (found == long).all((1, 2, 3, 4))).all()


def test_volumes_that_stand_upright_are_mirrored_but_not_laid_on_their_side():
    draw = RNG("upright").uniform(400, 8, 8, 8)
    draw[:, :, 4:] = draw[:, :, 4:] / 2 + 0.5  # fuller at the bottom, along height
    codec = fit_codec(draw.numpy())
    x = codec.expand(codec.pack(draw.numpy()))
    found = natural(codec, x)
    assert {"turn", "stretch", "shift", "flip", "flip-depth", "quarter-height"} <= set(found)
    assert not {"flip-height", "quarter-depth", "quarter-width"} & set(found)
    assert recognition_rate(x, SYMMETRIES["flip-height"]) > 0.9


def test_signals_are_never_turned_round_without_being_told():
    data = from_memory(SIGNALS[:, 0].numpy(), modality="signal")
    codec = fit_codec(data)
    assert natural(codec, codec.expand(codec.pack(data.x))) == (
        *("shift", "time-warp", "scale", "noise"),
    )
