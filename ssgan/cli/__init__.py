"""The command line: a file a command, each imported when it is used.

The table below is all that `ssgan --help` needs, so that it costs nothing. Beside the commands:

    options, settings   options that commands share, refusals; settings from TOML and flags
    names, generate     names for the help, written so that it loads nothing; what writes them
    samples             samples in the form that a model takes
    labeled, writing    samples and labels into files
    progress            how far a training is, and how a signal stops it
"""

import difflib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib import import_module
from typing import Any

import click

from ssgan.config import __version__

COMMANDS = {  # name, as are its module and the command in it: what it does
    "demo": "The whole story on bundled digits, in about a minute.",
    "pretrain": "Train a GAN on unlabeled samples.",
    "finetune": "Learn to predict from few labels on top of a GAN.",
    "adapt": "Learn to predict data without labels from other data with them.",
    "translate": "Make images look like those of another domain.",
    "predict": "Predict the labels of samples, into a table.",
    "features": "What a GAN or a model sees in samples, into an array.",
    "sample": "Generate samples.",
    "upscale": "Make pictures larger.",
    "augment": "Write real labelled rows with synthetic ones beside them.",
    "evaluate": "Measure a model's predictions, or a GAN's samples.",
    "report": "Write one HTML page about a run.",
    "forget": "Remove what a run holds of the data and does not need.",
    "benchmark": "Compare methods on few labels, cell by cell.",
    "data": "List and check data sets.",
}
INTERRUPTED, TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM
HUNG_UP = 129  # 128 + SIGHUP, which Windows has not


class Commands(click.Group):
    """A group that knows its commands by name and imports one when it is called."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{name}"), name)
        return command

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(COMMANDS)}."
            context.fail(f"No such command {args[0]!r}: {hint}")
        return super().resolve_command(context, args)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, and leave with an exit code; what is refused is one line on stderr."""
        ended: Any = None
        try:
            ended = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "ssgan"
            click.echo(f"ssgan: {error.format_message()} (see {command} --help)", err=True)
            sys.exit(error.exit_code)
        except click.ClickException as error:
            click.echo(f"ssgan: {error.format_message()}", err=True)
            sys.exit(error.exit_code)
        except click.Abort:
            sys.exit(INTERRUPTED)
        sys.exit(ended or 0)


@click.group(cls=Commands, invoke_without_command=True)
@click.version_option(__version__, prog_name="ssgan")
@click.pass_context
def ssgan(context: click.Context) -> None:
    """Learn from unlabeled samples with a GAN, then predict, and augment, from few labels.

    \b
    ssgan pretrain mnist --run run
    ssgan finetune run --labels mnist --per-class 10 --out model
    ssgan predict model mnist --out predictions.csv
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main() -> None:
    """The command `ssgan`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGHUP, lambda *_: sys.exit(HUNG_UP))
    with first_speaks():
        ssgan(prog_name="ssgan")


@contextmanager
def first_speaks() -> Iterator[None]:
    """Of the processes that torchrun starts, only the first tells what all would."""
    if os.environ.get("WORLD_SIZE", "1") == "1" or os.environ["RANK"] == "0":
        yield
        return
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield
