import numpy as np
import pytest

from ssgan import synthesis


class Model:
    """A predictor by a rule: the class is the sign of the first column."""

    classes = ("minus", "plus")

    def predict_proba(self, samples):
        plus = 1 / (1 + np.exp(-samples[:, 0].clip(-50, 50)))
        return np.stack([1 - plus, plus], 1)


class Maker:
    """A GAN that makes rows -0.5, -1.5, ... whose first is never above 0."""

    class codec:
        @staticmethod
        def decode(x):
            return x.numpy()

    def generate(self, n, seed, start):
        import torch

        return -torch.arange(start, start + n)[:, None] - 0.5


def test_a_class_that_is_never_made_is_filled_up_from_the_nearest_with_a_warning():
    with pytest.warns(UserWarning, match="0 look like class 'plus', 3 were asked for"):
        samples, indices = synthesis.synthesised(Maker(), Model(), np.array([2, 3]), 0)
    assert samples[:, 0].tolist() == [-17.5, -18.5, -0.5, -1.5, -2.5]
    assert indices.tolist() == [0, 0, 1, 1, 1]
