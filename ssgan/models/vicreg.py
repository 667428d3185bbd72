"""VICReg: what makes aligned batches alike without a constant being the easiest answer.

Bardes et al. 2022, "VICReg", eq. 1 to 6: aligned rows are close, columns keep their variance and
are not correlated.
"""

from collections.abc import Sequence
from itertools import combinations

import torch
import torch.nn.functional as F
from torch import Tensor

from ssgan.config import InputError
from ssgan.runtime import Terms

ALIKE, VARIANCE, COVARIANCE = 25.0, 25.0, 1.0  # weights of the terms, of the paper


def vicreg_terms(views: Sequence[Tensor], weight: float, name: str) -> Terms:
    """VICReg's three terms of aligned batches (N, D), two or more, each called after `name`.

    Of more than two all pairs are compared (after Tong et al. 2023, "EMP-SSL", whose many views
    make few epochs enough), and weights are those of one pair.
    """
    if len(views[0]) < 2:
        raise InputError("a student compares samples with each other: give it a batch of 2 on")
    pairs = list(combinations(views, 2))
    distances = torch.stack([F.mse_loss(first, second) for first, second in pairs])
    variances = 2 * torch.stack([variance(view) for view in views]).mean()
    covariances = 2 * torch.stack([covariance(view) for view in views]).mean()
    return {
        f"{name}_distance": weight * ALIKE * distances.mean(),
        f"{name}_variance": weight * VARIANCE * variances,
        f"{name}_covariance": weight * COVARIANCE * covariances,
    }


def variance(rows: Tensor) -> Tensor:
    """How far deviations of columns (N, D) stay below 1, on average (VICReg, eq. 1)."""
    return F.relu(1 - (rows.var(0) + 1e-4).sqrt()).mean()


def covariance(rows: Tensor) -> Tensor:
    """Squares of the covariances between columns (N, D), summed and divided by D (eq. 4)."""
    centred = rows - rows.mean(0)
    matrix = centred.T @ centred / (len(rows) - 1)
    return (matrix.square().sum() - matrix.diagonal().square().sum()) / rows.shape[1]
