"""Measures of health, of a fixed part of what is generated; nothing of it needs a download."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ssgan.metrics import Space, frechet_distance, kernel_distance, precision_recall, space_of
from ssgan.metrics.generation import REACH_NEIGHBOURS

GRID = 64  # samples of the same noise each time, whose spread is measured
MOST = 1000  # samples of a side that are compared
MEASURES = ("diversity", "coverage", "distance")


@dataclass(frozen=True)
class Evaluator:
    """Real samples, and the space in which others are compared with them."""

    space: Space
    real: Tensor  # features (N, D)

    def measures(self, fake: Tensor, grid: Tensor) -> dict[str, float]:
        """Of generated samples (N, *shape): how they spread, how much they cover, how far they are.

        "diversity" is the mean distance between two samples of the grid over that of as many real
        ones, "coverage" the share of real samples with a generated one nearby, "distance" the
        Fréchet distance, or the kernel distance where there are too few samples for it.
        """
        features = self.space(fake)
        enough = min(len(features), len(self.real)) >= 2 * self.space.dimension
        distance = frechet_distance if enough else kernel_distance
        near = min(REACH_NEIGHBOURS, min(len(features), len(self.real)) - 1)
        real = self.real[: len(grid)]
        return {
            "diversity": mean_distance(self.space(grid)) / max(mean_distance(real), 1e-12),
            "coverage": precision_recall(self.real, features, near)["coverage"],
            "distance": distance(self.real, features),
        }


def evaluator_of(real: Tensor) -> Evaluator | None:
    """From encoded real samples (N, *shape); None where fewer than two differ."""
    rows = real[:MOST]
    if len(rows) < 2 or bool((rows == rows[:1]).all()):
        return None
    space = space_of(rows)
    return Evaluator(space, space(rows))


def mean_distance(features: Tensor) -> float:
    """Mean distance between two different rows."""
    return float(torch.nn.functional.pdist(features).mean()) if len(features) > 1 else 0.0
