"""How long generators are trained: until the critic has seen a number of real samples.

Suites of generators have two leagues that are never mixed. "own recipe" trains as `recipes` has it;
"equal conditions" has one architecture, one optimiser and one number of real samples, so that only
the objective differs: a critic that takes more steps gets fewer updates. There WGAN goes without
the hundred critic updates that its authors' code takes at first and now and then: in so short a
training they would be nearly all that there are.
"""

from dataclasses import replace

from ssgan.models.config import GANConfig
from ssgan.objectives import Objective, Wasserstein, objective

DEFAULT_METHOD = "default"  # the method that is the default GANConfig
IMAGE_SETS = {"mnist": "mnist", "fashion": "fashion-mnist"}  # in a name: the data set
OWN, EQUAL = "own recipe", "equal conditions"


def updates(config: GANConfig, real: int) -> int:
    """Generator updates after which the critic has seen `real` real samples, at least 1."""
    left, step = real, 0
    while left > 0:
        left -= config.batch * config.objective.critic_steps(step)
        step += 1
    return max(step, 1)


def real_samples(config: GANConfig) -> int:
    """Real samples that the critic sees in a training."""
    return config.batch * sum(map(config.objective.critic_steps, range(config.steps)))


def cost_of(config: GANConfig) -> dict[str, int]:
    """The columns of a row that say how long a generator was trained."""
    return {"steps": config.steps, "batch": config.batch, "real_samples": real_samples(config)}


def equal_objective(name: str) -> Objective:
    """The objective of that name as equal conditions have it."""
    published = objective(name)
    return (
        replace(published, first=published.updates)
        if isinstance(published, Wasserstein)
        else published
    )
