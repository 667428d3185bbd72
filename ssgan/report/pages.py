"""The pages: of a GAN, of a model, and of synthetic rows."""

import platform
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import torch

from ssgan.config import InputError, __version__
from ssgan.data.labels.split import SPLIT, read_split
from ssgan.models.gan import GAN
from ssgan.models.stored import GAN_PLACE, TRANSLATOR_PLACE, stored_training
from ssgan.prediction.auto.choice import CHOICE, stored_choice
from ssgan.prediction.config import current_method_name
from ssgan.prediction.loading import load, stored_config
from ssgan.prediction.predictor import Predictor
from ssgan.report.augmented import augmented_part, page_beside, written_rows
from ssgan.report.generated import generated_part
from ssgan.report.heldout import HeldOut, HeldOutRows, given_rows, held_out_predictions
from ssgan.report.predictions import prediction_part
from ssgan.report.quality import coverage_sentence
from ssgan.report.training import sample_pictures, seconds, setting_rows, training_part
from ssgan.runs.run import Run
from ssgan.runs.storage import understood, write_whole
from ssgan.synthesis import Context, Verdict
from ssgan.synthesis.blocks import Tally

PagePart = dict[str, Any]  # what the template shows of one thing


def report(
    path: str | Path,
    samples: Any = None,
    labels: Any = None,
    *,
    which: str = "the rows given",
    encoder: Any = None,
) -> Path:
    """Write `report.html` into a run or model directory.

    A GAN's page says first how good it is: how often its samples are told from real ones. It shows
    samples over training, by class, beside training rows and between noises, scores, losses,
    settings and data. A model's page shows how good it is on held-out rows, and says which: beside
    ordinary models, by class, how reliable its probabilities are; its most confident mistakes; its
    labels; and the GAN where its run is still there.

    What the directory says that it was made of is read again, unless it has changed or is far
    larger; only what has the same fingerprint is shown.

    Parameters
    ----------
    path : str or Path
        A run directory of `pretrain` or a model directory of `finetune`.
    samples : array (N, ...) or data frame, optional
        Rows to judge by; by default the test part of the data, else rows that were held out.
    labels : array (N,), optional
        Of these rows, for a model.
    which : str
        What the page calls these rows.
    encoder : str, Path, torch.nn.Module, callable or Encoder, optional
        The frozen network that samples are encoded by, as `ssgan.load` takes it.

    Returns
    -------
    Path
        Of the page, one file that loads nothing from elsewhere and holds no script.

    Raises
    ------
    FileNotFoundError
        For a directory that holds no run.
    InputError
        For a run of another kind, and for a model's rows without labels.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np, ssgan
    >>> from ssgan.report import report
    >>> x = np.random.default_rng(0).normal(size=(40, 3))
    >>> config = ssgan.GANConfig(steps=2, batch=8, width=2, latent=4)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     gan = ssgan.pretrain(x, config, run=f"{folder}/run")
    ...     page = report(f"{folder}/run")
    ...     print(page.name, page.read_text("utf-8")[:15])
    report.html <!doctype html>
    """
    run = Run.open(path)
    kind = run.config.get("kind")
    if kind not in ("gan", "predictor"):
        raise InputError(f"{path} holds a run of kind {kind!r}, expected a GAN or a model")
    rows_given = None
    if samples is not None:
        rows_given = given_rows(samples, labels, which, labelled=kind == "predictor")
    opened = opened_or_reason(run, encoder, needed=rows_given is not None)
    page_of = gan_page if kind == "gan" else model_page
    page = render_page(page_of(run, opened, rows_given))
    write_whole(run.path / "report.html", as_utf8(page))  # at any time, also while it is trained
    return run.path / "report.html"


def report_augmented(path: Path, context: Context, verdict: Verdict, tally: Tally) -> Path:
    """Write the page about synthetic samples that a file or folder holds beside real rows.

    Parameters
    ----------
    path : Path
        The file or folder that `ssgan augment` wrote.
    context : Context
        The GAN and the classes.
    verdict : Verdict
        What the gate found.
    tally : Tally
        How many samples passed the filters, and the first of them.

    Returns
    -------
    Path
        Of the page: in the folder, or beside the file as `.report.html`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np, ssgan
    >>> from ssgan.report import report_augmented
    >>> from ssgan.synthesis import Context, Synthetic, assess
    >>> from ssgan.synthesis.blocks import Tally
    >>> x = np.random.default_rng(0).normal(size=(40, 3))
    >>> gan = ssgan.pretrain(x, ssgan.GANConfig(steps=2, batch=8, width=2, latent=4))
    >>> context = Context(gan, (0, 1), samples=x[:3], indices=np.array([0, 1, 1]))
    >>> block, tally = Synthetic(gan.sample(4), np.array([0, 0, 1, 1])), Tally()
    >>> kept = list(tally.over([block]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     verdict = assess(context, {"gan": block})
    ...     report_augmented(Path(folder) / "more.npz", context, verdict, tally).name
    'more.report.html'
    """
    lead = "Synthetic rows, made to be learnt from beside the labelled ones, and what judged them."
    facts = [("labels", f"{verdict.rows:,}", "labelled rows"), ("verdict", verdict.answer, "")]
    if (count := written_rows(path)) is not None:
        facts.append(("written", f"{count:,}", "synthetic rows"))
    page: PagePart = {"title": path.name, "lead": lead, "facts": facts, "gan": None, "model": None}
    page["augmented"] = augmented_part(context, verdict, tally)
    write_whole(page_beside(path), as_utf8(render_page(page)))
    return page_beside(path)


def render_page(page: PagePart) -> str:
    """The page as HTML."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.tests["hash"] = is_hash
    template = environment.from_string((files("ssgan.report") / "page.html").read_text("utf-8"))
    versions = f"ssgan {__version__}, torch {torch.__version__}, Python {platform.python_version()}"
    return template.render(**page, versions=versions)


def is_hash(value: str) -> bool:
    """Whether a value is a checksum, which is folded away."""
    return re.fullmatch("[0-9a-f]{40,}…?", value) is not None


def as_utf8(page: str) -> bytes:
    """The page as UTF-8; bytes of a path that are none are shown as "\\udce9"."""
    return page.encode("utf-8", errors="backslashreplace")


def opened_or_reason(run: Run, encoder: Any, needed: bool) -> GAN | Predictor | str:
    """The GAN or the model of a directory, or why there is none yet, if it is not needed."""
    try:
        return load(run.path, encoder=encoder)
    except (OSError, InputError) as error:
        if needed:
            raise
        return str(error).removesuffix(".")


def gan_page(run: Run, gan: Any, rows_given: HeldOutRows | None = None) -> PagePart:
    """What the template shows of a run and its GAN, or of why there is none."""
    (metadata, config), rows = stored_training(run), run.metrics()
    generated = generated_part(gan, rows_given)
    gan = training_part(run) | {"made": generated, "covered": coverage_sentence(rows)}
    last_step = rows[-1]["step"] if rows else 0
    facts = [
        ("steps", f"{last_step:,}", f"of {config.steps:,}"),
        ("in training", *seconds(rows)),
    ]
    if isinstance(gan["made"], dict) and (quality := gan["made"].get("quality")):
        facts.insert(0, quality["fact"])
    conditions = next((name for name in ("labels", "captions") if name in metadata), None)
    kind = f"samples and {conditions}" if conditions else "unlabeled samples"
    return {
        "title": run.path.resolve().name,
        "lead": f"A GAN, pretrained on {kind} of {metadata['source']}.",
        "facts": facts,
        "gan": gan,
        "model": None,
        "augmented": None,
    }


def model_page(run: Run, predictor: Any, rows_given: HeldOutRows | None = None) -> PagePart:
    """What the template shows of a directory and its model, or of why there is none."""
    (labels, _, _), rows = stored_config(run), run.metrics()
    facts = [("labels", f"{labels['count']:,}", "learnt from"), ("in training", *seconds(rows))]
    model: PagePart = training_part(run) | {"labels": label_rows(run), "translated": False}
    if (run.path / TRANSLATOR_PLACE).is_dir():
        pictures = sample_pictures(Run(run.path / TRANSLATOR_PLACE))
        model |= {"pictures": pictures, "translated": True}
    heldout = predictions_or_reason(run, predictor, rows_given)
    if isinstance(heldout, str):
        model["reason"] = heldout
    else:
        model |= prediction_part(heldout)
        facts = [*model["facts"], *facts]
    kind_of_labels = "classes" if labels["task"] == "classification" else "numbers"
    return {
        "title": run.path.resolve().name,
        "lead": f"A model that predicts {kind_of_labels}: {model_lead(run)}.",
        "facts": facts,
        "model": model,
        "gan": gan_part(run),
        "augmented": None,
    }


def model_lead(run: Run) -> str:
    """What a model is, and why where "auto" chose it."""
    method, choice_words = run.config["config"]["method"], ""
    if run.has(CHOICE):
        with understood(run.path / CHOICE):
            choice, _ = stored_choice(run)
            method = choice.method
            choice_words = f". auto took the {choice.chosen}: {choice.reason}"
    kind = "the trunk of a GAN's discriminator, finetuned"
    if metadata := run.config.get("adaptation"):
        kind = f"labels of another domain, adapted by {metadata['config']['method']}"
    if current_method_name(method) == "baseline":
        kind = "a simple model of the labelled rows, without the GAN"
    if method == "ensemble":
        kind = "an average of several models"
    return kind + choice_words


def predictions_or_reason(run: Run, model: Any, rows_given: HeldOutRows | None) -> HeldOut | str:
    """Predictions for rows that are given, else for held-out ones, or why there are none."""
    if isinstance(model, str):
        return model
    try:
        return held_out_predictions(run, model, rows_given)
    except (OSError, InputError) as error:
        if rows_given:
            raise
        return str(error).removesuffix(".")


def gan_part(run: Run) -> PagePart | None:
    """The part about the GAN of a model, where its run is still there."""
    try:
        path = run.read_object("origin.json").get("run") if run.has("origin.json") else None
        path = str(run.path / GAN_PLACE) if (run.path / GAN_PLACE).is_dir() else path
        gan = Run.open(path) if path and isinstance(path, str) else None
        if gan is None or gan.config.get("kind") != "gan":
            return None
        gan.check()
        stored_training(gan)
        return training_part(gan) | {"made": None, "covered": None}
    except (OSError, InputError):
        return None


def label_rows(run: Run) -> list[tuple[str, str]]:
    """What the model learnt from, as rows of a table."""
    split = read_split(run.path) if run.has(SPLIT) else {}
    split = {k: v for k, v in split.items() if k not in ("indices", "values", "count")}
    return setting_rows(run.config["labels"] | {"split": split})
