"""Bad input: one sentence on stderr, the exit code, and nothing lost."""

import contextlib
import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image

from ssgan import InputError, load, pretrain
from ssgan.cli import Commands, options, ssgan

SMALL = ["--steps", "2", "--batch", "4", "--width", "2", "--latent", "2"]


def run(*words):
    return CliRunner().invoke(ssgan, [str(word) for word in words])


def refused(*words, code=1):
    """The one line on stderr of a command that must fail."""
    result = run(*words)
    assert result.exit_code == code, result.output
    lines = result.stderr.splitlines()
    assert lines[-1].startswith("ssgan: ")
    assert not [line for line in lines[:-1] if not line.startswith("ssgan: warning: ")]
    return lines[-1]


def save_images(folder, count, side=8):
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(0)
    for number in range(count):
        pixels = draw.integers(0, 255, (side, side)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:03d}.png")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A GAN of a few images, one of a folder and one of a table, and a model of the first."""
    home = tmp_path_factory.mktemp("refusals")
    draw = np.random.default_rng(0)
    x = draw.integers(0, 255, (20, 8, 8)).astype(np.uint8)
    np.savez(home / "d.npz", x=x, y=np.arange(20) % 2)
    save_images(home / "flat", 20)
    frame = pd.DataFrame({"a": draw.normal(size=20), "b": np.arange(20) % 2})
    frame.to_csv(home / "t.csv", index=False)
    assert run("pretrain", home / "d.npz", "--run", home / "r", *SMALL).exit_code == 0
    assert run("pretrain", home / "flat", "--run", home / "rf", *SMALL).exit_code == 0
    assert run("pretrain", home / "t.csv", "--run", home / "rt", *SMALL).exit_code == 0
    words = ["--labels", home / "d.npz", "--per-class", 2, "--out", home / "m", "--steps", 2]
    words += ["--method", "propagation", "--no-calibrate"]
    assert run("finetune", home / "r", *words).exit_code == 0
    return home


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("objective = 3", "expected objective to be a NonSaturating"),
        ("augmentation = 3", "expected augmentation to be an Augmentation or a table"),
        ("selfsupervision = {name = [1]}", "no self-supervision [1]"),
        ('objective = {name = "hinge", updates = "x"}', "1 or more critic updates"),
    ],
)
def test_a_config_with_a_setting_of_another_kind_is_refused(tmp_path, line, words):
    (tmp_path / "c.toml").write_text(line)
    assert words in refused("pretrain", "digits", "--dry-run", "--config", tmp_path / "c.toml")


def test_a_missing_data_set_is_refused(tmp_path):
    line = refused("pretrain", tmp_path / "none", "--run", tmp_path / "r")
    assert "there is no file, folder or data set" in line
    assert not (tmp_path / "r").exists()


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    line = refused("pretrain", tmp_path / "empty", "--run", tmp_path / "r")
    assert "holds no images" in line


def test_mixed_sizes_need_size(tmp_path):
    save_images(tmp_path / "photos" / "a", 2)
    save_images(tmp_path / "photos" / "b", 2, side=9)
    assert "--size" in refused("pretrain", tmp_path / "photos", "--run", tmp_path / "r", *SMALL)
    words = [tmp_path / "photos", "--run", tmp_path / "r", "--size", "8", *SMALL]
    assert run("pretrain", *words).exit_code == 0


def test_a_bad_image_in_a_hundred_is_listed_and_the_training_goes_on(tmp_path):
    save_images(tmp_path / "photos", 100)
    (tmp_path / "photos" / "cut.png").write_bytes(b"")
    result = run("pretrain", tmp_path / "photos", "--run", tmp_path / "r", *SMALL)
    assert result.exit_code == 0
    assert "ssgan: warning: cut.png: the file is empty\n" in result.stderr
    listed = (tmp_path / "r" / "quarantine.csv").read_text()
    assert listed == "file,reason\ncut.png,the file is empty\n"


def test_more_bad_images_stop_the_training_by_name(tmp_path):
    save_images(tmp_path / "photos", 20)
    (tmp_path / "photos" / "cut.png").write_bytes(b"")
    line = refused("pretrain", tmp_path / "photos", "--run", tmp_path / "r")
    assert "cut.png: the file is empty" in line
    assert not (tmp_path / "r").exists()


def test_an_infinite_pixel_is_refused(tmp_path):
    x = np.zeros((5, 8, 8))
    x[3, 0, 0] = np.inf
    np.save(tmp_path / "x.npy", x)
    assert "row 3" in refused("pretrain", tmp_path / "x.npy", "--run", tmp_path / "r")


def test_a_run_of_other_settings_is_refused_and_left_alone(home):
    before = (home / "r" / "config.json").read_text()
    words = [home / "d.npz", "--run", home / "r", *SMALL, "--seed", "1"]
    line = refused("pretrain", *words)
    assert "holds config.seed=0, asked config.seed=1" in line
    assert (home / "r" / "config.json").read_text() == before


def test_a_folder_that_is_no_run_is_refused(home):
    words = ["pretrain", home / "d.npz", "--run", home / "flat", *SMALL]
    assert "holds 000.png but no config.json" in refused(*words)
    assert "is not a run directory" in refused("sample", home / "flat", "-n", 1, "--out", "s")


def test_a_gan_is_no_model_and_a_model_no_gan(home, tmp_path):
    out = tmp_path / "p.csv"
    assert "expected a finetuned model" in refused("predict", home / "r", "digits", "--out", out)
    assert "expected a pretrained GAN" in refused("sample", home / "m", "-n", 1, "--out", out)


@pytest.mark.parametrize("kind", ["unknown = 1", "steps = ", '[objective]\nname = "x"'])
def test_a_settings_file_that_says_nothing_known_is_refused(home, tmp_path, kind):
    (tmp_path / "c.toml").write_text(kind)
    words = ["pretrain", home / "d.npz", "--run", tmp_path / "r", "--config", tmp_path / "c.toml"]
    message = {"unk": "no setting unknown", "ste": "is no TOML file", "[ob": "no objective 'x'"}
    assert message[kind[:3]] in refused(*words)


def test_an_unknown_objective_is_refused(home, tmp_path):
    words = ["pretrain", home / "d.npz", "--run", tmp_path / "r", "--objective", "wgam"]
    assert "no objective 'wgam': did you mean 'wgan'? There are non-saturating" in refused(*words)


def test_an_unknown_method_is_refused_before_the_run_is_read():
    words = ["finetune", "no-run", "--labels", "d", "--out", "m", "--method", "x"]
    assert "no method 'x'; there are auto, " in refused(*words)


@pytest.mark.parametrize("device", ["cuda", "tpu"])
def test_a_device_that_is_not_there_is_refused(home, tmp_path, device):
    import torch

    if device == "cuda" and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    words = ["pretrain", home / "d.npz", "--run", tmp_path / "r", "--device", device]
    assert device in refused(*words)
    assert not (tmp_path / "r").exists()


def test_debug_shows_the_traceback(home, tmp_path):
    result = run("pretrain", tmp_path / "none", "--run", tmp_path / "r", "--debug")
    assert result.exit_code == 1
    assert isinstance(result.exception, FileNotFoundError)


def test_labels_for_files_that_are_not_there_are_refused(home, tmp_path):
    (tmp_path / "l.csv").write_text("file,label\n000.png,a\nnone.png,b\n")
    words = ["finetune", home / "rf", "--labels", tmp_path / "l.csv", "--out", tmp_path / "m"]
    assert "'none.png'" in refused(*words)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0] * 20, "a classifier needs at least two classes"),
        ([-1] * 20, "none of the 20 rows has a label"),
        ([0, 1], "holds 2 labels for 20 samples"),
    ],
)
def test_labels_that_nothing_can_be_learnt_from_are_refused(home, tmp_path, labels, message):
    np.save(tmp_path / "l.npy", np.array(labels))
    words = ["finetune", home / "r", "--labels", tmp_path / "l.npy", "--out", tmp_path / "m"]
    assert message in refused(*words)
    assert not (tmp_path / "m").exists()


def pets(folder, labels, *more):
    """A GAN of the class folders cat and dog, and the words that finetune it on a label file."""
    for name in ("cat", "dog"):
        save_images(folder / "pets" / name, 6)
    assert run("pretrain", folder / "pets", "--run", folder / "r", *SMALL).exit_code == 0
    lines = [f"{name}/{n:03d}.png,{label}" for (name, n), label in labels.items()]
    (folder / "l.csv").write_text("\n".join(["file,label", *lines, *more]))
    return ["finetune", folder / "r", "--labels", folder / "l.csv", "--out", folder / "m"]


PETS = {("cat", 0): "cat", ("cat", 1): "cat", ("dog", 0): "dog", ("dog", 1): "dog"}


@pytest.mark.parametrize(
    ("labels", "more", "message"),
    [
        (PETS | {("cat", 2): "wolf"}, [], "does not have: 'wolf', it has 'cat', 'dog': correct"),
        (PETS, ["cat/000.png,dog"], "labels cat/000.png twice, 'cat' and 'dog'"),
        (PETS, ["cat/00"], "line 6 has 1 of 2 fields"),
        (dict.fromkeys(PETS, ""), [], "none of the 12 rows has a label"),
        (dict.fromkeys(PETS, 2.5), [], "all labels are 2.5: there is nothing to learn"),
    ],
)
def test_label_files_with_a_slip_train_nothing(tmp_path, labels, more, message):
    assert message in refused(*pets(tmp_path, labels, *more))
    assert not (tmp_path / "m").exists()


def test_a_label_file_may_have_classes_of_its_own(tmp_path):
    labels = {row: {"cat": "tame", "dog": "wild"}[label] for row, label in PETS.items()}
    result = run(*pets(tmp_path, labels), "--method", "probe")
    assert result.exit_code == 0, result.output


def test_drawn_numbers_that_are_all_one_train_nothing(home, tmp_path):
    np.save(tmp_path / "l.npy", np.array([0.5] * 19 + [1.5]))
    words = ["finetune", home / "r", "--labels", tmp_path / "l.npy", "--out", tmp_path / "m"]
    line = refused(*words, "--count", 3)
    assert "the 3 labels that were drawn are all 0.5: draw more with --count" in line
    assert not (tmp_path / "m").exists()


def test_classes_of_the_test_part_only_are_a_warning_and_cannot_be_judged(tmp_path):
    x = np.random.default_rng(0).integers(0, 255, (20, 8, 8)).astype(np.uint8)
    y = np.arange(20) % 2
    np.savez(tmp_path / "d.npz", x_train=x, y_train=y, x_test=x[:6], y_test=[0, 1, 0, 1, 0, 3])
    assert run("pretrain", tmp_path / "d.npz", "--run", tmp_path / "r", *SMALL).exit_code == 0
    words = ["--labels", tmp_path / "d.npz", "--out", tmp_path / "m", "--method", "probe"]
    result = run("finetune", tmp_path / "r", *words, "--no-calibrate")
    assert result.exit_code == 0, result.output
    assert "warning: classes with labels in the test part only are not learnt: 3" in result.stderr
    line = refused("evaluate", tmp_path / "m", tmp_path / "d.npz")
    assert "label 3 is none of the 2 classes 0, 1" in line


def test_more_labels_than_there_are_cannot_be_drawn(home, tmp_path):
    words = ["finetune", home / "r", "--labels", home / "d.npz", "--out", tmp_path / "m"]
    assert "11 labels in class 0 were requested, there are 10" in refused(*words, "--per-class", 11)
    assert "give the number of labels per class" in refused(*words, "--count", 11)


def test_one_label_in_a_class_is_a_warning(home, tmp_path):
    np.save(tmp_path / "l.npy", np.array([0, 1, 1] + [-1] * 17))
    words = ["--labels", tmp_path / "l.npy", "--out", tmp_path / "m", "--method", "probe"]
    result = run("finetune", home / "r", *words, "--no-calibrate")
    assert result.exit_code == 0, result.output
    assert "ssgan: warning: a single label in 1 of 2 classes: 0\n" in result.stderr


def test_a_label_column_that_is_not_there_is_refused(home, tmp_path):
    words = ["finetune", home / "rt", "--labels", home / "t.csv", "--out", tmp_path / "m"]
    assert "there is no column 'c' to predict" in refused(*words, "--target", "c")
    assert "name their column with --target: a, b" in refused(*words)


def test_a_label_column_that_the_gan_has_seen_is_refused(home, tmp_path):
    words = ["finetune", home / "rt", "--labels", home / "t.csv", "--out", tmp_path / "m"]
    assert "pretrain it with --target b" in refused(*words, "--target", "b")


def test_data_without_labels_is_refused(home, tmp_path):
    words = ["finetune", home / "r", "--labels", home / "flat", "--out", tmp_path / "m"]
    assert f"{home / 'flat'} holds no labels" in refused(*words)
    words = ["evaluate", home / "m", home / "flat"]
    assert "holds no labels to compare with" in refused(*words)


def test_data_that_vanished_or_changed_is_refused(tmp_path):
    x = np.random.default_rng(0).integers(0, 255, (20, 8, 8)).astype(np.uint8)
    np.savez(tmp_path / "d.npz", x=x, y=np.arange(20) % 2)
    assert run("pretrain", tmp_path / "d.npz", "--run", tmp_path / "r", *SMALL).exit_code == 0
    words = ["finetune", tmp_path / "r", "--labels", "digits", "--out", tmp_path / "m"]
    np.savez(tmp_path / "d.npz", x=255 - x)
    line = refused(*words)
    assert f"{tmp_path / 'd.npz'} is not what it was" in line
    (tmp_path / "d.npz").unlink()
    assert "the data of" in refused(*words)


def test_a_model_of_another_gan_is_refused(home, tmp_path):
    words = ["augment", home / "rf", home / "m", "-n", 2, "--out", tmp_path / "a"]
    assert "was finetuned on a GAN of other data" in refused(*words)


def test_images_of_another_size_are_refused(home, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((3, 9, 9), np.uint8))
    out = tmp_path / "f.npy"
    assert refused("features", home / "r", tmp_path / "x.npy", "--out", out)
    assert not out.exists()


def test_a_part_that_is_not_there_is_refused(home, tmp_path):
    words = ["predict", home / "m", home / "d.npz", "--part", "test", "--out", tmp_path / "p.csv"]
    assert "has no test part" in refused(*words)


@pytest.mark.parametrize(
    ("name", "words", "code"), [("s.txt", [], 2), ("s.csv", [], 2), ("full", [], 1)]
)
def test_samples_go_only_where_they_can(home, tmp_path, name, words, code):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "precious").touch()
    line = refused("sample", home / "r", "-n", 2, "--out", tmp_path / name, *words, code=code)
    assert name in line
    assert (tmp_path / "full" / "precious").exists()


def test_a_full_disk_is_one_sentence_and_loses_nothing(home, tmp_path, monkeypatch):
    import errno
    import os

    out = tmp_path / "s.npy"
    out.write_bytes(b"precious")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    line = refused("sample", home / "r", "-n", 2, "--out", out)
    monkeypatch.undo()
    assert "No space left on device" in line
    assert str(out) in line
    assert [path.name for path in tmp_path.iterdir()] == ["s.npy"]
    assert out.read_bytes() == b"precious"


def test_a_folder_that_cannot_be_filled_leaves_nothing(home, tmp_path, monkeypatch):
    def broken(*_, **__):
        raise OSError(28, "No space left on device", "00000.png")

    monkeypatch.setattr(Image.Image, "save", broken)
    assert "No space left" in refused("sample", home / "r", "-n", 2, "--out", tmp_path / "s")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_checkpoint_is_a_warning_where_there_is_one_before(home, tmp_path):
    words = ["pretrain", home / "d.npz", "--run", tmp_path / "r", *SMALL[2:]]
    assert run(*words, "--steps", 1).exit_code == 0
    assert run(*words, "--steps", 2).exit_code == 0
    newest = tmp_path / "r" / "checkpoints" / "step-00000002" / "state.safetensors"
    newest.write_bytes(newest.read_bytes()[:-1])
    result = run("sample", tmp_path / "r", "-n", 1, "--out", tmp_path / "s.npy")
    assert result.exit_code == 0, result.output
    assert "ssgan: warning: " in result.stderr
    assert "step-00000002" in result.stderr


def failing(error):
    """What the command line makes of a command that raises an error."""

    @options.command("report")
    def body(*, quiet):
        raise error

    class Alone(Commands):
        """A command line of that one command."""

        def get_command(self, context, name):
            return body

    return CliRunner().invoke(Alone("ssgan"), ["report"])


def test_a_bug_shows_its_traceback():
    assert isinstance(failing(KeyError("a bug")).exception, KeyError)
    assert isinstance(failing(ValueError("a bug")).exception, ValueError)


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (FloatingPointError("no update was finite"), 1, "ssgan: no update was finite\n"),
        (MemoryError(), 1, "ssgan: MemoryError\n"),
        (RuntimeError("CUDA out of memory."), 1, "ssgan: the device is out of memory: give a"),
        (KeyboardInterrupt(), 130, "ssgan: interrupted\n"),
        (SystemExit(143), 143, ""),
    ],
)
def test_every_end_has_its_exit_code(error, code, line):
    result = failing(error)
    assert result.exit_code == code
    assert result.stderr.startswith(line)


def test_what_was_interrupted_keeps_its_split(home, tmp_path, monkeypatch):
    from ssgan.cli import progress

    def stopped(training, quiet):
        next(training)
        raise KeyboardInterrupt

    monkeypatch.setattr(progress, "show", stopped)
    words = ["--labels", home / "d.npz", "--per-class", 2, "--out", tmp_path / "m", "--steps", 2]
    words += ["--method", "propagation", "--no-calibrate"]
    assert run("finetune", home / "r", *words).exit_code == 130
    assert len(json.loads((tmp_path / "m" / "split.json").read_text())["indices"]) == 4


@pytest.mark.parametrize(
    "words",
    [
        ["pretrain", "digits", "--run", ""],
        ["pretrain", "", "--run", "r"],
        ["finetune", "", "--labels", "digits", "--out", "m"],
        ["finetune", "r", "--labels", "digits", "--out", ""],
        ["report", ""],
        ["forget", ""],
        ["predict", "", "digits", "--out", "p.csv"],
        ["pretrain", "digits", "--run", " "],
        ["pretrain", "digits", "--run", "r", "--encoder", ""],
        ["pretrain", "digits", "--run", "r", "--device", ""],
        ["pretrain", "digits", "--run", "r", "--drop", ""],
        ["finetune", "r", "--labels", "", "--out", "m"],
        ["finetune", "r", "--labels", "digits", "--out", "m", "--transforms", ""],
        ["sample", "r", "-n", "2", "--out", "s", "--prompt", ""],
        ["adapt", "digits", "", "--out", "m"],
        ["translate", "digits", "digits", "--out", ""],
        ["upscale", "a.png", "--run", "r", "--out", "b.png", "--learn", ""],
    ],
)
def test_an_empty_path_is_not_the_current_directory(words, tmp_path):
    with contextlib.chdir(tmp_path):
        ended = CliRunner().invoke(ssgan, words)
    assert ended.exit_code in (1, 2) and "is empty" in ended.output
    assert list(tmp_path.iterdir()) == []


def test_an_empty_name_is_refused_in_python_too(tmp_path):
    x = np.eye(8)
    with contextlib.chdir(tmp_path):
        for fields in ({"run": ""}, {"run": " "}, {"device": ""}, {"encoder": ""}):
            with pytest.raises(InputError, match="is empty: give one"):
                pretrain(x, steps=1, batch=4, width=2, **fields)
        with pytest.raises(InputError, match="the path of a run is empty"):
            load("")
    assert list(tmp_path.iterdir()) == []
