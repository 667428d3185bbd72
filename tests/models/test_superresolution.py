"""Super-resolution: what squares it sees, that it resumes to the bit, tiles, and the slider."""

import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image

from ssgan.metrics import luma, psnr
from ssgan.models.superresolution.config import UpscaleConfig
from ssgan.models.superresolution.photographs import (
    Crops,
    crop_to_multiple,
    read_pictures,
    resize_picture,
    shrink,
)
from ssgan.models.superresolution.task import SuperResolution, untrained
from ssgan.models.superresolution.training import load_upscaler, train_upscaler, training_upscaler
from ssgan.models.superresolution.upscaler import enlarge
from ssgan.randomness import Rng
from ssgan.runtime import runtime
from ssgan.training.runner import finish
from ssgan.training.schedule import Step
from tests.examples import SELDOM, assert_same_course

SMALL = UpscaleConfig(steps=4, width=2, depth=1, batch=3, side=16)
CPU = runtime("cpu", (1, 16, 16))


def photographs(count=3, seed=0):
    """Smooth coloured pictures of several sizes."""
    draw = np.random.default_rng(seed)
    found = []
    for number in range(count):
        coarse = draw.integers(0, 256, (6, 5 + number, 3), dtype=np.uint8)
        found.append(resize_picture(coarse, 40, 37 + 4 * number))
    return found


def test_small_and_large_squares_show_the_same():
    crops = Crops.of(photographs(), 2, 16)
    small, large = crops.draw(200, Rng(("draw",)))
    assert (small.shape, large.shape) == ((200, 1, 8, 8), (200, 1, 16, 16))
    gap = torch.nn.functional.avg_pool2d(large, 2) - small
    assert gap.abs().max() < 0.08  # bicubic interpolation is not the mean of four
    assert gap.abs().mean() < 0.01


def test_a_square_is_a_part_of_a_picture_in_one_of_eight_positions():
    (picture,) = photographs(1)
    crops = Crops.of([picture], 2, 16)
    _, large = crops.draw(40, Rng(("draw",)))
    whole = np.rint(luma(crop_to_multiple(picture, 2))).astype(np.uint8)
    parts = np.lib.stride_tricks.sliding_window_view(whole, (16, 16)).reshape(-1, 16, 16)
    known = {part.tobytes() for part in parts}
    straight = 0
    for square in (large[:, 0] * 255).round().byte():
        places = [square, square.flip(0), square.flip(1), square.flip(0).flip(1)]
        places += [place.T for place in places]
        found = [np.ascontiguousarray(place.numpy()).tobytes() in known for place in places]
        assert any(found)
        straight += found[0]
    assert straight < 20


def test_a_picture_is_met_as_often_as_it_has_pixels():
    dark, bright = np.zeros((16, 16, 3), np.uint8), np.full((48, 32, 3), 255, np.uint8)
    _, large = Crops.of([dark, bright], 2, 16).draw(700, Rng(("draw",)))
    assert 0.1 < float((large.mean((1, 2, 3)) < 0.5).float().mean()) < 0.19  # 1 of 7


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_network_begins_near_bicubic_interpolation(scale):
    picture = photographs(1)[0]
    network, _ = untrained(UpscaleConfig(scale=scale, side=48, width=4))
    larger = enlarge(network.eval(), picture, scale, CPU)
    assert larger.shape == (40 * scale, 37 * scale, 3)
    assert psnr(larger, resize_picture(picture, *larger.shape[:2]), border=4 * scale) > 25


@pytest.mark.parametrize("tile", [8, 17, 64])
def test_tiles_give_the_same_picture_as_the_whole(tile):
    network, _ = untrained(UpscaleConfig(width=4, depth=2))
    network = network.eval()
    with torch.no_grad():
        network.leave.weight.mul_(10)
    picture = photographs(1)[0]
    whole, parts = (enlarge(network, picture, 2, CPU, size) for size in (256, tile))
    assert np.abs(whole.astype(int) - parts).max() <= 1  # of rounding
    assert (whole == parts).mean() > 0.999


@pytest.mark.parametrize("judge", [0.0, 0.5])
def test_a_training_that_was_stopped_goes_on_to_the_same_bits(judge, tmp_path):
    config = dataclasses.replace(SMALL, judge=judge)
    whole = finish(training_upscaler(photographs(), config, run=tmp_path / "a", options=SELDOM))
    training = training_upscaler(photographs(), config, run=tmp_path / "b", options=SELDOM)
    while next(training).step < 2:
        pass
    with pytest.raises(KeyboardInterrupt):
        training.throw(KeyboardInterrupt())
    finish(training_upscaler(photographs(), config, run=tmp_path / "b", options=SELDOM))
    assert_same_course(tmp_path / "a", tmp_path / "b")
    picture, again = photographs(1)[0], load_upscaler(tmp_path / "b")
    for blend in (0.0, 0.5, 1.0):
        assert np.array_equal(again(picture, blend), whole(picture, blend))


def test_the_critic_comes_in_after_the_content():
    config = dataclasses.replace(SMALL, steps=10, judge=0.1)
    task = SuperResolution(config, Crops.of(photographs(), 2, 16), CPU)
    for number in range(10):
        critic = {name: value.clone() for name, value in task.critic.state_dict().items()}
        content = {name: value.clone() for name, value in task.content.state_dict().items()}
        terms, _ = task.update(lambda *_: (), Step(number))
        moved = [not torch.equal(v, critic[n]) for n, v in task.critic.state_dict().items()]
        kept = [torch.equal(v, content[n]) for n, v in task.content.state_dict().items()]
        assert any(moved) == (number >= 7) == ("judge" in terms) == all(kept)


def test_between_both_networks_weights_lie_on_a_line():
    upscaler = train_upscaler(photographs(), dataclasses.replace(SMALL, judge=5.0))
    ends = upscaler.content.state_dict(), upscaler.judged.state_dict()
    middle = upscaler.blended(0.25).state_dict()
    for name, value in middle.items():
        torch.testing.assert_close(value, 0.75 * ends[0][name] + 0.25 * ends[1][name])
    with pytest.raises(ValueError, match="blend from 0 .no critic. to 1, got 2"):
        upscaler.blended(2)


def test_without_a_critic_both_ends_are_one():
    upscaler = train_upscaler(photographs(), SMALL, judge=0.0)
    assert upscaler.content is upscaler.judged


def test_a_grey_picture_stays_grey():
    upscaler = train_upscaler([picture[..., 0] for picture in photographs()], SMALL)
    assert upscaler(photographs(1)[0][..., 0]).shape == (80, 74)


@pytest.mark.slow
def test_it_learns_what_interpolation_lacks():
    """Edges of squares that lie on even pixels: a network knows that they are sharp."""
    draw = np.random.default_rng(0)

    def picture():
        cells = draw.integers(0, 2, (20, 20), dtype=np.uint8) * 200
        return np.kron(cells, np.ones((4, 4), np.uint8))

    upscaler = train_upscaler([picture() for _ in range(20)], SMALL, steps=400, width=8, judge=0.0)
    new = picture()
    small = shrink(new, 2)
    assert psnr(upscaler(small), new, 2) > psnr(resize_picture(small, 80, 80), new, 2) + 3


def test_pictures_of_a_folder_are_read_whatever_their_sizes(tmp_path):
    for number, picture in enumerate(photographs()):
        (tmp_path / "inner").mkdir(exist_ok=True)
        Image.fromarray(picture).save(tmp_path / "inner" / f"{number}.png")
    Image.fromarray(photographs(1)[0][..., 0]).save(tmp_path / "grey.png")
    found = read_pictures(tmp_path)
    assert list(found) == ["grey.png", "inner/0.png", "inner/1.png", "inner/2.png"]
    assert {picture.shape[2] for picture in found.values()} == {3}
    (tmp_path / "bad.png").write_bytes(b"no")
    with pytest.raises(ValueError, match="1 of 5 images .* cannot be read"):
        read_pictures(tmp_path)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"scale": 5}, "expected scale 2, 3 or 4, got 5"),
        ({"scale": 3, "side": 64}, "a multiple of 8 and of the scale 3, got 64"),
        ({"steps": -1}, "expected steps to be a whole number from 0 on"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        UpscaleConfig(**fields)


def test_pictures_that_are_too_small_and_those_of_another_kind_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no picture has 48 pixels a side to learn from"):
        train_upscaler(photographs())
    with pytest.raises(FileNotFoundError, match="no file or folder"):
        train_upscaler(tmp_path / "none")
    with pytest.raises(ValueError, match="holds no pictures: expected .png"):
        train_upscaler(tmp_path)
    upscaler = train_upscaler(photographs(), SMALL)
    with pytest.raises(ValueError, match=r"a picture of bytes .* got float64 \(8, 8\)"):
        upscaler(np.zeros((8, 8)))
