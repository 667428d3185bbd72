"""Only samples that a second classifier gives the same class."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ssgan.prediction.heads import linear_head
from ssgan.randomness import Rng
from ssgan.synthesis.context import Generated


@dataclass(frozen=True)
class Agreement:
    """Keeps samples that a linear head on the GAN's features gives the same class.

    The head is fitted on the real labelled rows. Where there is a predictor, it must agree too.

    Raises
    ------
    InputError
        Where there are fewer than 2 labelled rows.

    Examples
    --------
    >>> from ssgan.synthesis import Agreement
    >>> Agreement()
    Agreement()
    """

    def apply(self, drawn: Generated, rng: Rng) -> tuple[Generated, NDArray[np.bool_]]:
        features, indices = drawn.context.labeled
        head = linear_head(features, indices, len(drawn.context.classes)).double()
        with torch.inference_mode():
            predicted = head(torch.from_numpy(drawn.features).double()).argmax(1).numpy()
        keep = predicted == drawn.indices
        if drawn.context.model is not None:
            keep &= drawn.probabilities.argmax(1) == drawn.indices
        return drawn, keep


FILTER = Agreement
