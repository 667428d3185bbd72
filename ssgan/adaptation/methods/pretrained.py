"""A GAN of the samples of both domains, whose critic is finetuned on the labels of the source.

What tells real samples of either domain from generated ones has seen both (Radford et al. 2016,
section 5: a critic's features under a new head). The GAN is in the directory "gan" of the model.
"""

from collections.abc import Generator
from contextlib import AbstractContextManager, nullcontext

import torch

from ssgan.adaptation.config import AdaptConfig
from ssgan.adaptation.domains import Domains
from ssgan.adaptation.frames import shared_codec
from ssgan.adaptation.method import AdaptationMethod, TrainingPlace, training
from ssgan.data import digest
from ssgan.models.config import GANConfig
from ssgan.models.domain import Domain
from ssgan.models.pretraining import claim_run, files_of, gan_of
from ssgan.models.stored import GAN_PLACE
from ssgan.models.tasks import MODELS
from ssgan.prediction.network import Network, initial_network
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.runtime import Runtime
from ssgan.training.batches import Batches
from ssgan.training.runner import Progress, run_training
from ssgan.training.schedule import Schedule


def learn(
    domains: Domains, config: AdaptConfig, place: TrainingPlace
) -> Generator[Progress, None, Network]:
    """Train the GAN, then a head on its critic's trunk and both together on the labels."""
    network = yield from pretrained_network(domains, config, place)
    return (yield from training(network=lambda *_: network)(domains, config, place))


def pretrained_network(
    domains: Domains, config: AdaptConfig, place: TrainingPlace
) -> Generator[Progress, None, Network]:
    """The trunk of a critic of both domains, and an untrained head on all its depths."""
    both, on = together(domains), place.runtime
    gan = GANConfig(
        architecture=config.architecture,
        width=config.width,
        steps=config.pretraining,
        batch=config.batch,
        seed=config.seed,
    )
    task = MODELS[gan.model](gan, {"unlabeled": both.calibration(gan.seed)}, on)
    batches = Batches({"unlabeled": both.stream(gan.batch, on)}, Rng(("pretrain", gan.seed)))
    schedule = Schedule(gan.steps, gan.batch, place.options, "pretraining")
    with nullcontext() if place.run is None else claim_gan(place.run, gan, both) as run:
        yield from run_training(task, batches, schedule, run, gan.guard)
    return initial_network(gan_of(gan, both, task.parts, on), domains.classes or 1, gan.seed)


def together(domains: Domains) -> Domain:
    """The samples of both domains as those of one, without labels."""
    codec = shared_codec(domains.codec)
    packed = [
        side.samples
        if side.codec == codec
        else torch.cat([codec.pack(codec.decode(x)) for (x,) in side.blocks(Runtime("cpu", False))])
        for side in (domains.source, domains.target)
    ]
    return Domain(codec, torch.cat(packed))


def claim_gan(run: Run, config: GANConfig, both: Domain) -> AbstractContextManager[Run]:
    """The directory of the GAN, which can be opened as that of any other."""
    metadata = {"source": "memory", "options": {}, "rows": len(both)}
    metadata["fingerprint"] = digest(both.samples.numpy())
    return claim_run(run.path / GAN_PLACE, config, metadata, files_of(both))


METHOD = AdaptationMethod(learn=learn, steps=1000, readout="all", uses=("pretraining",))
