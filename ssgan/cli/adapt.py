"""`ssgan adapt`: a model for data without labels, from other data that has them."""

from pathlib import Path
from typing import Any

import click

from ssgan.cli import options
from ssgan.cli.finetune import check_use, split_names
from ssgan.cli.names import CHOICES, DEFAULTS
from ssgan.cli.options import COUNT, note, one_of


@options.command(
    "adapt",
    click.argument("source"),
    click.argument("target_data", metavar="TARGET"),
    click.option("--out", type=options.PATH, metavar="MODEL", help="The directory of the model."),
    *options.reading,
    click.option(
        "--labels",
        metavar="FILE|DATA",
        help="A few labels of TARGET, as of finetune: then it learns from both.",
    ),
    *options.splitting,
    click.option(
        "--method",
        metavar="NAME",
        help=f"{', '.join(CHOICES['adaptations'])}.  [default: {DEFAULTS['adapt']['method']}]",
    ),
    click.option(
        "--frame",
        type=click.Choice(["pad", "fit"]),
        help="How smaller images fill the frame of larger ones: padded, or scaled first so that"
        f" what they show is as large.  [default: {DEFAULTS['adapt']['frame']}]",
    ),
    click.option(
        "--transforms",
        metavar="A,B",
        callback=lambda _, __, text: split_names(text),
        help=f"What keeps a label: {one_of('transforms', 'none')}.  [default: moves, colour"
        " and texture for images]",
    ),
    click.option("--steps", type=COUNT, metavar="N", help="Updates.  [default: the method's own]"),
    click.option("--batch", type=COUNT, metavar="N", help="Samples of each domain in an update."),
    click.option(
        "--seed", type=options.SEED, metavar="N", help="Same seed, same model.  [default: 0]"
    ),
    options.config,
    options.dry_run,
    options.device,
)
def adapt(
    *,
    source: str,
    target_data: str,
    out: Path | None,
    task: Any,
    config: Path | None,
    dry_run: bool,
    device: str | None,
    quiet: bool,
    **arguments: Any,
) -> None:
    """Learn to predict TARGET, which has no labels, from SOURCE, which has some.

    SOURCE and TARGET are data sets of one kind: images, tables with the same columns, or vectors of
    as many numbers. Images of other sizes are padded, never stretched, and greys become colours.
    Labels that come with TARGET are not read. MODEL takes samples like those of TARGET.

    \b
    Example:
      ssgan adapt mnist usps --out model
      ssgan evaluate model usps
    """
    if out is None and not dry_run:
        raise click.UsageError("Missing option '--out': the directory of the model.")
    label_options = {
        name: arguments.pop(name) for name in ("labels", "per_class", "count", "label_seed")
    }
    check_labels(**label_options)
    from ssgan.adaptation.adapt import refuse_unused_fields
    from ssgan.adaptation.config import AdaptConfig
    from ssgan.cli.settings import settings

    reading = {name: arguments.pop(name) for name in options.READING}
    adapt_config = AdaptConfig().changed(settings(config, **arguments))
    refuse_unused_fields(adapt_config)
    domains = read_domains(source, target_data, reading)
    few = (
        target_labels(domains[1], label_options, task, reading, out)
        if label_options["labels"]
        else None
    )
    if out is None or dry_run:
        describe(*domains, few, adapt_config, task)
    else:
        run_adaptation(*domains, few, adapt_config, task, out, device, quiet)


def check_labels(
    labels: str | None, per_class: int | None, count: int | None, label_seed: int | None
) -> None:
    """Refuse options of labels that do not go together, before anything is read."""
    if labels is None and (per_class or count or label_seed is not None):
        raise click.UsageError(
            "--per-class, --count and --label-seed draw labels of TARGET: give --labels with them."
        )
    check_use(False, per_class, count, label_seed)


def target_labels(
    target: Any, label_options: dict[str, Any], task: Any, reading: dict[str, Any], out: Path | None
) -> Any:
    """The labels of the target that the options ask for."""
    from ssgan.adaptation.domains import Few
    from ssgan.data.labels.split import LabelRequest, make_split, split_files

    drawing = {
        "per_class": label_options["per_class"],
        "count": label_options["count"],
        "seed": label_options["label_seed"],
    }
    request = LabelRequest(source=label_options["labels"], task=task, reading=reading, **drawing)
    split = make_split(target, request, out=out)
    labels = split.targets.decode(split.targets.values)
    return Few(split.samples, labels, split_files(split.record, split.ledger))


def read_domains(source: str, target: str, reading: dict[str, Any]) -> tuple[Any, Any]:
    """Both data sets, the target without labels."""
    from dataclasses import replace

    from ssgan.cli.samples import report_unreadable
    from ssgan.data import read
    from ssgan.data.selection import read_as

    options = {name: value for name, value in reading.items() if value not in (None, ())}
    labelled = read(source, **options)
    target_options = {name: value for name, value in reading.items() if name != "target"}
    unlabeled = replace(read_as(labelled.options, target, target_options), y=None, y_test=None)
    for data in (labelled, unlabeled):
        report_unreadable(data)
    return labelled, unlabeled


def describe(source: Any, target: Any, few: Any, config: Any, task: Any) -> None:
    """Print what an adaptation would be made from, as JSON."""
    from ssgan.adaptation.adapt import resolve_adaptation
    from ssgan.adaptation.domains import make_domains
    from ssgan.cli.settings import show_json
    from ssgan.data.checks import describe_codec, describe_data

    domains = make_domains(source, target, config.frame, task, few)
    facts = {"config": resolve_adaptation(config, domains).to_json(), "frame": domains.frame}
    facts |= {"source": describe_data(source), "target": describe_data(target)}
    show_json(facts | {"codec": describe_codec(domains.codec)})


def run_adaptation(
    source: Any,
    target: Any,
    few: Any,
    config: Any,
    task: Any,
    out: Path,
    device: str | None,
    quiet: bool,
) -> None:
    """Adapt into a directory, and say how it went."""
    from ssgan.adaptation.adapt import adapting
    from ssgan.adaptation.where import Where
    from ssgan.cli.progress import show

    training = adapting(source, target, config, few=few, task=task, where=Where(out, device))
    model = show(training, quiet)
    note(model.about["adaptation"]["frame"], quiet)
    labels = f"{model.about['labels']['count']} labels"
    if few is not None:
        labels += f" of the source and {len(few.labels)} of the target"
    note(f"{out} holds a model for {model.task} by {model.method}, from {labels}", quiet)
