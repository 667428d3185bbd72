"""The gate: it lets through what helps, says what it could have seen, and takes no copies."""

from dataclasses import replace

import numpy as np
import pytest

from ssgan.randomness import Draw
from ssgan.synthesis import Plan, chosen, judge, linear_judge, smote
from ssgan.synthesis.arms import copied, pooled
from ssgan.synthesis.gate import compared, holm, nothing

QUICK = Plan(repeats=2)


def rows(n, seed=0, apart=1.0):
    draw = np.random.default_rng(seed)
    classes = np.arange(n) % 2
    return draw.normal(size=(n, 6)) + apart * classes[:, None], classes


def test_the_linear_judge_finds_what_is_apart():
    x, y = rows(200, apart=4)
    assert (linear_judge(x, y, x) == y).all()


@pytest.mark.parametrize("kind", ["copies", "noise", "wrong"])
def test_what_brings_nothing_is_never_let_through(kind):
    for seed in range(8):
        x, y = rows(80, seed)

        def make(at, draw, x=x, y=y):
            random = draw.numpy()
            pick = at[random.integers(len(at), size=len(at))]
            if kind == "copies":
                return x[pick], y[pick]
            made = x[pick] if kind == "wrong" else random.normal(size=(len(at), 6))
            return made, random.integers(2, size=len(at))

        verdict = judge(x, y, {kind: make}, plan=replace(QUICK, seed=seed), rivals={})
        assert verdict.answer != "helps"


def test_more_rows_of_the_same_law_help_and_labels_turned_round_hurt():
    x, y = rows(1500, apart=0.9)
    x = np.c_[x, np.random.default_rng(1).normal(size=(1500, 100))]
    wide, more, classes = x[:200], x[200:], y[200:]
    right = judge(wide, y[:200], {"more": lambda at, draw: (more, classes)}, rivals={})
    assert (right.answer, right.arm) == ("helps", "more")
    wrong = judge(wide, y[:200], {"turned": lambda at, draw: (more, 1 - classes)}, rivals={})
    assert (wrong.answer, wrong.arm) == ("hurts", None)


def test_what_could_be_seen_is_told_before_the_verdict():
    x, y = rows(60)
    verdict = judge(x, y, {"none": nothing(x)}, plan=QUICK)
    first, *_, last = verdict.lines()
    assert first.startswith("with 60 labelled rows a gain of")
    assert last == "verdict: no evidence"
    assert {c.rival for c in verdict.comparisons} == {"nothing", "smote"}


def test_the_variance_is_corrected_for_folds_that_overlap():
    gains = np.array([1.0, 2.0, 3.0, 2.0])
    found = compared(("a", "b"), gains, 0.25, 0.002, 1000)
    error = gains.std(ddof=1) * (1 / 4 + 0.25) ** 0.5
    assert found.high - found.gain == pytest.approx(3.182446 * error, rel=1e-6)
    assert found.p_better + found.p_worse == pytest.approx(1)


def test_holm_stops_at_the_first_that_is_not_refused():
    assert holm({"a": 0.0005, "b": 0.0009, "c": 0.5}, 0.002) == ["a", "b"]
    assert holm({"a": 0.0007, "b": 0.0001}, 0.0005) == ["b"]


def test_a_pool_leaves_out_copies_of_rows_that_are_held_out():
    x, y = rows(40)
    make = pooled(x, y, copied(x, x.copy()), None)
    added, _ = make(np.arange(30), Draw(("t",)))
    assert np.array_equal(added, x[:30])


def test_arms_are_chosen_on_rows_that_are_not_tested():
    x, y = rows(100)
    arms = {str(k): nothing(x) for k in range(5)}
    best, tested = chosen(x, y, arms)
    assert (len(best), len(tested)) == (3, 80)
    assert chosen(x, y, best)[1].tolist() == list(range(100))


def test_smote_lies_between_rows_of_the_class():
    x, y = np.array([[0.0], [1.0], [10.0], [11.0]]), np.array([0, 0, 1, 1])
    made, labels = smote(x, y, np.array([0, 50]), Draw(("s",)))
    assert labels.tolist() == [1] * 50
    assert ((made >= 10) & (made <= 11)).all()


def test_more_neighbours_than_rows_are_refused():
    x, y = rows(6)
    with pytest.raises(ValueError, match="class 0 has 3 rows, too few for 3 neighbours"):
        smote(x, y, np.array([1, 0]), Draw(("s",)), neighbours=3)


@pytest.mark.parametrize("arms", [0, 4])
def test_no_arm_and_more_than_three_are_refused(arms):
    x, y = rows(20)
    with pytest.raises(ValueError, match="expected 1 to 3 arms"):
        judge(x, y, {str(k): nothing(x) for k in range(arms)})


def test_too_few_rows_for_the_folds_are_refused():
    x, y = rows(8)
    with pytest.raises(ValueError, match="two classes of 5 labelled rows or more"):
        judge(x, y, {"none": nothing(x)})
