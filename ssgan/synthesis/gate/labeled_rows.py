"""What the gate compares: functions that add rows to labelled ones."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ssgan.codecs.codec import Array
from ssgan.randomness import Rng

Added = tuple[Array, Array]  # features (M, F) and class indices (M,)
# Numbers of the rows that it may see, and a source of randomness; the rows to add.
Augmenter = Callable[[Array, Rng], Added]
View = Callable[[Any], Array]  # raw samples (M, ...) to features (M, F)


@dataclass(frozen=True)
class LabeledRows:
    """Labelled rows as the gate sees them.

    Parameters
    ----------
    features : ndarray (N, F)
        Of any network that never saw their labels.
    classes : ndarray of int (N,)
        Class indices, from 0 on.
    samples : array or DataFrame (N, ...), default=None
        The raw rows, where they are at hand.
    view : callable, default=None
        Features (M, F) of raw samples (M, ...), for baselines that change those.
    transforms : tuple of str, default=()
        Names of the transforms that keep a label of such samples, as their codec says.
    seed : int, default=0
        Of what baselines change.
    balanced : bool, default=False
        Whether rare classes are to count as much as frequent ones.
    cell_axes : tuple of int, default=()
        Axes of a raw row along which its cells lie side by side.

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.synthesis import LabeledRows
    >>> rows = LabeledRows(np.eye(3), np.array([0, 1, 1]))
    >>> rows.along(np.eye(3)[:2]).features.shape
    (3, 2)
    """

    features: Array
    classes: Array
    samples: Any = None
    view: View | None = None
    transforms: tuple[str, ...] = ()
    seed: int = 0
    balanced: bool = False
    cell_axes: tuple[int, ...] = ()

    def along(self, axes: Array) -> "LabeledRows":
        """The same rows with features along axes.

        Parameters
        ----------
        axes : array, (R, F)
            The axes.

        Returns
        -------
        LabeledRows
        """
        view = self.view
        projected = None if view is None else lambda samples: view(samples) @ axes.T
        return replace(self, features=self.features @ axes.T, view=projected)


GateBaseline = Callable[[LabeledRows], Augmenter | None]  # None: it is not for such rows


def add_copies(features: Array, classes: Array) -> Augmenter:
    """The augmenter that adds a changed copy, of features (N, F), of each row."""
    return lambda rows, rng: (features[rows], classes[rows])
