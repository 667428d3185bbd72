"""What all tests run under, so that they take little time."""

import pytest
import torch

# On few cores a second thread makes tiny networks slower, by up to ten times.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def folds_drawn_once(monkeypatch):
    """Method "auto" holds rows out once; the tests of more draws ask for them."""
    monkeypatch.setattr("ssgan.auto.REPEATS", 1)
