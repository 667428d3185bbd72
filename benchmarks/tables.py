"""Write the README's tables from the committed results.

python -m benchmarks.tables            # rewrites README.md between its table markers
python -m benchmarks.tables --check    # exit 1 if that would change anything
"""

import re
from pathlib import Path

import click
import pandas as pd

from ssgan.benchmark import Cell, paired, read_cells, table

RESULTS = Path(__file__).parent / "results"
README = Path(__file__).parents[1] / "README.md"
GAPS = (
    ("finetuned discriminator", "LabelSpreading, k = 7"),
    ("finetuned discriminator", "network from scratch, labels only"),
    ("finetuned discriminator", "GAN off: finetuned random trunk"),
    ("finetuned discriminator, labels only", "network from scratch, labels only"),
    ("linear probe, discriminator", "linear probe, random trunk"),
    ("label spreading on its features", "label spreading, random trunk"),
)


def rows(header: list[str], lines: list[list[str]]) -> str:
    """A table in Markdown, the first column to the left and the others to the right."""
    rule = "|---" + "|---:" * (len(header) - 1) + "|"
    return "\n".join([f"| {' | '.join(header)} |", rule, *(f"| {' | '.join(x)} |" for x in lines)])


def accuracies(cells: list[Cell]) -> str:
    """Mean, deviation and worst draw of every method."""
    header = ["method", "accuracy", "worst", "draws", "GANs", "seconds", "+ GAN seconds"]
    lines = []
    for line in table(cells):
        gan = f"{line['gan_seconds']:.0f}" if line["gan_seconds"] else "-"
        score = f"{line['mean']:.4f} ± {line['deviation']:.4f}"
        counts = [f"{line['worst']:.4f}", str(line["draws"]), str(line["gans"])]
        lines.append([line["method"], score, *counts, f"{line['seconds']:.1f}", gan])
    return rows(header, lines)


def gaps(cells: list[Cell]) -> str:
    """Differences of methods in points, paired over label draws, with their 95 % intervals."""
    lines = []
    for ours, theirs in GAPS:
        mean, reach = paired(cells, ours, theirs)
        lines.append([f"{ours} - {theirs}", f"{100 * mean:+.2f} ± {100 * reach:.2f}"])
    return rows(["difference", "points"], lines)


def digits() -> str:
    cells = read_cells(RESULTS / "digits.csv")
    return accuracies(cells) + "\n\n" + gaps(cells)


def speed() -> str:
    frame = pd.read_csv(RESULTS / "speed.csv", dtype=str)
    return rows(list(frame.columns), frame.to_numpy().tolist())


def augmented() -> str:
    frame = pd.read_csv(RESULTS / "augmented.csv", dtype=str)
    return rows(list(frame.columns), frame.to_numpy().tolist())


TABLES = {"digits": digits, "speed": speed, "augmented": augmented}


def filled(text: str) -> str:
    """The README with every table between `<!-- table NAME -->` and `<!-- end -->` made anew."""
    for name, make in TABLES.items():
        start = f"<!-- table {name} -->"
        pattern = re.escape(start) + r".*?<!-- end -->"
        new = f"{start}\n\n{make()}\n\n<!-- end -->"
        text = re.sub(pattern, lambda _, new=new: new, text, flags=re.DOTALL)
    return text


@click.command()
@click.option("--check", is_flag=True, help="Only say whether the README is up to date.")
def main(check: bool) -> None:
    """Fill the README's tables."""
    old = README.read_text()
    new = filled(old)
    if check and new != old:
        raise click.ClickException("README.md is not what benchmarks.tables makes of the results")
    if not check:
        README.write_text(new)


if __name__ == "__main__":
    main()
