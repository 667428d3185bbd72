"""How far a training is, for people; and how a signal stops it with a checkpoint."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

from ssgan.cli.options import note

if TYPE_CHECKING:
    from ssgan.training.runner import Progress

Shown = TypeVar("Shown")
PAUSE = 5.0  # seconds between two plain lines
CURSOR = "\x1b[?25h\n"  # that a bar has hidden


class Stop:
    """What a signal asked for: nothing, KeyboardInterrupt (130) or SystemExit (143, 129).

    A second one leaves the process at once, by default without a word to anybody: files are
    written whole or not at all, and putting the interpreter away takes a second.
    """

    def __init__(self, leave: Callable[[int], object] = os._exit) -> None:
        self.leave = leave
        self.error: BaseException | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.error is not None:
            with suppress(OSError):
                print(CURSOR if sys.stderr.isatty() else "", end="", file=sys.stderr, flush=True)
            self.leave(128 + number)
        interrupted = number == signal.SIGINT
        self.error = KeyboardInterrupt() if interrupted else SystemExit(128 + number)
        with suppress(OSError):  # the terminal may be gone
            note("stopping, with a checkpoint where there is a run; a second signal stops at once")


def show(
    training: "Generator[Progress, None, Shown]", quiet: bool = False, stop: Stop | None = None
) -> Shown:
    """Carry a training out to its end and show how far it is; what it returns.

    SIGINT is thrown into it as KeyboardInterrupt, SIGTERM and SIGHUP as SystemExit between two
    steps, so that it saves a checkpoint; a second one ends the process wherever it is.
    """
    several = os.environ.get("WORLD_SIZE", "1") != "1"
    # torchrun repeats the signal of a terminal, and kills after 30 seconds by itself
    stop = stop or (Stop(lambda number: None) if several else Stop())
    with heed_signals(stop), display(quiet) as tell:
        ended: list[Shown] = []
        while not ended:
            try:
                tell(training.throw(stop.error) if stop.error else next(training))
            except StopIteration as end:
                ended.append(end.value)
        if stop.error:  # it came after the last step
            raise stop.error
        return ended[0]


@contextmanager
def heed_signals(stop: Stop) -> Iterator[None]:
    """SIGINT and SIGTERM raise the flag, and SIGHUP unless nohup ignores it.

    Elsewhere than in the main thread nothing does.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    hangup = [signal.SIGHUP] if hasattr(signal, "SIGHUP") else []
    heard = [n for n in hangup if signal.getsignal(n) is not signal.SIG_IGN]
    numbers = (signal.SIGINT, signal.SIGTERM, *heard)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def display(quiet: bool) -> "Iterator[Callable[[Progress], None]]":
    """Nothing, a bar on a terminal, or plain lines."""
    if quiet:
        yield lambda progress: None
    elif sys.stderr.isatty():
        with bar() as tell:
            yield tell
    else:
        yield lines()


@contextmanager
def bar(console: Any = None) -> "Iterator[Callable[[Progress], None]]":
    """A bar on the console of rich, by default on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars
    from rich.table import Column

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=12),
        TextColumn("{task.fields[pace]}"),
        # The one that a narrow terminal cuts.
        TextColumn("{task.fields[losses]}", table_column=Column(ratio=1, no_wrap=True)),
    )
    console = console or Console(stderr=True)
    with Bars(*columns, console=console, expand=True, refresh_per_second=4) as bars:
        task = bars.add_task("starting", total=None, pace="", losses="")

        def tell(progress: "Progress") -> None:
            bars.update(
                task,
                description=f"{progress.phase} {progress.step}/{progress.steps}".strip(),
                completed=progress.step,
                total=progress.steps,
                pace=pace_line(progress),
                losses=losses_line(progress),
            )

        yield tell


def lines(clock: Callable[[], float] = time.monotonic) -> "Callable[[Progress], None]":
    """Lines on stderr: the first, the last, and one every few seconds of the clock."""
    last = -PAUSE

    def tell(progress: "Progress") -> None:
        nonlocal last
        if progress.step < progress.steps and clock() - last < PAUSE:
            return
        last = clock()
        state = f"{losses_line(progress)}  {pace_line(progress)}"
        name = f"{progress.phase}, " if progress.phase else ""
        print(f"{name}step {progress.step}/{progress.steps}  {state}", file=sys.stderr)

    return tell


def losses_line(progress: "Progress") -> str:
    """The mean terms, and the share of updates that were refused where there are any."""
    values = {name: value for name, value in progress.values.items() if name != "not_finite"}
    if refused := progress.values.get("not_finite"):
        values["not finite"] = refused
    return "  ".join(f"{name} {value:.3g}" for name, value in values.items())


def pace_line(progress: "Progress") -> str:
    """Samples per second and the time left."""
    hours, seconds = divmod(round(progress.eta), 3600)
    clock = f"{seconds // 60}:{seconds % 60:02d}"
    clock = f"{hours}:{clock:0>5}" if hours else clock
    return f"{progress.speed:,.0f} samples/s  {clock} left"
