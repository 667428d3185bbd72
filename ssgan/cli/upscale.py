"""`ssgan upscale`: make pictures larger, by a network that learns from pictures without labels."""

from pathlib import Path
from typing import Any

import click

from ssgan.cli import options
from ssgan.cli.options import COUNT, note

SETTINGS = ("scale", "steps", "judge", "seed")


@options.command(
    "upscale",
    click.argument("pictures", type=options.PATH),
    click.option("--run", type=options.PATH, required=True, help="What learns, or has learnt."),
    options.out,
    click.option(
        "--learn",
        type=options.PATH,
        metavar="FOLDER",
        help="Learn from these pictures first, or go on where that was stopped.",
    ),
    click.option(
        "--scale", type=click.IntRange(2, 4), metavar="N", help="With --learn.  [default: 2]"
    ),
    click.option("--steps", type=COUNT, metavar="N", help="With --learn.  [default: 3000]"),
    click.option(
        "--judge",
        type=click.FloatRange(min=0),
        metavar="X",
        help="With --learn: weight of the critic, 0 for none.  [default: 0.001]",
    ),
    click.option("--seed", type=options.SEED, metavar="N", help="With --learn.  [default: 0]"),
    click.option(
        "--blend",
        type=click.FloatRange(0, 1),
        default=1.0,
        show_default=True,
        metavar="X",
        help="From 0, nearest to what was, to 1, as the critic has it.",
    ),
    click.option(
        "--tile",
        type=click.IntRange(min=16),
        default=256,
        show_default=True,
        metavar="N",
        help="Pixels a side that go through the network at once; less memory, the same pictures.",
    ),
    options.device,
)
def upscale(
    *,
    pictures: Path,
    run: Path,
    out: Path,
    learn: Path | None,
    blend: float,
    tile: int,
    device: str | None,
    quiet: bool,
    **settings: Any,
) -> None:
    """Make PICTURES, a file or a folder, larger; OUT is a PNG file or a folder.

    RUN learns from your own pictures, given with --learn, by making them smaller; minutes on a
    processor. Without --learn it must have learnt before.

    \b
    Example:
      ssgan upscale small.png --learn photos/ --scale 2 --run up --out large.png
      ssgan upscale more/ --run up --blend 0 --out larger/
    """
    fields = {name: value for name, value in settings.items() if value is not None}
    if fields and learn is None:
        raise click.UsageError(
            f"--{next(iter(fields))} is for learning: give --learn FOLDER with it"
        )
    from ssgan.cli import writing
    from ssgan.models.superresolution.photographs import read_pictures
    from ssgan.models.superresolution.training import load_upscaler

    writing.check_suffix(out, (".png", ""), "pictures")
    images = read_pictures(pictures)
    if out.suffix and len(images) > 1:
        raise click.BadParameter(
            f"{pictures} holds {len(images)} pictures: give a folder", param_hint="--out"
        )
    if learn is not None:
        learn_from(learn, run, device, quiet, fields)
    upscaler = load_upscaler(run, device)
    write_larger(upscaler, images, out, blend, tile)
    times = upscaler.config.scale
    note(
        f"{out} holds {len(images)} picture{'s' * (len(images) > 1)}, {times} times as large", quiet
    )


def learn_from(
    folder: Path, run: Path, device: str | None, quiet: bool, fields: dict[str, Any]
) -> None:
    """Train an upscaler on the pictures of a folder."""
    from ssgan.cli.progress import show
    from ssgan.models.superresolution.config import UpscaleConfig
    from ssgan.models.superresolution.training import training_upscaler

    config = UpscaleConfig(**fields)
    show(training_upscaler(folder, config, run=run, device=device), quiet)


def write_larger(upscaler: Any, images: dict[str, Any], out: Path, blend: float, tile: int) -> None:
    """Larger pictures as PNG files: one file, or a folder with the names of the small ones."""
    import io

    from PIL import Image

    from ssgan.cli import writing

    def png(stream: Any, picture: Any) -> None:
        buffer = io.BytesIO()
        Image.fromarray(upscaler(picture, blend, tile)).save(buffer, "PNG")
        stream.write(buffer.getvalue())

    if out.suffix:
        (picture,) = images.values()
        writing.write_bytes(out, lambda stream: png(stream, picture))
        return
    with writing.fill_folder(out) as folder:
        for name, picture in images.items():
            path = (folder / name).with_suffix(".png")
            if path.exists():  # a.jpg beside a.png
                path = folder / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as stream:
                png(stream, picture)
