"""`ssgan pretrain`: a GAN from unlabeled samples, or from some with labels."""

from pathlib import Path
from typing import Any

import click

from ssgan.cli import options
from ssgan.cli.names import CHOICES, DEFAULTS
from ssgan.cli.options import COUNT, note, one_of

GAN_DEFAULTS = DEFAULTS["pretrain"]


@options.command(
    "pretrain",
    click.argument("data"),
    click.option("--run", type=options.PATH, help="The directory to train in."),
    *options.reading,
    *options.encoding,
    click.option(
        "--encoder-size",
        callback=options.parse_size,
        metavar="N|WxH",
        help="What pictures are scaled to for --encoder.  [default: as it says, else 224]",
    ),
    click.option(
        "--encoder-pixels",
        metavar="NAME",
        help="What pixels become for --encoder: from 0 to 1 (unit), from -1 to 1 (signed), or"
        " standardised as imagenet.  [default: unit; imagenet for torchvision's models]",
    ),
    click.option("--embed", is_flag=True, help="Keep a copy of the file of --encoder in RUN."),
    click.option(
        "--conditional", is_flag=True, help="Learn from DATA's labels what each class looks like."
    ),
    click.option(
        "--per-class",
        type=COUNT,
        metavar="N",
        help="With --conditional: read N labels of every class.  [default: all]",
    ),
    click.option(
        "--label-seed",
        type=options.SEED,
        metavar="N",
        help="With --per-class: which are drawn.  [default: 0]",
    ),
    click.option(
        "--captions",
        type=options.PATH,
        metavar="FILE",
        help="What DATA shows, in words: a table of file or row, and caption. It trains --model"
        " stackgan, and --encoder is that of the captions.",
    ),
    click.option(
        "--steps",
        type=options.NUMBER,
        metavar="N",
        help="Generator updates; may grow.  "
        f"[default: {GAN_DEFAULTS['steps']}] [of a table: 12000]",
    ),
    click.option(
        "--batch",
        type=COUNT,
        metavar="N",
        help=f"Samples an update.  [default: {GAN_DEFAULTS['batch']}] [of a table: 256]",
    ),
    click.option(
        "--model", metavar="NAME", help=f"{one_of('models')}.  [default: {GAN_DEFAULTS['model']}]"
    ),
    click.option(
        "--recipe",
        metavar="NAME",
        help=f"Settings that belong together, to start from: {', '.join(CHOICES['recipes'])}.",
    ),
    click.option(
        "--objective",
        metavar="NAME",
        help=f"{one_of('objectives')}.  [default: {GAN_DEFAULTS['objective']}]",
    ),
    click.option(
        "--architecture",
        metavar="NAME",
        help=f"{one_of('architectures')}, which goes by the shape of a sample.  [default: auto]",
    ),
    click.option("--body", metavar="NAME", hidden=True, help="The old name of --architecture."),
    click.option(
        "--width",
        type=COUNT,
        metavar="N",
        help=f"Channels after the first layer.  [default: {GAN_DEFAULTS['width']}]",
    ),
    click.option(
        "--depth",
        type=COUNT,
        metavar="N",
        help="Layers a resolution.  [default: the architecture's own]",
    ),
    click.option(
        "--latent",
        type=COUNT,
        metavar="N",
        help=f"Dimension of the noise.  [default: {GAN_DEFAULTS['latent']}]",
    ),
    click.option(
        "--rate",
        type=click.FloatRange(min=0, min_open=True),
        metavar="X",
        help=f"Learning rate.  [default: {GAN_DEFAULTS['rate']}]",
    ),
    click.option(
        "--augment",
        "augmentation",
        metavar="NAME",
        help="Shift, blank and colour images before the critic:"
        f" {one_of('augmentations', 'none')}.",
    ),
    click.option(
        "--selfsupervision",
        metavar="NAME",
        help=f"More for the critic to learn: {one_of('selfsupervisions', 'none')}.",
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
    recipe: str | None,
    config: Path | None,
    dry_run: bool,
    device: str | None,
    quiet: bool,
    **flags: Any,
) -> None:
    """Train a GAN on the train part of DATA, without --conditional never on labels.

    DATA is an image folder, an .npz, .npy, idx, .csv or .parquet file, or a named data set. Name
    the column of a table that holds labels with --target, so that it is left out. The same
    command again takes an unfinished RUN up where it stopped.

    \b
    Example:
      ssgan pretrain mnist --run run
      ssgan pretrain photos/ --size 64 --run run --steps 20000
      ssgan pretrain photos/ --encoder resnet.pt2 --run run
      ssgan pretrain news.csv --text title --run run
      ssgan pretrain mnist --conditional --per-class 100 --run run
      ssgan pretrain emoji/ --captions captions.csv --run run
    """
    if run is None and not dry_run:
        raise click.UsageError("Missing option '--run': the directory to train in.")
    conditional, per_class, seed = map(flags.pop, ("conditional", "per_class", "label_seed"))
    refuse_alone(conditional, per_class, seed)
    captions = flags.pop("captions")
    from ssgan.cli.samples import read_encoded, report_unreadable
    from ssgan.data.encoders.captions import captions_for
    from ssgan.data.labels.split import condition_labels
    from ssgan.models.config import GANConfig
    from ssgan.models.pretraining import usual_config

    how = {name: flags.pop(f"encoder_{name}") for name in ("size", "pixels")}
    how["embed"] = flags.pop("embed")
    refuse_with_captions(captions, conditional, how)
    encoder = options.named_encoder(flags, **how)
    reading = {name: flags.pop(name) for name in options.READING}
    fields = config_fields(recipe, config, flags)
    GANConfig.from_json(fields)  # refused before anything is read
    samples = read_encoded(data, reading, None if captions else encoder)
    report_unreadable(samples)
    usual = usual_config(captions is not None)
    settings = GANConfig.from_json(usual.to_json() | fields)
    labels = condition_labels(samples, per_class, seed or 0) if conditional else None
    labels = captions_for(samples, captions, encoder) if captions else labels
    if run is None or dry_run:
        describe_pretraining(samples, settings, labels, device)
    else:
        pretrain_into(samples, settings, labels, run, device, quiet)


def refuse_alone(conditional: bool, per_class: int | None, label_seed: int | None) -> None:
    """UsageError for flags about labels without the flag that they belong to."""
    if per_class and not conditional:
        raise click.UsageError("--per-class says how many labels --conditional reads: give both")
    if label_seed is not None and not per_class:
        raise click.UsageError("--label-seed draws the labels of --per-class: give both")


def refuse_with_captions(captions: Path | None, conditional: bool, how: dict[str, Any]) -> None:
    """UsageError for flags about labels or about encoded pictures beside captions."""
    if captions and conditional:
        raise click.UsageError("--captions and --conditional both say what DATA shows: give one")
    if captions and (used := [name for name, value in how.items() if value]):
        flag = "--embed" if used[0] == "embed" else f"--encoder-{used[0]}"
        raise click.UsageError(
            f"{flag} is for encoded samples, --captions encodes texts: leave out"
        )


def config_fields(recipe: str | None, file: Path | None, flags: dict[str, Any]) -> dict[str, Any]:
    """The settings of a recipe, over them those of a file, and over both those of flags."""
    from ssgan.cli.settings import settings

    flags["architecture"] = flags.pop("body") or flags["architecture"]
    return recipe_settings(recipe) | settings(file, **flags)


def recipe_settings(recipe: str | None) -> dict[str, Any]:
    """The settings of a recipe; InputError if there is none of that name."""
    if recipe is None:
        return {}
    from ssgan.models import recipes

    return recipes.recipe(recipe).to_json()


def describe_pretraining(data: Any, config: Any, labels: Any, device: str | None) -> None:
    """Print what a pretraining would be made from, and what it would cost, as JSON."""
    from ssgan.cli.settings import show_json
    from ssgan.data import fit_codec
    from ssgan.data.checks import describe_codec, describe_data
    from ssgan.data.encoders import without_files
    from ssgan.data.encoders.captions import Captions
    from ssgan.models.condition import fit_condition
    from ssgan.models.estimate import estimate

    data = without_files(data)
    codec = fit_codec(data)
    facts = {
        "config": config.to_json(),
        "data": describe_data(data),
        "codec": describe_codec(codec),
    }
    if isinstance(labels, Captions):
        facts["captions"] = labels.about()
    elif labels is not None:
        condition, rows = fit_condition(labels, len(data))
        facts["labels"] = {
            "labeled": int(rows[:, -1].sum()),
            "classes": condition.classes and list(condition.classes),
        }
    show_json(facts | {"estimate": estimate(data, codec, config, labels, device)})


def pretrain_into(
    data: Any, config: Any, labels: Any, run: Path, device: str | None, quiet: bool
) -> None:
    """Pretrain into a run directory."""
    from ssgan.cli.progress import show
    from ssgan.models.pretraining import pretraining

    show(pretraining(data, config, labels, run=run, device=device), quiet)
    note(f"{run} holds a GAN of {config.steps} steps", quiet)
