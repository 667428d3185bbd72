"""What all tests run under, so that they take little time."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from ssgan.prediction.baselines import CANDIDATES, stratified

# On few cores a second thread makes tiny networks slower, by up to ten times.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def folds_drawn_once(monkeypatch):
    """Method "auto" holds rows out once; the tests of more draws ask for them."""
    monkeypatch.setattr("ssgan.prediction.select.REPEATS", 1)


def brief(make, *args):
    """The model that `make` gives, of few trees if it is made of trees."""
    model = make(*args)
    return model.set_params(max_iter=10) if hasattr(model, "max_leaf_nodes") else model


def few_values(kind):
    """The kind of model with two values to choose from: the middle one, and the one before."""
    middle = len(kind.values) // 2
    values = kind.values[max(0, middle - 1) : middle + 1]
    return replace(kind, make=partial(brief, kind.make), values=values)


@pytest.fixture(autouse=True, scope="module")
def few_fits():
    """What is chosen and calibrated by cross-validation takes a twentieth of the usual fits.

    A simple model takes 800, of a millisecond or more each, and six times that with intervals.
    Labels spread over graphs less exactly.
    Modules that test what comes of all of them have a fixture of this name that does nothing.
    """
    fewer = {task: {n: few_values(k) for n, k in of.items()} for task, of in CANDIDATES.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ssgan.prediction.baselines.models.CANDIDATES", fewer)
        patch.setattr("ssgan.prediction.baselines.models.FOLDS", 2)
        patch.setattr(
            "ssgan.prediction.methods.stratified", partial(stratified, folds=3, repeats=1)
        )
        patch.setattr("ssgan.prediction.heads.STRENGTHS", (1e-3, 1e-2, 1e-1))
        patch.setattr("ssgan.prediction.heads.FOLDS", 3)
        patch.setattr("ssgan.prediction.intervals.FOLDS", 2)
        patch.setattr("ssgan.prediction.crossvalidation.MORE", 3)
        patch.setattr("ssgan.prediction.graph.EXACT", 0.02)
        yield
