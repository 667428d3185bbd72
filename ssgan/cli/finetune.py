"""`ssgan finetune`: a model from a GAN and few labels."""

import csv
from pathlib import Path
from typing import Any

import click

from ssgan.cli import options
from ssgan.cli.names import CHOICES, DEFAULTS
from ssgan.cli.options import COUNT, note, one_of

METHOD_DEFAULTS = DEFAULTS["finetune"]
TOGETHER = CHOICES["methods together"]


@options.command(
    "finetune",
    click.argument("run", type=options.PATH),
    click.option(
        "--labels",
        required=True,
        metavar="FILE|DATA",
        help="Labels: a CSV file,label; a column of them in .npy or .csv; or a labelled data set.",
    ),
    click.option("--out", type=options.PATH, metavar="MODEL", help="The directory of the model."),
    *options.reading,
    *options.encoding,
    *options.splitting,
    click.option(
        "--method",
        metavar="NAME",
        help=f"One of {', '.join(CHOICES['methods'])}; {', '.join(TOGETHER)} also together, as in"
        f" consistency+propagation.  [default: {METHOD_DEFAULTS['method']}]",
    ),
    click.option(
        "--readout",
        type=click.Choice(CHOICES["readouts"]),
        help="What is read: all depths of the discriminator, its last, the samples themselves,"
        " those beside all depths, or a student that is trained first.  [default: student for"
        " auto on images with classes, else all]",
    ),
    click.option(
        "--transforms",
        metavar="A,B",
        callback=lambda _, __, text: split_names(text),
        help=f"What keeps a label: {one_of('transforms', 'none')}.  [default: those that"
        " suit the unlabeled samples]",
    ),
    click.option(
        "--mix/--no-mix",
        default=None,
        help="Whether consistency mixes unlabeled samples in pairs.  [default: no-mix]",
    ),
    click.option(
        "--shares",
        metavar="NAME|FILE",
        callback=lambda _, __, text: shares_of(text),
        help="Shares of the classes among what will be predicted: labels (as among them),"
        " estimated (from the unlabeled samples), equal, or a CSV class,share."
        "  [default: labels; estimated for auto where as many of every class are labelled]",
    ),
    click.option(
        "--calibrate/--no-calibrate",
        default=None,
        help="Train on folds of the labels too, to calibrate probabilities or intervals."
        "  [default: calibrate]",
    ),
    click.option(
        "--budget",
        metavar="TIME",
        callback=lambda _, __, text: budget_seconds(text),
        help="Time after which auto compares nothing further, as 60s or 5m; it trains no student"
        " then unless --readout asks for one.  [default: all that it needs]",
    ),
    click.option("--steps", type=COUNT, metavar="N", help="Updates.  [default: the method's own]"),
    click.option(
        "--seed", type=options.SEED, metavar="N", help="Same seed, same model.  [default: 0]"
    ),
    options.config,
    options.dry_run,
    options.device,
)
def finetune(
    *,
    run: Path,
    labels: str,
    out: Path | None,
    config: Path | None,
    dry_run: bool,
    device: str | None,
    quiet: bool,
    **arguments: Any,
) -> None:
    """Learn to predict from few labels, on top of the GAN in RUN.

    Text and whole numbers are classes, other numbers are regressed on. -1, NaN and empty entries
    mean unlabeled; the other samples of RUN's data are used without labels. --per-class and --count
    draw a split of a fully labelled set, which is recorded in MODEL/split.json. MODEL learns from
    the labels of these samples alone, which MODEL/labels.json lists; the others are looked at only
    to draw as many of every class.

    \b
    Example:
      ssgan finetune run --labels mnist --per-class 10 --out model
      ssgan finetune run --labels labels.csv --out model
    """
    check_use(out is None and not dry_run, **arguments)
    from ssgan.cli.settings import settings
    from ssgan.models.pretraining import load
    from ssgan.prediction.config import PredictorConfig

    fields_of_flags = (
        "method",
        "readout",
        "transforms",
        "mix",
        "shares",
        "calibrate",
        "steps",
        "seed",
    )
    flags = {name: arguments.pop(name) for name in fields_of_flags}
    fields = settings(config, **flags)
    if (budget := arguments.pop("budget")) is not None:
        fields["auto"] = {**fields.get("auto", {}), "budget": budget}
    predictor_config = PredictorConfig.from_json(fields)
    refuse_unused_settings(predictor_config)
    gan = load(run, device, encoder=options.named_encoder(arguments))
    split = split_for(gan, run, labels, arguments, out, quiet)
    if out is None or dry_run:
        describe_finetuning(gan, split, predictor_config)
    else:
        train_predictor(gan, split, predictor_config, out, quiet)


def split_for(
    gan: Any, run: Path, labels: str, arguments: dict[str, Any], out: Path | None, quiet: bool
) -> Any:
    """The split of the GAN's data that the options ask for."""
    from ssgan.cli.samples import report_unreadable
    from ssgan.data.labels.split import LabelRequest, make_split
    from ssgan.data.labels.targets import reason_of
    from ssgan.data.selection import read_again

    reading = {name: arguments.pop(name) for name in options.READING}
    request = LabelRequest(
        source=labels, seed=arguments.pop("label_seed"), **arguments, reading=reading
    )
    split = make_split(read_again(gan.data, run), request, gan=run, out=out)
    report_unreadable(split.data)
    if request.task is None and not quiet:
        reason = reason_of(split.targets, split.data.y)
        note(f"{split.targets.task}, by the labels: {reason}; --task decides")
    return split


def split_names(text: str | None) -> tuple[str, ...] | None:
    """Names with commas between them; "none" is none of them."""
    if text is None:
        return None
    if not text.strip():
        raise click.BadParameter("it is empty: give names, or none")
    return tuple(name.strip() for name in text.split(",") if name.strip() not in ("", "none"))


def budget_seconds(text: str | None) -> float | None:
    """Seconds of a text as 60s or 5m."""
    if text is None:
        return None
    from ssgan.config import InputError
    from ssgan.prediction.auto.budget import seconds_of

    try:
        return seconds_of(text)
    except InputError as error:
        raise click.BadParameter(str(error)) from error


def shares_of(text: str | None) -> str | dict[str, float] | None:
    """A word for the shares of the classes, or the shares of a CSV file, by class."""
    if text is None or not ({".", "/"} & {*text} or Path(text).is_file()):
        return text
    if not Path(text).is_file():
        raise click.BadParameter(f"there is no file {text}: give a CSV class,share")
    with open(text, newline="", encoding="utf-8-sig") as file:
        header, *lines = [line for line in csv.reader(file) if line] or [[]]
    if header != ["class", "share"]:
        raise click.BadParameter(
            f"expected the columns class,share in {text}, got {','.join(header) or 'nothing'}"
        )
    try:
        return {name: float(share) for name, share in lines}
    except ValueError as error:
        raise click.BadParameter(
            f"expected a class and a number in every line of {text}: {error}"
        ) from error


def check_use(
    nowhere: bool, per_class: int | None, count: int | None, label_seed: int | None, **_: Any
) -> None:
    """Refuse options that do not go together, before anything is read."""
    if nowhere:
        raise click.UsageError("Missing option '--out': the directory of the model.")
    if per_class and count:
        raise click.UsageError("--per-class and --count exclude each other: give one of them.")
    if label_seed is not None and not (per_class or count):
        raise click.UsageError("--label-seed draws labels: give --per-class or --count with it.")


def refuse_unused_settings(config: Any) -> None:
    """A usage error for settings that nothing in the config would use, before the GAN is read."""
    from ssgan.config import InputError
    from ssgan.prediction.resolve import refuse_unused

    try:
        refuse_unused(config)
    except InputError as error:
        raise click.UsageError(f"{error}.") from error


def describe_finetuning(gan: Any, split: Any, config: Any) -> None:
    """Print what a finetuning would be made from, as JSON."""
    from ssgan.cli.settings import show_json
    from ssgan.data.checks import describe_codec, describe_data
    from ssgan.data.labels.split import describe_split

    facts = {"config": config.to_json(), "data": describe_data(split.data)}
    show_json(facts | {"codec": describe_codec(gan.codec), "split": describe_split(split.record)})


def train_predictor(gan: Any, split: Any, config: Any, out: Path, quiet: bool) -> None:
    """Finetune into a directory, and say how it went."""
    from ssgan.cli.progress import show
    from ssgan.data.labels.split import split_files
    from ssgan.prediction.finetune import finetuning
    from ssgan.prediction.labels import labeled

    rows = labeled(gan, split.samples, split.targets, split.unlabeled, config.seed)
    files = split_files(split.record, split.ledger)
    model = show(finetuning(gan, rows, config, out, files), quiet)
    if model.choice:
        note(f"auto takes the {model.choice.chosen}: {model.choice.reason}", quiet)
    elif model.comparison:
        note(model.comparison.line, quiet)
    if model.comparison and model.comparison.warning:
        note(f"warning: {model.comparison.warning}", False)
    note(f"{out} holds a model for {model.task} from {len(split.samples)} labels", quiet)
