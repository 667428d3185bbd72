"""One network, whose patches stay more alike to those at the same place than to others.

Park et al. 2020, "Contrastive Learning for Unpaired Image-to-Image Translation", equations 1 to 5:
least squares, and the contrast of patches of an image and of its translation on five depths of the
network's own encoder, also for images that are of the target already. 64 patches for 256.
"""

from collections.abc import Mapping
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.adaptation.translation.method import Sides, TranslationMethod, translating_map
from ssgan.adaptation.translation.methods.cyclegan import critic_costs
from ssgan.networks.translator import PatchCritic
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Terms
from ssgan.training.batches import BatchSource
from ssgan.training.ema import average, averaged
from ssgan.training.schedule import Step
from ssgan.training.state import Part
from ssgan.training.step import descend

TEMPERATURE = 0.07  # section 4.1
UNITS = 64  # of what patches are compared by; 256 in the paper


class CUT:
    """The task: `mean`, the averaged network, is what comes out of it."""

    def __init__(self, sides: Sides) -> None:
        self.sides, config, on = sides, sides.config, sides.runtime
        with seeded(sides.rng("networks")):
            self.network = on.place(sides.translator())
            self.critic = on.place(PatchCritic(sides.shape[0], config.width))
            with torch.no_grad():
                maps = self.network.maps(torch.zeros(1, *sides.shape, device=on.device))
            self.heads = nn.ModuleList([patch_head(m.shape[1]) for m in maps]).to(on.device)
        self.mean = averaged(self.network)
        self.optimizer = sides.optimizer(self.network, self.heads)
        self.critic_optimizer = sides.optimizer(self.critic)

    @property
    def parts(self) -> dict[str, Part]:
        """What a checkpoint keeps."""
        names = ("network", "heads", "critic", "mean", "optimizer", "critic_optimizer")
        return {name: getattr(self, name) for name in names}

    def health(self, step: int) -> dict[str, float]:
        """Nothing to measure without pairs: only numbers that are not finite are guarded."""
        return {}

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        """A step of the critic, then one of the network and of what patches are compared by."""
        sides, on, rng = self.sides, self.sides.runtime, step.rng(self.sides.rng)
        sides.set_rates(step, self.optimizer, self.critic_optimizer)
        real = sides.real(batches, step.number)
        with torch.no_grad(), on.autocast():
            translations = translating_map(self.network, sides.target.codec)(real[0])
        critics = {"target": self.critic}
        loss = partial(critic_costs, critics, real[1:])
        terms, refused = descend(loss, (translations,), self.critic_optimizer, on)
        more, bad = descend(partial(self.terms, rng("patches")), real, self.optimizer, on)
        average(self.mean, self.network, sides.config.ema, step.number)
        return terms | more, {"not_finite": torch.maximum(refused, bad)}

    def terms(self, rng: Rng, source: Tensor, target: Tensor) -> Terms:
        """What the network loses on images of both domains."""
        translated = translating_map(self.network, self.sides.target.codec)
        translations, same = translated(source), translated(target)
        half = self.sides.config.contrast / 2
        return {
            "generator_target": (self.critic(translations).float() - 1).square().mean(),
            "contrast_source": half * self.contrast(source, translations, rng("source")),
            "contrast_target": half * self.contrast(target, same, rng("target")),
        }

    def contrast(self, images: Tensor, translations: Tensor, rng: Rng) -> Tensor:
        """The mean contrast of patches over the depths of the encoder."""
        pairs = zip(
            self.network.maps(images), self.network.maps(translations), self.heads, strict=True
        )
        costs = []
        for depth, (keys, queries, head) in enumerate(pairs):
            cells = rng(depth).permutation(keys[0, 0].numel())[: self.sides.config.patches]
            patches = [head(m.flatten(2)[..., cells].transpose(1, 2)) for m in (queries, keys)]
            costs.append(patch_contrast(patches[0], patches[1]))
        return torch.stack(costs).mean()

    def pictures(self, step: int) -> Mapping[str, bytes]:
        """Images of the source, each beside its translation."""
        return self.sides.pictures(self.mean, step)


def patch_head(channels: int) -> nn.Sequential:
    """What patches (N, S, channels) of a depth are compared by, (N, S, UNITS)."""
    return nn.Sequential(nn.Linear(channels, UNITS), nn.ReLU(), nn.Linear(UNITS, UNITS))


def patch_contrast(queries: Tensor, keys: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Cross entropy of naming, among the patches (N, S, C) of the image that was given, the one at
    the place of each patch of what was made of it; nothing is learnt through the keys."""
    query, key = (F.normalize(x.float(), dim=2) for x in (queries, keys.detach()))
    likeness = query @ key.transpose(1, 2) / temperature
    places = torch.arange(likeness.shape[1], device=likeness.device).expand(len(likeness), -1)
    return F.cross_entropy(likeness.flatten(0, 1), places.flatten())


METHOD = TranslationMethod(task=CUT, uses=("contrast", "patches"))
