"""`ssgan augment`: real labelled rows with synthetic ones beside them."""

from pathlib import Path

import click

from ssgan.cli import options
from ssgan.cli.options import note


@options.command(
    "augment",
    click.argument("run", type=options.FILE),
    click.argument("model", type=options.FILE),
    click.option(
        "-n", "count", type=options.COUNT, metavar="N", required=True, help="Synthetic rows."
    ),
    options.out,
    click.option("--balance", is_flag=True, help="As many synthetic rows of every class."),
    options.seed,
    options.device,
)
def augment(
    *,
    run: Path,
    model: Path,
    count: int,
    out: Path,
    balance: bool,
    seed: int,
    device: str | None,
    quiet: bool,
) -> None:
    """Write the labelled rows of MODEL and N synthetic ones: RUN's samples, labelled by MODEL.

    Tables: .csv or .parquet with a column `synthetic`. Images: folders OUT/real/CLASS and
    OUT/synthetic/CLASS, or an .npz file with x, y and synthetic, as for vectors.

    \b
    Example:
      ssgan augment run model -n 1000 --out augmented/
    """
    from ssgan.cli.augmented import Labelled, check_form, real_rows, write
    from ssgan.gan import load
    from ssgan.predictor import load_predictor
    from ssgan.synthesis import augment as generate

    gan, predictor = load(run, device), load_predictor(model, device)
    if predictor.about["gan"]["fingerprint"] != gan.data["fingerprint"]:
        raise ValueError(f"{model} was finetuned on a GAN of other data than {run}: give that one")
    check_form(out, gan.codec.kind, predictor.classes)
    real, column = real_rows(predictor, model)
    synthetic = Labelled(*generate(gan, predictor, count, seed=seed, balance=balance))
    write(real, synthetic, column, out)
    note(f"{out} holds {len(real.labels)} real and {len(synthetic.labels)} synthetic rows", quiet)
