"""How good a GAN is, in one sentence and a few numbers: what its page says first."""

from collections.abc import Mapping, Sequence
from typing import Any

from ssgan.config import InputError
from ssgan.data.selection import draw_some, take_samples
from ssgan.models.gan import GAN
from ssgan.prediction.evaluation import evaluate, explained
from ssgan.report.training import is_number

COMPARED = 2000  # rows and samples of a side
FAR, NEAR = 0.9, 0.65  # how often samples are told from real rows
LONGER = "train longer (--steps), or try another recipe (--recipe)"


def quality_part(gan: GAN, rows: Any, name: str) -> dict[str, Any] | None:
    """How close samples come to raw rows, which are called `name`; None from too few rows."""
    order = draw_some(len(rows), COMPARED, "report", "quality")
    try:
        measured = evaluate(gan, take_samples(rows, order), reference="rows")
    except InputError:
        return None
    apart = next(v for k, v in measured.items() if k.startswith("c2st_logistic"))
    measures = [line for line in explained(measured) if line[0] != "memorised"]
    fact = ("told apart", f"{apart:.0%}", f"from {name}; 50 % is chance")
    return {"sentence": quality_sentence(apart, name), "measures": measures, "fact": fact}


def quality_sentence(apart: float, name: str) -> str:
    """What it means that samples are told from real rows so often."""
    sentence = f"A classifier tells its samples from {name} {apart:.0%} of the time; 50 % is chance"
    if apart >= FAR:
        return f"{sentence}. They are far from real ones: {LONGER}."
    if apart >= NEAR:
        return f"{sentence}. They are like real ones, but not alike: longer training may help."
    return f"{sentence}. They are hardly told apart."


def coverage_sentence(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """What the log of a training says of how much its samples cover, where it does."""
    last = next((row for row in reversed(rows) if is_number(row.get("coverage"))), None)
    if last is None:
        return None
    return (
        f"After step {last['step']:,} its samples lay near {last['coverage']:.0%} of the training "
        "rows that were compared; the more, the better."
    )
