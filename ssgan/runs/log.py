"""The log of a run: one JSON object a line, of which the last may be torn."""

import json
import math
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

LOG = "metrics.jsonl"


def log_lines(path: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """The lines of a file that are JSON objects, as they stand and parsed."""
    for line in path.read_bytes().split(b"\n") if path.exists() else ():
        with suppress(ValueError, RecursionError):
            row = json.loads(line)
            if isinstance(row, dict):
                yield line, row


def lines_up_to(path: Path, step: int) -> bytes:
    """The lines of a log up to a step, without torn ones."""
    numbered = ((line, row.get("step", 0)) for line, row in log_lines(path))
    lines = (
        line
        for line, line_step in numbered
        if isinstance(line_step, int | float) and line_step <= step
    )
    return b"".join(line + b"\n" for line in lines)


def finite(value: Any) -> Any:
    """JSON `value` with null for each number that JSON has no word for."""
    if isinstance(value, dict):
        return {key: finite(child) for key, child in value.items()}
    if isinstance(value, list):
        return [finite(child) for child in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
