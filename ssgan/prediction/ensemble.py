"""Averages of several models: how much of each is told by held-out labels.

    weigh        weights of candidates, from their held-out probabilities or numbers
    Ensemble     a network: the weighted mean of several networks' probabilities or numbers

One model that looked best on few held-out labels often is not; an average of those that are about
as good rarely is much worse than the best of them.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ssgan.config import InputError
from ssgan.prediction.baselines import Array
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.network import Network
from ssgan.prediction.search import WeighConfig
from ssgan.randomness import Rng

TINY = 1e-12  # probability, below which none is taken to fall


def greedy_weights(
    outputs: Mapping[str, Array],
    labels: Array,
    rng: Rng,
    config: WeighConfig | None = None,
) -> dict[str, float]:
    """Weights of candidates that sum to 1, the largest first.

    Greedy ensemble selection with bags (Caruana et al. 2004, "Ensemble Selection from Libraries of
    Models"): each time the candidate joins whose mean with the members so far loses least.

    Parameters
    ----------
    outputs : mapping of str to array
        Of every candidate, for labelled samples that it was not fitted on: log-probabilities
        (R, n, K), or numbers (R, n); R times each.
    labels : array of shape (n,)
        Class indices, or numbers.
    rng : Rng
        Which candidates are in which bag.
    config : WeighConfig, optional
        How many bags and rounds.

    Returns
    -------
    dict of str to float
        Only candidates of weight; their losses are log loss or squared error.

    Raises
    ------
    InputError
        For no candidates, and for outputs that are not finite or not of one shape.

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.randomness import Rng
    >>> sure, unsure = np.log([[[0.9, 0.1], [0.1, 0.9]]]), np.log([[[0.4, 0.6], [0.6, 0.4]]])
    >>> outputs = {"good": sure, "bad": unsure}
    >>> greedy_weights(outputs, np.array([0, 1]), Rng(("example",)))["good"] > 0.5
    True
    """
    config = config or WeighConfig()
    names, seen = list(outputs), outputs_for_truth(outputs, labels)
    counts = np.zeros(len(names))
    for bag in range(config.bags):
        inside = rng("bag", bag).uniform(len(names)).numpy() < 0.5
        if config.bags == 1 or not inside.any():
            inside[:] = True
        counts[inside] += select_greedily(seen[inside], labels, config) / config.bags
    counts[counts < config.least * counts.max()] = 0.0
    order = np.argsort(-counts, kind="stable")
    return {names[i]: float(counts[i] / counts.sum()) for i in order if counts[i] > 0}


def outputs_for_truth(outputs: Mapping[str, Array], labels: Array) -> Array:
    """What each candidate says of the truth, (M, R * n): its probability, or the number itself."""
    shapes = {values.shape for values in outputs.values()}
    if len(shapes) != 1 or not all(np.isfinite(v).all() for v in outputs.values()):
        raise InputError(f"expected finite outputs of one shape of each candidate, got {shapes}")
    values = np.stack([np.asarray(v, np.float64) for v in outputs.values()])
    if values.ndim == 4:
        values = np.exp(values[:, :, np.arange(len(labels)), labels])
    return np.asarray(values.reshape(len(values), -1))


def select_greedily(seen: Array, labels: Array, config: WeighConfig) -> Array:
    """How often each of M candidates is in one ensemble, (M,), as shares."""
    classes = labels.dtype.kind in "iu"
    truth = 0.0 if classes else np.tile(labels, seen.shape[1] // len(labels))

    def losses(means: Array) -> Array:
        """Mean loss (M,) of probabilities of the truth, or of numbers, (M, R * n)."""
        each: Array = -np.log(np.maximum(means, TINY)) if classes else (means - truth) ** 2
        return np.asarray(each.mean(1))

    # In float32 candidates that are as good but for rounding lose the same: the first is taken.
    first = np.argsort(losses(seen).astype(np.float32), kind="stable")[: config.first]
    counts = np.bincount(first, minlength=len(seen)).astype(np.float64)
    total = seen[first].sum(0)
    for size in range(len(first), len(first) + config.rounds):
        best = int(losses((total + seen) / (size + 1)).astype(np.float32).argmin())
        counts[best] += 1
        total = total + seen[best]
    return np.asarray(counts / counts.sum())


class Ensemble(nn.Module):
    """Several networks as one: log of the weighted mean of their probabilities, or of numbers."""

    weights: Tensor
    temperatures: Tensor

    def __init__(
        self,
        networks: Sequence[nn.Module],
        weights: Sequence[float],
        temperatures: Sequence[float],
        classes: int,
    ) -> None:
        """The heaviest network comes first; `temperatures` divide the logits of each."""
        super().__init__()
        self.classes = classes  # 0 for numbers
        self.networks = nn.ModuleList(networks)
        self.register_buffer("weights", torch.tensor(list(weights)))
        self.register_buffer("temperatures", torch.tensor(list(temperatures)))

    def features(self, x: Tensor) -> Tensor:
        """Features (N, F) of the heaviest network."""
        first: Network = self.networks[0]  # type: ignore[assignment]
        return first.features(x)

    def forward(self, x: Tensor) -> Tensor:
        """Samples (N, ...) to log-probabilities (N, K), or numbers (N, 1), in float32."""
        outputs = torch.stack([network(x).float() for network in self.networks])
        if not self.classes:
            return (self.weights.view(-1, 1, 1) * outputs).sum(0)
        logs = (outputs / self.temperatures.view(-1, 1, 1)).log_softmax(2)
        return (logs + self.weights.log().view(-1, 1, 1)).logsumexp(0)


Model = Network | Ensemble


def ensemble_of(networks: Sequence[Model], config: PredictorConfig, classes: int) -> Ensemble:
    """The ensemble of the members of a config, in their order."""
    weights = [member.weight for member in config.members]
    temperatures = [member.temperature for member in config.members]
    return Ensemble(networks, weights, temperatures, classes)
