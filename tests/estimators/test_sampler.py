"""imbalanced-learn's face."""

import importlib.util
import sys

import numpy as np
import pandas as pd
import pytest
from imblearn.base import BaseSampler
from imblearn.pipeline import make_pipeline
from imblearn.utils import check_sampling_strategy
from imblearn.utils.estimator_checks import estimator_checks_generator
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.utils.estimator_checks import parametrize_with_checks

from ssgan.data import from_memory
from ssgan.estimators import GANSampler, sampler
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import pretrain
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.finetune import finetune

# The checks fit often: a GAN that has hardly begun, and may not make every class yet.
SMALL = GANConfig(steps=10, batch=16, width=2, latent=8)
QUICK = PredictorConfig(method="propagation", steps=60, batch=32, rate=1e-2, calibrate=False)
FACE = GANSampler(SMALL, QUICK, judge=None)  # its verdict has a test of its own
EXPECTED = {
    "check_samplers_pandas_sparse": "sparse columns are refused like sparse matrices: a GAN makes "
    "dense rows"
}
CHECKS = list(estimator_checks_generator(FACE, expected_failed_checks=EXPECTED, mark="xfail"))
pytestmark = pytest.mark.filterwarnings("ignore:of .* synthetic samples")


@pytest.mark.parametrize(("estimator", "check"), CHECKS)
def test_imbalanced_learn_takes_it_for_one_of_its_own(estimator, check):
    check(estimator)


@parametrize_with_checks([FACE], xfail_strict=True)
def test_scikit_learn_takes_it_for_one_of_its_own(estimator, check):
    check(estimator)


def rows(counts=(40, 20, 10), unlabeled=6, seed=0):
    """Rows (n, 3) around a centre a class, and labels; the last rows have none."""
    draw = np.random.default_rng(seed)
    classes = np.repeat(np.arange(len(counts) + 1), [*counts, unlabeled])
    X = draw.normal(size=(len(classes), 3)) + 4 * classes[:, None]
    return X, np.where(classes == len(counts), -1, classes)


def test_real_rows_come_first_and_unlabeled_ones_pass_untouched():
    X, y = rows()
    more, labels = FACE.fit_resample(X, y)
    assert more[: len(X)].tobytes() == X.tobytes()
    assert labels[: len(y)].tobytes() == y.tobytes()
    assert labels[len(y) :].tolist() == [1] * 20 + [2] * 30
    assert np.isfinite(more).all()


@pytest.mark.parametrize("none", [np.nan, None, "", -1])
def test_whatever_stands_for_no_label_is_no_class(none):
    X, y = rows((20, 10))
    names = np.array(["a", "b", none], dtype=object)[y]
    _, labels = FACE.fit_resample(X, names)
    assert all(a is b for a, b in zip(labels, names, strict=False))
    assert labels[len(y) :].tolist() == ["b"] * 10
    assert labels.dtype == object


def test_the_unlabeled_rows_are_learnt_from():
    X, y = rows((20, 10))
    face = clone(FACE)
    face.fit_resample(X, y)
    refuse_other_rows(face, X, y)


def refuse_other_rows(face, X, y):
    """That the networks of a sampler learnt from these rows and labels, and from no others."""
    assert face.gan_.data["fingerprint"] == from_memory(X).fingerprint
    expected = finetune(face.gan_, X, y, QUICK, unlabeled=X[:0])
    assert face.predictor_.about == expected.about


def test_in_cross_validation_only_the_train_fold_is_seen():
    X, y = rows((40, 20), unlabeled=0)
    folds = StratifiedKFold(3)
    pipeline = make_pipeline(clone(FACE), LogisticRegression())
    found = cross_validate(pipeline, X, y, cv=folds, error_score="raise", return_estimator=True)
    assert (found["test_score"] > 0.9).all()
    for fitted, (train, _) in zip(found["estimator"], folds.split(X, y), strict=True):
        refuse_other_rows(fitted.steps[0][1], X[train], y[train])


def test_frames_stay_frames_and_their_real_rows_what_they_were():
    n = 40
    index = np.arange(n)
    X = pd.DataFrame(
        {
            "age": np.where(index % 7 == 0, np.nan, 20.0 + index),
            "children": index % 4,
            "job": pd.Series(np.where(index % 2, "smith", "baker"), dtype="str"),
            "size": pd.Categorical(np.array(["s", "m"])[index % 2], ["s", "m", "l"], ordered=True),
            "home": index % 3 == 0,
        }
    )
    X.index = index + 100
    y = pd.Series(np.where(index < 25, "no", "yes"), name="paid", dtype="category", index=X.index)
    more, labels = FACE.fit_resample(X, y)
    pd.testing.assert_frame_equal(more[:n], X.reset_index(drop=True))
    pd.testing.assert_series_equal(labels[:n], y.reset_index(drop=True))
    assert labels.value_counts().to_dict() == {"no": 25, "yes": 25}
    assert (more.dtypes == X.dtypes).all()
    assert more.index.equals(labels.index)
    assert set(more["job"]) == {"smith", "baker"}


def test_frames_of_numbers_keep_their_dtypes():
    X, y = rows((30, 10), unlabeled=0)
    frame = pd.DataFrame({"a": X[:, 0].astype(np.float32), "b": np.arange(40, dtype=np.int8)})
    more, labels = FACE.fit_resample(frame, y)
    assert more.dtypes.tolist() == [np.dtype(np.float32), np.dtype(np.int8)]
    assert more["b"].between(0, 39).all()
    assert labels.tolist() == y.tolist() + [1] * 20


def test_images_are_made_as_images():
    draw = np.random.default_rng(0)
    images = draw.integers(0, 255, (30, 8, 8, 3)).astype(np.uint8)
    y = np.repeat([0, 1], [20, 10])
    more, _ = FACE.fit_resample(images, y)
    assert more.shape == (40, 8, 8, 3)
    assert more.dtype == np.uint8
    flat = clone(FACE).set_params(image_shape=(8, 24)).fit(images.reshape(30, -1), y)
    assert flat.fit_resample(images.reshape(30, -1), y)[0].shape == (40, 192)
    gan = pretrain(images, SMALL)
    assert clone(FACE).set_params(gan=gan).fit_resample(images.reshape(30, -1), y)[0].shape == (
        40,
        192,
    )


STRATEGIES = [
    *("auto", "all", "minority", "not minority", "not majority"),
    {0: 45, 2: 12},
    lambda y: {int(y.max()): 45},
]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda s: getattr(s, "__name__", str(s)))
@pytest.mark.parametrize("counts", [(40, 20, 10), (20, 40, 40), (10, 10, 10)])
def test_strategies_are_those_of_imbalanced_learn(strategy, counts):
    _, y = rows(counts, unlabeled=0)
    if isinstance(strategy, dict) and counts[2] > 12:
        return
    expected = check_sampling_strategy(strategy, y, "over-sampling")
    found = sampler.strategy_counts(strategy, dict(enumerate(counts)), y)
    assert found == dict(expected)


@pytest.mark.parametrize("ratio", [0.3, 0.5, 1, 1.0])
def test_ratios_are_those_of_imbalanced_learn(ratio):
    _, y = rows((40, 10), unlabeled=0)
    expected = check_sampling_strategy(ratio, y, "over-sampling")
    assert sampler.strategy_counts(ratio, {0: 40, 1: 10}, y) == dict(expected)


@pytest.mark.parametrize(
    ("strategy", "counts", "message"),
    [
        ("majority", (4, 2), "expected sampling_strategy to be one of all, auto"),
        (["a"], (4, 2), "expected sampling_strategy to be one of"),
        (0.5, (4, 2, 1), "a ratio is for two classes, there are 3"),
        (1.5, (4, 2), r"expected a ratio in \(0, 1\], got 1.5"),
        (0.5, (4, 2), "are in a ratio of 0.5 or more already"),
        ({7: 9}, (4, 2), r"class 7 is none of \[0, 1\]"),
        ({0: 3}, (4, 2), "class 0 has 4 rows, asked were 3"),
    ],
)
def test_strategies_that_cannot_be_are_refused(strategy, counts, message):
    with pytest.raises(ValueError, match=message):
        sampler.strategy_counts(strategy, dict(enumerate(counts)), None)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.full(20, -1), "none of the 20 rows has a label"),
        (np.repeat([1, -1], 10), "a classifier needs at least two classes"),
        (np.eye(20)[:, :2] + 1, "Multilabel and multioutput"),
    ],
)
def test_labels_that_cannot_be_balanced_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        FACE.fit_resample(np.random.default_rng(0).random((20, 2)), labels)


def test_a_balanced_set_comes_back_as_it_is():
    X, y = rows((10, 10))
    more, labels = FACE.fit_resample(X, y)
    np.testing.assert_array_equal(more, X)
    np.testing.assert_array_equal(labels, y)


def test_each_synthetic_row_is_one_that_the_predictor_takes_for_its_class():
    X, y = rows((40, 20), unlabeled=0)
    face = clone(FACE)
    more, labels = face.fit_resample(X, y)
    assert labels[60:].tolist() == [1] * 20
    assert face.predictor_.predict(more[60:]).tolist() == [1] * 20


def test_it_is_a_base_sampler_and_has_a_stand_in_where_there_is_none(monkeypatch):
    assert isinstance(FACE, BaseSampler)
    monkeypatch.setitem(sys.modules, "imblearn.base", None)
    spec = importlib.util.spec_from_file_location("sampler_alone", sampler.__file__)
    alone = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(alone)
    X, y = rows((20, 10))
    face = alone.GANSampler(SMALL, QUICK, judge=None)
    assert not isinstance(face, BaseSampler)
    assert face._estimator_type == face.__sklearn_tags__().estimator_type == "sampler"
    for one, other in zip(face.fit_resample(X, y), FACE.fit_resample(X, y), strict=True):
        np.testing.assert_array_equal(one, other)
    assert face.get_feature_names_out().tolist() == ["x0", "x1", "x2"]


def test_the_verdict_is_an_attribute_and_can_be_enforced():
    X, y = rows((20, 10))
    report = clone(FACE).set_params(judge="report")
    assert len(report.fit_resample(X, y)[0]) > len(X)
    assert report.verdict_.answer in ("helps", "no evidence", "hurts")
    enforced = clone(FACE).set_params(judge="enforce")
    more, labels = enforced.fit_resample(X, y)
    if enforced.verdict_.answer != "helps":
        assert (more.tobytes(), labels.tobytes()) == (X.tobytes(), y.tobytes())
    with pytest.raises(ValueError, match="expected judge to be report, enforce or None"):
        clone(FACE).set_params(judge="yes").fit_resample(X, y)
