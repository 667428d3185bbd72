"""A rare class of a bank's calls: what helps a classifier to find it, and the gate's advice."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from ssgan.benchmark.suites.rare_calls import METHODS, followed, outputs_with, rare_calls
from ssgan.synthesis import Comparison
from ssgan.synthesis.gate.judges import EstimatorJudge
from ssgan.synthesis.gate.plan import balanced


def few_rows(n=400):
    rng = np.random.default_rng(0)
    y = (np.arange(n) % 10 == 0).astype(int)
    x = rng.normal(size=(n, 2)) + 1.5 * y[:, None]
    return SimpleNamespace(x=x, y=y, test=x, seed=0)


@pytest.mark.parametrize("method", ["class weights", "threshold", "smote"])
def test_what_balances_finds_more_of_the_rare_class(method):
    few, judge = few_rows(), EstimatorJudge(LogisticRegression())
    plain, helped = (
        balanced(few.y, outputs_with(few, name, judge, None).argmax(1))
        for name in ("nothing", method)
    )
    assert helped > plain + 5


@pytest.mark.parametrize(
    ("answer", "gain", "method"),
    [
        ("helps", 3.0, "synthetic rows"),
        ("no evidence", 3.0, "threshold"),
        ("hurts", -3.0, "nothing"),
    ],
)
def test_the_advice_of_the_gate_is_followed(answer, gain, method):
    p = 1e-6 if gain > 0 else 0.99
    found = Comparison(
        candidate="threshold",
        baseline="nothing",
        gain=gain,
        low=gain - 1,
        high=gain + 1,
        smallest=2.0,
        p_better=p,
        p_worse=1 - p,
    )
    verdict = SimpleNamespace(answer=answer, candidate="1 : 1", alternatives=(found,))
    assert followed(verdict) == method


@pytest.mark.parametrize("short", [False, True])
def test_every_user_has_every_method(short):
    cells = rare_calls(short).cells
    users = {cell.league for cell in cells}
    assert {(cell.league, cell.method) for cell in cells} == {
        (user, method) for user in users for method in METHODS
    }
