"""`ssgan adapt`: a model for data without labels, from other data that has them."""

from pathlib import Path
from typing import Any

import click

from ssgan.cli import options
from ssgan.cli.finetune import names
from ssgan.cli.names import CHOICES, DEFAULTS
from ssgan.cli.options import COUNT, note, one_of


@options.command(
    "adapt",
    click.argument("source"),
    click.argument("target_data", metavar="TARGET"),
    click.option("--out", type=options.PATH, metavar="MODEL", help="The directory of the model."),
    *options.reading,
    click.option(
        "--task",
        type=click.Choice(["classification", "regression"]),
        help="What the labels are.  [default: as the labels look]",
    ),
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
        callback=lambda _, __, text: names(text),
        help=f"What keeps a label: {one_of('transforms', 'none')}.  [default: those that"
        " suit the samples of TARGET]",
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
    from ssgan.adaptation.config import AdaptConfig
    from ssgan.cli.settings import settings

    reading = {name: arguments.pop(name) for name in options.READING}
    chosen = AdaptConfig().changed(settings(config, **arguments))
    domains = read_domains(source, target_data, reading)
    if out is None or dry_run:
        describe(*domains, chosen, task)
    else:
        train(*domains, chosen, task, out, device, quiet)


def read_domains(source: str, target: str, reading: dict[str, Any]) -> tuple[Any, Any]:
    """Both data sets, the target without labels."""
    from dataclasses import replace

    from ssgan.cli.samples import report_unreadable
    from ssgan.data import read
    from ssgan.data.selection import read_as

    given = {name: value for name, value in reading.items() if value not in (None, ())}
    labelled = read(source, **given)
    other = {name: value for name, value in reading.items() if name != "target"}
    unlabeled = replace(read_as(labelled.options, target, other), y=None, y_test=None)
    for data in (labelled, unlabeled):
        report_unreadable(data)
    return labelled, unlabeled


def describe(source: Any, target: Any, config: Any, task: Any) -> None:
    from ssgan.adaptation.adapt import resolve_config
    from ssgan.adaptation.domains import make_domains
    from ssgan.cli.settings import show_json
    from ssgan.data.checks import describe_codec, describe_data

    domains = make_domains(source, target, config.frame, task)
    about = {"config": resolve_config(config, domains).to_json(), "frame": domains.frame}
    about |= {"source": describe_data(source), "target": describe_data(target)}
    show_json(about | {"codec": describe_codec(domains.codec)})


def train(
    source: Any, target: Any, config: Any, task: Any, out: Path, device: str | None, quiet: bool
) -> None:
    from ssgan.adaptation.adapt import adapting
    from ssgan.cli.progress import show

    training = adapting(source, target, config, task=task, run=out, device=device)
    model = show(training, quiet)
    note(model.about["adaptation"]["frame"], quiet)
    labels = model.about["labels"]["count"]
    note(f"{out} holds a model for {model.task} by {model.method}, from {labels} labels", quiet)
