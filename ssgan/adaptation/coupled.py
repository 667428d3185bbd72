"""Coupled GANs: a generator and a critic of each domain, which share layers.

Liu and Tuzel 2016, "Coupled Generative Adversarial Networks": the generators share the layers that
come first, which decide what a sample shows, and have their last of their own; the critics have
their first of their own and share the others. So one noise gives a pair of samples that show the
same, though nobody gave any pair (section 3). Where the source has labels, one head on what the
critics share names their class; it names classes of the target too (section 5, "Unsupervised Domain
Adaptation").
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from ssgan.codecs import Codec
from ssgan.models.config import Body, resolve_architecture
from ssgan.models.pooling import Readout, pooled
from ssgan.models.sampler import CHUNK, Sampler, generate
from ssgan.networks import NORMS, build
from ssgan.networks.initial import initialise
from ssgan.prediction.network import Network, new_head
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Runtime

LATENT = 64  # dimension of the noise
OWN = 1  # layers that touch samples, which each network of a pair has of its own
SIDES = ("source", "target")
Pair = tuple[Tensor, Tensor]  # of the source, and of the target


class CoupledCritics(nn.Module):
    """A network of each domain to tell classes, and a score of how real a sample is."""

    def __init__(self, networks: Sequence[Network], score: nn.Linear) -> None:
        super().__init__()
        self.networks, self.score = nn.ModuleList(networks), score

    def network(self, side: int) -> Network:
        """The network of the source (0) or of the target (1)."""
        below: Network = self.networks[side]  # type: ignore[assignment]
        return below

    def scores(self, side: int, x: Tensor) -> Tensor:
        """How real samples (N, ...) of a domain are, (N,)."""
        realness: Tensor = self.score(self.network(side).features(x)).squeeze(1)
        return realness


def coupled_networks(
    codec: Codec, body: Body, outputs: int, seed: int
) -> tuple[nn.ModuleList, CoupledCritics]:
    """Untrained generators of both domains, and their critics under a head of so many outputs."""
    rng, shape = Rng(("adapt", seed, "coupled")), codec.shape
    design = vars(body) | {"architecture": resolve_architecture(body, codec), "latent": LATENT}
    with seeded(rng):
        pairs = [build(shape, **design) for _ in SIDES]
        generators, trunks = [pair[0] for pair in pairs], [pair[1].trunk for pair in pairs]
        for first, second in pairwise(generators):
            share_layers(first, second, layers_of(first)[-OWN:])
        for first, second in pairwise(trunks):
            share_layers(first, second, layers_of(first)[:OWN])
        with torch.no_grad():
            size = pooled(trunks[0](torch.zeros(2, *shape))[-1:]).shape[1]
        score = nn.Linear(size, 1)
        initialise(score)
    head = new_head(size, outputs, rng)
    networks = [Network(trunk, Readout(size, last=True), head) for trunk in trunks]
    return nn.ModuleList(generators), CoupledCritics(networks, score)


def layers_of(network: nn.Module) -> list[str]:
    """The names of the layers that have weights, the first first, without normalisations."""
    return [
        name
        for name, layer in network.named_modules()
        if list(layer.parameters(recurse=False)) and not isinstance(layer, NORMS)
    ]


def share_layers(first: nn.Module, second: nn.Module, separate: Sequence[str]) -> None:
    """Give a network all layers of another of its form, but those that it has of its own, which
    begin with the same weights."""
    second.load_state_dict(first.state_dict())
    for name, layer in list(first.named_modules()):
        if name and name not in separate and not list(layer.children()):
            above, _, place = name.rpartition(".")
            setattr(second.get_submodule(above), place, layer)


def pairs_of(
    generators: nn.ModuleList, codecs: Sequence[Codec], noise: Tensor, on: Runtime, rng: Rng
) -> Pair:
    """What both generators make of one noise (N, latent), as networks see it."""
    samples = [  # of the same randomness, where categories are drawn: only the generators differ
        generate(generator, (noise,), codec, on, rng("activation"))
        for generator, codec in zip(generators, codecs, strict=True)
    ]
    return samples[0], samples[1]


@torch.inference_mode()
def listed_pairs(
    generators: nn.ModuleList, codecs: Sequence[Codec], n: int, seed: int, on: Runtime
) -> Pair:
    """The first n pairs of the endless list that a seed names, encoded, on the processor."""
    sampler, rng, chunks = Sampler(LATENT), Rng(("pairs", seed), on.device), []
    for number in range(max(1, -(-n // CHUNK))):
        (noise,) = sampler.chunk(number, rng)
        chunks.append(pairs_of(generators, codecs, noise, on, rng("chunk", number)))
    source, target = (torch.cat(parts)[:n].cpu() for parts in zip(*chunks, strict=True))
    return source, target
