"""How good predictions are on held-out rows, and where they are most surely wrong."""

from math import sqrt
from typing import Any

import numpy as np

from ssgan import metrics
from ssgan.codecs.arrays import as_table
from ssgan.prediction.evaluation import explained
from ssgan.report.figures import heat, image, reliability, scatter
from ssgan.report.heldout import HeldOut, some_rows
from ssgan.report.training import TABLE_COLUMNS, cell_text, cut_short

PICTURES, LINES = 24, 12  # mistakes that are shown as images, and as rows of a table
MOST_CELLS = 20  # classes of a confusion matrix that is written out
PAIRS = 12  # confusions that are named where it is not
CLASS_LINES = 50  # classes whose figures are listed
RELIABILITY_BINS = 10  # of confidence


def prediction_part(heldout: HeldOut) -> dict[str, Any]:
    """What the page shows of predictions for held-out rows."""
    count = len(heldout.true)
    if heldout.probabilities is None:
        measures = metrics.regression(heldout.true, heldout.predicted)
        part: dict[str, Any] = {"scatter": scatter(heldout.true, heldout.predicted)}
        fact = ("R²", f"{measures['r2']:.3f}", "on held-out rows")
    else:
        measures = metrics.predictions(heldout.true, heldout.probabilities)
        part = confusion_part(heldout) | class_part(heldout) | reliability_part(heldout)
        low, high = wilson_interval(measures["accuracy"], count)
        part["always"] = f"{np.bincount(heldout.true).max() / count:.1%}"
        part["interval"] = f"{low:.1%} to {high:.1%}"
        fact = ("accuracy", f"{measures['accuracy']:.1%}", "on held-out rows")
    compared = heldout.model.comparison
    return part | {
        "comparison": compared.line if compared else None,
        "which": heldout.rows.which,
        "seen": heldout.rows.seen,
        "measures": explained(measures),
        "mistakes": mistakes(heldout),
        "facts": [fact, ("rows", f"{count:,}", "held out")],
    }


def wilson_interval(share: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share of `count` rows (Wilson 1927)."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2) / (1 + z * z / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def confusion_part(heldout: HeldOut) -> dict[str, Any]:
    """The confusion matrix: written out for few classes, a picture and the worst for many."""
    names = shown_classes(heldout)
    counts = metrics.confusion(heldout.true, heldout.predicted, len(names))
    # Roots, so that a few mistakes among many rows can be seen.
    shades = np.sqrt(counts / counts.sum(1, keepdims=True).clip(1))
    if len(names) <= MOST_CELLS:
        rows = [
            {
                "name": name,
                "cells": [(int(n), round(float(s), 3)) for n, s in zip(*row, strict=True)],
            }
            for name, row in zip(names, zip(counts, shades, strict=True), strict=True)
        ]
        return {"classes": names, "matrix": rows}
    wrong = np.where(np.eye(len(names), dtype=bool), 0, counts)
    worst = np.argsort(-wrong, axis=None, kind="stable")[:PAIRS]
    pairs = [(int(i), int(j)) for i, j in zip(*np.unravel_index(worst, wrong.shape), strict=True)]
    return {
        "classes": names,
        "heat": heat(shades),
        "pairs": [(names[i], names[j], int(wrong[i, j])) for i, j in pairs if wrong[i, j]],
    }


def class_part(heldout: HeldOut) -> dict[str, Any]:
    """How well each class is predicted: those with most rows, and how many are left out."""
    names = shown_classes(heldout)
    scores_by_name = metrics.per_class(heldout.true, heldout.predicted, len(names))
    order = np.argsort(-scores_by_name["rows"], kind="stable")[:CLASS_LINES]
    scores = ("precision", "recall", "f1")
    rows = [
        (
            names[k],
            *(f"{scores_by_name[name][k]:.3f}" for name in scores),
            f"{scores_by_name['rows'][k]:,}",
        )
        for k in sorted(order)
    ]
    return {"per_class": rows, "classes_left_out": len(names) - len(rows)}


def reliability_part(heldout: HeldOut) -> dict[str, Any]:
    """How often predictions of each confidence are right."""
    shares = np.asarray(heldout.probabilities).max(1)
    right = heldout.predicted == heldout.true
    bins = np.minimum((shares * RELIABILITY_BINS).astype(np.int64), RELIABILITY_BINS - 1)
    used = [k for k in range(RELIABILITY_BINS) if (bins == k).any()]
    points = [(shares[bins == k].mean(), right[bins == k].mean(), (bins == k).sum()) for k in used]
    stated, true, counts = (np.array(column, np.float64) for column in zip(*points, strict=True))
    return {"reliability": reliability(stated, true, counts)}


def shown_classes(heldout: HeldOut) -> list[str]:
    """The names of a model's classes, cut short."""
    return [cut_short(str(name)) for name in heldout.model.classes or ()]


def mistakes(heldout: HeldOut) -> dict[str, Any]:
    """The held-out rows that are most surely, or by most, wrong: as pictures or as rows."""
    codec = heldout.model.codec
    if heldout.probabilities is None:
        worst = np.argsort(-np.abs(heldout.predicted - heldout.true), kind="stable")
    else:
        worst = np.argsort(-heldout.probabilities.max(1), kind="stable")
        worst = worst[heldout.predicted[worst] != heldout.true[worst]]
    part: dict[str, Any] = {"count": len(worst), "rows": []}
    if not len(worst):
        return part
    rows_shown = worst[:PICTURES]
    rows = some_rows(heldout.rows, rows_shown)
    if (pictures := codec.pictures(rows.x)) is not None:
        views: list[dict[str, Any]] = [{"picture": image(p)} for p in pictures]
    else:
        rows_shown = worst[:LINES]
        rows = some_rows(heldout.rows, rows_shown)
        table = as_table(rows.x)
        head = table.iloc[:, :TABLE_COLUMNS]
        part["columns"] = [cut_short(str(name)) for name in head.columns]
        part["more"] = table.shape[1] - head.shape[1]
        views = [{"cells": [cell_text(v, 5) for v in row]} for row in head.itertuples(index=False)]
    words = [row_words(heldout, int(row)) for row in rows_shown]
    captions = [{"name": cut_short(name)} for name in rows.names]
    part["rows"] = [a | b | c for a, b, c in zip(views, captions, words, strict=True)]
    return part


def row_words(heldout: HeldOut, row: int) -> dict[str, str]:
    """What a row is, what it was taken for, and how surely, in words."""
    true, predicted = heldout.true[row], heldout.predicted[row]
    if heldout.probabilities is None:
        off = f"{predicted - true:+.4g}"
        return {"true": f"{true:.5g}", "predicted": f"{predicted:.5g}", "sure": off}
    names = heldout.model.classes or ()
    sure = f"{heldout.probabilities[row].max():.1%}"
    return {
        "true": cut_short(str(names[true])),
        "predicted": cut_short(str(names[predicted])),
        "sure": sure,
    }
