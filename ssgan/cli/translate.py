"""`ssgan translate`: images of one domain made to look like those of another."""

from pathlib import Path
from typing import Any

import click

from ssgan.cli import options
from ssgan.cli.names import CHOICES, DEFAULTS
from ssgan.cli.options import COUNT, note

TRANSLATED = "translated"  # the folder, or the name of the file, in the run


@options.command(
    "translate",
    click.argument("source"),
    click.argument("target_data", metavar="TARGET"),
    click.option("--out", type=options.PATH, required=True, metavar="RUN", help="Where to write."),
    *options.reading,
    click.option(
        "--method",
        type=click.Choice(list(CHOICES["translations"])),
        help=f"How it is learnt.  [default: {DEFAULTS['translate']['method']}]",
    ),
    click.option(
        "--frame",
        type=click.Choice(["pad", "fit"]),
        default="pad",
        show_default=True,
        help="How smaller images fill the frame of larger ones, as of adapt.",
    ),
    click.option(
        "--steps",
        type=COUNT,
        metavar="N",
        help=f"Updates.  [default: {DEFAULTS['translate']['steps']}]",
    ),
    click.option("--batch", type=COUNT, metavar="N", help="Images of each domain in an update."),
    click.option(
        "--seed", type=options.SEED, metavar="N", help="Same seed, same images.  [default: 0]"
    ),
    options.config,
    options.device,
)
def translate(
    *,
    source: str,
    target_data: str,
    out: Path,
    frame: str,
    config: Path | None,
    device: str | None,
    quiet: bool,
    **arguments: Any,
) -> None:
    """Make images of SOURCE look like those of TARGET, learnt without pairs of them.

    RUN keeps the training, and the images: of a folder in RUN/translated, by the names of their
    files, so that folders of classes stay; of others as x in RUN/translated.npz, labels as y.

    \b
    Example:
      ssgan translate mnist mnist-m --out run
      ssgan translate drawings/ photos/ --method cut --out run
    """
    from ssgan.adaptation.translation.config import TranslateConfig
    from ssgan.adaptation.translation.translate import translating
    from ssgan.adaptation.where import Where
    from ssgan.cli.adapt import read_domains
    from ssgan.cli.progress import show
    from ssgan.cli.settings import settings

    reading = {name: arguments.pop(name) for name in options.READING}
    translate_config = TranslateConfig().changed(settings(config, **arguments))
    source_data, target = read_domains(source, target_data, reading)
    training = translating(
        source_data, target, translate_config, frame=frame, where=Where(out, device)
    )
    translator = show(training, quiet)
    path = write_translated(translator(source_data.x), source_data, out)
    note(f"{path} holds {len(source_data)} images of {source} as those of {target_data}", quiet)


def write_translated(images: Any, source: Any, out: Path) -> Path:
    """Images by the names that those of the source have, or as arrays with labels where they have
    none."""
    from ssgan.cli import writing

    if source.names is None:
        labels = {} if source.y is None else {"y": source.y}
        path = out / f"{TRANSLATED}.npz"
        arrays = {"x": images, **labels}
        if not writing.holds_arrays(path, **arrays):
            writing.write_arrays(path, **arrays)
        return path
    path = out / TRANSLATED
    if path.exists():  # of the same training, which gives the same
        return path
    with writing.fill_folder(path) as folder:
        writing.write_named(images, folder, source.names)
    return path
