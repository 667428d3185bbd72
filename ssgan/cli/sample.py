"""`ssgan sample`: new samples."""

from pathlib import Path

import click

from ssgan.cli import options
from ssgan.cli.options import note


@options.command(
    "sample",
    click.argument("run", type=options.FILE),
    click.option("-n", "count", type=options.SEED, metavar="N", required=True, help="How many."),
    options.out,
    options.seed,
    options.device,
)
def sample(*, run: Path, count: int, out: Path, seed: int, device: str | None, quiet: bool) -> None:
    """Generate samples with the GAN in RUN, in the form of its data.

    Images: a folder of PNG files where OUT has no suffix, or .npz or .npy. Tables: .csv or
    .parquet. Vectors: .npy, .npz, .csv or .parquet.

    \b
    Example:
      ssgan sample run -n 1000 --out samples/
    """
    from ssgan.cli import writing
    from ssgan.gan import load

    gan = load(run, device)
    writing.check_suffix(out, writing.FORMS[gan.codec.kind], gan.codec.kind)
    writing.write_samples(gan.sample(count, seed), out)
    note(f"{out} holds {count} samples", quiet)
