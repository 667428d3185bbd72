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
    click.option(
        "--filter",
        "filters",
        multiple=True,
        type=click.Choice(
            [
                *("rejection", "langevin", "confidence", "agreement", "centroid"),
                "near-duplicates",
            ]
        ),
        help="Drop what does not pass; repeat for several, in order.",
    ),
    click.option("--force", is_flag=True, help="Write synthetic rows whatever the verdict is."),
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
    filters: tuple[str, ...],
    force: bool,
    seed: int,
    device: str | None,
    quiet: bool,
) -> None:
    """Write the labelled rows of MODEL and N synthetic ones: RUN's samples, labelled by MODEL.

    Whether they help a classifier is tested first: OUT/verdict.json, or .verdict.json beside a
    file. Only real rows are written unless it is "helps" or --force is given. A page beside it
    (report.html) shows the gate's intervals, what passed and what filters dropped.

    Tables: .csv or .parquet with a column `synthetic`. Images: folders OUT/real/CLASS and
    OUT/synthetic/CLASS, or an .npz file with x, y and synthetic, as for vectors.

    \b
    Example:
      ssgan augment run model -n 1000 --out augmented/
    """
    from ssgan.cli.augmented import check_form, judged, opened_pair, real_rows, write
    from ssgan.report import report_augmented

    gan, predictor = opened_pair(run, model, device)
    check_form(out, gan.codec.kind, predictor.classes)
    real, column = real_rows(predictor, model)
    found = judged(gan, predictor, real, (count, filters, balance, seed))
    note("\n".join(found.verdict.lines()), quiet)
    used = force or found.verdict.answer == "helps"
    write(real, found.blocks if used else iter(()), column, out, found.told)
    note(f"{out} holds {len(real.labels)} real and {count if used else 0} synthetic rows", quiet)
    page = report_augmented(out, found.known, found.verdict, found.tally)
    note(f"how they look: {page}", quiet)
