import io
import json
import os
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

import ssgan
from ssgan.data import Data, draw_split, read, targets
from ssgan.models.config import GANConfig
from ssgan.report import report
from ssgan.report.figures import curve, scatter
from ssgan.report.predictions import wilson_interval
from ssgan.report.training import seconds
from ssgan.runs.run import Run
from tests.examples import quick

ATTACK = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}'
CONFIG = {"objective": {"name": "relativistic", "r1": 1.0}, "steps": 1000, "seed": 0}


class Page(HTMLParser):
    """Elements, attributes and visible text of a page."""

    def __init__(self, path):
        super().__init__()
        self.elements, self.attributes, self.texts = [], [], []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attributes]

    def handle_data(self, data):
        self.texts.append(data)


def refuse_what_is_not_self_contained(page):
    """A page loads nothing from elsewhere, runs nothing, and names no unique element twice."""
    assert not {"script", "iframe", "object", "embed", "form", "base"} & set(page.elements)
    assert "http://" not in page.source and "https://" not in page.source
    for tag, name, value in page.attributes:
        assert not name.startswith("on"), (tag, name, value)
        if name in ("src", "href", "xlink:href"):
            assert value.startswith(("data:", "#")), (tag, name, value)
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    used = {value[1:] for _, name, value in page.attributes if name == "xlink:href"}
    assert used <= set(ids)


def png_of(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def gan_run(path, source="digits", samples=".png", steps=(100, 500, 1000), term="critic"):
    """A GAN's run directory without its networks."""
    data = {"source": source, "options": {}, "fingerprint": "f" * 64}
    run = Run.claim(path, {"format": 1, "kind": "gan", "config": CONFIG, "data": data})
    for step in steps:
        run.log({"step": step, term: 1 / step, "not_finite": 0.0, "seconds": step / 100})
        name = f"samples/step-{step:08d}{samples}"
        if samples == ".png":
            run.write(name, png_of(np.full((16, 16), step % 251, np.uint8)))
        else:
            run.write(name, f"age,job\n{step},<b>\n")
    return run


def test_a_gan_page_shows_samples_over_time_losses_settings_and_data(tmp_path):
    run = gan_run(tmp_path / "my run")
    path = report(run.path)
    page = Page(path)
    assert path == run.path / "report.html"
    refuse_what_is_not_self_contained(page)
    pictures = [value for tag, name, value in page.attributes if (tag, name) == ("img", "src")]
    assert len(pictures) == len(set(pictures)) == 3
    for text in (
        "my run",
        "step 100",
        "step 500",
        "step 1,000, the newest",
        "critic",
        "last 0.001",
    ):
        assert text in page.text
    for text in ("objective.name relativistic", "seed 0", "source digits", "f" * 64, "10.0"):
        assert text in page.text
    assert page.elements.count("svg") == 1, "what never leaves 0 is not drawn"
    assert f"ssgan {ssgan.__version__}" in page.text and f"torch {torch.__version__}" in page.text


def test_a_page_is_the_same_every_time(tmp_path):
    run = gan_run(tmp_path / "run")
    first = report(run.path).read_bytes()
    assert report(str(run.path)).read_bytes() == first


def test_a_run_that_has_just_begun_has_a_page(tmp_path):
    page = Page(report(gan_run(tmp_path / "run", steps=()).path))
    refuse_what_is_not_self_contained(page)
    assert "No samples were kept yet" in page.text and "not logged" in page.text


def test_a_table_of_samples_is_shown_first_middle_and_last(tmp_path):
    run = gan_run(tmp_path / "run", samples=".csv", steps=(10, 20, 30, 40, 1000))
    run.write("samples/step-00001000.csv", ",".join("abcdefghijklmno") + "\n" + "1," * 14 + "2\n")
    page = Page(report(run.path))
    assert page.text.count("age job") == 2
    assert "10 <b>" in page.text and "30 <b>" in page.text and "20 <b>" not in page.text
    assert "Columns not shown: 3." in page.text


def test_many_pictures_are_thinned_to_the_first_the_last_and_some_between(tmp_path):
    page = Page(report(gan_run(tmp_path / "run", steps=range(10, 410, 10)).path))
    assert page.elements.count("img") == 9
    assert "step 10 " in page.text and "step 400, the newest" in page.text


def test_large_pictures_are_made_small(tmp_path):
    run = gan_run(tmp_path / "run", steps=(1, 2, 3))
    noise = np.random.default_rng(0).integers(0, 256, (640, 640, 3)).astype(np.uint8)
    run.write("samples/step-00000001.png", png_of(noise))
    assert report(run.path).stat().st_size < 1_000_000


def test_a_picture_that_cannot_be_read_is_passed_over(tmp_path):
    run = gan_run(tmp_path / "run")
    run.write("samples/step-00000500.png", b"<svg onload=alert(1)>")
    page = Page(report(run.path))
    assert page.elements.count("img") == 2


def test_files_that_could_not_be_read_are_named(tmp_path):
    run = gan_run(tmp_path / "run")
    lines = "".join(f"{n}.png,cut\n" for n in range(25))
    run.write("quarantine.csv", "file,reason\n" + lines)
    page = Page(report(run.path))
    assert "0.png cut" in page.text and "19.png cut" in page.text and "20.png" not in page.text
    assert "And 5 more" in page.text


def test_seconds_are_added_over_resumptions():
    assert seconds([{"seconds": 3.0}, {"seconds": 5.0}, {"seconds": 1.0}, {}]) == ("6.0", "seconds")
    assert seconds([{"seconds": 1200}]) == ("20", "minutes")


def test_names_and_contents_of_others_are_escaped(tmp_path):
    attack = ATTACK.replace("/", "\\")  # no file name holds a slash
    run = gan_run(tmp_path / attack, source=ATTACK, samples=".csv", steps=(1, 1000), term=ATTACK)
    run.write("samples/step-00001000.csv", pd.DataFrame({ATTACK: [ATTACK]}).to_csv(index=False))
    run.write("quarantine.csv", pd.DataFrame({"file": [ATTACK], "reason": [ATTACK]}).to_csv())
    page = Page(report(run.path))
    refuse_what_is_not_self_contained(page)
    assert "alert(1)" in page.text and "{{ 7 * 7 }}" in page.text
    assert not page.elements.count("img")


def model_run(path, data, *, per_class=None, labels=None, config=None, beneath=False):
    """The directory of a model of few labels; its GAN stays only if it is to be shown."""
    gan_config = GANConfig(steps=4, batch=8, width=4, latent=4)
    ssgan.pretrain(data, gan_config, run=path / "gan")
    gan = ssgan.load(path / "gan")
    found = targets(data.y)
    chosen = draw_split(found, per_class, labels=labels)
    x = data.x.iloc[chosen] if isinstance(data.x, pd.DataFrame) else data.x[chosen]
    learnt = replace(found, values=found.values[chosen])
    config = config or quick("probe", calibrate=False)
    ssgan.finetune(gan, x, learnt, config, run=path / "model")
    about = {k: getattr(data, k) for k in ("source", "options", "fingerprint")}
    record = {"data": about, "labels": data.source, "seed": 0, "per_class": per_class}
    record |= {"sha256": "a" * 64, "indices": chosen.tolist()}
    Run.open(path / "model").write("split.json", json.dumps(record))
    if not beneath:
        shutil.rmtree(path / "gan")
    return path / "model"


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """The directory of a model, and its page."""
    path = tmp_path_factory.mktemp("digits")
    model = model_run(path, read("digits"), per_class=5, beneath=True)
    return model, Page(report(model))


def test_a_model_page_shows_predictions_for_the_test_part_and_says_so(digits):
    _, page = digits
    refuse_what_is_not_self_contained(page)
    assert "all 797 labelled rows of the test part of digits" in page.text
    assert "Neither their labels nor their samples were used" in page.text
    for text in ("accuracy", "ece", "Confusion matrix", "Most confident mistakes", "a" * 64):
        assert text in page.text
    counts = re.findall(r"--share: [\d.]+\">(\d+)</td>", page.source)
    assert len(counts) == 100 and sum(map(int, counts)) == 797
    assert "The GAN beneath" in page.text and "step 4, the newest" in page.text


def test_the_confusions_and_mistakes_are_those_of_the_predictions(digits):
    path, page = digits
    model, data = ssgan.prediction.loading.load_predictor(path), read("digits")
    shares = model.predict_proba(data.x_test)
    wrong = np.flatnonzero(shares.argmax(1) != data.y_test)
    worst = wrong[shares[wrong].max(1).argmax()]
    assert f"{len(wrong)} rows were taken for another class" in page.text
    first = f"{data.y_test[worst]} → {shares[worst].argmax()} {shares[worst].max():.1%} row {worst}"
    assert re.search(r"\d → \d [\d.]+% row \d+", page.text)[0] == first
    assert f"accuracy {(shares.argmax(1) == data.y_test).mean():.4f}" in page.text


def test_without_a_test_part_the_rows_outside_the_split_are_held_out(tmp_path):
    model = model_run(tmp_path, read("wine"), per_class=10)
    page = Page(report(model))
    refuse_what_is_not_self_contained(page)
    assert "all 148 labelled rows of wine that are not in the split" in page.text
    assert "Their samples were there in training, without labels" in page.text
    assert (
        "class_0" in page.text
        and "malic_acid" in page.text
        and "Columns not shown: 1." in page.text
    )


def test_numbers_are_shown_as_predicted_over_true_with_the_largest_errors(tmp_path):
    page = Page(report(model_run(tmp_path, read("diabetes"), labels=60)))
    refuse_what_is_not_self_contained(page)
    assert "all 382 labelled rows of diabetes that are not in the split" in page.text
    for text in ("mae", "rmse", "r2", "Predicted over true", "Largest errors"):
        assert text in page.text
    assert page.elements.count("use") >= 382, "a dot a row"


def few_images(path, classes, names=None, off=0):
    """Images whose class is told by brightness, as `read` gives them from the file that it writes.

    The labels of the test part are those of the rows `off` places before.
    """
    y = np.arange(6 * classes) % classes
    noise = np.random.default_rng(0).integers(0, 20, (len(y), 8, 8))
    x = (noise + (y * (200 // classes))[:, None, None]).astype(np.uint8)
    labels = y if names is None else np.array(names, dtype=str)[y]
    np.savez(
        path, x_train=x, y_train=labels, x_test=x[:-classes], y_test=np.roll(labels, off)[:-classes]
    )
    return read(path)


def test_class_names_columns_and_values_of_others_are_escaped(tmp_path):
    attack = [f"{ATTACK}{n}$\\frac$ 猫" for n in range(3)]
    source = tmp_path / ATTACK.replace("/", "\\")
    source.mkdir()
    page = Page(
        report(model_run(tmp_path, few_images(source / "x.npz", 3, attack, off=1), per_class=1))
    )
    refuse_what_is_not_self_contained(page)
    for name in attack:
        assert f"{name} →" in page.text and f"→ {name}" in page.text
    frame = pd.DataFrame({ATTACK: [ATTACK, "b"] * 20, "y": ["p<script>", "q"] * 20})
    frame.loc[3, ATTACK] = "b"
    frame["y"] = frame["y"].sample(frac=1, random_state=0).to_numpy()
    frame.to_csv(source / "x.csv", index=False)
    data = read(source / "x.csv", target="y")
    shutil.rmtree(tmp_path / "model")
    page = Page(report(model_run(tmp_path, data, per_class=2, beneath=True)))
    refuse_what_is_not_self_contained(page)
    assert "p<script>" in page.text and ATTACK in page.text


def test_many_classes_are_a_picture_and_the_most_frequent_confusions(tmp_path):
    data = few_images(tmp_path / "x.npz", 24, off=1)
    page = Page(report(model_run(tmp_path, data, per_class=3)))
    refuse_what_is_not_self_contained(page)
    assert "A pixel for each pair of the 24 classes" in page.text
    assert "Most frequent confusions" in page.text


def test_a_model_without_mistakes_is_said_to_make_none(tmp_path):
    page = Page(report(model_run(tmp_path, few_images(tmp_path / "x.npz", 2), per_class=6)))
    assert "accuracy 1.0000" in page.text
    assert "None: every held-out row was predicted right." in page.text


@pytest.fixture(scope="module")
def bright(tmp_path_factory):
    """The directory of a model of few images, and the file of these."""
    path = tmp_path_factory.mktemp("bright")
    return model_run(path, few_images(path / "x.npz", 3), per_class=2), path / "x.npz"


def test_a_gan_that_is_not_there_any_more_is_said(bright):
    assert "Its run is not to be found here" in Page(report(bright[0])).text


def test_data_that_are_not_there_any_more_are_said(bright):
    model, file = bright
    file.unlink()
    assert "There are none to show: the data of" in Page(report(model)).text
    few_images(file, 3)


def test_data_that_have_changed_since_are_not_compared_with(bright):
    model, file = bright
    few_images(file, 4)
    text = Page(report(model)).text
    assert "is not what it was when" in text and "Confusion matrix" not in text
    few_images(file, 3)


def test_weights_that_are_not_there_any_more_are_said(bright, tmp_path):
    model = shutil.copytree(bright[0], tmp_path / "model")
    shutil.rmtree(model / "checkpoints")
    assert "There are none to show:" in Page(report(model)).text


@pytest.mark.parametrize("kept", [True, False])
def test_rows_whose_use_is_not_recorded_are_not_held_out(tmp_path, kept):
    data = few_images(tmp_path / "x.npz", 3)
    np.savez(tmp_path / "x.npz", x_train=data.x, y_train=data.y)
    data = read(tmp_path / "x.npz") if kept else Data(kind="images", x=data.x, y=data.y)
    model = model_run(tmp_path, data, per_class=2)
    Run.open(model).remove("split.json")
    text = Page(report(model)).text
    reason = "it is not recorded which rows were learnt from" if kept else "given in memory"
    assert reason in text and "accuracy" not in text


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="is not a run directory"):
        report(tmp_path)
    Run.claim(tmp_path / "other", {"kind": "vae"})
    with pytest.raises(ValueError, match="a run of kind 'vae', expected a GAN or a model"):
        report(tmp_path / "other")


def test_plots_take_the_colours_of_the_page_and_hold_no_text_but_numbers():
    x = np.arange(1, 2001, dtype=float)
    for plot in (curve("a", x, np.sin(x)), curve("b", x[:1], x[:1]), scatter(x, x + 1)):
        assert plot.startswith("<svg") and plot.rstrip().endswith("</svg>")
        assert "var(--accent)" in plot and "currentColor" in plot
        assert "#010203" not in plot and "<style" not in plot and "<text" not in plot
        assert len(plot) < 120_000
    assert curve("a", x, x) == curve("a", x, x) != curve("b", x, x)


def test_plots_leave_no_trace_in_matplotlib():
    import matplotlib

    before = dict(matplotlib.rcParams)
    curve("loss", np.arange(3.0), np.arange(3.0))
    assert dict(matplotlib.rcParams) == before
    assert "matplotlib.pyplot" not in vars(ssgan.report.figures)


def test_the_interval_of_a_share_is_wilsons():
    assert wilson_interval(0.5, 100) == pytest.approx((0.40383, 0.59617), abs=1e-5)
    assert wilson_interval(1.0, 10) == pytest.approx((0.72246, 1.0), abs=1e-4)
    assert wilson_interval(0.0, 10)[0] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("method", ["baseline", "auto"])
def test_a_page_says_that_a_simple_model_is_no_network_and_why_it_was_taken(method, tmp_path):
    data = few_images(tmp_path / "x.npz", 3)
    config = quick(method, steps=2, calibrate=False, transforms=())
    path = model_run(tmp_path / "m", data, per_class=3, config=config)
    if method == "auto":  # whatever these folds chose
        record = json.loads((path / "choice.json").read_text())
        record["choice"] |= {"method": "baseline"}
        record["choice"]["verdict"] |= {"chosen": "k-nn", "reason": "it has fewer errors"}
        Run.open(path).write("choice.json", json.dumps(record))
    page = report(path).read_text()
    assert "a simple model of the labelled rows, without the GAN" in page
    assert ("auto took the k-nn: it has fewer errors" in page) == (method == "auto")


def test_a_path_that_is_not_utf8_is_shown_as_what_it_is(tmp_path):
    run = gan_run(tmp_path / os.fsdecode(b"caf\xe9"), source=os.fsdecode(b"/data/caf\xe9.npz"))
    page = report(run.path).read_text("utf-8")
    assert r"/data/caf\udce9.npz" in page
