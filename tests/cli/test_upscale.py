"""`ssgan upscale`: learning, resuming, one file and folders, and what is refused."""

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from ssgan.cli import ssgan
from tests.models.test_superresolution import photographs


def run(*words):
    return CliRunner().invoke(ssgan, [str(word) for word in words])


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Photographs, and a run that learnt from them for a moment."""
    home = tmp_path_factory.mktemp("upscale")
    for number, picture in enumerate(photographs()):
        (home / "photos" / "b").mkdir(parents=True, exist_ok=True)
        large = Image.fromarray(picture).resize((90, 80))
        large.save(home / "photos" / ("b/" * (number > 1)) / f"{number}.png")
    words = ("--learn", home / "photos", "--steps", 2, "--run", home / "run", "--quiet")
    done = run("upscale", home / "photos" / "0.png", *words, "--out", home / "one.png")
    assert done.exit_code == 0, done.stderr
    return home


def test_a_file_becomes_one_of_twice_the_size(home):
    assert pixels(home / "one.png").shape == (160, 180, 3)


def test_a_folder_becomes_a_folder_with_the_same_names(home, tmp_path):
    done = run("upscale", home / "photos", "--run", home / "run", "--out", tmp_path / "large")
    assert done.exit_code == 0, done.stderr
    assert "holds 3 pictures, 2 times as large" in done.stderr
    names = {p.relative_to(tmp_path / "large").as_posix() for p in tmp_path.rglob("*.png")}
    assert names == {"0.png", "1.png", "b/2.png"}
    assert np.array_equal(pixels(tmp_path / "large/0.png"), pixels(home / "one.png"))


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--scale", 2), 2, "--scale is for learning: give --learn FOLDER with it"),
        (("--learn", "photos", "--steps", 3), 1, "steps"),
        (("--blend", 2), 2, "2.0 is not in the range 0<=x<=1"),
    ],
)
def test_what_does_not_go_together_is_refused(home, words, code, message, tmp_path):
    words = [home / word if word == "photos" else word for word in words]
    one = home / "photos" / "0.png"
    done = run("upscale", one, "--run", home / "run", "--out", tmp_path / "x.png", *words)
    assert done.exit_code == code
    assert message in done.stderr


def test_several_pictures_are_no_file_and_another_run_is_no_upscaler(home, tmp_path):
    words = ("upscale", home / "photos", "--run", home / "run", "--out", tmp_path / "x.png")
    assert "holds 3 pictures: give a folder" in run(*words).stderr
    few = ("--steps", 1, "--width", 2, "--size", 8, "--quiet")
    assert run("pretrain", home / "photos", "--run", tmp_path / "gan", *few).exit_code == 0
    words = ("upscale", home / "one.png", "--run", tmp_path / "gan", "--out", tmp_path / "x.png")
    assert (
        "holds a run of kind 'gan', expected what learnt to make pictures larger"
        in run(*words).stderr
    )
