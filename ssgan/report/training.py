"""How a training went, from what its directory holds: samples, curves, settings, data."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ssgan.config import InputError
from ssgan.report.figures import curve, png
from ssgan.runs.run import Run

SHOTS = 9  # times in training of which samples are shown, at most
STRIP, NEWEST = 400, 1200  # pixels a side of a picture of samples, at most
TABLE_ROWS, TABLE_COLUMNS = 8, 12
LONGEST = 120  # characters of a text that are shown
FAULTS = 20  # files that could not be read and are named, at most
BESIDES = ("step", "seconds", "attempt", "terms")  # entries of a logged row that are no losses

# What a logged number is; a name that starts as one of these, with "_" after it, is the same of a
# part or of another network.
TERMS = {
    "critic": "how badly the discriminator tells real from generated samples",
    "generator": "how badly the generator deceives the discriminator",
    "r1": "penalty: squared gradient of the discriminator at real samples",
    "r2": "the same at generated samples",
    "penalty": "penalty on the gradient of the discriminator",
    "kl": "how far the codes of a VAE are from its noise",
    "reconstruction": "how far what a VAE gives back is from what it saw",
    "content": "how far what is made is from what was to be made",
    "classification": "loss of the class that the discriminator names",
    "supervised": "loss on labelled samples",
    "labeled": "loss on labelled samples",
    "unlabeled": "loss on unlabeled samples",
    "consistency": "how far predictions of two views of a sample are apart",
    "matching": "how far features of samples are from those of real ones",
    "rotation": "loss of telling by how much a sample was turned",
    "score_gap": "mean score of real samples less that of generated ones",
    "diversity": "distance between samples over that between real ones; about 1 is best",
    "coverage": "share of real samples with a generated one nearby; higher is better",
    "distance": "distance between real and generated samples; lower is better",
    "not_finite": "share of updates that were left out as they were not finite; 0 is best",
}


def training_part(run: Run) -> dict[str, Any]:
    """What the page shows of the training in a run directory."""
    rows, config = run.metrics(), run.config
    data = config["data"] if "data" in config else config["gan"]
    metadata = {k: v for k, v in data.items() if k != "config"}
    return {
        "name": run.path.resolve().name,
        "pictures": sample_pictures(run),
        "previews": sample_tables(run),
        "curves": metric_curves(rows),
        "settings": setting_rows(config["config"]),
        "data": setting_rows(metadata),
        "faults": file_faults(run),
    }


def sample_pictures(run: Run) -> list[tuple[str, str]]:
    """(step, URI) of pictures of samples over time, the newest one last and larger."""
    paths = evenly_spaced(sample_files(run, ".png"), SHOTS)
    shots = []
    for path in paths:
        with suppress(OSError, InputError):  # no picture after all: the others tell the story
            picture = png(run.read(f"samples/{path.name}"), NEWEST if path == paths[-1] else STRIP)
            shots.append((step_of(path), picture))
    return shots


def sample_files(run: Run, suffix: str) -> list[Path]:
    """Files of samples over time, the first first."""
    return sorted((run.path / "samples").glob(f"step-*{suffix}"))


def sample_tables(run: Run) -> list[tuple[str, list[list[str]], int]]:
    """(step, header and rows, columns left out) of tables of samples: first, middle and last."""
    shots = []
    for path in evenly_spaced(sample_files(run, ".csv"), 3):
        rows = csv_rows(run, f"samples/{path.name}")
        if rows:
            table = [[cut_short(text) for text in row[:TABLE_COLUMNS]] for row in rows]
            shots.append((step_of(path), table[: TABLE_ROWS + 1], len(rows[0]) - len(table[0])))
    return shots


def evenly_spaced(items: Sequence[Path], most: int) -> list[Path]:
    """At most that many of the items, evenly, with the first and the last."""
    if len(items) <= most:
        return list(items)
    return [items[i] for i in np.linspace(0, len(items) - 1, most).round().astype(int)]


def step_of(path: Path) -> str:
    """The step of a file of samples, with commas."""
    digits = path.stem.removeprefix("step-")
    return f"{int(digits):,}" if digits.isdecimal() else digits


def metric_curves(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every logged number over the steps; those that never leave 0 are left out."""
    names = dict.fromkeys(name for row in rows for name in row if name not in BESIDES)
    plots = []
    for name in names:
        points = [
            (row["step"], row[name]) for row in rows if is_number(row.get(name)) and "step" in row
        ]
        if any(value for _, value in points):
            steps, values = (np.array(column, np.float64) for column in zip(*points, strict=True))
            text = f"{values[-1]:.3g}"
            plot = {"name": cut_short(name), "last": text, "plot": curve(name, steps, values)}
            plots.append(plot | {"meaning": term_meaning(name)})
    return plots


def term_meaning(name: str) -> str:
    """What a logged number is; "" where that is not known."""
    known = [term for term in TERMS if name == term or name.startswith(f"{term}_")]
    return TERMS[max(known, key=len)] if known else ""


def is_number(value: Any) -> bool:
    """Whether a value is a number, and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def seconds(rows: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """How long a training took in all, which is the sum over its resumptions, and its unit."""
    clock = [row["seconds"] for row in rows if is_number(row.get("seconds"))]
    ends = [before for before, after in pairwise(clock) if after < before] + clock[-1:]
    total = sum(ends)
    if not ends:
        return "–", "not logged"
    return (f"{total:.1f}", "seconds") if total < 600 else (f"{total / 60:,.0f}", "minutes")


def setting_rows(settings: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    """Nested settings as rows of a table, names dotted and long values cut."""
    rows: list[tuple[str, str]] = []
    for key, value in settings.items():
        if isinstance(value, Mapping):
            rows += setting_rows(value, f"{above}{key}.")
        elif value is not None:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            rows.append((cut_short(f"{above}{key}"), cut_short(text)))
    return rows


def csv_rows(run: Run, name: str) -> list[list[str]]:
    """The rows of a CSV file of a run; none where it is damaged, of which loading has told."""
    try:
        text = run.read(name).decode("utf-8", errors="replace")
    except InputError:
        return []
    return list(csv.reader(io.StringIO(text)))


def file_faults(run: Run) -> tuple[list[list[str]], int] | None:
    """(file, reason) of what could not be read, the first few, and how many more there are."""
    rows = csv_rows(run, "quarantine.csv")[1:] if run.has("quarantine.csv") else []
    if not rows:
        return None
    lines = [[cut_short(text) for text in row] for row in rows[:FAULTS]]
    return lines, len(rows) - len(lines)


def cut_short(text: str) -> str:
    """Text of at most LONGEST characters."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def cell_text(value: Any, digits: int = 4) -> str:
    """A value of a table as a short text; missing ones are empty."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return ""
    return (
        f"{value:.{digits}g}" if isinstance(value, float | np.floating) else cut_short(str(value))
    )
