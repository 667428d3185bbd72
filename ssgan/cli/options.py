"""What the commands share: options, and refusals in one sentence."""

import functools
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from ssgan.cli.names import CHOICES
from ssgan.config import InputError, TrainingError, UnseenWarning

Body = Callable[..., None]
REFUSALS = (InputError, TrainingError, UnseenWarning, OSError, FloatingPointError, MemoryError)
RANKED = ("pretrain", "finetune", "predict", "sample")  # torchrun starts them
NO_MEMORY = ("out of memory", "can't allocate memory")  # as torch says it of a GPU and of a CPU


def parse_size(
    context: click.Context, option: click.Parameter, value: str | None
) -> int | tuple[int, int] | None:
    """A side, or WIDTHxHEIGHT as images are described; (height, width) to the library."""
    if value is None:
        return None
    parts = value.lower().split("x")
    if len(parts) > 2 or not all(side.isdecimal() and int(side) for side in parts):
        raise click.BadParameter(f"expected a side as 64, or WIDTHxHEIGHT as 64x48, got {value!r}")
    return int(parts[0]) if len(parts) == 1 else (int(parts[1]), int(parts[0]))


def parse_shape(
    context: click.Context, option: click.Parameter, value: str | None
) -> tuple[int, ...] | None:
    """The sides of one flat image as they lie in its row, as 28,28 or 3,32,32."""
    if value is None:
        return None
    sides = value.strip("()").replace(" ", "").split(",")
    if len(sides) not in (2, 3, 4) or not all(s.isdecimal() and int(s) for s in sides):
        raise click.BadParameter(f"expected sides as 28,28 or 3,32,32, got {value!r}")
    return tuple(map(int, sides))


class PathGiven(click.Path):
    """A path; an empty one, as an unset variable gives, would be the current directory."""

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> Any:
        """A path as usual; an empty one is refused."""
        if isinstance(value, str) and not value.strip():
            self.fail("the path is empty: give one", parameter, context)
        return super().convert(value, parameter, context)


PATH = PathGiven(path_type=Path)
TOML = click.Path(exists=True, dir_okay=False, path_type=Path)
COUNT = click.IntRange(min=1)
NUMBER = click.IntRange(min=0)
SEED = click.IntRange(min=0)

device = click.option(
    "--device", metavar="DEVICE", help="cpu, cuda or cuda:1.  [default: cuda where there is a GPU]"
)
seed = click.option(
    "--seed",
    type=SEED,
    metavar="N",
    default=0,
    show_default=True,
    help="The same seed, the same result.",
)
data_dir = click.option(
    "--data-dir",
    type=PATH,
    help="Where named data sets lie.  [default: $SSGAN_DATA, else ~/.cache/ssgan]",
)
size = click.option(
    "--size",
    callback=parse_size,
    metavar="N|WxH",
    help="Scale and crop images to N x N, or width x height.",
)
target = click.option("--target", metavar="COLUMN", help="The column of a table with the labels.")
text = click.option(
    "--text", metavar="COLUMN", help="The column of a table whose texts are the samples."
)
modality = click.option(
    "--modality",
    metavar="NAME",
    help="What DATA holds, where its axes do not tell: "
    + ", ".join(kind.removesuffix("s") for kind in CHOICES["modalities"])
    + ".",
)
image_shape = click.option(
    "--image-shape",
    callback=parse_shape,
    metavar="H,W",
    help="What flat images are, a row of DATA each: height, width and channels in their order, as"
    " 28,28 or 3,32,32.",
)
length = click.option(
    "--length",
    type=click.IntRange(min=2),
    metavar="N",
    help="Cut signals at their end to N values; shorter ones go on with their last value.",
)
mode = click.option(
    "--mode", metavar="NAME", help="How pictures are read: grey, rgb or rgba.  [default: as most]"
)
bits = click.option(
    "--bits",
    type=click.IntRange(8, 16),
    metavar="N",
    help="How many of their 16 bits grey pictures use.  [default: as the brightest needs]",
)
na = click.option(
    "--na",
    multiple=True,
    metavar="WORD",
    help="A word in tables that means a missing entry, besides an empty one; may be repeated.",
)
unlabeled_value = click.option(
    "--unlabeled",
    metavar="VALUE",
    help="The label that means no label, besides an empty one; none for no other.  [default: -1]",
)
drop = click.option(
    "--drop", multiple=True, metavar="COLUMN", help="Leave a column out; may be repeated."
)
header = click.option(
    "--header/--no-header",
    default=True,
    help="Whether the first line of a text table names its columns.  [default: header]",
)
strict = click.option(
    "--strict", is_flag=True, help="Refuse levels of a table that were not seen in training."
)
READING = (
    *("data_dir", "size", "target", "text", "modality", "image_shape", "length", "mode", "bits"),
    *("na", "unlabeled", "drop", "header"),
)
reading = (
    *(data_dir, size, target, text, modality, image_shape, length, mode, bits, na),
    *(unlabeled_value, drop, header),
)
encoder = click.option(
    "--encoder",
    metavar="FILE|NAME",
    help="The frozen network that samples are encoded by: a program .pt2, .ts or .onnx, a directory"
    " of a sentence encoder, or a model of torchvision. It is run: name only what you trust.",
)
encoder_weights = click.option(
    "--encoder-weights",
    type=PATH,
    metavar="FILE",
    help="The .pth or .safetensors file of --encoder, a model of torchvision.",
)
encoding = (encoder, encoder_weights)
part = click.option(
    "--part",
    type=click.Choice(["train", "test", "all"]),
    help="The samples to take.  [default: the test part where DATA has one, else all]",
)
labels = click.option(
    "--labels",
    type=PATH,
    metavar="FILE",
    help="Labels of DATA where it brings none: a CSV file,label, or a column of them.",
)
out = click.option("--out", type=PATH, required=True, metavar="OUT", help="Where to write.")
splitting = (
    click.option(
        "--task",
        type=click.Choice(["classification", "regression"]),
        help="What the labels are.  [default: as the labels look]",
    ),
    click.option("--per-class", type=COUNT, metavar="N", help="Keep N labels of every class."),
    click.option("--count", type=COUNT, metavar="N", help="Keep N labels in all (regression)."),
    click.option(
        "--label-seed",
        type=SEED,
        metavar="N",
        help="Seed of the draw of labels.  [default: 0]",
    ),
)
config = click.option(
    "--config", type=TOML, metavar="FILE.toml", help="A file with settings; flags beat it."
)
dry_run = click.option(
    "--dry-run", is_flag=True, help="Print settings, data and estimates as JSON; write nothing."
)
quiet = click.option("--quiet", is_flag=True, help="Only errors and warnings.")
with_debug = click.option("--debug", is_flag=True, help="Errors with their traceback.")


def named_encoder(arguments: dict[str, Any], **how: Any) -> Any:
    """The encoder that options name, which are taken out of the arguments; None for none."""
    source, weights = arguments.pop("encoder"), arguments.pop("encoder_weights")
    if source is None:
        used = [name for name, value in {"weights": weights, **how}.items() if value]
        if used:
            flag = "--embed" if used[0] == "embed" else f"--encoder-{used[0]}"
            raise click.UsageError(f"{flag} says more of --encoder: give both")
        return None
    if source == "embedded":
        return source
    from ssgan.data import load_encoder

    return load_encoder(source, weights=weights, **how)


def command(name: str, *options: Callable[[Body], Body]) -> Callable[[Body], click.Command]:
    """A decorator that makes a command of a function; --quiet and --debug join its options."""

    def made(body: Body) -> click.Command:
        @functools.wraps(body)
        def guarded(*, debug: bool, strict: bool = False, **arguments: Any) -> None:
            refuse_unset(arguments)
            with refusals(debug, strict), together(name):
                body(**arguments)

        function: Body = guarded
        every: tuple[Callable[[Body], Body], ...] = (*options, quiet, with_debug)
        for option in reversed(every):
            function = option(function)
        return click.command(name)(function)

    return made


def refuse_unset(arguments: dict[str, Any]) -> None:
    """Refuse an empty value of an option or argument, as an unset variable gives."""
    for parameter in click.get_current_context().command.params:
        given = arguments.get(parameter.name or "")
        for value in given if isinstance(given, tuple) else (given,):
            if value == "":
                raise click.BadParameter(
                    "it is empty: give a value, or leave it out", param=parameter
                )


@contextmanager
def together(command: str) -> Iterator[None]:
    """Connect the processes that torchrun has started for a command."""
    if os.environ.get("WORLD_SIZE", "1") == "1":
        yield
        return
    if command not in RANKED:
        several, last = ", ".join(RANKED[:-1]), RANKED[-1]
        raise click.UsageError(
            f"{command} runs in one process, {several} and {last} in several: start it without "
            "torchrun"
        )
    from ssgan.training.ranks import joined

    with joined():
        yield


@contextmanager
def refusals(debug: bool, strict: bool = False) -> Iterator[None]:
    """Turn what the library refuses into one sentence, and its warnings into one line each.

    `strict`: levels that were not seen in training are refused, too.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.simplefilter("error" if strict else "always", UnseenWarning)
        warnings.showwarning = show_once(set())
        try:
            yield
        except KeyboardInterrupt as error:
            note("interrupted")
            raise click.exceptions.Exit(130) from error
        except BrokenPipeError:  # the reader of our output has enough: click ends quietly
            raise
        except REFUSALS as error:
            if debug:
                raise
            raise click.ClickException(error_line(error)) from error
        except RuntimeError as error:
            if debug or not any(words in str(error) for words in NO_MEMORY):
                raise
            advice = "the device is out of memory: give a smaller --batch, --width or --size"
            raise click.ClickException(advice) from error


def one_of(kind: str, *more: str) -> str:
    """The names of a kind, as a help lists them: "a, b or c"."""
    *most, last = (*CHOICES[kind], *more)
    return f"{', '.join(most)} or {last}"


def show_once(shown: set[str]) -> Callable[..., None]:
    """What shows a warning as a line on stderr, unless it is among those `shown`."""

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        if (line := error_line(message)) not in shown:
            shown.add(line)
            note(f"warning: {line}")

    return show


def error_line(error: BaseException | str) -> str:
    """What an error says, on one line."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__


def note(text: str, quiet: bool = False) -> None:
    """A line on stderr, which is for people; stdout is for results."""
    if not quiet:
        click.echo(f"ssgan: {text}", file=sys.stderr)
