"""The gate judges by the user's classifier: a threshold wins where it does, rows where they do."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.neighbors import KNeighborsClassifier

from ssgan.randomness import Rng
from ssgan.synthesis import (
    GATE_CLASSIFIERS,
    Context,
    LabeledRows,
    Plan,
    Request,
    Synthetic,
    assess,
    judge,
    sklearn_judge,
)
from ssgan.synthesis.baselines.smote import BASELINE as smote_baseline
from ssgan.synthesis.classifiers import classifiers_named, default_classifiers
from ssgan.synthesis.gate.adjustments import (
    average_precision,
    chosen_power,
    divide_by_shares,
    threshold_at,
)
from ssgan.synthesis.gate.candidates import by_class
from ssgan.synthesis.gate.judges import linear_outputs, linear_scores
from ssgan.synthesis.gate.pools import with_ratio
from ssgan.synthesis.gate.training_rows import add_nothing
from ssgan.synthesis.gate.verdict import Comparison, advise, best_remedy

BALANCED = Plan(repeats=2, metric="balanced accuracy")


def rare(n=500, share=0.1, apart=1.5, seed=0, width=1):
    """Rows of which few are of class 1, which lies beside the other."""
    rng = np.random.default_rng(seed)
    classes = (np.arange(n) < share * n).astype(int)
    x = rng.normal(size=(n, width))
    x[:, 0] += apart * classes
    return x, classes


class Columns:
    """A codec of rows that are their own columns."""

    transforms = ()
    cell_axes = ()
    repeated = 0

    def __init__(self, width):
        self.shape = (width,)

    def pack(self, samples):
        return torch.from_numpy(np.asarray(samples))

    def expand(self, packed):
        return packed


class Memoriser:
    """A GAN whose features are the rows themselves."""

    def __init__(self, width):
        self.codec, self.classes = Columns(width), None

    def features(self, samples):
        return np.asarray(samples)


def test_a_moved_threshold_wins_where_only_the_prior_is_in_the_way():
    x, y = rare(1000)
    again = {"copies": lambda rows, rng: (x[rows], y[rows])}
    plan = replace(BALANCED, judge=sklearn_judge(LogisticRegression()))
    found = judge(x, y, again, plan=plan, baselines={})
    assert found.answer == "no evidence"
    assert found.scores["threshold"] > found.scores["nothing"] + 15
    assert 0.05 < found.threshold < 0.2  # of a calibrated model it is the share of the class, .1
    at = f"{found.threshold:.2f}".removeprefix("0")
    assert found.advice.startswith(f"move the threshold to {at}: +")
    assert found.advice.endswith("points of balanced accuracy; synthetic rows add nothing to that")
    assert found.lines()[-1] == f"what to do: {found.advice}"
    assert found.to_json()["advice"] == found.advice
    # Nothing is ranked otherwise by a threshold.
    assert found.rankings["threshold"] == pytest.approx(found.rankings["nothing"], abs=1e-6)


def test_rows_win_where_they_bring_what_no_threshold_does():
    rng = np.random.default_rng(1)
    y = np.r_[np.arange(200) % 4 == 0, np.arange(1500) % 2].astype(int)
    x = rng.normal(size=(1700, 150)) + 0.31 * y[:, None]
    real, more = np.arange(200), np.arange(200, 1700)
    plan = replace(BALANCED, repeats=4)
    found = judge(x[real], y[real], {"more": lambda rows, rng: (x[more], y[more])}, plan=plan)
    assert (found.answer, found.candidate) == ("helps", "more")
    assert {c.baseline for c in found.comparisons} == {
        "nothing",
        "class weights",
        "threshold",
        "smote",
    }
    assert found.advice.startswith("add the synthetic rows (more): +")
    assert next(c for c in found.comparisons if c.baseline == "nothing").ranking > 5


def test_rows_win_together_with_a_threshold_where_either_alone_does_not():
    """More rows of the same law, of which a tenth are of the rare class: none is predicted so."""
    rng = np.random.default_rng(2)
    y = (np.arange(4800) % 10 == 0).astype(int)
    x = rng.normal(size=(4800, 200)) + 0.2 * y[:, None]
    real, more = np.arange(800), np.arange(800, 4800)
    plan = replace(BALANCED, repeats=4)
    found = judge(x[real], y[real], {"more": lambda rows, rng: (x[more], y[more])}, plan=plan)
    assert (found.answer, found.candidate) == ("helps", "more, threshold moved")
    assert found.scores["more"] < found.scores["threshold"]
    assert found.advice.startswith(
        "add the synthetic rows (more), and choose the threshold by folds: +"
    )
    named = replace(found, candidate="gan 5 : 1, threshold moved")
    assert with_ratio(named, {"gan": 4000}, 800, (5.0,)).ratio == 5


FOREST = RandomForestClassifier(5, random_state=0)


@pytest.mark.parametrize("class_counts", [None, np.array([0, 150])], ids=["shares", "filled"])
@pytest.mark.parametrize("classifier", [FOREST, "logistic", "linear"])
def test_rows_that_bring_nothing_are_refused_by_every_classifier(classifier, class_counts):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(150, 20)), (rng.random(150) < 0.3).astype(int)
    at = rng.integers(150, size=300)  # like real rows, those that are held out too
    made = Synthetic(x[at] + 0.3 * rng.normal(size=(300, 20)), y[at])
    context = Context(Memoriser(20), (0, 1), samples=x, indices=y)
    asked = {"classifiers": classifier, "ratios": (1.0,), "class_counts": class_counts}
    found = assess(context, {"gan": made}, plan=BALANCED, **asked)
    assert found.answer == "no evidence"
    plain = next(c for c in found.comparisons if c.baseline == "nothing")
    assert abs(plain.gain) < 8  # of labels that are tosses of a coin


def test_several_classifiers_share_the_level_and_the_best_without_rows_is_first():
    x, y = rare(120, 0.3, 1.5, width=2)
    context = Context(Memoriser(2), (0, 1), samples=x, indices=y)
    made = {"gan": Synthetic(x + 0.5, y)}
    models = [LogisticRegression(), KNeighborsClassifier(40)]
    found = assess(context, made, plan=BALANCED, classifiers=models, ratios=(1.0,))
    assert {found.classifier, *(one.classifier for one in found.others)} == {
        "LogisticRegression",
        "KNeighborsClassifier",
    }
    assert found.alpha == found.others[0].alpha == BALANCED.alpha / 2
    best = max(found.scores[n] for n in ("nothing", "threshold", "smote"))
    assert best >= max(found.others[0].scores[n] for n in ("nothing", "threshold", "smote"))
    said = found.lines()
    assert sum("would be seen in 4 of 5 cases" in line for line in said) == 2
    # Nearest neighbours cannot weigh classes.
    without = {one.classifier: one.scores for one in (found, *found.others)}
    assert "class weights" in without["LogisticRegression"]
    assert "class weights" not in without["KNeighborsClassifier"]


def test_labels_too_few_for_any_gain_are_said_before_anything_else_is_trained():
    x, y = rare(40, 0.5, 30.0)
    asked = []

    def candidate(rows, rng):
        asked.append(len(rows))
        return x[:0], y[:0]

    found = judge(x, y, {"gan": candidate}, plan=Plan(repeats=2))
    assert (found.answer, found.comparisons, asked) == ("no evidence", (), [])
    assert found.score == 100.0
    assert found.reason.startswith("of 40 labelled rows no gain below")
    assert found.lines() == [f"verdict: no evidence: {found.reason}"]


def test_nothing_is_to_be_moved_by_accuracy_nor_between_classes_of_equal_size():
    for share, plan in ((0.1, Plan(repeats=2)), (0.5, BALANCED)):
        x, y = rare(100, share)
        found = judge(x, y, {"none": add_nothing(x)}, plan=plan, baselines={})
        assert set(found.scores) == {"nothing", "none"}
        assert found.threshold is None


def test_a_power_of_one_makes_the_share_of_the_class_its_threshold():
    y = np.repeat([0, 1], [90, 10])
    assert threshold_at(1.0, y) == pytest.approx(0.1)
    assert threshold_at(0.0, y) == 0.5
    assert threshold_at(1.0, np.arange(3)) is None
    chances = np.array([[0.85, 0.15], [0.95, 0.05]])
    assert divide_by_shares(chances, y, 1.0).argmax(1).tolist() == [1, 0]
    assert divide_by_shares(chances, y, 0.0).argmax(1).tolist() == [0, 0]


def test_the_threshold_is_chosen_on_rows_that_were_held_out():
    x, y = rare(60, 0.2)

    def by_heart(train, classes, test, count, *, weighted=False):
        known = {tuple(row): k for row, k in zip(train.tolist(), classes, strict=True)}
        return np.eye(count)[[known.get(tuple(row), 0) for row in test.tolist()]]

    assert chosen_power(by_heart, x, y, "balanced accuracy", Rng(("t",))) == 1.0  # all are as good


def test_the_ranking_is_scikit_learns_average_precision():
    outputs = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
    truth = np.array([0, 1, 1, 0])
    assert average_precision(truth, outputs, [1]) == pytest.approx(100 * (1 / 2 + 1 / 2 * 2 / 3))
    rng = np.random.default_rng(0)
    truth, sure = rng.integers(2, size=200), rng.integers(9, size=200) / 9  # with many ties
    found = average_precision(truth, np.c_[1 - sure, sure], [1])
    assert found == pytest.approx(100 * average_precision_score(truth, sure))


def test_weights_make_rare_classes_count_as_much():
    x, y = rare(200)
    plain = linear_outputs(x, y, x, 2).argmax(1)
    weighted = linear_outputs(x, y, x, 2, weighted=True).argmax(1)
    assert plain[y == 1].mean() < 0.3 < 0.7 < weighted[y == 1].mean()
    # As if every rare row were there nine times.
    rows = np.repeat(np.arange(200), np.where(y == 1, 9, 1))
    same = linear_scores(x[rows], y[rows], x)
    assert (same.argmax(1) == weighted).mean() > 0.98


def test_smote_fills_up_rare_classes_where_they_count_as_much():
    x, y = rare(40, 0.25)
    for balanced, counts in ((True, [0, 20]), (False, [30, 10])):
        add = smote_baseline(LabeledRows(x, y, balanced=balanced))
        assert np.bincount(add(np.arange(40), Rng(("s",)))[1], minlength=2).tolist() == counts


def test_rows_of_a_class_are_chosen_by_the_labels_at_hand_alone():
    x, y = rare(60, 0.2, 6.0)
    pool = np.linspace(-3, 9, 40)[:, None]
    choose = by_class(x, y, pool, np.array([0, 5]))
    taken, classes = choose(np.arange(60), np.arange(40), 5)
    assert classes.tolist() == [1] * 5
    assert sorted(pool[taken, 0]) == sorted(pool[-5:, 0])


def compared(name, gain, p, wide=4.0):
    return Comparison(
        candidate=name,
        baseline="nothing",
        gain=gain,
        low=gain - wide,
        high=gain + wide,
        smallest=3.0,
        p_better=p,
        p_worse=1 - p,
    )


def test_the_simplest_that_is_as_good_is_recommended():
    threshold, weights, smote = (
        compared("threshold", 9.0, 1e-6),
        compared("class weights", 10.0, 1e-6),
        compared("smote", 20.0, 1e-6),
    )
    assert best_remedy((weights, threshold)) is threshold
    assert best_remedy((weights, threshold, smote)) is smote
    assert best_remedy((compared("threshold", 1.0, 0.3),)) is None
    assert best_remedy(()) is None


def test_what_is_only_likely_is_called_so():
    x, y = rare(60)
    found = judge(x, y, {"none": add_nothing(x)}, plan=Plan(repeats=2), baselines={})
    likely = replace(found, alternatives=(compared("smote", 4.0, 0.1),))
    assert advise(likely).startswith("add rows by SMOTE: likely +4.0 points of accuracy")
    several = (compared("threshold", 4.0, 1e-6),)
    said = advise(replace(found, alternatives=several, power=0.8))
    assert said.startswith("divide each probability by its class's share to the power 0.8: +4.0")


def test_classifiers_are_named_given_or_refused():
    assert {*GATE_CLASSIFIERS} == {"boosting", "cnn", "forest", "linear", "logistic"}
    with pytest.raises(ValueError, match="no classifier 'svm'; there are boosting, cnn"):
        classifiers_named("svm", (3,), 0)
    with pytest.raises(TypeError, match="expected a classifier of scikit-learn"):
        classifiers_named(3, (3,), 0)
    with pytest.raises(ValueError, match="several different ones"):
        classifiers_named(["forest", "forest"], (3,), 0)
    with pytest.raises(ValueError, match="a cnn is for images, samples here have shape"):
        classifiers_named("cnn", (3,), 0)
    assert classifiers_named("linear", (3,), 0)[0].model is None


@pytest.mark.parametrize(
    ("width", "names"), [(3, ("logistic", "boosting")), (1000, ("logistic", "forest"))]
)
def test_two_are_asked_of_rows_of_columns_with_a_reason(width, names):
    found, why = default_classifiers(Columns(width))
    assert found == names
    assert all(name in why for name in ("logistic", names[1]))


def test_a_cnn_learns_images():
    (asked,) = classifiers_named("cnn", (1, 8, 8), 0)
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    x = rng.normal(size=(60, 1, 8, 8))
    x[y == 1, :, :4] += 2
    model = asked.model.set_params(steps=40).fit(x.reshape(60, -1)[:40], y[:40])
    assert (model.predict(x.reshape(60, -1)[40:]) == y[40:]).mean() > 0.9


def test_a_request_says_what_the_samples_are_to_help():
    assert Request(n=3, classifier="forest").classifier == "forest"
