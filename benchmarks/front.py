"""The one table of the front page: ten lines of the board.

The ordinary model is the one with the best mean on the test part, which is more than a user could
know.
"""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.breadth import Group, judged
from ssgan.benchmark import read_rows, suite

ROWS = (  # of all kinds, chosen before they were measured: data set and labels
    ("digits", "100"),
    ("mnist", "100"),
    ("fashion-mnist", "100"),
    ("olivetti", "80"),
    ("pneumonia", "40"),
    ("penbased", "50"),
    ("ucr-syntheticcontrol", "60"),
    ("emb-agnews", "32"),
    ("adult", "200"),
    ("california", "100"),
)
HEADER = ["data", "labels", "`auto`", "GAN on - off", "best ordinary model", "seconds + GAN's"]


def lines(results: Path) -> Sequence[Sequence[str]]:
    """The lines under HEADER; those that were not measured are left out."""
    path, found = results / "breadth.csv", suite("breadth")
    if not path.exists():
        return []
    groups = {tuple(group.named): group for group in judged(found, read_rows(path))}
    return [line_of(groups[row]) for row in ROWS if row in groups]


def line_of(group: Group) -> list[str]:
    """A line under HEADER."""
    ordinary = group.best(True)
    seconds = f"{group.of_auto('seconds'):.0f} + {group.of_auto('gan_seconds'):.0f}"
    return [
        *group.named,
        score(group, "auto"),
        group.gain,
        f"{score(group, ordinary)} {ordinary}",
        seconds,
    ]


def score(group: Group, method: str) -> str:
    """Mean and deviation over the splits: accuracy in per cent, or the RMSE."""
    deviation = group.deviation(method)
    spread = "" if deviation != deviation else f" ± {deviation:.{2 if group.regression else 1}f}"
    return f"{group.mean(method)}{spread}" + (" (RMSE)" if group.regression else "")
