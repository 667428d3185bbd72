"""The pages about what a GAN makes, and about samples that were judged."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import ssgan
from ssgan.data import read
from ssgan.metrics.spaces import space_of
from ssgan.models.config import GANConfig
from ssgan.models.interpolation import interpolate_noise
from ssgan.models.pretraining import pretrain
from ssgan.randomness import Rng
from ssgan.report import report, report_augmented
from ssgan.report.augmented import chart_reach, comparison_rows, page_beside
from ssgan.report.figures import interval
from ssgan.report.generated import (
    EACH,
    MAX_POOL,
    classes_part,
    interpolation_part,
    neighbours_part,
    rows_with_neighbours,
    show_packed,
)
from ssgan.report.training import TABLE_COLUMNS
from ssgan.runs.run import Run
from ssgan.synthesis import Context, Synthetic
from ssgan.synthesis.blocks import Tally
from ssgan.synthesis.gate.verdict import Comparison, Verdict
from tests.examples import KINDS, SMALL, table
from tests.report.test_report import Page, refuse_what_is_not_self_contained

TINY = GANConfig(steps=2, batch=8, width=2, latent=4)


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A conditional GAN of the digits, and its page."""
    data = read("digits")
    path = tmp_path_factory.mktemp("generated") / "run"
    return pretrain(data, TINY, labels=np.asarray(data.y), run=path), Page(report(path))


def test_the_neighbours_shown_are_the_nearest_of_the_training_rows(digits):
    gan, _ = digits
    train = gan.codec.pack(read("digits").x)
    shown = neighbours_part(gan, train)
    rows = train[Rng(("report", "rows")).permutation(len(train))[:MAX_POOL]]
    space = space_of(gan.codec.expand(rows))
    fake = space(gan.codec.expand(gan.codec.pack(gan.sample(EACH))))
    nearest = torch.cdist(fake, space(gan.codec.expand(rows))).argmin(1)
    assert shown["pool"] == len(train)
    assert shown["kinds"] == ["sample", "nearest", "nearest", "nearest"] * EACH
    expected = torch.cat(
        [
            torch.cat([gan.codec.pack(gan.sample(EACH))[k : k + 1], rows[i : i + 1]])
            for k, i in enumerate(nearest)
        ]
    )
    both, _ = rows_with_neighbours(gan, train)
    first = both.reshape(EACH, 4, *both.shape[1:])[:, :2].flatten(0, 1)
    assert torch.equal(first, expected)


def test_every_class_is_asked_for(digits):
    gan, page = digits
    assert [part["name"] for part in classes_part(gan)] == [str(k) for k in range(10)]
    refuse_what_is_not_self_contained(page)
    assert "By class" in page.text
    assert "pretrained on samples and labels of digits" in page.text
    alts = [value for tag, name, value in page.attributes if (tag, name) == ("img", "alt")]
    assert [f"Samples of class {k}" for k in range(10)] == [a for a in alts if "of class" in a]


def test_scores_of_training_rows_test_rows_and_samples_are_shown(digits):
    text = digits[1].text
    assert "training rows (filled; mean" in text
    assert "test rows (dashed; mean" in text
    assert "of 797)" in text
    assert "samples (line; mean" in text
    assert "If training rows lie above test rows, it has memorised them." in text


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_the_way_between_noises_begins_and_ends_at_them(kind):
    start, end = Rng(("a",)).normal(3, 8), Rng(("b",)).normal(3, 8)
    torch.testing.assert_close(interpolate_noise(start, end, 0.0, kind), start)
    torch.testing.assert_close(interpolate_noise(start, end, 1.0, kind), end)


def test_noise_on_the_way_is_as_long_as_noise_that_is_drawn():
    start = torch.nn.functional.normalize(Rng(("a",)).normal(5, 64), dim=1)
    end = torch.nn.functional.normalize(Rng(("b",)).normal(5, 64), dim=1)
    for share in (0.25, 0.5, 0.75):
        torch.testing.assert_close(
            interpolate_noise(start, end, share, "normal").norm(dim=1), torch.ones(5)
        )


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_of_every_kind_says_that_rows_in_memory_are_not_there(kind, tmp_path):
    gan = pretrain(KINDS[kind](), SMALL, run=tmp_path / "run")
    page = Page(report(tmp_path / "run"))
    refuse_what_is_not_self_contained(page)
    assert "the data were given in memory" in page.text
    assert (interpolation_part(gan) is not None) == (kind == "images")


def test_a_table_is_shown_beside_its_nearest_rows_and_scores_without_test_rows(tmp_path):
    table().to_csv(tmp_path / "t.csv", index=False)
    pretrain(read(tmp_path / "t.csv"), SMALL, run=tmp_path / "run")
    text = Page(report(tmp_path / "run")).text
    assert text.count("nearest") >= 3 * EACH
    assert "test rows (" not in text
    assert "memorised" not in text
    assert "samples (line; mean" in text


def test_tables_of_samples_leave_missing_values_empty_and_count_the_columns_not_shown(tmp_path):
    frame = table().assign(**{f"n{k}": np.arange(len(table())) for k in range(11)})
    frame.loc[::2, "age"] = np.nan
    gan = pretrain(frame, SMALL)
    shown = show_packed(gan.codec, gan.codec.pack(frame), 1)
    assert len(shown["header"]) == TABLE_COLUMNS
    assert shown["more"] == frame.shape[1] - TABLE_COLUMNS
    assert [row[0] for row in shown["rows"][:2]] == ["", f"{frame.age[1]:.4g}"]
    frame.to_csv(tmp_path / "t.csv", index=False)
    pretrain(read(tmp_path / "t.csv"), SMALL, run=tmp_path / "run")
    page = Page(report(tmp_path / "run"))
    assert "Columns not shown: 2." in page.text[page.text.index("Beside the nearest") :]
    assert "nan" not in page.texts
    # else "sample" and "nearest" stand as columns of letters, each row eight lines tall
    assert ".samples th, .samples td { white-space: nowrap" in page.source
    assert ".gate th, .gate td { white-space: nowrap }" in page.source


def test_a_vae_has_no_scores_to_show(tmp_path):
    pretrain(read("digits"), replace(TINY, model="vae"), run=tmp_path / "run")
    text = Page(report(tmp_path / "run")).text
    assert "Beside the nearest training rows" in text
    assert "Scores of the discriminator" not in text


def test_a_run_without_a_checkpoint_says_why_nothing_more_is_shown(tmp_path):
    data = {"source": "digits", "options": {}, "fingerprint": "f" * 64}
    Run.claim(tmp_path / "r", {"format": 1, "kind": "gan", "config": {}, "data": data})
    assert "holds no checkpoint" in Page(report(tmp_path / "r")).text
    with pytest.raises(FileNotFoundError, match="holds no checkpoint"):
        report(tmp_path / "r", np.zeros((2, 8, 8), np.uint8))  # rows are given to be judged by


def comparison(gain, baseline="nothing", smallest=4.0):
    return Comparison(
        candidate="gan 1 : 1",
        baseline=baseline,
        gain=gain,
        low=gain - 2,
        high=gain + 2,
        smallest=smallest,
        p_better=0.01,
        p_worse=0.99,
    )


def verdict(*comparisons):
    return Verdict(
        answer="no evidence",
        candidate=None,
        smallest=4.0,
        rows=300,
        metric="accuracy",
        alpha=0.002,
        score=90.0,
        comparisons=comparisons,
    )


def test_the_chart_draws_the_intervals_of_the_verdict_on_one_scale():
    found = verdict(comparison(3.0), comparison(-8.0, "smote"))
    rows = comparison_rows(found, chart_reach(found))
    assert [row["interval"] for row in rows] == ["+1.00 to +5.00", "-10.00 to -6.00"]
    assert rows[0]["plot"] == interval(1.0, 3.0, 5.0, 4.0, 10.0)
    assert 'x1="110.0" x2="150.0"' in rows[0]["plot"]  # 0 is 100, 10 points are 200
    assert 'cx="130.0"' in rows[0]["plot"]
    assert 'x1="140.0" x2="140.0"' in rows[0]["plot"]  # the smallest gain that is seen
    assert 'x1="0.0" x2="40.0"' in rows[1]["plot"]


def test_the_smallest_gain_of_every_row_lies_on_the_scale():
    found = verdict(comparison(3.0), comparison(0.0, "smote", smallest=8.0))
    rows = comparison_rows(found, chart_reach(found))
    assert chart_reach(found) == 8.0
    assert 'x1="150.0" x2="150.0"' in rows[0]["plot"]  # 4 of 8
    assert 'x1="200.0" x2="200.0"' in rows[1]["plot"]
    assert chart_reach(verdict()) > 0


def augmented_page(folder, classes, labels, record, *comparisons):
    gan = pretrain(KINDS["vectors"](), SMALL)
    tally = Tally()
    blocks = [Synthetic(gan.sample(len(labels)), labels)] if len(labels) else []
    assert list(tally.over(iter(blocks))) == blocks
    (folder / "a.verdict.json").write_text(json.dumps(record))
    context = Context(gan, classes)
    return Page(report_augmented(folder / "a.npz", context, verdict(*comparisons), tally))


def test_a_page_says_how_many_synthetic_rows_were_written_and_the_scale_of_its_chart(tmp_path):
    page = augmented_page(
        tmp_path, ("a", "b"), np.array(["a", "b", "b"]), {"written": 1234}, comparison(9.0)
    )
    refuse_what_is_not_self_contained(page)
    assert "written 1,234 synthetic rows" in page.text
    assert "−11.0 0 +11.0" in page.text
    assert "3 samples, the first of each class." in page.text
    older = augmented_page(tmp_path, ("a", "b"), np.array(["a"]), {})
    assert "written" not in older.text
    assert "1 sample, the first of each class." in older.text


def test_where_labels_are_numbers_the_first_samples_are_shown(tmp_path):
    page = augmented_page(tmp_path, (), np.linspace(0, 1, 20), {})
    assert "20 samples, the first of them." in page.text
    assert page.elements.count("tr") >= 2 * EACH
    assert "Samples 0 samples." in augmented_page(tmp_path, (), np.empty(0), {}).text


def test_a_tally_counts_all_blocks_and_keeps_the_first():
    blocks = [
        Synthetic(np.zeros((n, 2)), np.repeat("a", n), {"centroid": {"a": n, "b": 1}})
        for n in (3, 4)
    ]
    tally = Tally()
    assert list(tally.over(iter(blocks))) == blocks
    assert tally.first is blocks[0]
    assert tally.to_json() == {"kept": 7, "dropped": {"centroid": {"a": 7, "b": 2}}}


def test_a_page_lies_in_its_folder_or_beside_its_file(tmp_path):
    assert page_beside(tmp_path / "more") == tmp_path / "more" / "report.html"
    assert page_beside(tmp_path / "more.npz") == tmp_path / "more.report.html"


def test_the_module_has_no_pyplot():
    assert "matplotlib.pyplot" not in vars(ssgan.report.figures)
