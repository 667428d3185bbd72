"""The tables of the README and of the documentation say what the committed results say."""

import pytest

from benchmarks import breadth, glance, tables
from benchmarks.tables import MARK, PAGES, RESULTS, filled
from ssgan.benchmark.reporting import ELSEWHERE
from ssgan.benchmark.results import read_rows

HELD = sorted(path.stem for path in RESULTS.glob("*.csv") if not path.stem.endswith("-quick"))
LINE = "digits,100,{method},{draw},{draw},0,{accuracy},1.0,0.0\n"
OFF = "GAN off: graph and consistency"
HEADER = "data,labels,method,gan_seed,label_seed,split,accuracy,seconds,gan_seconds\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_tables_are_those_that_the_results_make(page):
    text = page.read_text(encoding="utf-8")
    assert filled(text) == text


@pytest.mark.parametrize("name", HELD)
def test_every_committed_result_has_one_place(name):
    made = tables.table(name)
    assert made.count("|") > 10
    whole = f"<!-- table {name} -->\n\n{made}\n"
    assert [whole in page.read_text(encoding="utf-8") for page in PAGES].count(True) == 1


def test_no_marker_is_without_an_end():
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    marks = sum(text.count("<!-- table ") for text in texts)
    assert sum(len(MARK.findall(text)) for text in texts) == marks > len(HELD)


def test_another_result_would_change_a_page(tmp_path):
    (tmp_path / "speed.csv").write_text("what,measured\nanother,1\n")
    changed = [filled(page.read_text(encoding="utf-8"), tmp_path) for page in PAGES]
    assert sum("| another | 1 |" in text for text in changed) == 1


def test_a_table_without_results_says_so(tmp_path):
    text = "<!-- table mnist-100 -->\n<!-- end -->"
    assert filled(text, tmp_path) == "<!-- table mnist-100 -->\n\nnot measured\n\n<!-- end -->"


def test_a_suite_becomes_a_line_a_method_and_differences_over_the_splits(tmp_path):
    text = HEADER + "".join(
        LINE.format(method=method, draw=draw, accuracy=accuracy + draw / 10)
        for method, accuracy in (("linear probe, random trunk", 0.5), ("auto", 0.7))
        for draw in (0, 1)
    )
    quoted = text.replace("linear probe, random trunk", '"linear probe, random trunk"')
    quoted = quoted.replace("auto", '"linear probe, discriminator"')
    (tmp_path / "digits.csv").write_text(quoted)
    made = [
        line for line in tables.table("digits", tmp_path).splitlines() if "not measured" not in line
    ]
    assert made == [
        "| method | accuracy | worst | splits | GANs | seconds | + GAN seconds |",
        "|---|---:|---:|---:|---:|---:|---:|",
        "| linear probe, random trunk | 0.5500 ± 0.0707 | 0.5000 | 2 | 2 | 1.0 | - |",
        "| linear probe, discriminator | 0.7500 ± 0.0707 | 0.7000 | 2 | 2 | 1.0 | - |",
        "",
        "| difference | points |",
        "|---|---:|",
        "| linear probe, discriminator - linear probe, random trunk | +20.00 ± 0.00 |",
    ]


def test_a_cell_that_was_run_again_counts_once_in_differences(tmp_path):
    named = {"auto": 0.7, "simple model that the folds choose": 0.5}
    old = LINE.format(method="auto", draw=0, accuracy=0.1)
    new = [LINE.format(method=n, draw=d, accuracy=a) for n, a in named.items() for d in (0, 1)]
    (tmp_path / "digits.csv").write_text(HEADER + old + "".join(new))
    made = tables.table("digits", tmp_path)
    assert "| auto - simple model that the folds choose | +20.00 ± 0.00 |" in made


def test_what_a_suite_has_and_nobody_measured_says_so(tmp_path):
    line = LINE.format(method="RBF-SVM", draw=0, accuracy=0.5)
    (tmp_path / "mnist-100.csv").write_text(HEADER + line.replace("digits", "mnist"))
    made = tables.table("mnist-100", tmp_path).splitlines()
    assert "| K + 1 | not measured | - | - | - | - | - |" in made
    assert not any("RBF-SVM" in line and "not measured" in line for line in made)


def test_rows_of_a_method_that_its_suite_does_not_have_are_not_counted(tmp_path):
    """An older form of the digits had more splits; peers are in no suite and stay."""
    lines = [LINE.format(method="RBF-SVM", draw=d, accuracy=a) for d, a in ((0, 0.5), (9, 0.9))]
    peer = LINE.format(method="LAMDA-SSL: FixMatch", draw=0, accuracy=0.7)
    (tmp_path / "digits.csv").write_text(HEADER + "".join(lines) + peer)
    made = tables.table("digits", tmp_path)
    assert "| RBF-SVM | 0.5000 | 0.5000 | 1 | 1 |" in made
    assert "| LAMDA-SSL: FixMatch | 0.7000 |" in made


def test_several_label_counts_stand_in_a_column(tmp_path):
    line = LINE.format(method="RBF-SVM", draw=0, accuracy=0.5)
    (tmp_path / "digits.csv").write_text(HEADER + line + line.replace(",100,", ",50,"))
    made = [
        line for line in tables.table("digits", tmp_path).splitlines() if "not measured" not in line
    ]
    assert made[0].startswith("| labels | method | accuracy")
    assert [row[:20] for row in made[2:]] == ["| 50 | RBF-SVM | 0.5", "| 100 | RBF-SVM | 0."]


def written(path, lines):
    path.write_text("".join(",".join(map(str, line)) + "\n" for line in lines))


def test_trials_are_counted_with_the_bound_that_says_something(tmp_path):
    head = ["method", "labels", "seed", "accepted", "true_gain", "smallest"]
    noise = [["noise", 1000, seed, 0, -0.5, 2.0] for seed in range(50)]
    power = [['"real rows, +2 points"', 3000, seed, int(seed < 18), 2.0, 1.5] for seed in range(20)]
    written(tmp_path / "gate.csv", [head, *noise, *power])
    made = tables.table("gate", tmp_path).splitlines()
    assert made[0].startswith("| labels | method | accepted | 95 % bound | true gain, points |")
    assert made[2] == "| 1000 | noise | 0 of 50 | at most 5.8 % | -0.50 | 2.00 |"
    assert made[3] == "| 3000 | real rows, +2 points | 18 of 20 | at least 71.7 % | 2.00 | 1.50 |"
    assert made[-1] == "Accepted where the true gain is negative: 0 of 50."


def test_an_acceptance_of_what_harms_is_told(tmp_path):
    head = ["method", "labels", "seed", "accepted", "true_gain", "smallest"]
    written(
        tmp_path / "gate.csv", [head, ["noise", 1000, 0, 1, -0.1, 2], ["noise", 1000, 1, 1, 0.1, 2]]
    )
    assert "where the true gain is negative: 1 of 1." in tables.table("gate", tmp_path)


def test_seconds_of_measures_stand_beside_the_difference_from_other_code(tmp_path):
    lines = [["all of these", seed, seconds, ""] for seed, seconds in enumerate((9, 11, 10))]
    peer = ['"kernel distance, torchmetrics"', 0, 0.5, "not measured"]
    written(
        tmp_path / "metric-suite.csv", [["method", "seed", "seconds", "difference"], *lines, peer]
    )
    made = tables.table("metric-suite", tmp_path).splitlines()
    assert made[2] == "| all of these | 10.00 | 11.00 | - |"
    assert made[3] == "| kernel distance, torchmetrics | 0.50 | 0.50 | not measured |"


def test_networks_that_saw_other_data_stand_in_a_table_of_their_own(tmp_path):
    lines = [
        LINE.format(method=name, draw=0, accuracy=0.5).replace("\n", f",{league}\n")
        for name, league in (("RBF-SVM", "own data"), ("theirs", ELSEWHERE))
    ]
    (tmp_path / "digits.csv").write_text(HEADER.replace("\n", ",league\n") + "".join(lines))
    own, elsewhere = tables.table("digits", tmp_path).split(f"*{ELSEWHERE}*")
    assert "RBF-SVM" in own and "theirs" not in own and "not measured" in own
    assert "theirs" in elsewhere and "not measured" not in elsewhere


def test_few_labels_at_a_glance_are_a_line_for_each_table_with_mean_and_worst(tmp_path):
    line = LINE.format(method="auto", draw=0, accuracy=0.9)
    worse = LINE.format(method="auto", draw=1, accuracy=0.7)
    again = LINE.format(method="auto", draw=0, accuracy=0.8)
    (tmp_path / "digits.csv").write_text(HEADER + line + worse + again)
    made = tables.table("few-labels", tmp_path).splitlines()
    (found,) = [line for line in made if line.startswith("| digits, 100, accuracy")]
    assert found == (
        "| digits, 100, accuracy | - | - | - | - | - | - | 0.750 (0.700) | 1 + 0 | .970 |"
    )
    assert not any("mnist" in line for line in made)


def test_accuracy_by_time_sets_each_length_beside_its_twin_and_says_when_it_was_good(tmp_path):
    header = HEADER.replace("split", "split,steps")
    text = header + "".join(
        f"mnist,100,{method},{draw},{draw},0,{steps},{accuracy + draw / 100},{seconds},{gan}\n"
        for method, gan, better in (("graph and consistency", 50, 0.02), (OFF, 0, 0))
        for steps, accuracy, seconds in ((100, 0.93 + better, 9), (250, 0.96 + better, 20))
        for draw in (0, 1)
    )
    (tmp_path / "time-to-accuracy.csv").write_text(text)
    made = tables.table("time-to-accuracy", tmp_path).splitlines()
    assert (
        "| 100 | 0.9350 ± 0.0071 | 0.9300 | 9.0 | 0.9550 ± 0.0071 | 0.9500 | 9.0 | 50 "
        "| +2.00 ± 0.00 | 2, 2 |"
    ) in made
    assert "| 0.95 | 20 | 9 + 50 | - | - |" in made
    assert "| 0.97 | - | 20 + 50 | - | - |" in made
    assert "| 600 | not measured | - | - | not measured | - | - | - | - | 0, 0 |" in made


def test_the_front_page_has_lines_of_the_board_with_their_deviation(tmp_path):
    scores = {"auto": 90, "GAN off: auto": 80, "RBF-SVM, scaled": 60, "random forest": 70}
    scores["linear probe, discriminator"] = 50
    line = "digits,balanced,100,{method},0,{draw},{points},,0.1,1200,,2.0,30.0\n"
    text = "".join(
        line.format(method=f'"{name}"', draw=draw, points=points + draw)
        for name, points in scores.items()
        for draw in (1, 3)
    )
    (tmp_path / "breadth.csv").write_text(BOARD_HEAD + text)
    made = tables.table("front-page", tmp_path).splitlines()
    assert made[2:] == ["| digits | 100 | 92.0 ± 1.4 | +10.0 | 72.0 ± 1.4 random forest | 2 + 30 |"]


def test_the_front_page_is_empty_before_the_board_is_measured(tmp_path):
    assert len(tables.table("front-page", tmp_path).splitlines()) == 2


def test_a_suite_without_results_has_no_methods(tmp_path):
    assert glance.by_method(tmp_path, "digits", "100") == {}


BOARD_LINE = "{data},balanced,10,{method},0,{draw},{points},{rmse},{ece},1200,0.9,2.0,30.0\n"
BOARD_HEAD = (
    "data,league,labels,method,gan_seed,label_seed,points,rmse,calibration_debiased,test,interval_coverage,"
    "seconds,gan_seconds\n"
)


def test_the_board_says_how_far_auto_is_behind_and_where(tmp_path):
    from ssgan.benchmark.cells import Cell, Suite

    scores = {  # points on one set, RMSE on another
        "random forest": (90, 2.0),
        "extra trees": (80, 4.0),
        "linear probe, discriminator": (95, 3.0),
        "auto": (88, 1.9),
        "GAN off: auto": (70, 5.0),
    }
    cells = [
        Cell(data=d, league="balanced", labels=10, method=m, gan_seed=0, label_seed=k)
        for d in ("a", "b")
        for m in scores
        for k in (0, 1)
    ]
    text = BOARD_HEAD + "".join(
        BOARD_LINE.format(
            data=cell.data,
            method=f'"{cell.method}"',
            draw=cell.label_seed,
            points=scores[cell.method][0] + 2 * cell.label_seed - 1,
            rmse="" if cell.data == "a" else scores[cell.method][1],
            ece=0.05 if cell.data == "a" else "",
        )
        for cell in cells
    )
    (tmp_path / "breadth.csv").write_text(text)
    found = Suite(cells=tuple(cells), solve=lambda cell, place: {}, measure="points")
    made = breadth.tables(found, read_rows(tmp_path / "breadth.csv"), tables.rows).splitlines()
    assert "| lines | 2 |" in made and "| mean rank of `auto` | 2.0 |" in made
    assert "| regret against the best ordinary model, mean | -1.50 |" in made
    assert "| the same, worst line | +2.0 (a 10) |" in made
    assert "| regret against the best row of the package, mean | -14.83 |" in made
    assert "| debiased calibration error, 1,000 test samples or more, mean | 0.050 |" in made
    assert "| coverage of 90 % intervals, mean | 0.900 |" in made
    assert (
        "| a | 10 | 2 | 90.0 random forest | 95.0 linear probe, discriminator | - | 88.0 | +18.0 "
        "| +2.0 | 3 of 4 | 2 | 30 |"
    ) in made
    assert any(line.startswith("| b | 10 | 2 | 2 random forest | 3 linear") for line in made)
    assert "| GAN on - off, mean of 2 lines | +40.00 |" in made  # 18 points, 62 % of the error
    assert "| lines behind by more than 2 points and two standard errors | 0 |" in made
    without = [row for row in read_rows(tmp_path / "breadth.csv") if row["method"] != "auto"]
    assert breadth.tables(found, without, tables.rows) == "not measured"
