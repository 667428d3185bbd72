"""More for the critic's trunk to learn than to tell real from generated, so that it sees more.

    Rotation       which way up is it? (Chen et al. 2019, SS-GAN)
    Contrastive    which two views are of one sample? (Jeong and Shin 2021, ContraD)

Each is a frozen dataclass: `check(shape, batch)` refuses samples that it cannot work with, `heads`
makes what stands on the trunk beside the critic's head, and the two `terms` add to the losses of
both players. `trunk` is any callable from samples (N, ...) to features (N, F).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.config import InputError, check_numbers
from ssgan.objectives import to_float32
from ssgan.randomness import Rng
from ssgan.runtime import Terms
from ssgan.transforms.batch import (
    GREY,
    colour_jitter,
    corrupted,
    cropped,
    cut_out,
    translated,
    warp,
)

TURNS = 4  # of 0, 90, 180 and 270 degrees
HIDDEN, PROJECTED = 512, 128  # units of a projection (Jeong and Shin 2021, section 4)
Trunk = Callable[[Tensor], Tensor]  # samples (N, ...) -> features (N, F)


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """Tell by how many right angles an image is turned: the critic real ones, the generator its own
    (Chen et al. 2019, "Self-supervised GANs via auxiliary rotation loss", eq. 2 and 3).

    As in the authors' code a quarter of the batch is turned, all four ways, so the trunk sees one
    more batch. Useless where samples have no right way up.
    """

    critic: float = 1.0  # weight for real images (beta)
    generator: float = 0.2  # weight for generated ones (alpha)

    detached: ClassVar[bool] = False  # the trunk learns from the scores too

    def __post_init__(self) -> None:
        check_numbers(self)

    def check(self, shape: tuple[int, ...], batch: int) -> None:
        """InputError unless samples of `shape` are square images."""
        if len(shape) != 3 or shape[1] != shape[2]:
            raise InputError(
                "rotation turns square images by right angles, these samples are of shape "
                f"{shape}: take contrastive self-supervision, or none"
            )

    def heads(self, features: int) -> nn.Module:
        """Features (N, F) to logits (N, 4)."""
        return nn.Linear(features, TURNS)

    def critic_terms(
        self, trunk: Trunk, heads: nn.Module, real: Tensor, fake: Tensor, rng: Rng
    ) -> Terms:
        return {"rotation": self.critic * rotation_loss(trunk, heads, real)}

    def generator_terms(
        self, trunk: Trunk, heads: nn.Module, real: Tensor, fake: Tensor, rng: Rng
    ) -> Terms:
        return {"generator_rotation": self.generator * rotation_loss(trunk, heads, fake)}


def rotation_loss(trunk: Trunk, heads: nn.Module, images: Tensor) -> Tensor:
    """Mean cross entropy of the four turns of a quarter of the images (N, C, S, S)."""
    x, turns = rotated(images[: -(-len(images) // TURNS)])
    return F.cross_entropy(to_float32(heads(trunk(x))), turns)


def rotated(images: Tensor) -> tuple[Tensor, Tensor]:
    """Images (N, C, S, S) all four ways up, (4 N, C, S, S); by how many right angles, (4 N,)."""
    turns = torch.arange(TURNS, device=images.device).repeat_interleave(len(images))
    return torch.cat([torch.rot90(images, k, (2, 3)) for k in range(TURNS)]), turns


@dataclass(frozen=True, kw_only=True)
class Contrastive:
    """Tell which two views are of one real sample, and views of fakes from those of real ones
    (Jeong and Shin 2021, "Training GANs with stronger augmentations via contrastive
    discriminator", eq. 7 to 9).

    Only these terms teach the trunk: the critic's head sees features through which its loss has no
    gradient. Penalties and the generator's loss go through the whole critic. As in the paper the
    generator has no term of its own. The head stays linear here, where the paper has two layers.
    """

    weight: float = 1.0  # of both terms
    fakes: float = 1.0  # weight of the fakes' term within (lambda_con)
    temperature: float = 0.1
    strength: float = 1.0  # of `warp` in views of grey images
    corruption: float = 0.3  # share of a row's values that a view takes from other rows
    flips: bool = False  # mirror views of images: only where a mirrored one is as likely

    detached: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_numbers(self)
        if self.temperature == 0 or self.corruption > 1:
            raise InputError(
                "expected a temperature above 0 and a corruption from 0 to 1, got "
                f"{self.temperature!r} and {self.corruption!r}"
            )

    def check(self, shape: tuple[int, ...], batch: int) -> None:
        """InputError unless there are views of samples of `shape`: images or rows of numbers, and
        two in a batch to compare.
        """
        if batch < 2:
            raise InputError(
                f"contrastive self-supervision compares samples, got a batch of {batch}: take a "
                "batch of 2 on"
            )
        if len(shape) not in (1, 3):
            raise InputError(
                "contrastive self-supervision knows views of images (C, H, W) and of rows (F,), "
                f"these samples are of shape {shape}: leave it out"
            )

    def heads(self, features: int) -> nn.Module:
        """One projection (N, F) -> (N, 128) for the real samples' term and one for the fakes'."""
        return nn.ModuleList([projection(features), projection(features)])

    def critic_terms(
        self, trunk: Trunk, heads: nn.Module, real: Tensor, fake: Tensor, rng: Rng
    ) -> Terms:
        samples = {"first": real, "second": real, "fake": fake}
        with torch.autocast(real.device.type, enabled=False):  # coordinates need their digits
            views = [self.view(x, rng(name)) for name, x in samples.items()]
        features = trunk(torch.cat(views))
        first, second = heads.children()
        first_view, second_view, _ = torch.split(first(features), [len(x) for x in views])
        of_reals, of_fakes = torch.split(second(features), [2 * len(real), len(fake)])
        return {
            "contrastive": self.weight * nt_xent(first_view, second_view, self.temperature),
            "contrastive_fakes": self.weight
            * self.fakes
            * fake_contrast(of_fakes, of_reals, self.temperature),
        }

    def generator_terms(
        self, trunk: Trunk, heads: nn.Module, real: Tensor, fake: Tensor, rng: Rng
    ) -> Terms:
        return {}

    def view(self, x: Tensor, rng: Rng) -> Tensor:
        """Samples (N, ...) so changed that what they show can still be told; same shape."""
        if x.dim() == 2:
            return corrupted(x, self.corruption, rng)
        if self.flips:
            mirrored = rng("flips").uniform(len(x), 1, 1, 1).to(x.device) < 0.5
            x = torch.where(mirrored, x.flip(3), x)
        if x.shape[1] == 1:
            x = translated(warp(x, self.strength, rng("warp")), rng("translation"))
            return cut_out(x, rng("cutout"))
        x = colour_jitter(cropped(x, rng("crop")), rng("colour"))
        grey = rng("grey").uniform(len(x), 1, 1, 1).to(x.device) < GREY
        return torch.where(grey, x.mean(1, keepdim=True), x)


def projection(features: int) -> nn.Sequential:
    """The network that is between features and the loss of aligned views."""
    return nn.Sequential(
        nn.Linear(features, HIDDEN), nn.LeakyReLU(0.2), nn.Linear(HIDDEN, PROJECTED)
    )


def nt_xent(first: Tensor, second: Tensor, temperature: float) -> Tensor:
    """SimCLR's loss of two views, (N, D) each (Chen et al. 2020, eq. 1).

    Cross entropy of finding the other view among all 2 N - 1 views but itself, by cosine.
    """
    n = len(first)
    views = torch.cat([first, second])
    close = (cosines(views, views) / temperature).masked_fill(diagonal(2 * n, views), -torch.inf)
    partners = torch.arange(2 * n, device=views.device).roll(n)
    return F.cross_entropy(close, partners)


def fake_contrast(fakes: Tensor, reals: Tensor, temperature: float) -> Tensor:
    """The loss of fakes (N, D) as one class against real views (M, D) (Jeong and Shin 2021, eq. 8).

    For every fake the cross entropy of finding each other fake among all views but itself; the
    real views are only what it could be confused with.
    """
    n = len(fakes)
    close = cosines(fakes, torch.cat([fakes, reals])) / temperature
    among = torch.cat([diagonal(n, fakes), torch.zeros_like(close[:, n:], dtype=torch.bool)], 1)
    shares = close.masked_fill(among, -torch.inf).log_softmax(1)[:, :n]
    # 0 * -inf would be NaN, so what a fake shares with itself is left out and not weighed by 0.
    return -shares.masked_fill(among[:, :n], 0.0).sum() / (n * (n - 1))


def cosines(rows: Tensor, columns: Tensor) -> Tensor:
    """Of the angles between rows (N, D) and (M, D): (N, M), in float32 whatever the precision."""
    with torch.autocast(rows.device.type, enabled=False):
        return F.normalize(to_float32(rows), dim=1) @ F.normalize(to_float32(columns), dim=1).T


def diagonal(n: int, like: Tensor) -> Tensor:
    """True on the diagonal (n, n), on the device of `like`."""
    return torch.eye(n, dtype=torch.bool, device=like.device)


SELFSUPERVISIONS: dict[str, type[Rotation] | type[Contrastive]] = {
    "rotation": Rotation,
    "contrastive": Contrastive,
}
