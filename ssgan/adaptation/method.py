"""What a method of adaptation is: a file in `methods` makes one."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from ssgan.adaptation.config import AdaptConfig
from ssgan.adaptation.descent import COSINE, Descent
from ssgan.adaptation.domains import Domains
from ssgan.adaptation.network import initial_network
from ssgan.adaptation.task import Adaptation, DomainLoss
from ssgan.prediction.network import Network
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.runtime import Runtime
from ssgan.training.batches import Batches
from ssgan.training.runner import Progress, run_training
from ssgan.training.schedule import Schedule, TrainOptions

Learn = Callable[
    [Domains, AdaptConfig, Runtime, Run | None], Generator[Progress, None, Network]
]  # trains in a run, where there is one; the network as it predicts samples of the target


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way from two domains to a network."""

    learn: Learn
    steps: int  # where the config names none
    numbers: bool = True  # whether numbers can be learnt by it, or classes alone


def training(
    loss: Callable[[Adaptation], DomainLoss] | None = None,
    statistics: str = "target",
    descent: Descent = COSINE,
) -> Learn:
    """The methods that train one network on batches of both domains, or of the source alone."""

    def learn(
        domains: Domains, config: AdaptConfig, on: Runtime, run: Run | None
    ) -> Generator[Progress, None, Network]:
        network = initial_network(domains, config)
        task = Adaptation(config, domains, network, on, descent)
        task.learn_from(loss(task) if loss else None, statistics)
        batches = Batches(task.streams(), Rng(("adapt", config.seed)))
        schedule = Schedule(config.steps or 1, config.batch, TrainOptions(), config.method)
        yield from run_training(task, batches, schedule, run)
        return task.mean

    return learn
