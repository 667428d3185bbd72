"""The gate: it lets through what helps, says what it could have seen, and takes no copies."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from ssgan.randomness import Rng
from ssgan.synthesis import (
    Context,
    LabeledRows,
    Plan,
    Synthetic,
    assess,
    assess_features,
    judge,
    linear_judge,
    preselect,
    smote,
)
from ssgan.synthesis.gate.classification import compare_gains, holm
from ssgan.synthesis.gate.pools import find_copies, pool_augmenter, reachable_ratios
from ssgan.synthesis.gate.training_rows import add_nothing

QUICK = Plan(repeats=2)


def rows(n, seed=0, apart=1.0):
    rng = np.random.default_rng(seed)
    classes = np.arange(n) % 2
    return rng.normal(size=(n, 6)) + apart * classes[:, None], classes


def test_the_linear_judge_finds_what_is_apart():
    x, y = rows(200, apart=4)
    assert (linear_judge(x, y, x) == y).all()


@pytest.mark.parametrize("kind", ["copies", "noise", "wrong"])
def test_what_brings_nothing_is_never_let_through(kind):
    for seed in range(8):
        x, y = rows(80, seed)

        def make(at, rng, x=x, y=y):
            random = rng.numpy()
            pick = at[random.integers(len(at), size=len(at))]
            if kind == "copies":
                return x[pick], y[pick]
            made = x[pick] if kind == "wrong" else random.normal(size=(len(at), 6))
            return made, random.integers(2, size=len(at))

        verdict = judge(x, y, {kind: make}, plan=replace(QUICK, seed=seed), baselines={})
        assert verdict.answer != "helps"


def test_more_rows_of_the_same_law_help_and_labels_turned_round_hurt():
    x, y = rows(1500, apart=0.9)
    x = np.c_[x, np.random.default_rng(1).normal(size=(1500, 100))]
    wide, more, classes = x[:200], x[200:], y[200:]
    right = judge(wide, y[:200], {"more": lambda at, rng: (more, classes)}, baselines={})
    assert (right.answer, right.candidate) == ("helps", "more")
    wrong = judge(wide, y[:200], {"turned": lambda at, rng: (more, 1 - classes)}, baselines={})
    assert (wrong.answer, wrong.candidate) == ("hurts", None)


def test_what_could_be_seen_is_told_before_the_verdict():
    x, y = rows(60)
    verdict = judge(x, y, {"none": add_nothing(x)}, plan=QUICK)
    first, *_, last, advice = verdict.lines()
    assert first.startswith("with 60 labelled rows a gain of")
    assert last == "verdict: no evidence"
    assert advice.startswith("what to do: change nothing")
    assert {c.baseline for c in verdict.comparisons} == {"nothing", "smote"}


def test_the_variance_is_corrected_for_folds_that_overlap():
    gains = np.array([1.0, 2.0, 3.0, 2.0])
    found = compare_gains(("a", "b"), gains, 0.25, 0.002, 1000)
    error = gains.std(ddof=1) * (1 / 4 + 0.25) ** 0.5
    assert found.high - found.gain == pytest.approx(3.182446 * error, rel=1e-6)
    assert found.p_better + found.p_worse == pytest.approx(1)


def test_holm_stops_at_the_first_that_is_not_refused():
    assert holm({"a": 0.0005, "b": 0.0009, "c": 0.5}, 0.002) == ["a", "b"]
    assert holm({"a": 0.0007, "b": 0.0001}, 0.0005) == ["b"]


def test_a_pool_leaves_out_copies_of_rows_that_are_held_out():
    x, y = rows(40)
    make = pool_augmenter(x, y, find_copies(x, x.copy()), 1.0)
    added, _ = make(np.arange(30), Rng(("t",)))
    assert np.array_equal(np.sort(added, 0), np.sort(x[:30], 0))


class Told:
    """A conditional GAN of vectors, which are their own features."""

    codec = SimpleNamespace(transforms=(), cell_axes=())
    classes = (0, 1)

    def features(self, samples):
        return samples


def coins(n=300, width=60):
    """Rows whose labels nobody can know, and others like them that have those very labels."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n, width)), rng.integers(2, size=n)
    return x, y, np.repeat(x, 10, 0) + 0.4 * rng.normal(size=(10 * n, width)), np.repeat(y, 10)


def test_labels_of_rows_held_out_do_not_come_in_by_those_of_a_conditional_gan():
    x, y, more, labels = coins()
    assert (find_copies(x, more) < 0).all()
    known, plan = Context(Told(), (0, 1), samples=x, indices=y), Plan(repeats=4)
    assert (
        assess_features(
            LabeledRows(x, y), {"gan": (more, labels)}, relabeled=False, plan=plan
        ).answer
        == "helps"
    )
    assert assess(known, {"gan": Synthetic(more, labels)}, plan=plan).answer == "no evidence"


def test_labels_to_judge_by_are_missed():
    x, *_ = coins(20)
    with pytest.raises(ValueError, match="expected real rows with labels to judge by, got none"):
        assess(Context(Told(), (0, 1), samples=x), {})
    with pytest.raises(ValueError, match="expected real rows with numbers to judge by, got none"):
        assess(Context(Told(), (), samples=x), {})


@pytest.mark.parametrize(
    ("pool", "rows", "ratios"),
    [
        (20, 200, (0.1,)),
        (100, 200, (0.5,)),
        (105, 200, (0.525,)),
        (200, 200, (0.5, 1)),
        (400, 200, (0.5, 1, 2)),
        (5000, 200, (1, 2, 25)),
    ],
)
def test_a_pool_is_tested_at_ratios_that_it_reaches_its_own_among_them(pool, rows, ratios):
    assert reachable_ratios(pool, rows) == ratios


def test_no_two_arms_add_the_same_rows_and_the_verdict_says_the_ratio_of_its_arm():
    x, y, more, labels = coins()
    for count, arms in ((30, ["0.1"]), (3000, ["1", "2", "10"])):
        pool = {"gan": (more[:count], labels[:count])}
        found = assess_features(LabeledRows(x, y), pool, relabeled=False, plan=Plan(repeats=4))
        names = dict.fromkeys(c.candidate for c in found.comparisons)
        assert list(names) == [f"gan {ratio} : 1" for ratio in arms]
    assert (found.answer, found.candidate, found.ratio) == ("helps", "gan 10 : 1", 10)


def test_all_of_a_pool_is_as_many_for_a_row_at_hand_as_for_one_of_all():
    x, y = rows(40)
    sizes = []

    def counting(rows_, classes, test):
        sizes.append(len(rows_))
        return linear_judge(rows_, classes, test)

    plan = Plan(repeats=1, judge=counting)
    far = x + 100  # no copies
    assess_features(LabeledRows(x, y), {"gan": (far, y)}, ratios=(None,), plan=plan)
    assert max(sizes) == 64  # of 32 rows of a fold and as many of the pool


def test_arms_are_chosen_on_rows_that_are_not_tested():
    x, y = rows(100)
    arms = {str(k): add_nothing(x) for k in range(5)}
    best, tested = preselect(x, y, arms)
    assert (len(best), len(tested)) == (3, 80)
    assert preselect(x, y, best)[1].tolist() == list(range(100))


def test_smote_lies_between_rows_of_the_class():
    x, y = np.array([[0.0], [1.0], [10.0], [11.0]]), np.array([0, 0, 1, 1])
    made, labels = smote(x, y, np.array([0, 50]), Rng(("s",)))
    assert labels.tolist() == [1] * 50
    assert ((made >= 10) & (made <= 11)).all()


def test_more_neighbours_than_rows_are_refused():
    x, y = rows(6)
    with pytest.raises(ValueError, match="class 0 has 3 rows, too few for 3 neighbours"):
        smote(x, y, np.array([1, 0]), Rng(("s",)), neighbours=3)


@pytest.mark.parametrize("neighbours", [0, -1])
def test_fewer_than_one_neighbour_are_refused(neighbours):
    x, y = rows(6)
    with pytest.raises(ValueError, match=f"expected 1 neighbour or more, got {neighbours}"):
        smote(x, y, np.array([1, 0]), Rng(("s",)), neighbours=neighbours)


@pytest.mark.parametrize(
    ("arm", "rivals"), [("smote", None), ("nothing", {}), ("a", {"a": 0}), ("a", {"nothing": 0})]
)
def test_an_arm_does_not_take_the_place_of_a_rival(arm, rivals):
    x, y = rows(20)
    with pytest.raises(ValueError, match="is that of a baseline: call it something else"):
        judge(x, y, {arm: add_nothing(x)}, baselines=rivals)


@pytest.mark.parametrize("classes", [np.array(["a", "b"] * 10), np.array([-1, 0] * 10)])
def test_classes_that_are_no_indices_are_refused(classes):
    x, _ = rows(20)
    with pytest.raises(ValueError, match="expected class indices from 0 on, got"):
        judge(x, classes, {"none": add_nothing(x)})


@pytest.mark.parametrize("arms", [0, 4])
def test_no_arm_and_more_than_three_are_refused(arms):
    x, y = rows(20)
    with pytest.raises(ValueError, match="expected 1 to 3 candidates"):
        judge(x, y, {str(k): add_nothing(x) for k in range(arms)})


def test_too_few_rows_for_the_folds_are_refused():
    x, y = rows(8)
    with pytest.raises(ValueError, match="two classes of 5 labelled rows or more"):
        judge(x, y, {"none": add_nothing(x)})
