"""A bar that shows how far a training is, on a terminal or in a notebook."""

from collections.abc import Generator

from ssgan.training.runner import Progress, Result


def show_progress(training: Generator[Progress, None, Result]) -> Result:
    """Run a training to its end under a bar; what it returns."""
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
    with Bars(*columns, TextColumn("{task.fields[losses]}")) as bars:
        bar = bars.add_task("starting", total=None, losses="")
        while True:
            try:
                state = next(training)
            except StopIteration as end:
                result: Result = end.value
                return result
            losses = "  ".join(f"{name} {value:.3g}" for name, value in state.values.items())
            words = f"{state.phase} {state.step}/{state.steps}".strip()
            bars.update(
                bar, description=words, completed=state.step, total=state.steps, losses=losses
            )
