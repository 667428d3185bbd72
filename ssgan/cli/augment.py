"""`ssgan augment`: real labelled rows with synthetic ones beside them."""

import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ssgan.cli import options
from ssgan.cli.names import CHOICES
from ssgan.cli.options import note, one_of

if TYPE_CHECKING:
    from ssgan.cli.labeled import Block
    from ssgan.synthesis.augment import Proposal


@options.command(
    "augment",
    click.argument("run", type=options.PATH),
    click.argument("model", type=options.PATH),
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
        metavar="NAME",
        help=f"Drop what does not pass {one_of('filters')}; repeat for several, in order.",
    ),
    click.option(
        "--classifier",
        "classifiers",
        multiple=True,
        type=click.Choice(CHOICES["classifiers"]),
        help="What the rows are to help; repeat for several. logistic, forest and boosting see the"
        " columns, linear a GAN's features, cnn images. [default: logistic (of numbers linear) and"
        " boosting for rows of columns, else linear]",
    ),
    *options.encoding,
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
    classifiers: tuple[str, ...],
    force: bool,
    seed: int,
    device: str | None,
    quiet: bool,
    **amounts: Any,  # count, per_class, strategy, balance
) -> None:
    """Write the labelled rows of MODEL and N synthetic ones: RUN's samples, labelled by MODEL.

    MODEL labels those of a conditional RUN too, with filters or without. Whether they help the
    classifier is tested first, by balanced accuracy where classes are balanced, against nothing,
    class weights, a moved threshold, SMOTE and transforms; of numbers by a regressor's error. What
    to do is said in one sentence: OUT/verdict.json, or .verdict.json beside a file. Only if it is
    "helps" are synthetic rows written, no more for a real one than were found to help; with
    --force all are. A page beside it (report.html) shows the gate's intervals, what passed and what
    filters dropped.

    Tables: .csv or .parquet with a column `synthetic`. Images: folders OUT/real/CLASS and
    OUT/synthetic/CLASS, or an .npz file with x, y and synthetic, as for vectors.

    \b
    Example:
      ssgan augment run model -n 1000 --out augmented/
      ssgan augment run model --strategy auto --out balanced.npz
    """
    refuse_two_numbers(amounts)
    from ssgan.cli.labeled import check_form
    from ssgan.data.labels.split import read_split
    from ssgan.report import report_augmented
    from ssgan.synthesis import Request
    from ssgan.synthesis.augment import context_for, labeled_rows, load_pair, propose

    gan, predictor = load_pair(run, model, device, options.named_encoder(amounts))
    check_form(out, gan.codec, predictor.classes)
    amounts["classifier"] = [*classifiers] or None
    request = Request(n=amounts.pop("count"), filters=filters, seed=seed, **amounts)
    real = labeled_rows(predictor)
    proposal = propose(context_for(gan, predictor, real), request)
    verdict = proposal.verdict
    note("\n".join(verdict.lines()), quiet)
    column = read_split(model)["data"]["options"].get("target") or "label"
    write_augmented(proposal, real, column, out, force=force, quiet=quiet)
    page = report_augmented(out, proposal.context, verdict, proposal.tally)
    note(f"how they look: {page}", quiet)


def refuse_two_numbers(amounts: dict[str, Any]) -> None:
    """How many rows is said once."""
    if sum(amounts[name] is not None for name in ("count", "per_class", "strategy")) != 1:
        raise click.UsageError("Give one of -n, --per-class and --strategy: each says how many.")
    if amounts["balance"] and amounts["count"] is None:
        raise click.UsageError("--balance goes with -n: --per-class and --strategy balance.")


def write_augmented(
    proposal: "Proposal", real: tuple[Any, Any], column: str, out: Path, *, force: bool, quiet: bool
) -> None:
    """Write real rows and their labels, the synthetic ones that may be beside them, the verdict.

    `column` is what labels are called in a table.
    """
    from ssgan.cli import writing
    from ssgan.cli.labeled import write_class_folders, write_file
    from ssgan.runs.storage import write_whole

    count = proposal.total if force else proposal.allowed
    if count < proposal.total:
        note(why_not_all(proposal, count), quiet)
    more = ((block.samples, block.labels) for block in proposal.blocks(count))
    if out.suffix:
        blocks = itertools.chain(mark_rows([real], False), mark_rows(more, True))
        write_file(blocks, out, len(real[1]) + count, column)
        write_whole(out.with_suffix(".verdict.json"), verdict_json(proposal, count).encode())
    else:
        with writing.fill_folder(out) as folder:
            write_class_folders([real], folder / "real")
            write_class_folders(more, folder / "synthetic")
            (folder / "verdict.json").write_text(verdict_json(proposal, count))
    note(f"{out} holds {len(real[1])} real and {count} synthetic rows", quiet)


def why_not_all(proposal: "Proposal", count: int) -> str:
    """Why fewer synthetic rows are written than were asked for."""
    verdict, total = proposal.verdict, proposal.total
    if count:
        return f"{count} of {total} are written, no more were found to help"
    effect = "they hurt" if verdict.answer == "hurts" else "they are not seen to help"
    because = verdict.reason or f"{effect} ({verdict.classifier}, {verdict.metric})"
    return f"0 of {total} synthetic rows are written, because {because}; --force writes them"


def mark_rows(blocks: Iterable[tuple[Any, Any]], synthetic: bool) -> "Iterator[Block]":
    """Samples and labels with a column that says whether they are synthetic."""
    import numpy as np

    for samples, labels in blocks:
        yield samples, {"y": labels, "synthetic": np.full(len(labels), synthetic)}


def verdict_json(proposal: "Proposal", count: int) -> str:
    """What verdict.json holds."""
    return json.dumps(proposal.to_json(count), indent=2) + "\n"
