"""Two GANs that share layers, and a head on what both critics share: see `coupled`.

Liu and Tuzel 2016, algorithm 1: the critics take a step, then the generators, of the same noise.
The losses are those of Goodfellow et al. 2014. The source's labels are learnt with the critics; the
target is predicted by its own critic's layers under the same head. Networks and dropout are ours.
"""

import json
from collections.abc import Generator, Mapping
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from ssgan.adaptation.config import AdaptConfig
from ssgan.adaptation.coupled import LATENT, SIDES, Pair, coupled_networks, listed_pairs, pairs_of
from ssgan.adaptation.descent import COUPLED
from ssgan.adaptation.domains import Domains, calibration_samples
from ssgan.adaptation.frames import shared_codec
from ssgan.adaptation.method import AdaptationMethod, TrainingPlace
from ssgan.adaptation.network import body_for
from ssgan.adaptation.task import labeled_streams, source_views
from ssgan.models.players import PREVIEW
from ssgan.models.stored import SOURCE_CODEC
from ssgan.prediction.network import Network
from ssgan.prediction.task import supervised_loss
from ssgan.randomness import Rng
from ssgan.runtime import Runtime, Terms
from ssgan.training.batches import Batches, BatchSource
from ssgan.training.ema import average, averaged
from ssgan.training.norms import normalises, reestimate
from ssgan.training.optim import set_rate
from ssgan.training.runner import Progress, run_training
from ssgan.training.schedule import Schedule, Step
from ssgan.training.state import Part
from ssgan.training.step import Stepped, descend
from ssgan.transforms.views import Views

READOUT = "last"
LABELS = 10.0  # weight of what labels teach, beside what the critics tell apart
Known = tuple[int, Tensor, Tensor]  # the side of samples (N, ...), they, and their labels (N,)


class CoGAN:
    """The task: `mean`, the averaged network of the target, is what comes out of it."""

    def __init__(self, config: AdaptConfig, domains: Domains, on: Runtime) -> None:
        self.config, self.domains, self.runtime = config, domains, on
        self.codecs = domains.source.codec, domains.codec
        body = body_for(domains, config, READOUT)
        outputs = domains.classes or 1
        generators, critics = coupled_networks(domains.codec, body, outputs, config.seed)
        self.generators, self.critics = on.place(generators), on.place(critics)
        self.mean_generators = averaged(self.generators)
        self.mean = averaged(self.critics.network(1))
        self.generator_optimizer = COUPLED.optimizer(self.generators, config)
        self.critic_optimizer = COUPLED.optimizer(self.critics, config)
        self.views = Views(config.transforms or (), config.warp)
        self.rng = Rng(("adapt", config.seed), on.device)

    @property
    def parts(self) -> dict[str, Part]:
        """What a checkpoint keeps."""
        names = ["generators", "critics", "mean_generators", "mean"]
        names += ["generator_optimizer", "critic_optimizer"]
        return {name: getattr(self, name) for name in names}

    def health(self, step: int) -> dict[str, float]:
        """Nothing to measure without labels: only numbers that are not finite are guarded."""
        return {}

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        """A step of the critics and of the head, then one of the generators."""
        config, number, rng = self.config, step.number, step.rng(self.rng)
        steps = config.steps or 1
        for optimizer in (self.generator_optimizer, self.critic_optimizer):
            set_rate(optimizer, step.rate * COUPLED.rate(config, number / steps))
        noise = rng("noise").normal(config.batch, LATENT)
        terms, refused = self.critic_step(batches, number, noise, rng)
        loss = partial(self.generator_terms, noise, rng)
        more, bad = descend(loss, (), self.generator_optimizer, self.runtime)
        average(self.mean_generators, self.generators, config.ema, number)
        average(self.mean, self.critics.network(1), config.ema, number)
        if number + 1 == steps and normalises(self.mean):
            samples = calibration_samples(self.domains.target, config.seed)
            with self.runtime.autocast():
                reestimate(self.mean, samples.blocks(self.runtime))
        return terms | more, {"not_finite": torch.maximum(refused, bad)}

    def critic_step(self, batches: BatchSource, number: int, noise: Tensor, rng: Rng) -> Stepped:
        """A step of both critics, and of the head on the labels."""
        on, domains = self.runtime, self.domains
        packed, labels, _ = batches("source", number, 0)
        (target,) = batches("target", number, 0)
        real = self.codecs[0].expand(packed), self.codecs[1].expand(target)
        known = [(0, source_views(self.views, real[0], rng("source")), labels)]
        if domains.few is not None:
            packed, labels = batches("few", number, 0)
            known.append((1, self.views.light(self.codecs[1].expand(packed), rng("few")), labels))
        with torch.no_grad(), on.autocast():
            fake = pairs_of(self.generators, self.codecs, noise, on, rng)
        loss = partial(self.critic_terms, (on.batch(real[0]), on.batch(real[1])), fake, known)
        return descend(loss, (), self.critic_optimizer, on)

    def critic_terms(self, real: Pair, fake: Pair, known: list[Known]) -> Terms:
        """What both critics lose on real and generated samples, and the head on labelled ones."""
        terms: Terms = {}
        for side, domain in enumerate(SIDES):
            good, bad = (self.critics.scores(side, x[side]).float() for x in (real, fake))
            terms[f"critic_real_{domain}"] = self.config.weight * F.softplus(-good).mean()
            terms[f"critic_fake_{domain}"] = self.config.weight * F.softplus(bad).mean()
        for (side, x, labels), name in zip(known, ("supervised", "few"), strict=False):
            outputs = self.critics.network(side)(self.runtime.batch(x)).float()
            terms[name] = LABELS * supervised_loss(outputs, labels)
        return terms

    def generator_terms(self, noise: Tensor, rng: Rng) -> Terms:
        """What both generators lose where their critics see through their samples."""
        fake = pairs_of(self.generators, self.codecs, noise, self.runtime, rng)
        terms: Terms = {}
        for side, domain in enumerate(SIDES):
            scores = self.critics.scores(side, fake[side]).float()
            terms[f"generator_{domain}"] = F.softplus(-scores).mean()
        return terms

    def pictures(self, step: int) -> Mapping[str, bytes]:
        """Pairs of the same noise at every step, side by side."""
        pairs = listed_pairs(self.mean_generators, self.codecs, PREVIEW // 2, 0, self.runtime)
        codec = shared_codec(self.codecs[1])
        suffix, content = codec.preview(codec.decode(torch.stack(pairs, 1).flatten(0, 1)))
        return {f"samples/step-{step:08d}{suffix}": content}


def learn(
    domains: Domains, config: AdaptConfig, place: TrainingPlace
) -> Generator[Progress, None, Network]:
    """Train generators, critics and head together."""
    task = CoGAN(config, domains, place.runtime)
    streams = labeled_streams(domains, config.batch, place.runtime)
    streams["target"] = domains.target.stream(config.batch, place.runtime)
    schedule = Schedule(config.steps or 1, config.batch, place.options, config.method)
    if place.run:
        place.run.write(SOURCE_CODEC, json.dumps(domains.source.codec.to_json()))
    batches = Batches(streams, Rng(("adapt", config.seed)))
    yield from run_training(task, batches, schedule, place.run)
    return task.mean


METHOD = AdaptationMethod(learn=learn, steps=3000, readout=READOUT, uses=("weight",))
