"""Accuracy by time, in Markdown: a table a training, and when each first reached an accuracy."""

from collections.abc import Callable, Sequence

from ssgan.benchmark import Line, Suite, paired, summarise
from ssgan.benchmark.runner import latest_rows

OFF = "GAN off: "  # what the name of a training from first weights begins with
AIMS = (0.93, 0.95, 0.96, 0.97, 0.98, 0.985)
HEADER = (
    *("steps", "GAN off", "worst", "seconds"),
    *("from the GAN", "worst", "seconds", "+ GAN seconds", "GAN, points", "splits, of each"),
)
Rows = Callable[[Sequence[str], Sequence[Sequence[str]]], str]  # a table of a header and lines
Cells = Sequence[dict[str, str]]


def tables(found: Suite, cells: Cells, rows: Rows) -> str:
    """All of it, from what was measured of a suite whose rows have `steps`."""
    lines = {line.group: line for line in summarise(cells, found)}
    own = list(latest_rows(found, cells).values())
    methods = dict.fromkeys(cell.method for cell in found.cells)
    lengths = dict.fromkeys(str(cell.steps) for cell in found.cells)
    parts = []
    for training in (name for name in methods if not name.startswith(OFF)):
        made = [compared(steps, training, lines, own) for steps in lengths]
        parts.append(f"*{training}*\n\n{rows(HEADER, made)}")
    reached = [[f"{aim:g}", *(first(lines, name, aim) for name in methods)] for aim in AIMS]
    parts.append(
        "Seconds of the first of these whose mean is at least so good, and of the GAN:\n\n"
        + rows(["accuracy", *methods], reached)
    )
    return "\n\n".join(parts)


def compared(
    steps: str, training: str, lines: dict[tuple[str, ...], Line], own: Cells
) -> list[str]:
    """A training of so many steps beside its twin without the GAN; says what was not measured."""
    gan, off = lines.get((steps, training)), lines.get((steps, OFF + training))
    mine = [row for row in own if row["steps"] == steps]
    gain, reach = paired(mine, "accuracy", training, OFF + training)
    points = f"{100 * gain:+.2f} ± {100 * reach:.2f}" if gain == gain else "-"  # NaN of one draw
    took = f"{gan.gan_seconds:.0f}" if gan else "-"
    splits = f"{off.n if off else 0}, {gan.n if gan else 0}"
    return [steps, *scored(off), *scored(gan), took, points, splits]


def scored(line: Line | None) -> list[str]:
    """Mean and deviation, worst draw and seconds."""
    if line is None:
        return ["not measured", "-", "-"]
    return [f"{line.mean:.4f} ± {line.deviation:.4f}", f"{line.worst:.4f}", f"{line.seconds:.1f}"]


def first(lines: dict[tuple[str, ...], Line], method: str, aim: float) -> str:
    """Seconds of the shortest training of a method that reached an accuracy; "-" if none did."""
    good = [line for (_, name), line in lines.items() if name == method and line.mean >= aim]
    if not good:
        return "-"
    best = min(good, key=lambda line: line.seconds)
    gan = f" + {best.gan_seconds:.0f}" if best.gan_seconds else ""
    return f"{best.seconds:.0f}{gan}"
