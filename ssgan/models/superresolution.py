"""Super-resolution: pictures made larger by a network that learnt from pictures without labels.

First it learns to give what was there (L1); then, with `judge`, also to please a critic that tells
its pictures from real ones, as SRGAN (Ledig et al. 2017, section 2.2: weight 1e-3) with pairs of a
relativistic critic (Wang et al. 2018, "ESRGAN", section 3.2). A critic before the content has been
learnt makes nothing of it. Only the luma goes through the network; colours are interpolated.

Both networks are kept, and any one between them (Wang et al. 2018, section 3.4): the first is
nearer to the picture that was, the last looks more like one.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ssgan.codecs.codec import Array
from ssgan.config import InputError, Settings, check_numbers, from_settings
from ssgan.metrics.pictures import luma
from ssgan.models.photographs import Crops, Picture, digest_of, read_pictures, resize_picture
from ssgan.networks import Discriminator, trunk
from ssgan.networks.subpixel import Subpixel
from ssgan.objectives import Relativistic, Terms
from ssgan.randomness import Rng, seeded
from ssgan.runs.run import Run
from ssgan.runs.storage import understood
from ssgan.runtime import Runtime, runtime
from ssgan.training.batches import BatchSource
from ssgan.training.ema import average, averaged
from ssgan.training.optim import adam, cosine, set_rate
from ssgan.training.runner import Progress, finish, run_training
from ssgan.training.schedule import Schedule, Step, TrainOptions
from ssgan.training.state import Part, unpack_parts
from ssgan.training.step import descend

SCALES = (2, 3, 4)
CONTENT = 0.7  # share of the steps that come before the critic
EMA = 0.999
CRITIC_RATE = 1e-3
TILE = 256  # pixels a side of a part of a small picture that goes through the network at once
KIND = "upscaler"


@dataclass(frozen=True, kw_only=True)
class UpscaleConfig(Settings):
    """How to learn to make pictures larger.

    Parameters
    ----------
    scale : {2, 3, 4}, default=2
        How many times as large each side gets.
    steps : int, default=3000
        Updates.
    width, depth : int, default=32 and 3
        Channels, and pairs of convolutions, of the network.
    batch : int, default=16
        Squares of pictures an update.
    side : int, default=48
        Pixels of a square of a large picture, a multiple of 8 and of the scale.
    rate : float, default=2e-3
        Learning rate at the start; it falls along a cosine.
    judge : float, default=1e-3
        Weight of the critic in the last 30 % of the steps, beside L1; 0 is a regression without.
    seed : int, default=0
        The same seed gives the same network.

    Raises
    ------
    InputError
        For values that cannot be used.

    Examples
    --------
    >>> UpscaleConfig(scale=4, judge=0.0).changed({"steps": 100}).steps
    100
    """

    scale: int = 2
    steps: int = 3000
    width: int = 32
    depth: int = 3
    batch: int = 16
    side: int = 48
    rate: float = 2e-3
    judge: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        check_numbers(self, least={"batch": 1, "width": 1, "depth": 1, "side": 16})
        if self.scale not in SCALES:
            raise InputError(f"expected scale 2, 3 or 4, got {self.scale!r}")
        if self.side % 8 or self.side % self.scale:
            raise InputError(
                f"expected side to be a multiple of 8 and of the scale {self.scale}, got "
                f"{self.side}"
            )

    @property
    def content_steps(self) -> int:
        """Steps before the critic comes in."""
        return round(CONTENT * self.steps) if self.judge else self.steps


class SuperResolution:
    """The task: a network that makes squares of pictures larger, and a critic of them."""

    def __init__(self, config: UpscaleConfig, crops: Crops, on: Runtime) -> None:
        self.config, self.crops, self.runtime = config, crops, on
        self.rng = Rng(("upscale", config.seed), on.device)
        self.network, self.critic = (on.place(part) for part in untrained(config))
        self.mean = averaged(self.network)
        self.content = averaged(self.network)  # as it was before the critic came in
        self.optimizer = adam(self.network, config.rate, (0.9, 0.99))
        self.critic_optimizer = adam(self.critic, CRITIC_RATE, (0.0, 0.99))
        self.objective = Relativistic()

    @property
    def parts(self) -> dict[str, Part]:
        """What a checkpoint keeps."""
        names = ["network", "mean", "optimizer"]
        names += ["content", "critic", "critic_optimizer"] if self.config.judge else []
        return {name: getattr(self, name) for name in names}

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        """A step of the network, and before it one of the critic where it has come in."""
        config, rng, on = self.config, step.rng(self.rng), self.runtime
        small, large = (
            on.batch(x)
            for x in self.crops.draw(config.batch, replace(rng("squares"), device="cpu"))
        )
        judged = step.number >= config.content_steps
        rate = cosine(step.number, config.steps, config.rate, config.rate / 100)
        set_rate(self.optimizer, rate * step.rate)
        terms: Terms = {}
        refused = torch.zeros((), device=on.device)
        if judged:
            set_rate(self.critic_optimizer, CRITIC_RATE * step.rate)
            terms, refused = self.critic_step(small, large, rng)

        def loss(small: Tensor, large: Tensor) -> Terms:
            made = self.network(small)
            found = {"content": (made - large).abs().mean()}
            if judged:
                pleased = self.objective.generator_loss(
                    self.critic, to_critic_range(large), to_critic_range(made), rng
                )
                found["judge"] = config.judge * pleased["generator"]
            return found

        more, bad = descend(loss, (small, large), self.optimizer, on)
        average(self.mean, self.network, EMA, step.number)
        if step.number < config.content_steps:
            average(self.content, self.network, EMA, step.number)
        return terms | more, {"not_finite": torch.maximum(refused, bad)}

    def critic_step(self, small: Tensor, large: Tensor, rng: Rng) -> tuple[Terms, Tensor]:
        with torch.no_grad(), self.runtime.autocast():
            made = self.network(small)

        def loss(real: Tensor, fake: Tensor) -> Terms:
            return self.objective.critic_loss(self.critic, real, fake, rng("critic"))

        return descend(
            loss,
            (to_critic_range(large), to_critic_range(made)),
            self.critic_optimizer,
            self.runtime,
        )


def to_critic_range(x: Tensor) -> Tensor:
    """Pixels of [0, 1] in [-1, 1], as critics see them."""
    return 2 * x - 1


def untrained(config: UpscaleConfig) -> tuple[Subpixel, Discriminator]:
    """The network and its critic with their first weights."""
    with seeded(Rng(("upscale", config.seed))("networks")):
        network = Subpixel(config.scale, config.width, config.depth)
        below = trunk((1, config.side, config.side), 16, "conv")
        return network, Discriminator(below, below.features)


@dataclass(frozen=True)
class Upscaler:
    """What training gives: it makes pictures `config.scale` times as large.

    Attributes
    ----------
    config : UpscaleConfig
        How it was trained.
    content, judged : torch.nn.Module
        The network before the critic came in, and at the end; the same where there was none.
    runtime : Runtime
        Device and precision.

    Examples
    --------
    >>> import numpy, ssgan
    >>> photos = numpy.random.default_rng(0).integers(256, size=(3, 32, 32, 3), dtype=numpy.uint8)
    >>> larger = ssgan.train_upscaler(photos, steps=2, width=2, depth=1, batch=2, side=16)
    >>> larger(photos[0]).shape
    (64, 64, 3)
    """

    config: UpscaleConfig
    content: nn.Module
    judged: nn.Module
    runtime: Runtime

    def __call__(self, picture: Picture, blend: float = 1.0, tile: int = TILE) -> Picture:
        """A picture uint8 (H, W) or (H, W, 3), larger; see `blended` for `blend`."""
        return enlarge(self.blended(blend), picture, self.config.scale, self.runtime, tile)

    def blended(self, blend: float) -> nn.Module:
        """The network with weights between both: 0 is without the critic, 1 with it."""
        if not 0 <= blend <= 1:
            raise InputError(f"expected blend from 0 (no critic) to 1, got {blend!r}")
        mixed = averaged(self.content)
        with torch.no_grad():
            for weight, other in zip(mixed.parameters(), self.judged.parameters(), strict=True):
                weight.lerp_(other, blend)
        return mixed


@torch.inference_mode()
def enlarge(
    network: nn.Module, picture: Picture, scale: int, on: Runtime, tile: int = TILE
) -> Picture:
    """A picture made larger, `tile` small pixels a side at a time with what surrounds them."""
    if (
        picture.dtype != np.uint8
        or picture.ndim not in (2, 3)
        or picture.shape[2:] not in ((), (3,))
    ):
        raise InputError(
            f"expected a picture of bytes (H, W) or (H, W, 3), got {picture.dtype} {picture.shape}"
        )
    height, width = picture.shape[:2]
    small = torch.from_numpy(luma(picture) / 255).float()[None, None]
    large = np.empty((scale * height, scale * width))
    reach = int(getattr(network, "reach", 0))
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            first = max(0, top - reach), max(0, left - reach)
            part = small[..., first[0] : top + tile + reach, first[1] : left + tile + reach]
            made = network(on.batch(part)).float().cpu().numpy()[0, 0] * 255
            rows = slice(scale * top, scale * min(top + tile, height))
            columns = slice(scale * left, scale * min(left + tile, width))
            inner = (
                slice(rows.start - scale * first[0], rows.stop - scale * first[0]),
                slice(columns.start - scale * first[1], columns.stop - scale * first[1]),
            )
            large[rows, columns] = made[inner]
    return with_luma(large, resize_picture(picture, *large.shape))


def with_luma(bright: Array, picture: Picture) -> Picture:
    """A picture with another luma (16 to 235), which moves all its colours alike."""
    change = (bright - luma(picture)) * (255 / 219)
    moved = picture + (change if picture.ndim == 2 else change[..., None])
    return np.rint(moved).clip(0, 255).astype(np.uint8)


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
    found = read_pictures(pictures).values() if isinstance(pictures, str | Path) else pictures
    crops = Crops.of(found, config.scale, config.side)
    on = runtime(device, (1, config.side, config.side))
    task = SuperResolution(config, crops, on)
    held = None
    if run is not None:
        about = digest_of(crops)
        identity = {"format": 1, "kind": KIND, "config": config.to_json(), "data": about}
        held = Run.claim(run, identity, growing=())
    schedule = Schedule(config.steps, config.batch, options or TrainOptions())
    yield from run_training(task, no_stream, schedule, held, guard=False)
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
            f"{path} holds a {run.config.get('kind')}, expected what learnt to make pictures "
            "larger: give the directory of ssgan upscale --learn"
        )
    saved = run.trained()
    with understood(run.path / "config.json"):
        config = from_settings(UpscaleConfig, run.config["config"])
    on = runtime(device, (1, config.side, config.side))
    names = ("mean", "content")[: 2 if config.judge else 1]
    parts = {name: on.place(untrained(config)[0]) for name in names}
    unpack_parts(parts, saved.tensors, {})
    return upscaler_of(config, parts, on)
