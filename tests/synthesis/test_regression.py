"""The gate for numbers: what lowers an error helps, noise does not, and leaks are cut off."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from ssgan.config import InputError
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.finetune import finetune
from ssgan.randomness import Rng
from ssgan.synthesis import Context, Plan, Synthetic, assess, augment, judge, judge_numbers
from ssgan.synthesis.gate.judges import linear_numbers
from ssgan.synthesis.gate.plan import error_reduction
from ssgan.synthesis.gate.regression import between_neighbours, labelled_again
from tests import examples

QUICK = Plan(metric="error reduction", judge=linear_numbers, repeats=4)


def numbers(count, seed=0, columns=40):
    """Rows and their noisy sums."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, columns))
    return x, x.sum(1) + 2 * rng.normal(size=count)


def test_the_error_of_the_mean_is_no_reduction_and_no_error_is_all_of_it():
    truth = np.array([-1.0, 1.0])
    assert error_reduction(truth, np.zeros(2)) == 0
    assert error_reduction(truth, truth) == 100
    assert error_reduction(truth, -truth) == -100


def test_rows_of_the_same_law_help_and_turned_ones_hurt():
    x, y = numbers(600)
    few = slice(0, 60)
    helped = judge_numbers(x[few], y[few], {"more": lambda rows, rng: (x[60:], y[60:])}, plan=QUICK)
    assert (helped.answer, helped.candidate) == ("helps", "more")
    assert helped.advice.startswith("add the synthetic rows (more): +")
    wrong = judge_numbers(x[few], y[few], {"bad": lambda rows, rng: (x[60:], -y[60:])}, plan=QUICK)
    assert wrong.answer == "hurts"


@pytest.mark.parametrize("seed", range(5))
def test_rows_of_noise_do_not_help(seed):
    x, y = numbers(60, seed, 5)
    noise = np.random.default_rng(seed).permutation(y)
    found = judge_numbers(x, y, {"noise": lambda rows, rng: (x[::-1], noise)}, plan=QUICK)
    assert found.answer != "helps"


def test_the_scores_do_not_depend_on_the_unit_of_the_numbers():
    x, y = numbers(60)
    more = {"more": lambda rows, rng: (x[:9], y[:9])}
    metres = judge_numbers(x, y, more, plan=QUICK, baselines={})
    more = {"more": lambda rows, rng: (x[:9], 1000 * y[:9] + 5)}
    millimetres = judge_numbers(x, 1000 * y + 5, more, plan=QUICK, baselines={})
    assert metres.scores == pytest.approx(millimetres.scores, abs=2e-3)


def test_a_pool_is_labelled_by_the_rows_at_hand_alone():
    x, y = numbers(30, columns=3)
    rows, pool = np.arange(20), np.arange(6)
    chosen, labels = labelled_again(x, y, x[:9])(rows, pool, 4)
    changed = np.where(np.arange(30) < 20, y, 1e6)
    assert chosen.tolist() == [0, 1, 2, 3]
    assert np.array_equal(labels, labelled_again(x, changed, x[:9])(rows, pool, 4)[1])


def test_rows_between_neighbours_have_numbers_on_the_same_way():
    x = np.arange(10.0)[:, None]
    made, labels = between_neighbours(x, 3 * x[:, 0])(np.arange(8), Rng(("between",)))
    assert np.allclose(labels, 3 * made[:, 0]) and made.min() >= 0 and made.max() <= 7


def test_ridge_is_that_of_scikit_learn_where_the_penalty_is_small():
    x, y = numbers(400, columns=3)
    exact = LinearRegression().fit(x, y).predict(x[:9])
    assert np.allclose(linear_numbers(x, y, x[:9]), exact, atol=0.1)


@pytest.fixture(scope="module")
def pair():
    gan = examples.trained("vectors")
    config = PredictorConfig(method="probe", calibrate=False)
    return gan, finetune(gan, examples.vectors(), examples.NUMBERS, config)


@pytest.mark.parametrize("classifier", ["linear", "boosting", LinearRegression()])
def test_a_regressor_is_named_or_given(pair, classifier):
    real = (examples.vectors(), examples.NUMBERS)
    verdict = augment(*pair, 5, gate=True, labeled=real, classifier=classifier)[2]
    name = classifier if isinstance(classifier, str) else "LinearRegression"
    assert (verdict.classifier, verdict.metric) == (name, "error reduction")


@pytest.mark.parametrize("classifier", ["logistic", "cnn", "nonsense", LogisticRegression()])
def test_what_predicts_classes_is_refused(pair, classifier):
    real = (examples.vectors(), examples.NUMBERS)
    with pytest.raises(InputError, match="does not predict numbers, the model does: give boosting"):
        augment(*pair, 5, gate=True, labeled=real, classifier=classifier)


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (np.where(np.arange(24) < 9, examples.NUMBERS, np.nan), "9 labelled rows: too few"),
        (np.full(24, 2.0), "all labels are equal"),
    ],
)
def test_few_and_constant_numbers_are_no_evidence(pair, labels, reason):
    gan, model = pair
    context = Context(gan, (), model, examples.vectors(), numbers=labels)
    verdict = assess(context, {"gan": Synthetic(gan.sample(4), np.zeros(4))})
    assert verdict.answer == "no evidence" and reason in verdict.reason


def test_a_metric_of_numbers_is_not_for_classes_and_bad_rows_are_refused():
    x, y = numbers(20, columns=2)
    nothing = {"a": lambda rows, rng: (x[:0], y[:0])}
    with pytest.raises(InputError, match="error reduction is of numbers, classes have accuracy"):
        judge(x, np.arange(20) % 2, nothing, plan=QUICK)
    with pytest.raises(InputError, match="finite numbers that differ"):
        judge_numbers(x, np.full(20, np.nan), nothing)
    with pytest.raises(InputError, match="20 rows of features but 3 numbers"):
        judge_numbers(x, y[:3], nothing)
    with pytest.raises(InputError, match="needs 10 labelled rows or more, got 8"):
        judge_numbers(x[:8], y[:8], nothing)
    with pytest.raises(InputError, match="1 to 3 candidates"):
        judge_numbers(x, y, {})
