"""How good a model is on samples without labels: scores that choose between methods.

None is right everywhere: Musgrave et al. 2021, "Unsupervised Domain Adaptation: A Reality Check",
find that such scores cost more accuracy than methods differ by. So they are shown.
"""

import torch
from torch import Tensor

CHOICE = "choice-of-method.json"  # in the directory of a model that was chosen by them
TEMPERATURE = 0.05  # of a neighbourhood (Saito et al. 2021, section 3.2)
MOST = 4000  # samples whose neighbours are looked at


def density(probabilities: Tensor) -> float:
    """Soft neighbourhood density, nats, of class probabilities (N, K): the more, the better.

    Saito et al. 2021, "Tune it the Right Way: Unsupervised Validation of Domain Adaptation via Soft
    Neighborhood Density", eq. 2 and 3: the mean entropy of who is near whom. A model that tears
    groups of the target apart has few neighbours for each sample. Probabilities are scaled to
    length 1 before they are compared.
    """
    rows = torch.nn.functional.normalize(probabilities[:MOST].double(), dim=1)
    likeness = rows @ rows.T
    likeness.fill_diagonal_(-1 / TEMPERATURE)
    shares = (likeness / TEMPERATURE).softmax(1)
    return float(-(shares * shares.clamp_min(1e-300).log()).sum(1).mean())


def information(probabilities: Tensor) -> float:
    """Mutual information of samples and their predicted classes, nats: from 0 to log K.

    The entropy of the mean of probabilities (N, K), less the mean of their entropies: predictions
    that are sure, and not all the same (Bridle et al. 1991).
    """
    rows = probabilities.double()
    return entropy(rows.mean(0, keepdim=True)) - entropy(rows)


def entropy(probabilities: Tensor) -> float:
    """The mean entropy, nats, of distributions (N, K)."""
    return float(-(probabilities * probabilities.clamp_min(1e-300).log()).sum(1).mean())
