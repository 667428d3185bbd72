"""Pictures of the committed results, which the documentation shows (docs/plots).

    python -m benchmarks.figures OUT        # OUT/labels.svg, OUT/seconds.svg, OUT/ranks.svg

`labels`: accuracy against the number of labels. `seconds`: accuracy against the seconds of
training. `ranks`: mean ranks of methods over the tables, and the difference that is too large for
chance (Demšar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets").
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from benchmarks import glance
from benchmarks.tables import RESULTS
from ssgan.benchmark import Line, read_rows, suite, summarise
from ssgan.benchmark.runner import latest_rows

BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#777777"  # Okabe and Ito
BY_LABELS = {  # panel: its tables, and how many labels each has
    "digits": (("digits", "50"), ("digits", "100")),
    "MNIST": (("mnist-20", "20"), ("mnist-100", "100")),
    "Fashion-MNIST": (("fashion-100", "100"), ("fashion-1000", "1000")),
    "CIFAR-10": (("cifar10-40", "40"), ("cifar10-250", "250"), ("cifar10-4000", "4000")),
}
CURVES = {  # methods, the first that a table has; colour and dashes
    "long training, from the GAN": (("student and consistency",), BLUE, "-"),
    "the same, GAN off": (("GAN off: student and consistency",), ORANGE, "--"),
    "supervised baseline": (
        ("network from scratch, labels only", "student's network from scratch, labels only"),
        GREY,
        "-.",
    ),
    "simple model that the folds choose": (("simple model that the folds choose",), GREEN, ":"),
}
TRAININGS = {"student and consistency": "with a student", "graph and consistency": "without one"}
OFF = "GAN off: "
ACCURACIES = (0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99)
RANKED = {  # methods that all tables have, and what the pages call them
    "simple model that the folds choose": "simple model",
    "network from scratch, labels only": "supervised baseline",
    "linear probe, random trunk": "linear probe, GAN off",
    "linear probe, discriminator": "linear probe",
    "label spreading, random trunk": "graph, GAN off",
    "label spreading on its features": "graph",
    "GAN off: label spreading, distilled student": "graph of a student, GAN off",
    "label spreading, distilled student": "graph of a student",
    "GAN off: student and consistency": "long training, GAN off",
    "student and consistency": "long training",
    "GAN off: auto": "auto, GAN off",
    "auto": "auto",
}
LABELS_ALONE = ("simple model", "supervised baseline")
SOURCES = {"a GAN": BLUE, "GAN off": ORANGE, "labels alone": GREEN}
RANKED_TABLES = (
    *(("digits", "50"), ("digits", "100"), ("mnist-20", "20"), ("mnist-100", "100")),
    *(("fashion-100", "100"), ("fashion-1000", "1000"), ("rotated-mnist", "50")),
    ("california", "100"),
)


def by_labels(results: Path) -> Figure:
    """Accuracy against the number of labels: means, and a bar down to the worst split."""
    figure, panels = plt.subplots(
        1, len(BY_LABELS), figsize=(9, 3), sharey=True, layout="constrained"
    )
    for axes, (title, tables) in zip(panels, BY_LABELS.items(), strict=True):
        found = {int(n): glance.by_method(results, name, n) for name, n in tables}
        for label, (methods, colour, dashes) in CURVES.items():
            lines = {n: first_of(found[n], methods) for n in found}
            drawn = [(n, line) for n, line in lines.items() if line]
            counts = [n for n, _ in drawn]
            axes.plot(
                counts, [x.mean for _, x in drawn], dashes, color=colour, marker="o", label=label
            )
            axes.vlines(
                counts, [x.worst for _, x in drawn], [x.mean for _, x in drawn], colour, alpha=0.5
            )
        axes.set(title=title, xscale="log", xlabel="labels", xticks=list(found))
        axes.set_xticklabels(map(str, found))
        axes.set_yscale("logit")  # .98 and .99 are as far apart as .5 and .67
        axes.minorticks_off()
    panels[0].set_yticks(ACCURACIES, map("{:g}".format, ACCURACIES))
    panels[0].set_ylabel("accuracy")
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4, frameon=False)
    return figure


def first_of(found: Mapping[str, Line], methods: Sequence[str]) -> Line | None:
    """The line of the first of these methods that a table has."""
    return next((found[method] for method in methods if method in found), None)


def by_seconds(results: Path) -> Figure:
    """Accuracy against the seconds of a training, alone and with those of the GAN."""
    asked = suite("time-to-accuracy")
    rows = latest_rows(asked, read_rows(results / "time-to-accuracy.csv")).values()
    lines = {line.group: line for line in summarise(rows, asked)}
    figure, panels = plt.subplots(
        1, len(TRAININGS), figsize=(9, 3.4), sharey=True, layout="constrained"
    )
    for axes, (method, title) in zip(panels, TRAININGS.items(), strict=True):
        gan = [line for (_, name), line in lines.items() if name == method]
        off = [line for (_, name), line in lines.items() if name == OFF + method]
        draw_times(axes, off, "GAN off", (ORANGE, "--"), 0)
        draw_times(axes, gan, "from a GAN that is there", (BLUE, "-"), 0)
        draw_times(axes, gan, "the GAN's own seconds counted", (BLUE, ":"), 1)
        axes.set(title=title, xscale="log", xlabel="seconds", xlim=(15, 400))
        axes.set_xticks([20, 50, 100, 200, 400], ["20", "50", "100", "200", "400"])
        axes.minorticks_off()
    panels[0].set_ylabel("accuracy, MNIST, 100 labels")
    panels[1].legend(frameon=False, loc="lower right")
    return figure


def draw_times(
    axes: Axes, lines: Sequence[Line], label: str, look: tuple[str, str], share: int
) -> None:
    """A curve of trainings, with so many times the seconds of the GAN."""
    colour, dashes = look
    seconds = [line.seconds + share * line.gan_seconds for line in lines]
    means = [line.mean for line in lines]
    axes.plot(seconds, means, dashes, color=colour, marker="o", markersize=4, label=label)


def by_ranks(results: Path) -> Figure:
    """Mean ranks of RANKED over RANKED_TABLES; a bar joins methods that are not told apart."""
    ranks = mean_ranks(table_scores(results))
    reach = critical_difference(len(RANKED), len(RANKED_TABLES))
    order = sorted(ranks, key=lambda name: ranks[name])
    figure, axes = plt.subplots(figsize=(9, 0.27 * len(order) + 1.2), layout="constrained")
    for place, name in enumerate(order):
        axes.plot(ranks[name], -place, "o", color=colour_of(name))
        text = f"{name}  {ranks[name]:.1f}"
        axes.annotate(text, (ranks[name], -place), (7, -4), textcoords="offset points")
    for first, last in groups([ranks[name] for name in order], reach):
        ends = ranks[order[first]] - 0.08, ranks[order[last]] + 0.08
        axes.plot(ends, [0.45 - first] * 2, color="black", linewidth=1.5)
    for label, colour in SOURCES.items():
        axes.plot([], [], "o", color=colour, label=label)
    axes.legend(frameon=False, loc="lower left")
    axes.set_title(f"critical difference {reach:.1f} (Nemenyi, 5 %)", fontsize=9, loc="left")
    axes.set(xlabel=f"mean rank over {len(RANKED_TABLES)} tables, 1 is best", yticks=[])
    axes.set(xlim=(0.8, len(order) + 1), ylim=(-len(order) + 0.4, 0.8))
    axes.set_xticks(range(1, len(order) + 1))
    return figure


def groups(ranks: Sequence[float], reach: float) -> list[tuple[int, int]]:
    """First and last of each longest run of sorted ranks that lie within `reach`."""
    last = [max(k for k, rank in enumerate(ranks) if rank <= start + reach) for start in ranks]
    return [
        (first, end)
        for first, end in enumerate(last)
        if end > first and (first == 0 or end > last[first - 1])
    ]


def colour_of(name: str) -> str:
    """The colour of what a method rests on."""
    if name in LABELS_ALONE:
        return SOURCES["labels alone"]
    return SOURCES["GAN off" if name.endswith("GAN off") else "a GAN"]


def table_scores(results: Path) -> Mapping[str, Sequence[float]]:
    """How good each method of RANKED is on each table: higher is better."""
    found: dict[str, list[float]] = {name: [] for name in RANKED.values()}
    for table, labels in RANKED_TABLES:
        sign = -1 if suite(table).lower else 1
        lines = glance.by_method(results, table, labels)
        for method, name in RANKED.items():
            found[name].append(sign * lines[method].mean)
    return found


def mean_ranks(scores: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The mean rank of each method over tables, 1 for the best; ties share their ranks."""
    ranks = stats.rankdata(-np.array(list(scores.values())), axis=0).mean(axis=1)
    return dict(zip(scores, map(float, ranks), strict=True))


def critical_difference(methods: int, tables: int, level: float = 0.05) -> float:
    """The difference of two mean ranks that chance exceeds in 5 % (Nemenyi; Demšar 2006, 3.2.2)."""
    q = stats.studentized_range.ppf(1 - level, methods, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(methods * (methods + 1) / (6 * tables)))


FIGURES = {"labels": by_labels, "seconds": by_seconds, "ranks": by_ranks}


@click.command()
@click.argument("out", type=Path)
@click.option("--form", type=click.Choice(["svg", "png", "pdf"]), default="svg", show_default=True)
def main(out: Path, form: str) -> None:
    """Draw all figures into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    for name, draw in FIGURES.items():
        draw(RESULTS).savefig(out / f"{name}.{form}", facecolor="white")


if __name__ == "__main__":
    main()
