"""A page judges by rows that are brought, says first how good a GAN is, and reads no stranger's."""

import os
import re

import numpy as np
import pytest

import ssgan
from ssgan.config import InputError
from ssgan.data import read
from ssgan.data.selection import SPARE_FILES, read_again
from ssgan.report import report
from ssgan.report.quality import quality_sentence
from ssgan.report.training import metric_curves, term_meaning
from tests.examples import LABELS, NUMBERS, SMALL, quick, vectors
from tests.report.test_report import Page, model_run, refuse_what_is_not_self_contained


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A GAN, a classifier and a regression of samples in memory."""
    home = tmp_path_factory.mktemp("home")
    gan = ssgan.pretrain(vectors(), SMALL, run=home / "gan")
    ssgan.finetune(gan, vectors(), LABELS, quick("probe"), run=home / "classes")
    ssgan.finetune(gan, vectors(), NUMBERS, quick("probe"), run=home / "numbers")
    return home


def test_a_model_of_samples_in_memory_is_judged_on_rows_that_are_given(home):
    x, y = vectors(1), LABELS
    page = Page(report(home / "classes", x, y, which="fresh.csv"))
    refuse_what_is_not_self_contained(page)
    right = (ssgan.load(home / "classes").predict(x) == y).mean()
    for text in (
        *(
            "all 24 labelled rows of fresh.csv",
            f"accuracy {right:.4f} higher",
            "By class",
            "Reliability",
        ),
        *("Whether they were used in training was not asked", "On folds of the labels"),
    ):
        assert text in page.text
    counts = [int(row[-1].replace(",", "")) for row in rows_below(page, "F1 rows", 2)]
    assert counts == [12, 12]


def rows_below(page, header, count):
    """The words of so many rows of five cells below a header."""
    words = page.text.split(header)[1].split()
    return [words[5 * k : 5 * k + 5] for k in range(count)]


def test_numbers_have_no_classes_and_no_reliability(home):
    page = Page(report(home / "numbers", vectors(1), NUMBERS))
    assert "Predicted over true" in page.text
    assert "Reliability" not in page.text and "By class" not in page.text


def test_a_models_rows_need_labels_one_each(home):
    with pytest.raises(InputError, match="needs labels to compare with"):
        report(home / "classes", vectors())
    with pytest.raises(InputError, match="24 samples but 3 labels"):
        report(home / "classes", vectors(), [0, 1, 1])


def test_a_gans_page_says_first_how_often_its_samples_are_told_from_rows(home):
    many = np.concatenate([vectors(seed) for seed in range(20)])
    page = Page(report(home / "gan", many, which="fresh.csv"))
    refuse_what_is_not_self_contained(page)
    assert page.text.index("How good it is") < page.text.index("Samples over training")
    assert page.text.index("told apart") < page.text.index("of 4")
    assert "of the time; 50 % is chance" in page.text and "from fresh.csv" in page.text


def test_a_gan_of_a_file_is_compared_with_its_rows(tmp_path):
    ssgan.pretrain(read("wine"), SMALL, run=tmp_path / "run")
    assert "tells its samples from training rows" in Page(report(tmp_path / "run")).text


@pytest.mark.parametrize(
    ("apart", "words"), [(0.99, "train longer"), (0.7, "not alike"), (0.5, "hardly told apart")]
)
def test_what_to_do_follows_from_how_often_samples_are_told(apart, words):
    assert words in quality_sentence(apart, "test rows")


def test_checksums_are_folded_away(tmp_path):
    page = Page(report(model_run(tmp_path, read("wine"), per_class=5)))
    assert page.elements.count("details") == 2, "of the labels, and of the data"
    assert not re.search(r"[0-9a-f]{64}", re.sub(r"(?s)<details>.*?</details>", "", page.source))


def test_a_folder_far_larger_than_what_a_run_was_made_of_is_not_read(tmp_path):
    record = {"source": str(tmp_path), "options": {}, "fingerprint": "f", "rows": 0}
    for number in range(SPARE_FILES):
        (tmp_path / str(number)).touch()
    with pytest.raises(InputError, match="holds no images"):
        read_again(record, "run")
    (tmp_path / "one-more").touch()
    with pytest.raises(InputError, match="holds more than 10,000 files, run was made of 0 samples"):
        read_again(record, "run")


def test_a_file_far_larger_than_what_a_run_was_made_of_is_not_read(tmp_path):
    with (tmp_path / "t.csv").open("wb") as stream:
        stream.truncate(2**30 + 2**20 + 1)  # a hole: it takes no room
    record = {"source": str(tmp_path / "t.csv"), "options": {}, "fingerprint": "f", "rows": 1}
    with pytest.raises(InputError, match="bytes, run was made of 1 samples"):
        read_again(record, "run")


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no devices here")
@pytest.mark.parametrize("source", ["/dev/zero", "/dev/stdin"])
def test_what_is_no_file_is_not_read(source):
    record = {"source": source, "options": {}, "fingerprint": "f", "rows": 9}
    with pytest.raises((InputError, FileNotFoundError), match=r"neither a file|no file|no kind"):
        read_again(record, "run")


def test_losses_are_explained_where_they_are_known():
    assert "tells real from generated" in term_meaning("critic")
    assert term_meaning("critic_real") == term_meaning("critic")
    assert term_meaning("criticism") == term_meaning("something_else") == ""
    rows = [{"step": 1, "r1": 0.5}, {"step": 2, "r1": 0.4}]
    assert metric_curves(rows)[0]["meaning"] == term_meaning("r1") != ""
