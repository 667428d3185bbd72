"""What differs between the domains where only their shares do: of samples, or of classes."""

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from ssgan.adaptation.domains import Domains, calibration_samples
from ssgan.metrics.spaces import space_of
from ssgan.runtime import Runtime

LARGEST = 10.0  # times its usual weight that a sample of the source may have
ROUNDS = 1000  # of the estimate of shares, at most
CLOSE = 1e-9  # a change of shares after which it has converged
PENALTY = 1.0  # inverse strength of the regression's, scikit-learn's default


def density_ratios(domains: Domains, seed: int) -> Tensor:
    """How much more often samples like each of the source are met in the target, float32 (N,).

    The odds of a logistic regression that tells the domains apart (Bickel et al. 2007,
    "Discriminative Learning for Differing Training and Test Distributions"), at most 10, of mean 1:
    weights that make the source's losses those of the target where labels depend on samples alike
    (Shimodaira 2000). It sees what `ssgan.metrics` compares samples by.
    """
    cpu = Runtime("cpu", False)
    both = (domains.source, domains.target)
    sides = [calibration_samples(side, seed).encoded(cpu)[0] for side in both]
    space = space_of(torch.cat(sides))
    rows = [space(x) for x in sides]
    labels = torch.cat([torch.zeros(len(rows[0])), torch.ones(len(rows[1]))])
    scaler = StandardScaler().fit(torch.cat(rows).numpy())
    model = LogisticRegression(C=PENALTY, max_iter=1000)
    model.fit(scaler.transform(torch.cat(rows).numpy()), labels.numpy())
    logits = [
        torch.from_numpy(model.decision_function(scaler.transform(space(x).numpy())))
        for (x,) in domains.source.blocks(cpu)
    ]
    odds = torch.cat(logits).exp() * (len(rows[0]) / len(rows[1]))
    weights = odds.clamp(max=LARGEST)
    return (weights / weights.mean()).float()


def shares_in_target(probabilities: Tensor, prior: Tensor) -> Tensor:
    """The shares of classes (K,) under which predictions (N, K), made where they are `prior` (K,),
    are likeliest: float64.

    Saerens et al. 2002, "Adjusting the Outputs of a Classifier to New a Priori Probabilities",
    eq. 9 and 10: predictions are corrected by the shares, and the shares are their mean.
    """
    predicted, prior = probabilities.double(), prior.double()
    shares = prior
    for _ in range(ROUNDS):
        corrected = predicted * (shares / prior)
        new = (corrected / corrected.sum(1, keepdim=True)).mean(0)
        change, shares = float((new - shares).abs().max()), new
        if change < CLOSE:
            break
    return shares
