"""Synthetic rows beside real ones: what the gate found, what filters dropped, how rows look."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ssgan.report.figures import interval
from ssgan.report.generated import CLASSES, EACH, pictured
from ssgan.synthesis import Filtered, Known, Verdict


@dataclass
class Tally:
    """What went past in blocks of synthetic rows: counts, and the first samples of each kind."""

    kept: int = 0
    dropped: dict[str, dict[Any, int]] = field(default_factory=dict)  # by filter and class
    first: Filtered | None = None

    def over(self, blocks: Iterable[Filtered]) -> Iterator[Filtered]:
        """The same blocks, counted."""
        for block in blocks:
            self.first = self.first or block
            self.kept += len(block.labels)
            for name, counts in block.report.items():
                mine = self.dropped.setdefault(name, {})
                for label, count in counts.items():
                    mine[label] = mine.get(label, 0) + count
            yield block

    def to_json(self) -> dict[str, Any]:
        """How many rows went past, and how many each filter dropped of which class."""
        named = {
            name: {str(label): count for label, count in counts.items()}
            for name, counts in self.dropped.items()
        }
        return {"kept": self.kept, "dropped": named}


def page_beside(path: Path) -> Path:
    """Where the page about a file or folder of rows lies."""
    return path.with_suffix(".report.html") if path.suffix else path / "report.html"


def judged_samples(known: Known, verdict: Verdict, tally: Tally) -> dict[str, Any]:
    """What the page shows of synthetic rows."""
    return {
        "answer": verdict.answer,
        "reason": verdict.reason,
        "smallest": None if verdict.smallest is None else f"{verdict.smallest:.1f}",
        "metric": verdict.metric,
        "alpha": f"{verdict.alpha:g}",
        "comparisons": compared(verdict),
        "kept": tally.kept,
        "filters": sifted(known, tally),
        "by_class": by_class(known, tally.first),
    }


def compared(verdict: Verdict) -> list[dict[str, Any]]:
    """The gate's comparisons, each with its interval on one common scale."""
    ends = [abs(end) for c in verdict.comparisons for end in (c.low, c.high)]
    reach = max([*ends, verdict.smallest or 0.0, 1e-9])
    return [
        {
            "arm": c.arm,
            "rival": c.rival,
            "gain": f"{c.gain:+.2f}",
            "interval": f"{c.low:+.2f} to {c.high:+.2f}",
            "p": f"{c.p_better:.2g}",
            "plot": interval(c.low, c.gain, c.high, c.smallest, reach),
        }
        for c in verdict.comparisons
    ]


def sifted(known: Known, tally: Tally) -> list[dict[str, Any]]:
    """What every filter dropped: how many, of which classes most, and examples."""
    examples: Mapping[str, Any] = tally.first.examples if tally.first else {}
    found = []
    for name, counts in tally.dropped.items():
        most = sorted(counts, key=lambda label: -counts[label])[:3]
        part: dict[str, Any] = {
            "name": name,
            "dropped": f"{sum(counts.values()):,}",
            "most": ", ".join(f"{label} ({counts[label]:,})" for label in most if counts[label]),
        }
        if name in examples:
            packed = known.gan.codec.pack(examples[name])
            part |= pictured(known.gan.codec, packed, 2 * EACH)
        found.append(part)
    return found


def by_class(known: Known, block: Filtered | None) -> list[dict[str, Any]]:
    """The first samples of every class that stayed."""
    if block is None:
        return []
    found = []
    for name in known.classes[:CLASSES]:
        rows = np.flatnonzero(np.asarray(block.labels) == name)[:EACH]
        if len(rows):
            samples = block.samples
            some = samples.iloc[rows] if hasattr(samples, "iloc") else samples[rows]
            packed = known.gan.codec.pack(some)
            found.append({"name": str(name), **pictured(known.gan.codec, packed, EACH)})
    return found
