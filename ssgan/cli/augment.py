"""`ssgan augment`: real labelled rows with synthetic ones beside them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ssgan.cli import options
from ssgan.cli.names import CHOICES
from ssgan.cli.options import note

if TYPE_CHECKING:
    from ssgan.cli.augmented import Judged, Labelled


@options.command(
    "augment",
    click.argument("run", type=options.FILE),
    click.argument("model", type=options.FILE),
    click.option("-n", "count", type=options.COUNT, metavar="N", help="Synthetic rows."),
    click.option(
        "--per-class",
        type=options.COUNT,
        metavar="N",
        help="N synthetic rows of every class, instead of -n.",
    ),
    click.option(
        "--strategy",
        type=click.Choice(["auto", "minority", "not minority", "not majority", "all"]),
        help="Fill classes of the labelled rows up to the most frequent one, instead of -n, in"
        " imbalanced-learn's words; auto is not majority.",
    ),
    options.out,
    click.option("--balance", is_flag=True, help="With -n: as many rows of every class."),
    click.option(
        "--filter",
        "filters",
        multiple=True,
        type=click.Choice(CHOICES["filters"]),
        help="Drop what does not pass; repeat for several, in order.",
    ),
    click.option("--force", is_flag=True, help="Write all synthetic rows whatever the verdict is."),
    options.seed,
    options.device,
)
def augment(
    *,
    run: Path,
    model: Path,
    out: Path,
    filters: tuple[str, ...],
    force: bool,
    seed: int,
    device: str | None,
    quiet: bool,
    **asked: Any,  # count, per_class, strategy, balance
) -> None:
    """Write the labelled rows of MODEL and N synthetic ones: RUN's samples, labelled by MODEL.

    MODEL labels those of a conditional RUN too, with filters or without. Whether they help a
    classifier is tested first, by balanced accuracy where classes are balanced: OUT/verdict.json,
    or .verdict.json beside a file. Only if it is "helps" are synthetic rows written, no more for
    a real one than were found to help; with --force all are. A page beside it (report.html) shows
    the gate's intervals, what passed and what filters dropped.

    Tables: .csv or .parquet with a column `synthetic`. Images: folders OUT/real/CLASS and
    OUT/synthetic/CLASS, or an .npz file with x, y and synthetic, as for vectors.

    \b
    Example:
      ssgan augment run model -n 1000 --out augmented/
      ssgan augment run model --strategy auto --out balanced.npz
    """
    refuse_two_numbers(asked)
    from ssgan.cli.augmented import Asked, check_form, judged, opened_pair, real_rows
    from ssgan.report import report_augmented

    gan, predictor = opened_pair(run, model, device)
    check_form(out, gan.codec, predictor.classes)
    real = real_rows(predictor, model)
    found = judged(gan, predictor, real[0], Asked(**asked, seed=seed), filters)
    note("\n".join(found.verdict.lines()), quiet)
    put(found, real, out, force, quiet)
    note(f"how they look: {report_augmented(out, found.known, found.verdict, found.tally)}", quiet)


def refuse_two_numbers(asked: Mapping[str, Any]) -> None:
    """How many rows is said once."""
    if sum(asked[name] is not None for name in ("count", "per_class", "strategy")) != 1:
        raise click.UsageError("Give one of -n, --per-class and --strategy: each says how many.")
    if asked["balance"] and asked["count"] is None:
        raise click.UsageError("--balance goes with -n: --per-class and --strategy balance.")


def put(found: "Judged", real: "tuple[Labelled, str]", out: Path, force: bool, quiet: bool) -> None:
    """Write real rows and those that may be beside them, and say how many."""
    from ssgan.cli.augmented import write

    written = found.total if force else found.allowed
    if 0 < written < found.total:
        note(f"{written} of {found.total} are written, no more were found to help", quiet)
    write(*real, found.taken(written), out, lambda: found.told(written))
    note(f"{out} holds {len(real[0].labels)} real and {written} synthetic rows", quiet)
