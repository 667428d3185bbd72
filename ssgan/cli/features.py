"""`ssgan features`: what the discriminator sees."""

from pathlib import Path
from typing import Any

import click

from ssgan.cli import options
from ssgan.cli.options import note


@options.command(
    "features",
    click.argument("run", type=options.FILE, metavar="RUN|MODEL"),
    click.argument("data"),
    options.out,
    options.part,
    options.data_dir,
    options.size,
    options.target,
    options.device,
)
def features(
    *,
    run: Path,
    data: str,
    out: Path,
    part: str | None,
    device: str | None,
    quiet: bool,
    **reading: Any,
) -> None:
    """Write what the discriminator sees in DATA at all its depths, standardised.

    An .npy file holds an array (N, F); an .npz file also says which rows they are, as do the
    columns file or row of .csv and .parquet files.

    \b
    Example:
      ssgan features run photos/ --out features.npy
    """
    import numpy as np

    from ssgan.cli import writing
    from ssgan.cli.samples import opened, read_for, rows

    writing.check_suffix(out, writing.ARRAYS, "features")
    model = opened(run, device)
    chosen = rows(read_for(model, data, reading), part)
    found = model.features(chosen.x)
    names = {name: np.asarray(values) for name, values in chosen.names.items()}
    if out.suffix in writing.TABLES:
        writing.write_arrays(out, **names, feature=found)
    else:
        writing.write_arrays(out, x=found, **names)
    note(f"{out} holds {found.shape[1]} features of {len(found)} rows", quiet)
