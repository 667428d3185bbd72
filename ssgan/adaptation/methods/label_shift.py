"""The labels of the source, probabilities corrected for the shares of classes in the target.

Saerens et al. 2002: right where classes look alike in both domains, and only their shares differ.
The shares are estimated from predictions for the target; the head takes the logarithm of their
ratio to those of the source.
"""

import torch

from ssgan.adaptation.domains import calibration_samples
from ssgan.adaptation.method import AdaptationMethod, training
from ssgan.adaptation.shift import shares_in_target
from ssgan.adaptation.task import Adaptation, use_source_statistics
from ssgan.models.inference import apply

SMALLEST = 1e-4  # share of a class, so that none is ruled out


def use_target_shares(task: Adaptation) -> None:
    """The statistics of the source, and the shares of the target in the head."""
    use_source_statistics(task)
    domains, mean = task.domains, task.learner.mean
    samples = calibration_samples(domains.target, task.config.seed).samples
    outputs = apply(mean, samples, domains.codec, task.learner.runtime)
    prior = torch.bincount(domains.values, minlength=domains.classes).double() + 1
    prior = prior / prior.sum()
    shares = shares_in_target(outputs.double().softmax(1), prior).clamp_min(SMALLEST)
    with torch.no_grad():
        bias = mean.head.get_parameter("linear.bias")
        bias.add_((shares / prior).log().to(bias))


METHOD = AdaptationMethod(learn=training(complete=use_target_shares), steps=1000, numbers=False)
