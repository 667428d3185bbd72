"""One self-contained HTML page about a run: what it made, how it went, how good it is.

    report("run")        # run/report.html

What each module is for:

    training, generated, quality    of a GAN: how it went, what it makes, how good it is
    heldout, predictions            of a model: held-out rows, and how good it is on them
    augmented                       of synthetic rows: what the gate found
    figures                         pictures that are part of a page
    pages                           the whole pages

It imports from `synthesis`, `estimators` and all below.

The page loads nothing from elsewhere and holds no script; all text of others is escaped.
"""

from ssgan.report.pages import report, report_augmented

__all__ = ["report", "report_augmented"]
