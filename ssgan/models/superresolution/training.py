"""Learn to make pictures larger, and take up again what a directory holds."""

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from ssgan.config import InputError, from_settings
from ssgan.models.superresolution.config import UpscaleConfig
from ssgan.models.superresolution.photographs import Crops, digest_of, read_pictures
from ssgan.models.superresolution.task import (
    SuperResolution,
    untrained,
)
from ssgan.models.superresolution.upscaler import Upscaler
from ssgan.networks.size import check_batch
from ssgan.runs.run import Run
from ssgan.runs.storage import understood
from ssgan.runtime import Runtime, runtime
from ssgan.training.runner import Progress, finish, run_training
from ssgan.training.schedule import Schedule, TrainOptions
from ssgan.training.state import unpack_parts

KIND = "upscaler"


def training_upscaler(
    pictures: Any,
    config: UpscaleConfig | None = None,
    *,
    run: str | Path | None = None,
    device: str | None = None,
    options: TrainOptions | None = None,
) -> Generator[Progress, None, Upscaler]:
    """`train_upscaler`, step by step: yields its progress and returns the upscaler."""
    config = config or UpscaleConfig()
    arrays = read_pictures(pictures).values() if isinstance(pictures, str | Path) else pictures
    crops = Crops.of(arrays, config.scale, config.side)
    on = runtime(device, (1, config.side, config.side))
    check_batch(config.batch, (1, config.side, config.side))
    task = SuperResolution(config, crops, on)
    kept_in = None
    if run is not None:
        metadata = digest_of(crops)
        identity = {"format": 1, "kind": KIND, "config": config.to_json(), "data": metadata}
        kept_in = Run.claim(run, identity, growing=())
    schedule = Schedule(config.steps, config.batch, options or TrainOptions())
    yield from run_training(task, no_stream, schedule, kept_in, guard=False)
    return upscaler_of(config, task.parts, on)


def no_stream(stream: str, step: int, k: int) -> tuple[Tensor, ...]:
    """No stream: squares are drawn by the step alone."""
    return ()


def upscaler_of(config: UpscaleConfig, parts: Mapping[str, Any], on: Runtime) -> Upscaler:
    """The upscaler of a training's parts."""
    judged = parts["mean"].requires_grad_(False).eval()
    content = parts["content"].requires_grad_(False).eval() if config.judge else judged
    return Upscaler(config, content, judged, on)


def train_upscaler(
    pictures: Any,
    config: UpscaleConfig | None = None,
    *,
    run: str | Path | None = None,
    device: str | None = None,
    **fields: Any,
) -> Upscaler:
    """Learn from pictures how to make pictures larger.

    Parameters
    ----------
    pictures : path, or arrays of uint8, each (H, W) or (H, W, 3)
        A folder of pictures of any sizes, or pictures; they are made smaller to learn from.
    config : UpscaleConfig, optional
        How to train.
    run : str or Path, optional
        A directory to keep the training in; an unfinished one is taken up where it stopped.
    device : str, optional
        "cpu", "cuda" or "cuda:1"; by default the best that there is.
    **fields
        Fields of the config to change: ``scale=4, judge=0``.

    Returns
    -------
    Upscaler
        Call it with a picture.

    Raises
    ------
    InputError
        For pictures and fields that cannot be used.
    FileExistsError
        If the directory holds something else.

    Examples
    --------
    >>> import numpy, ssgan
    >>> photos = numpy.random.default_rng(0).integers(256, size=(3, 32, 32), dtype=numpy.uint8)
    >>> ssgan.train_upscaler(photos, scale=4, steps=2, width=2, depth=1, side=16)(photos[0]).shape
    (128, 128)
    """
    config = (config or UpscaleConfig()).changed(fields)
    return finish(training_upscaler(pictures, config, run=run, device=device))


def load_upscaler(path: str | Path, device: str | None = None) -> Upscaler:
    """What a run directory of `train_upscaler` holds; InputError where it holds something else."""
    run = Run.open(path)
    if run.config.get("kind") != KIND:
        raise InputError(
            f"{path} holds a run of kind {run.config.get('kind')!r}, expected what learnt to make "
            "pictures larger: give the directory of ssgan upscale --learn"
        )
    saved = run.trained()
    with understood(run.path / "config.json"):
        config = from_settings(UpscaleConfig, run.config["config"])
    on = runtime(device, (1, config.side, config.side))
    names = ("mean", "content")[: 2 if config.judge else 1]
    parts = {name: on.place(untrained(config)[0]) for name in names}
    unpack_parts(parts, saved.tensors, {})
    return upscaler_of(config, parts, on)
