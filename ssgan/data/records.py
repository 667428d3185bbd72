"""What a run directory says of its data: files that could not be read, labels that were."""

import csv
import io
import json
from collections.abc import Iterable

from ssgan.data.ledger import LEDGER, Ledger


def quarantine_file(faults: Iterable[tuple[str, str]]) -> dict[str, str]:
    """`quarantine.csv`: which files could not be read and why; nothing where all could."""
    rows = [("file", "reason"), *faults]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return {"quarantine.csv": text.getvalue()} if len(rows) > 1 else {}


def ledger_file(ledger: Ledger) -> dict[str, str]:
    """`labels.json`: which labels were read."""
    return {LEDGER: json.dumps(ledger.to_json()) + "\n"}
