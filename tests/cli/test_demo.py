"""`ssgan demo` sets the recommended method beside simple ones, and says what the GAN's part is."""

import re

from click.testing import CliRunner

from ssgan.benchmark import story
from ssgan.benchmark.story import compare_on_split, compare_twins, demo_suite
from ssgan.cli import ssgan
from ssgan.cli.demo import gain_in_points, summary
from ssgan.training.runner import Progress

PROBE, OFF_PROBE = "linear probe, discriminator", "linear probe, random trunk"
SCORES = {
    "logistic regression": (0.85, 0.97),
    "RBF-SVM": (0.91, 0.89),
    OFF_PROBE: (0.90, 0.92),
    PROBE: (0.91, 0.94),
    "GAN off: auto": (0.95,),
    "auto": (0.96,),
}


def rows_of(scores, seed=0):
    about = {"data": "digits", "labels": "100", "gan_seed": str(seed), "seconds": "0.5"}
    return [
        {"method": method, "label_seed": str(draw), "accuracy": str(accuracy), **about}
        for method, accuracies in scores.items()
        for draw, accuracy in enumerate(accuracies)
    ]


def test_a_method_without_the_gan_stands_beside_its_twin_and_not_below():
    found = {one.method: one for one in compare_twins(rows_of(SCORES), demo_suite(0))}
    assert list(found) == ["logistic regression", "RBF-SVM", PROBE, "auto"]
    assert [one.simple for one in found.values()] == [True, True, False, False]
    assert found["RBF-SVM"].off is None
    assert found["auto"].off.mean == 0.95
    assert [gain_in_points(one) for one in found.values()] == ["", "", "+1.5 ± 6.4", "+1.0"]
    worse = compare_twins(rows_of(SCORES | {"GAN off: auto": (0.97,)}), demo_suite(0))
    assert gain_in_points(worse[-1]) == "-1.0"


def test_the_summary_compares_on_the_split_that_all_share_and_says_what_may_be_chance():
    said = summary(compare_on_split(rows_of(SCORES), demo_suite(0)), 800)
    assert said.startswith("On the first split auto reaches 0.960, without the GAN 0.950, RBF-SVM ")
    assert "(the best simple model there) 0.910." in said
    assert "Of 800 test images, differences below 1.9 points may be chance" in said


def test_the_command_prints_a_line_for_every_method_and_where_pictures_and_reports_lie(
    tmp_path, monkeypatch
):
    def run_demo(out, seed):
        yield Progress(1, 1, {"critic": 1.0}, 10.0, 0.0)
        for step in ("50", "400"):
            picture = out / "gan" / "samples" / f"step-{step:>08}.png"
            picture.parent.mkdir(parents=True, exist_ok=True)
            picture.touch()
        return rows_of(SCORES, seed)

    monkeypatch.setattr(story, "run_demo", run_demo)
    monkeypatch.setattr("ssgan.report.report", lambda path: path / "report.html")
    monkeypatch.setenv("COLUMNS", "120")
    result = CliRunner().invoke(ssgan, ["demo", "--out", str(tmp_path / "d"), "--seed", "3"])
    assert result.exit_code == 0, result.output
    assert "10 labels a class" in result.stdout
    assert "logistic regression" in result.stdout
    assert re.search(r"auto +│ +0.960 │ +1 │ +0.950 │ +\+1.0 │", result.stdout)
    assert str(tmp_path / "d" / "gan" / "samples" / "step-00000400.png") in result.stdout
    assert str(tmp_path / "d" / "model" / "report.html") in result.stdout
    assert "step 1/1" in result.stderr
