"""Synthetic rows beside real ones: what the gate found, what filters dropped, how rows look."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ssgan.data.selection import take_samples
from ssgan.report.figures import interval
from ssgan.report.generated import CLASSES, EACH, show_packed
from ssgan.runs.storage import read_object
from ssgan.synthesis import Comparison, Context, Synthetic, Verdict
from ssgan.synthesis.blocks import Tally


def page_beside(path: Path) -> Path:
    """Where the page about a file or folder of rows lies."""
    return path.with_suffix(".report.html") if path.suffix else path / "report.html"


def written_rows(path: Path) -> int | None:
    """How many synthetic rows a file or folder holds, by the verdict in or beside it."""
    verdict_path = path.with_suffix(".verdict.json") if path.suffix else path / "verdict.json"
    return read_object(verdict_path).get("written") if verdict_path.is_file() else None


def augmented_part(context: Context, verdict: Verdict, tally: Tally) -> dict[str, Any]:
    """What the page shows of synthetic rows."""
    return {
        "answer": verdict.answer,
        "advice": verdict.advice,
        "why": verdict.why,
        "judges": [judge_part(part, verdict) for part in (verdict, *verdict.others)],
        "reason": verdict.reason,
        "smallest": None if verdict.smallest is None else f"{verdict.smallest:.1f}",
        "metric": verdict.metric,
        "alpha": f"{verdict.alpha:g}",
        "reach": f"{chart_reach(verdict):.1f}",
        "kept": tally.kept,
        "filters": filter_rows(context, tally),
        "by_class": kept_by_class(context, tally.first),
        "first": None if context.classes else first_of(context, tally.first),
    }


def judge_part(part: Verdict, verdict: Verdict) -> dict[str, Any]:
    """What one classifier found, on the scale of all."""
    scores = [
        (name, f"{score:.1f}", f"{part.rankings[name]:.1f}" if name in part.rankings else "")
        for name, score in part.scores.items()
    ]
    rows = comparison_rows(part, chart_reach(verdict))
    return {"name": part.classifier, "rows": rows, "scores": scores, "reason": part.reason}


def classifier_comparisons(verdict: Verdict) -> tuple[Comparison, ...]:
    """All comparisons of a classifier."""
    return (*verdict.alternatives, *verdict.comparisons)


def chart_reach(verdict: Verdict) -> float:
    """Points from the middle of the chart to either end: all that it shows lies between."""
    every = [c for part in (verdict, *verdict.others) for c in classifier_comparisons(part)]
    ends = [abs(end) for c in every for end in (c.low, c.high, c.smallest)]
    return max([*ends, 1e-9])


def comparison_rows(verdict: Verdict, widest: float) -> list[dict[str, Any]]:
    """A classifier's comparisons, each with its interval on one common scale."""
    return [
        {
            "candidate": c.candidate,
            "baseline": c.baseline,
            "gain": f"{c.gain:+.2f}",
            "interval": f"{c.low:+.2f} to {c.high:+.2f}",
            "p": f"{c.p_better:.2g}",
            "plot": interval(c.low, c.gain, c.high, c.smallest, widest),
        }
        for c in classifier_comparisons(verdict)
    ]


def filter_rows(context: Context, tally: Tally) -> list[dict[str, Any]]:
    """What every filter dropped: how many, of which classes most, and examples."""
    examples: Mapping[str, Any] = tally.first.examples if tally.first else {}
    parts = []
    for name, counts in tally.dropped.items():
        most = sorted(counts, key=lambda label: -counts[label])[:3]
        part: dict[str, Any] = {
            "name": name,
            "more": 0,
            "dropped": f"{sum(counts.values()):,}",
            "most": ", ".join(f"{label} ({counts[label]:,})" for label in most if counts[label]),
        }
        if name in examples:
            packed = context.gan.codec.pack(examples[name])
            part |= show_packed(context.gan.codec, packed, 2 * EACH)
        parts.append(part)
    return parts


def kept_by_class(context: Context, block: Synthetic | None) -> list[dict[str, Any]]:
    """The first samples of every class that stayed."""
    if block is None:
        return []
    pictures = []
    for name in context.classes[:CLASSES]:
        rows = np.flatnonzero(np.asarray(block.labels) == name)[:EACH]
        if len(rows):
            pictures.append({"name": str(name), **show_rows(context, block, rows)})
    return pictures


def first_of(context: Context, block: Synthetic | None) -> dict[str, Any] | None:
    """The first samples, where labels are numbers."""
    if block is None or not len(block.labels):
        return None
    return show_rows(context, block, np.arange(min(2 * EACH, len(block.labels))))


def show_rows(context: Context, block: Synthetic, rows: NDArray[np.intp]) -> dict[str, Any]:
    """Some samples of a block, EACH of them in a row of the picture."""
    codec = context.gan.codec
    return show_packed(codec, codec.pack(take_samples(block.samples, rows)), EACH)
