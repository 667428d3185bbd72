"""What a method of translation is: a file in `methods` makes one."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import torch
from torch import Tensor, nn

from ssgan.adaptation.frames import shared_codec
from ssgan.adaptation.translation.config import TranslateConfig
from ssgan.codecs import Codec
from ssgan.models.domain import Domain
from ssgan.models.players import PREVIEW
from ssgan.networks.size import check_depth, check_size
from ssgan.networks.translator import Translator
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Runtime
from ssgan.training.batches import BatchSource
from ssgan.training.loop import Task
from ssgan.training.optim import adam, set_rate
from ssgan.training.schedule import Step

BETAS = (0.5, 0.999)
Map = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Sides:
    """What a task of translation is given: its config, both domains, a device."""

    config: TranslateConfig
    source: Domain
    target: Domain
    runtime: Runtime

    @property
    def rng(self) -> Rng:
        """The randomness of all steps."""
        return Rng(("translate", self.config.seed), self.runtime.device)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of images of both domains as networks see them."""
        return self.target.codec.shape

    def translator(self) -> Translator:
        """An untrained network; draws from torch's current random state."""
        return new_translator(self.shape, self.config)

    def real(self, batches: BatchSource, step: int) -> tuple[Tensor, Tensor]:
        """Images of both domains at a step."""
        source, target = (
            self.runtime.batch(side.codec.expand(batches(name, step, 0)[0]))
            for name, side in (("source", self.source), ("target", self.target))
        )
        return source, target

    def set_rates(self, step: Step, *optimizers: torch.optim.Optimizer) -> None:
        """The learning rate of this step: the first, in the second half falling to 0 on a line."""
        factor = min(1.0, 2 * (1 - step.number / self.config.steps))
        for optimizer in optimizers:
            set_rate(optimizer, self.config.rate * factor * step.rate)

    def optimizer(self, *networks: nn.Module) -> torch.optim.Optimizer:
        """One optimiser of these networks, by the config."""
        return adam(nn.ModuleList(networks), self.config.rate, BETAS)

    def pictures(self, network: nn.Module, step: int) -> dict[str, bytes]:
        """Images of the source, each beside its translation."""
        images = self.source.calibration(self.config.seed)
        with torch.inference_mode():
            (x,) = images.encoded(self.runtime, PREVIEW // 2)
            translations = translating_map(network, self.target.codec)(x)
        codec = shared_codec(self.target.codec)
        pairs = torch.stack([x.float(), translations], 1).flatten(0, 1)
        suffix, content = codec.preview(codec.decode(pairs.cpu()))
        return {f"samples/step-{step:08d}{suffix}": content}


def untrained_translator(codec: Codec, config: TranslateConfig) -> Translator:
    """The network of a config, to be filled with weights."""
    with seeded(Rng(("translate", config.seed, "networks"))):
        return new_translator(codec.shape, config)


def new_translator(shape: tuple[int, ...], config: TranslateConfig) -> Translator:
    """A network for images of a shape; InputError for one that fits nowhere."""
    check_depth(config.blocks)
    make = partial(Translator, shape, config.width, config.blocks)
    design = f"a translator of width {config.width:,}"
    check_size(design, shape, (config.width, config.blocks), make)
    return make()


def translating_map(network: Map, codec: Codec) -> Map:
    """Images to images of the domain of a codec, by a network."""
    rng = Rng(("activation",))  # which no codec of images draws from
    return lambda x: codec.activate(network(x).float(), rng)


class TranslationTask(Task, Protocol):
    """A task of translation: `mean`, the averaged network, is what comes out of it."""

    mean: Translator


@dataclass(frozen=True, kw_only=True)
class TranslationMethod:
    """One way to learn to translate."""

    task: Callable[[Sides], TranslationTask]
    uses: tuple[str, ...] = ()  # settings of the config, beside those that all methods share
