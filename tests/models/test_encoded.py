"""A GAN over the rows of a frozen encoder: all that is done with a GAN takes raw samples."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import ssgan
from ssgan.cli import ssgan as command
from ssgan.data import load_encoder
from ssgan.estimators import GANClassifier
from ssgan.models.readouts import readout_of
from ssgan.report import report
from ssgan.runs.run import Run
from ssgan.synthesis import augment
from tests.examples import LABELS, SMALL, images

HERE = Path(__file__).parent.parent / "fixtures" / "encoders"
PROBE = ssgan.PredictorConfig(method="probe", calibrate=False)
SAID = ("goal. the ball", "a bank. money")
TEXTS = np.array([SAID[k] + " a" * (n % 4) for n, k in enumerate(LABELS)], dtype=object)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Pictures, texts, and a GAN and a model of each, in directories."""
    home = tmp_path_factory.mktemp("encoded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSGAN_DATA", str(home / "cache"))
        np.savez(home / "pictures.npz", x=images(), y=LABELS, x_test=images(1), y_test=LABELS)
        lines = [f"{text},{label}" for text, label in zip(TEXTS, LABELS, strict=True)]
        (home / "news.csv").write_text("\n".join(["words,topic", *lines]))
        kept = load_encoder(HERE / "tiny.ts", embed=True)
        gan = ssgan.pretrain(home / "pictures.npz", SMALL, run=home / "run", encoder=kept)
        ssgan.finetune(gan, images(), LABELS, PROBE, run=home / "model")
        yield home


@pytest.fixture(autouse=True)
def cache(home, monkeypatch):
    monkeypatch.setenv("SSGAN_DATA", str(home / "cache"))


def done(*words):
    result = CliRunner().invoke(command, [str(word) for word in words])
    assert result.exit_code == 0, result.stderr
    return result


def test_a_run_names_its_encoder_and_knows_the_samples_that_it_has_encoded(home):
    run = Run.open(home / "run")
    named = run.config["data"]["encoder"]
    assert (named["name"], named["sha256"]) == ("tiny.ts", load_encoder(HERE / "tiny.ts").sha256)
    gan = ssgan.load(home / "run")
    assert gan.codec.kind == "embeddings" and gan.sample(3).shape == (3, 5)
    assert gan.features(images()).shape[0] == len(LABELS)
    with pytest.raises(FileExistsError, match="holds data.encoder.name"):
        ssgan.pretrain(home / "pictures.npz", SMALL, run=home / "run")


def test_new_samples_need_the_encoder_or_the_copy_that_the_run_holds(home):
    new = images(7)
    with pytest.raises(ValueError, match="have not been encoded yet"):
        ssgan.load(home / "model").predict(new)
    for encoder in (HERE / "tiny.ts", "embedded"):
        model = ssgan.load(home / "model", encoder=encoder)
        assert model.predict(new).shape == LABELS.shape
        assert np.array_equal(model.predict(images()), LABELS)


def test_readouts_have_rows_and_trunk_side_by_side(home):
    model = ssgan.load(home / "model")
    assert model.config.readout == "samples+all"
    gan = ssgan.load(home / "run")
    assert readout_of(gan) == "all"
    assert model.features(images()).shape[1] == 5 + gan.features(images()).shape[1]


def test_augmentation_makes_rows_beside_encoded_real_ones(home):
    gan, model = ssgan.load(home / "run"), ssgan.load(home / "model")
    made, labels = augment(gan, model, 4, gate=False)
    assert made.shape == (4, 5) and set(labels) <= {0, 1}
    done("augment", home / "run", home / "model", "-n", 4, "--force", "--out", home / "out.npz")
    with np.load(home / "out.npz") as file:
        rows = file["x"]
    assert rows.shape == (len(LABELS) + 4, 5)
    np.testing.assert_allclose(rows[: len(LABELS)], gan.codec.encode(images()), atol=1e-6)


def test_the_page_shows_real_pictures_in_place_of_rows(home):
    page = report(home / "run", encoder="embedded").read_text("utf-8")
    assert "Samples are rows of numbers of the encoder" in page and "data:image/png" in page
    assert "held-out rows" in report(home / "model", encoder="embedded").read_text("utf-8")


def test_estimators_take_raw_samples(home):
    model = GANClassifier(home / "run", PROBE).fit(images(), LABELS)
    assert np.array_equal(model.predict(images()), LABELS)
    gan = ssgan.pretrain(TEXTS.tolist(), SMALL, encoder=HERE / "sentences")
    model = GANClassifier(gan, PROBE).fit(TEXTS, LABELS)
    assert model.score([*TEXTS], LABELS) == 1


def test_a_module_is_an_encoder_and_its_outputs_are_not_learnt():
    import torch

    module = torch.nn.Flatten().requires_grad_(False).eval()
    gan = ssgan.pretrain(images()[:, ::4, ::4], SMALL, encoder=module)
    rows = gan.codec.encode(images()[:, ::4, ::4])
    np.testing.assert_allclose(rows, images()[:, ::4, ::4].reshape(-1, 4) / 255, atol=1e-6)


def test_the_command_line_takes_texts_and_a_folder_of_pictures(home, tmp_path):
    words = ("--text", "words", "--target", "topic", "--quiet")
    small = ("--steps", 2, "--batch", 6, "--width", 2, "--latent", 4)
    run, model = tmp_path / "run", tmp_path / "model"
    encoder = ("--encoder", HERE / "sentences")
    kept = sorted((home / "cache").rglob("*"))
    done("pretrain", home / "news.csv", "--dry-run", *words, *small, *encoder)
    assert sorted((home / "cache").rglob("*")) == kept and not run.exists()
    done("pretrain", home / "news.csv", "--run", run, *words, *small, *encoder)
    probe = ("--labels", home / "news.csv", "--method", "probe", "--no-calibrate")
    done("finetune", run, *probe, "--out", model, *words)
    done("predict", model, home / "news.csv", "--out", tmp_path / "out.csv")
    shown = done("evaluate", model, home / "news.csv", "--part", "all", "--quiet")
    assert '"accuracy": 1.0' in shown.stdout
    result = CliRunner().invoke(command, ["pretrain", "digits", "--run", str(run), "--embed"])
    assert result.exit_code == 2 and "--embed says more of --encoder: give both" in result.stderr
