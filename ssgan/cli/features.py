"""`ssgan features`: what the discriminator sees."""

from pathlib import Path
from typing import Any

import click

from ssgan.cli import options
from ssgan.cli.names import CHOICES
from ssgan.cli.options import note
from ssgan.config import InputError


@options.command(
    "features",
    click.argument("run", type=options.PATH, metavar="RUN|MODEL"),
    click.argument("data"),
    options.out,
    options.part,
    click.option(
        "--readout",
        type=click.Choice(CHOICES["readouts"]),
        help="All depths of RUN's discriminator, its last, or a student of both its networks,"
        " which is trained first and kept in RUN.  [default: all; of MODEL its own]",
    ),
    *options.reading,
    *options.encoding,
    options.strict,
    options.device,
)
def features(
    *,
    run: Path,
    data: str,
    out: Path,
    part: str | None,
    readout: str | None,
    device: str | None,
    quiet: bool,
    **reading: Any,
) -> None:
    """Write what the discriminator, or a student of it, sees in DATA, standardised.

    An .npy file holds an array (N, F); an .npz file also says which rows they are, as do the
    columns file or row of .csv and .parquet files.

    \b
    Example:
      ssgan features run photos/ --out features.npy
      ssgan features run photos/ --readout student --out features.npy
    """
    import numpy as np

    from ssgan.cli import writing
    from ssgan.cli.samples import read_for_model
    from ssgan.codecs.vector import VectorCodec
    from ssgan.data.selection import select_part
    from ssgan.prediction.loading import load

    writing.check_suffix(out, VectorCodec.formats, "features")
    model = load(run, device, encoder=options.named_encoder(reading))
    if readout is not None:
        model = read_by(model, readout, run, quiet)
    selection = select_part(read_for_model(model, data, reading), part)
    array = model.features(selection.x)
    names = {name: np.asarray(values) for name, values in selection.names.items()}
    if out.suffix in writing.TABLES:
        writing.write_arrays(out, **names, feature=array)
    else:
        writing.write_arrays(out, x=array, **names)
    note(f"{out} holds {array.shape[1]} features of {len(array)} rows", quiet)


def read_by(model: Any, readout: str, run: Path, quiet: bool) -> Any:
    """The GAN with that readout; a student is trained once and kept in the run."""
    from ssgan.cli.progress import show
    from ssgan.models.gan import GAN
    from ssgan.models.readouts import reading_out
    from ssgan.models.student.training import gan_fingerprint

    if not isinstance(model, GAN):
        raise InputError(f"{run} holds a model, which has its own readout: leave --readout out")
    place = run / f"student-{gan_fingerprint(model)}"
    return show(reading_out(model, readout, run=place), quiet)
