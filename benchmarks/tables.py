"""Write the tables of the README and of the documentation from the committed results.

python -m benchmarks.tables            # rewrites PAGES between their table markers
python -m benchmarks.tables --check    # exit 1 if that would change anything

`<!-- table NAME -->` is filled from results/NAME.csv: where `ssgan benchmark` has a suite NAME, by
a line for every method and the differences of methods in GAPS, else by the CSV as it stands. A
table without results yet says so. `few-labels` has a line for every table of few labels (`glance`).
"""

import re
from collections.abc import Sequence
from pathlib import Path

import click
import pandas as pd

from benchmarks import breadth, class_shares, front, glance, paces, which
from ssgan.benchmark import Line, Suite, leagues, paired, read_rows, suite, summarise
from ssgan.benchmark.cells import key_of
from ssgan.benchmark.runner import latest_rows
from ssgan.benchmark.suites import SUITES
from ssgan.benchmark.suites.guard import bound

RESULTS = Path(__file__).parent / "results"
ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md")))
MARK = re.compile(r"<!-- table ([\w.-]+) -->.*?<!-- end -->", re.DOTALL)
GAPS = (  # the differences that are shown under a table that has both rows
    ("finetuned discriminator", "LabelSpreading, k = 7"),
    ("finetuned discriminator", "network from scratch, labels only"),
    ("finetuned discriminator", "GAN off: finetuned random trunk"),
    ("finetuned discriminator, labels only", "network from scratch, labels only"),
    ("linear probe, discriminator", "linear probe, random trunk"),
    ("linear probe, discriminator", "network from scratch, labels only"),
    ("label spreading on its features", "label spreading, random trunk"),
    ("k-NN, discriminator", "k-NN, random trunk"),
    ("linear probe, distilled student", "GAN off: linear probe, distilled student"),
    ("finetuned student", "GAN off: finetuned student"),
    ("consistency", "GAN off: consistency"),
    ("student and consistency", "GAN off: student and consistency"),
    ("student and consistency", "consistency"),
    ("graph and consistency", "GAN off: graph and consistency"),
    ("graph and consistency", "network from scratch, labels only"),
    ("K + 1", "GAN off: K + 1"),
    ("auto", "simple model that the folds choose"),
    ("auto", "network from scratch, labels only"),
    ("auto", "GAN off: auto"),
)
HEADS = {
    "accuracy": "accuracy",
    "mae": "MAE",
    "rmse": "RMSE",
    "interval_coverage": "in the intervals",
}
MEASURES = {  # of generators: the column, its head and its digits
    "modes": ("modes", 1),
    "high_quality": ("high quality", 3),
    "kl": ("KL", 3),
    "macro_f1": ("macro-F1", 4),
    "rare_recall": ("recall of the 3 rarest", 3),
    "minority_f1": ("F1 of the rare class", 4),
    "balanced_accuracy": ("balanced accuracy, %", 1),
    "average_precision": ("average precision", 4),
    "helps": ("the gate: helps", 2),
    "target_skill": ("skill in the target", 4),
    "target_accuracy": ("accuracy in the target", 4),
    "information": ("information", 3),
    "cas": ("learnt on samples", 4),
    "real": ("on real rows", 4),
    "right_name": ("right name", 3),
    "right_group": ("right group", 3),
    "zero_shot": ("real by name", 3),
    "c2st": ("told apart", 3),
    "frechet": ("Fréchet", 3),
    "frechet_inception": ("FID", 2),
    "density": ("density", 3),
    "coverage": ("coverage", 3),
    "least_coverage": ("least class", 3),
    "to_training": ("to training", 2),
    "memorised_p": ("memorised p", 3),
    "probe_last": ("probe, last depth", 4),
    "probe_all": ("all depths", 4),
    "probe_random": ("random trunk", 4),
    "right": ("right", 3),
    "rollbacks": ("rollbacks", 2),
    "stopped": ("stopped", 2),
    "ece": ("ECE", 3),
    "ece_plain": ("at temperature 1", 3),
    "log_loss": ("log loss", 3),
    "log_loss_plain": ("at temperature 1", 3),
    "temperature": ("temperature", 2),
    "real_samples": ("real samples", 0),
    "gan_seconds": ("GAN seconds", 0),
    "training_seconds": ("training seconds", 0),
    "seconds": ("seconds", 0),
    "cpu_seconds": ("processor seconds", 0),
}
COUNTED = {"accepted": ("true_gain", "smallest"), "accused": ("p", "ratio", "authenticity")}
CALLED = {"true_gain": "true gain, points", "smallest": "smallest gain that is seen"}
SEEDS = {"label_seed": "splits", "gan_seed": "GANs"}


def rows(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, the first column to the left and the others to the right."""
    rule = "|---" + "|---:" * (len(header) - 1) + "|"
    return "\n".join([f"| {' | '.join(header)} |", rule, *(f"| {' | '.join(x)} |" for x in lines)])


def scores(lines: Sequence[Line], found: Suite, missing: Sequence[tuple[str, ...]] = ()) -> str:
    """Mean, deviation and worst draw of every method; those that are missing are said to be."""
    last = len(found.by) - 1
    shown = [k for k in range(last) if len({line.group[k] for line in lines}) > 1] + [last]
    seeds = [SEEDS[name] for name in ("label_seed", "gan_seed")]
    header = [
        *(found.by[k] for k in shown),
        HEADS.get(found.measure, found.measure),
        "worst",
        *seeds,
    ]
    table = []
    for line in lines:
        group = [line.group[k] for k in shown]
        alone = line.seeds["label_seed"] == line.seeds["gan_seed"] == 1
        score = f"{line.mean:.4f}" + ("" if alone else f" ± {line.deviation:.4f}")
        counts = [str(line.seeds[name]) for name in ("label_seed", "gan_seed")]
        gan = f"{line.gan_seconds:.0f}" if line.gan_seconds else "-"
        table.append([*group, score, f"{line.worst:.4f}", *counts, f"{line.seconds:.1f}", gan])
    for whole in missing:
        table.append([*(whole[k] for k in shown), "not measured", *["-"] * 5])
    return rows([*header, "seconds", "+ GAN seconds"], table)


def gaps(table: Suite, cells: Sequence[dict[str, str]]) -> str:
    """Differences of methods, paired over label draws, with their 95 % intervals; "" for none.

    In points of accuracy, or in the unit of the measure.
    """
    scale, unit = (100, "points") if table.measure == "accuracy" else (1, HEADS[table.measure])
    lines = []
    counts = sorted({row["labels"] for row in cells}, key=int)
    for labels in counts:
        mine = [row for row in cells if row["labels"] == labels]
        named = f", {labels} labels" if len(counts) > 1 else ""
        for ours, theirs in GAPS:
            mean, reach = paired(mine, table.measure, ours, theirs)
            if mean == mean:  # NaN where a row is missing
                text = f"{scale * mean:+.2f} ± {scale * reach:.2f}"
                lines.append([f"{ours} - {theirs}{named}", text])
    return rows(["difference", unit], lines) if lines else ""


def measured(table: Suite, cells: Sequence[dict[str, str]]) -> str:
    """Means and deviations of every measure of generators, a table a league; and rare alarms."""
    there = pd.DataFrame(latest_rows(table, cells).values())
    shown = [name for name in MEASURES if name in there]
    place, parts = shown.index(table.measure) + 1, []
    leagues = [name for name in table.by[:-1] if name in there]
    for league, mine in there.groupby(leagues, sort=False) if leagues else [((), there)]:
        lines = []
        for method, group in mine.groupby("method", sort=False):
            values = [deviating(pd.to_numeric(group[name]), name) for name in shown]
            values.insert(place, worst(pd.to_numeric(group[table.measure]), table))
            lines.append([str(method), *values, str(len(group))])
        heads = [MEASURES[name][0] for name in shown]
        heads.insert(place, "worst")
        title = f"*{', '.join(league)}*\n\n" if league else ""
        parts.append(title + rows(["method", *heads, "n"], lines))
    if table.name == "guard":
        healthy = there[there["method"] == "healthy"]["right"].astype(float)
        alarms = int((healthy == 0).sum())
        share = 100 * bound(alarms, len(healthy))
        parts.append(
            f"{alarms} false alarms in {len(healthy)} healthy runs: at most {share:.1f} % "
            "(exact upper bound, 95 %)."
        )
    return "\n\n".join(parts)


def counted(table: Suite, cells: Sequence[dict[str, str]]) -> str:
    """How often something happened in trials of each kind, with means of what else they tell."""
    there = pd.DataFrame(latest_rows(table, cells).values())
    shown = COUNTED[table.measure]
    lines = []
    for kind, mine in there.groupby(list(table.by), sort=False):
        hits, trials = int(mine[table.measure].astype(int).sum()), len(mine)
        means = [f"{mine[name].astype(float).mean():.2f}" for name in shown]
        lines.append([*map(str, kind), f"{hits} of {trials}", bounded(hits, trials), *means])
    heads = [*table.by, table.measure, "95 % bound", *(CALLED.get(name, name) for name in shown)]
    parts = [rows(heads, lines)]
    if "true_gain" in there:
        harmful = there[there["true_gain"].astype(float) < 0]
        wrong = int((harmful["accepted"] == "1").sum())
        parts.append(f"Accepted where the true gain is negative: {wrong} of {len(harmful)}.")
    return "\n\n".join(parts)


def bounded(hits: int, trials: int) -> str:
    """The exact one-sided bound that says something: from above for what is rare."""
    if 2 * hits < trials:
        return f"at most {100 * bound(hits, trials):.1f} %"
    return f"at least {100 * (1 - bound(trials - hits, trials)):.1f} %"


def clocked(table: Suite, cells: Sequence[dict[str, str]]) -> str:
    """Seconds of every measure, and how far it is from other people's code."""
    there = pd.DataFrame(latest_rows(table, cells).values())
    lines = []
    for method, mine in there.groupby("method", sort=False):
        apart = mine["difference"].iloc[0] if "difference" in mine else ""
        seconds = mine["seconds"].astype(float)
        lines.append([str(method), f"{seconds.median():.2f}", f"{seconds.max():.2f}", apart or "-"])
    return rows(["measure", "seconds, median", "worst", "relative difference"], lines)


def worst(values: "pd.Series[float]", table: Suite) -> str:
    """The worst draw of what a suite compares."""
    value = values.max() if table.lower else values.min()
    return f"{value:.{MEASURES[table.measure][1]}f}"


def deviating(values: "pd.Series[float]", name: str) -> str:
    """A mean, with the deviation where it says something."""
    digits, values = MEASURES[name][1], values.dropna()
    if values.empty:
        return "-"
    text = f"{values.mean():.{digits}f}"
    return text + (f" ± {values.std():.{digits}f}" if len(values) > 1 and digits else "")


def table(name: str, results: Path = RESULTS) -> str:
    """The table of that name from the CSVs of a directory, in Markdown."""
    if name == "few-labels":
        return rows(glance.HEADER, glance.lines(results))
    if name == "which-method":
        return rows(which.HEADER, which.lines(results))
    if name == "front-page":
        return rows(front.HEADER, front.lines(results))
    path = results / f"{name}.csv"
    if not path.exists():
        return "not measured"
    if name not in SUITES:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        return rows(list(frame.columns), frame.to_numpy().tolist())
    found, cells = suite(name), read_rows(path)
    if found.measure in COUNTED:
        return counted(found, cells)
    if found.measure == "seconds":
        return clocked(found, cells)
    if found.measure == "points":
        return breadth.tables(found, cells, rows)
    if found.measure == "accuracy_estimated":
        return class_shares.tables(found, cells, rows)
    if "steps" in found.by:
        return paces.tables(found, cells, rows)
    if found.measure not in HEADS:
        return measured(found, cells)
    mine = latest_rows(found, cells).values()
    methods = {cell.method for cell in found.cells}
    others = [row for row in cells if row["method"] not in methods]  # peers'
    every = {league: summarise(held, found) for league, held in leagues([*mine, *others]).items()}
    there = {line.group for lines in every.values() for line in lines}
    asked = dict.fromkeys(tuple(key_of(cell)[name] for name in found.by) for cell in found.cells)
    missing = [group for group in asked if group not in there]
    parts = [scores(every.pop("", []), found, missing), gaps(found, list(mine))]
    parts += [f"*{league}*\n\n{scores(lines, found)}" for league, lines in every.items()]
    return "\n\n".join(part for part in parts if part)


def filled(text: str, results: Path = RESULTS) -> str:
    """A page with every table between `<!-- table NAME -->` and `<!-- end -->` written again."""
    return MARK.sub(
        lambda m: f"<!-- table {m[1]} -->\n\n{table(m[1], results)}\n\n<!-- end -->", text
    )


@click.command()
@click.option("--check", is_flag=True, help="Only say whether the pages are up to date.")
def main(check: bool) -> None:
    """Fill the tables of all pages."""
    for page in PAGES:
        old = page.read_text(encoding="utf-8")
        new = filled(old)
        if check and new != old:
            name = page.relative_to(ROOT)
            raise click.ClickException(f"{name} is not what benchmarks.tables makes of the results")
        if new != old:
            page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
