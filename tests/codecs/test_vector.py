"""Vectors as tensors, and what is refused."""

import numpy as np
import pytest
import torch

from ssgan.codecs.vector import fit_vectors
from ssgan.data import fit_codec


def test_vectors_are_standardised_column_by_column():
    rows = np.array([[1.0, 5.0, 2.5], [3.0, 5.0, 3.5]])
    codec = fit_vectors(rows)
    assert codec.pack(rows).tolist() == [[-1, 0, -1], [1, 0, 1]]
    found = codec.decode(torch.tensor([[0.4, 9.0, 0.4], [9.0, 0.0, 9.0]]))
    np.testing.assert_allclose(found, [[2, 5, 3.2], [3, 5, 3.5]], rtol=1e-6)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.zeros((2, 4)), r"expected rows of 3 numbers, got float64 \(2, 4\)"),
        (np.array([["a", "b", "c"]]), "expected rows of 3 numbers"),
        (np.array([[0, np.nan, 0]]), "row 0 holds NaN"),
    ],
)
def test_vectors_unlike_the_fitted_ones_are_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        fit_vectors(np.eye(3)).pack(rows)


def test_the_ends_of_whole_numbers_of_64_bits_stay_in_their_place():
    rows = np.array([[-(2**63), 2**63 - 1], [5, 6]])
    codec = fit_codec(rows)
    back = codec.decode(codec.expand(codec.pack(rows)))
    assert back.dtype == np.int64
    assert (back[0] == [-(2**63), 2**63 - 1024]).all()


def test_masked_numbers_are_missing_ones():
    rows = np.ma.masked_array([[1.0, 2.0], [3.0, 4.0]], mask=[[False, True], [False, False]])
    with pytest.raises(ValueError, match="row 0 holds NaN"):
        fit_codec(rows.data).pack(rows)
