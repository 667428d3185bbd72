"""The pictures of the results: ranks, what is told apart, and that each is drawn from the CSVs."""

import pytest
from matplotlib import pyplot as plt

from benchmarks import figures
from benchmarks.tables import RESULTS


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.mark.parametrize(
    ("methods", "tables", "reach"),
    [(4, 14, 1.25), (2, 10, 1.960 / 10**0.5), (10, 20, 3.164 * (110 / 120) ** 0.5)],
)
def test_the_critical_difference_is_that_of_the_paper(methods, tables, reach):
    """Demšar 2006: table 5 and the example of section 3.2.4."""
    assert figures.critical_difference(methods, tables) == pytest.approx(reach, abs=0.005)


def test_the_best_of_every_table_has_rank_one_and_ties_share_theirs():
    ranks = figures.mean_ranks({"a": (0.9, 0.5), "b": (0.8, 0.7), "c": (0.8, 0.1)})
    assert ranks == {"a": 1.5, "b": 1.75, "c": 2.75}


def test_a_bar_joins_what_is_not_told_apart_and_lies_in_no_other():
    assert figures.groups([1.0, 1.5, 2.0, 4.0, 4.2], 1.0) == [(0, 2), (3, 4)]
    assert figures.groups([1.0, 2.0, 3.0], 1.0) == [(0, 1), (1, 2)]
    assert figures.groups([1.0, 9.0], 1.0) == []


def test_less_error_of_a_regression_is_a_better_score():
    scores = figures.table_scores(RESULTS)
    assert set(scores) == set(figures.RANKED.values())
    rotated = [name for name, _ in figures.RANKED_TABLES].index("rotated-mnist")
    assert scores["graph"][rotated] < 0 < scores["graph"][0] < 1


@pytest.mark.parametrize("name", figures.FIGURES)
def test_every_figure_is_drawn_from_the_committed_results(name):
    figure = figures.FIGURES[name](RESULTS)
    curves = [line for axes in figure.axes for line in axes.get_lines() if len(line.get_xdata())]
    assert len(curves) > 5
