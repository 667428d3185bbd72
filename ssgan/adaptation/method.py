"""What a method of adaptation is: a file in `methods` makes one."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from torch import Tensor

from ssgan.adaptation.config import AdaptConfig
from ssgan.adaptation.descent import COSINE, Descent
from ssgan.adaptation.domains import Domains
from ssgan.adaptation.network import untrained_classifier
from ssgan.adaptation.task import Adaptation, Complete, DomainLoss, use_target_statistics
from ssgan.prediction.network import Network
from ssgan.prediction.task import Learner
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.runtime import Runtime
from ssgan.training.batches import Batches
from ssgan.training.runner import Progress, run_training
from ssgan.training.schedule import Schedule, TrainOptions
from ssgan.transforms.views import Views


@dataclass(frozen=True)
class TrainingPlace:
    """Where a method trains: nothing of its result depends on it."""

    runtime: Runtime
    run: Run | None = None
    options: TrainOptions = TrainOptions()


# Trains in a run, where there is one; the network as it predicts samples of the target.
Learn = Callable[[Domains, AdaptConfig, TrainingPlace], Generator[Progress, None, Network]]


@dataclass(frozen=True, kw_only=True)
class AdaptationMethod:
    """One way from two domains to a network."""

    learn: Learn
    steps: int  # where the config names none
    readout: str = "student"  # what features are read from, one of `ssgan.models.readouts`
    numbers: bool = True  # whether numbers can be learnt by it, or classes alone
    images: bool = False  # whether it is for images alone
    uses: tuple[str, ...] = ()  # settings of the config, beside those that all methods share


def training(
    loss: Callable[[AdaptConfig, Learner, Domains], DomainLoss] | None = None,
    *,
    complete: Complete = use_target_statistics,
    weights: Callable[[Domains, int], Tensor] | None = None,
    descent: Descent = COSINE,
    network: Callable[[Domains, AdaptConfig], Network] = untrained_classifier,
) -> Learn:
    """The methods that train one network on batches of both domains, or of the source alone.

    `complete` is done after the last step; `weights` of both domains and a seed says how much each
    sample of the source counts; `network` is what is trained.
    """

    def learn(
        domains: Domains, config: AdaptConfig, place: TrainingPlace
    ) -> Generator[Progress, None, Network]:
        views = Views(config.transforms or (), config.warp)
        learner = Learner.start(network(domains, config), views, place.runtime)
        domain_loss = loss(config, learner, domains) if loss else None
        task = Adaptation(config, domains, learner, descent, domain_loss, complete)
        streams = task.streams(weights(domains, config.seed) if weights else None)
        batches = Batches(streams, Rng(("adapt", config.seed)))
        schedule = Schedule(config.steps or 1, config.batch, place.options, config.method)
        yield from run_training(task, batches, schedule, place.run)
        return learner.mean

    return learn
