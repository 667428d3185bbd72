"""One self-contained HTML page about a run: what it made, how it went, how good it is.

    report("run")        # run/report.html

The page loads nothing from elsewhere and holds no script; all text of others is escaped.
"""

import platform
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import torch

from ssgan import __version__
from ssgan.config import InputError
from ssgan.prediction.config import renamed
from ssgan.prediction.select import CHOICE
from ssgan.report.augmented import judged_samples, page_beside, written
from ssgan.report.generated import made_by
from ssgan.report.heldout import HeldOut, held_out
from ssgan.report.predictions import judged
from ssgan.report.training import seconds, setting_rows, trained
from ssgan.runs.run import Run
from ssgan.runs.storage import read_object, write_whole
from ssgan.synthesis import Context, Verdict
from ssgan.synthesis.augmented import Tally

Part = dict[str, Any]  # what the template shows of one thing


def report(path: str | Path) -> Path:
    """Write `report.html` into a run or model directory; returns where it lies.

    A GAN's page shows samples over training, by class, beside training rows and between noises,
    scores, losses, settings and data. A model's page shows how
    it does on held-out rows, and says which; its most confident mistakes; its labels; and the GAN
    where its run is still there. Raises FileNotFoundError for what is no run, ValueError for a run
    of another kind.
    """
    run = Run.open(path)
    kind = run.config.get("kind")
    if kind not in ("gan", "predictor"):
        raise InputError(f"{path} holds a run of kind {kind!r}, expected a GAN or a model")
    return run.write("report.html", rendered(gan_page(run) if kind == "gan" else model_page(run)))


def report_augmented(path: Path, context: Context, verdict: Verdict, tally: Tally) -> Path:
    """Write the page about samples that `path` holds beside real rows; returns where it lies."""
    lead = "Synthetic rows, made to be learnt from beside the labelled ones, and what judged them."
    facts = [("labels", f"{verdict.rows:,}", "labelled rows"), ("verdict", verdict.answer, "")]
    if (count := written(path)) is not None:
        facts.append(("written", f"{count:,}", "synthetic rows"))
    page: Part = {"title": path.name, "lead": lead, "facts": facts, "gan": None, "model": None}
    page["augmented"] = judged_samples(context, verdict, tally)
    write_whole(page_beside(path), rendered(page).encode())
    return page_beside(path)


def rendered(page: Part) -> str:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string((files("ssgan.report") / "page.html").read_text("utf-8"))
    versions = f"ssgan {__version__}, torch {torch.__version__}, Python {platform.python_version()}"
    return template.render(**page, versions=versions)


def gan_page(run: Run) -> Part:
    rows = run.metrics()
    gan = trained(run) | {"made": made_by(run)}
    done = rows[-1]["step"] if rows else 0
    facts = [
        ("steps", f"{done:,}", f"of {run.config['config']['steps']:,}"),
        ("in training", *seconds(rows)),
    ]
    about = run.config["data"]
    kind = "samples and labels" if "labels" in about else "unlabeled samples"
    return {
        "title": run.path.resolve().name,
        "lead": f"A GAN, pretrained on {kind} of {about['source']}.",
        "facts": facts,
        "gan": gan,
        "model": None,
        "augmented": None,
    }


def model_page(run: Run) -> Part:
    labels, rows = run.config["labels"], run.metrics()
    facts = [("labels", f"{labels['count']:,}", "learnt from"), ("in training", *seconds(rows))]
    model: Part = trained(run) | {"labels": label_rows(run)}
    found = found_or_reason(run)
    if isinstance(found, str):
        model["reason"] = found
    else:
        model |= judged(found)
        facts = [*model["facts"], *facts]
    what = "classes" if labels["task"] == "classification" else "numbers"
    return {
        "title": run.path.resolve().name,
        "lead": f"A model that predicts {what}: {learnt_by(run)}.",
        "facts": facts,
        "model": model,
        "gan": gan_of(run),
        "augmented": None,
    }


def learnt_by(run: Run) -> str:
    """What a model is, and why where "auto" chose it."""
    method, told = run.config["config"]["method"], ""
    if (run.path / CHOICE).is_file():
        choice = read_object(run.path / CHOICE)["choice"]
        verdict, method = choice["verdict"], choice["method"]
        told = f". auto took {verdict['chosen']}: {verdict['reason']}"
    kind = "the trunk of a GAN's discriminator, finetuned"
    if renamed(method) == "baseline":
        kind = "a simple model of the labelled rows, without the GAN"
    return kind + told


def found_or_reason(run: Run) -> HeldOut | str:
    """Predictions for held-out rows, or why there are none."""
    try:
        return held_out(run)
    except (FileNotFoundError, ValueError) as error:
        return str(error).removesuffix(".")


def gan_of(run: Run) -> Part | None:
    """The part about the GAN of a model, where its run is still there."""
    origin = run.path / "origin.json"
    try:
        path = read_object(origin).get("run") if origin.is_file() else None
        gan = Run.open(path) if path else None
        return trained(gan) | {"made": None} if gan and gan.config.get("kind") == "gan" else None
    except (FileNotFoundError, ValueError):
        return None


def label_rows(run: Run) -> list[tuple[str, str]]:
    """What the model learnt from, as rows of a table."""
    path = run.path / "split.json"
    split = read_object(path) if path.is_file() else {}
    split = {k: v for k, v in split.items() if k not in ("indices", "values", "count")}
    return setting_rows(run.config["labels"] | {"split": split})
