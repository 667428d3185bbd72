"""`ssgan pretrain`: a GAN from unlabeled samples."""

from pathlib import Path
from typing import Any

import click

from ssgan.cli import options
from ssgan.cli.options import COUNT, note


@options.command(
    "pretrain",
    click.argument("data"),
    click.option("--run", type=options.FILE, help="The directory to train in."),
    options.data_dir,
    options.size,
    options.target,
    click.option(
        "--steps", type=COUNT, metavar="N", help="Generator updates; may grow.  [default: 5000]"
    ),
    click.option("--batch", type=COUNT, metavar="N", help="Samples an update.  [default: 64]"),
    click.option(
        "--width", type=COUNT, metavar="N", help="Channels after the first layer.  [default: 24]"
    ),
    click.option(
        "--latent", type=COUNT, metavar="N", help="Dimension of the noise.  [default: 64]"
    ),
    click.option(
        "--rate",
        type=click.FloatRange(min=0, min_open=True),
        metavar="X",
        help="Learning rate.  [default: 0.001]",
    ),
    click.option(
        "--objective",
        metavar="NAME",
        help="relativistic or non-saturating.  [default: relativistic]",
    ),
    click.option(
        "--seed", type=options.SEED, metavar="N", help="Same seed, same GAN.  [default: 0]"
    ),
    options.config,
    options.dry_run,
    options.device,
)
def pretrain(
    *,
    data: str,
    run: Path | None,
    data_dir: Path | None,
    size: Any,
    target: str | None,
    config: Path | None,
    dry_run: bool,
    device: str | None,
    quiet: bool,
    **flags: Any,
) -> None:
    """Train a GAN on the train part of DATA, never on labels.

    DATA is an image folder, an .npz, .npy, idx, .csv or .parquet file, or a named data set. Name
    the column of a table that holds labels with --target, so that it is left out. The same
    command again takes an unfinished RUN up where it stopped.

    \b
    Example:
      ssgan pretrain mnist --run run
      ssgan pretrain photos/ --size 64 --run run --steps 20000
    """
    if run is None and not dry_run:
        raise click.UsageError("Missing option '--run': the directory to train in.")
    from ssgan.cli.samples import report_unreadable
    from ssgan.cli.settings import settings
    from ssgan.data import read
    from ssgan.gan import GANConfig

    asked = GANConfig.from_json(settings(config, **flags))
    read_data = read(data, data_dir=data_dir, size=size, target=target)
    report_unreadable(read_data)
    if run is None or dry_run:
        describe(read_data, asked, device)
    else:
        train(read_data, asked, run, device, quiet)


def describe(data: Any, config: Any, device: str | None) -> None:
    from ssgan.cli.estimate import estimate
    from ssgan.cli.settings import about_codec, about_data, show_json
    from ssgan.data import fit_codec

    codec = fit_codec(data)
    about = {"config": config.to_json(), "data": about_data(data), "codec": about_codec(codec)}
    show_json(about | {"estimate": estimate(data, codec, config, device)})


def train(data: Any, config: Any, run: Path, device: str | None, quiet: bool) -> None:
    from ssgan.cli.progress import show
    from ssgan.cli.recording import quarantined, recording
    from ssgan.gan import pretraining

    with recording(run, quarantined(data.quarantine)):
        show(pretraining(data, config, run=run, device=device), quiet)
    note(f"{run} holds a GAN of {config.steps} steps", quiet)
