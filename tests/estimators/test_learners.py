"""scikit-learn's faces: the transformer, the classifier and the regressor."""

import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from ssgan.config import UnseenWarning
from ssgan.estimators import GANClassifier, GANFeatures, GANRegressor, LabeledSplit
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import pretrain
from ssgan.models.student.config import StudentConfig
from ssgan.models.student.training import distil
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.finetune import finetune
from ssgan.runs.run import Run
from tests.examples import quick

# The defaults take minutes, and the checks fit hundreds of times: a GAN that has hardly begun.
SMALL = GANConfig(steps=1, batch=16, width=2, latent=8)
QUICK = PredictorConfig(method="propagation", steps=5, batch=16, rate=5e-2, calibrate=False)
FACES = [GANFeatures(SMALL), GANClassifier(SMALL, QUICK), GANRegressor(SMALL, QUICK)]
EXPECTED = {
    "GANClassifier": {
        "check_classifiers_classes": "one of its problems has the classes -1 and 1, and -1 means "
        "unlabeled here, as in sklearn.semi_supervised, which it exempts by name"
    }
}


def expected(estimator):
    return EXPECTED.get(type(estimator).__name__, {})


@parametrize_with_checks(FACES, expected_failed_checks=expected, xfail_strict=True)
def test_scikit_learn_takes_it_for_one_of_its_own(estimator, check):
    check(estimator)


@pytest.mark.parametrize("face", FACES, ids=lambda face: type(face).__name__)
def test_names_of_columns_are_kept_and_compared(face):
    estimator_checks.check_dataframe_column_names_consistency(type(face).__name__, face)


@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names")
@pytest.mark.parametrize(
    "check",
    [
        "check_get_feature_names_out_error",
        "check_transformer_get_feature_names_out_pandas",
        "check_set_output_transform",
        "check_set_output_transform_pandas",
        "check_global_output_transform_pandas",
    ],
)
def test_features_have_names(check):
    getattr(estimator_checks, check)("GANFeatures", GANFeatures(SMALL))


def blobs(n=60, columns=3, seed=0):
    """Rows (n, columns) around two centres and which centre, 0 or 1, they are around."""
    draw = np.random.default_rng(seed)
    classes = np.arange(n) % 2
    return draw.normal(size=(n, columns)) + 4 * classes[:, None], classes


def hidden(labels, none, every=3):
    """Labels (N,) as objects, of which only every third is left."""
    some = np.array(labels, dtype=object)
    some[np.arange(len(some)) % every != 0] = none
    return some


def people(n=40):
    """A data frame of every kind of column, with missing entries, and a class."""
    rows = np.arange(n)
    frame = pd.DataFrame(
        {
            "age": np.where(rows % 7 == 0, np.nan, 20.0 + rows),
            "job": np.where(rows % 2, "smith", "baker"),
            "size": pd.Categorical(np.array(["s", "m", "l"])[rows % 3], ["s", "m", "l"]),
            "home": rows % 3 == 0,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rows, unit="D"),
        },
        index=rows + 100,
    )
    return frame, np.where(rows % 2, "yes", "no")


@pytest.fixture(scope="module")
def gan():
    return pretrain(blobs()[0], SMALL)


@pytest.mark.parametrize("none", [-1, None, np.nan, ""])
def test_text_labels_beside_unlabeled_rows_are_classes(gan, none):
    X, y = blobs()
    names = np.array(["low", "high"])[y]
    model = GANClassifier(gan, QUICK).fit(X, hidden(names, none))
    assert model.classes_.tolist() == ["high", "low"]
    assert (model.predict(X) == names).mean() > 0.95
    assert model.predict_proba(X).argmax(1).tolist() == (y == 0).astype(int).tolist()


@pytest.mark.parametrize(
    ("labels", "dtype"),
    [
        (lambda y: pd.Series(np.where(y, "b", "a")).where(np.arange(len(y)) % 3 == 0), object),
        (lambda y: pd.Series(hidden(y, pd.NA), dtype="Int64"), np.int64),
        (lambda y: pd.Series(np.where(y, "b", "a"), dtype="category"), object),
        (lambda y: np.where(np.arange(len(y)) % 3 == 0, y, -1), np.int64),
        (lambda y: np.where(np.arange(len(y)) % 3 == 0, y, np.nan), np.float64),
        (lambda y: np.ma.masked_array(y, mask=np.arange(len(y)) % 3 > 0), np.int64),
        (lambda y: y == 1, bool),
    ],
)
def test_labels_of_any_container_come_back_in_their_dtype(gan, labels, dtype):
    X, y = blobs()
    model = GANClassifier(gan, QUICK).fit(X, labels(y))
    assert len(model.classes_) == 2
    assert model.predict(X).dtype == model.classes_.dtype == dtype


def test_masked_labels_are_not_learnt(gan):
    X, y = blobs()
    masked = np.ma.masked_array(y, mask=np.arange(len(y)) >= 20)
    masked.data[20:] = 7  # what lies below a mask says nothing
    assert GANClassifier(gan, QUICK).fit(X, masked).classes_.tolist() == [0, 1]


def test_the_score_leaves_out_rows_without_a_label(gan):
    X, y = blobs()
    model = GANClassifier(gan, QUICK).fit(X, y)
    some = np.where(np.arange(len(y)) < 10, 1 - y, -1)
    assert model.score(X, y) == 1.0
    assert model.score(X, some) == 0.0
    assert model.score(X, np.where(np.arange(len(y)) == 0, 1 - y, y), np.arange(len(y))) == 1.0
    with pytest.raises(ValueError, match="none of the 60 rows has a label"):
        model.score(X, np.full(len(y), -1))


def test_a_regressor_takes_nan_for_unlabeled_and_minus_one_for_a_number(gan):
    X, _ = blobs()
    y = np.where(np.arange(len(X)) % 2, -1.0, X[:, 0])
    y[::5] = np.nan
    model = GANRegressor(gan, QUICK).fit(X, y)
    assert model.predictor_.about["labels"]["count"] == 48
    assert np.isfinite(model.score(X, y))
    assert model.predict(X).dtype == np.float64


def test_whole_numbers_are_regressed_on_without_rounding(gan):
    X, _ = blobs()
    predicted = GANRegressor(gan, QUICK).fit(X, np.arange(len(X))).predict(X)
    assert (predicted != np.rint(predicted)).any()


def test_a_gan_comes_as_config_object_run_or_path(tmp_path, gan):
    X, _ = blobs()
    pretrain(X, SMALL, run=tmp_path / "run")
    expected = gan.features(X)
    for given in (SMALL, gan, Run(tmp_path / "run"), tmp_path / "run", str(tmp_path / "run")):
        np.testing.assert_array_equal(GANFeatures(given).fit_transform(X), expected)
    with pytest.raises(TypeError, match="expected gan to be a GANConfig.*got int"):
        GANFeatures(7).fit(X)
    with pytest.raises(TypeError, match="expected predictor to be a PredictorConfig.*got str"):
        GANClassifier(gan, "probe").fit(X, blobs()[1])


def test_estimators_are_the_functions_in_other_words(gan):
    X, y = blobs()
    y = np.where(np.arange(len(y)) % 3 == 0, y, -1)
    model = finetune(gan, X, y, QUICK, unlabeled=X[:0])
    face = GANClassifier(SMALL, QUICK).fit(X, y)
    np.testing.assert_array_equal(face.predict_proba(X), model.predict_proba(X))


def test_the_random_state_is_the_seed_and_none_leaves_the_configs_their_own():
    X, _ = blobs()
    seeds = [
        GANFeatures(SMALL, random_state=state).fit(X).gan_.config.seed
        for state in (None, 3, np.int64(3), np.random.RandomState(0), np.random.RandomState(0))
    ]
    assert seeds[:3] == [0, 3, 3]
    assert seeds[3] == seeds[4] not in (0, 3)
    assert GANFeatures(GANConfig(steps=1, width=1, seed=7)).fit(X).gan_.config.seed == 7


def test_the_global_random_states_are_left_alone(gan):
    X, y = blobs()
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    for random_state in (None, 0):
        GANClassifier(SMALL, QUICK, random_state=random_state).fit(X, y).predict(X)
    assert random.getstate() == states[0]
    assert (np.random.get_state()[1] == states[1][1]).all()
    assert torch.equal(torch.get_rng_state(), states[2])


def test_a_clone_shares_the_gan(gan):
    model = GANClassifier(gan, QUICK)
    copied = clone(make_pipeline(model)).steps[0][1]
    assert copied.gan is gan
    assert copied.predictor == QUICK


def test_a_fitted_estimator_keeps_no_training_rows():
    assert GANFeatures(SMALL).fit(blobs()[0]).gan_.packed is None


@pytest.mark.slow  # a process of its own imports everything again
def test_one_gan_serves_a_search_in_two_processes(gan):
    X, y = blobs()
    X -= 3.5 * y[:, None]  # nearly upon each other, so that no method is always right
    y[::5] = -1
    grid = {"predictor": [PredictorConfig(method="probe"), QUICK]}
    alone = GridSearchCV(GANClassifier(gan), grid, cv=2, error_score="raise").fit(X, y)
    both = clone(alone).set_params(n_jobs=2).fit(X, y)
    assert both.best_params_ == alone.best_params_
    assert both.best_estimator_.gan_ is gan
    for name in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(both.cv_results_[name], alone.cv_results_[name])


def test_a_search_goes_over_fields_of_configs_that_are_not_given(gan):
    X, y = blobs()
    y[::3] = -1
    grid = {"predictor__steps": np.arange(1, 3), "predictor__calibrate": [False]}
    grid["predictor__method"] = ["propagation"]
    search = GridSearchCV(GANClassifier(gan), grid, cv=LabeledSplit(2), error_score="raise")
    search.fit(X, y)
    assert search.best_estimator_.predictor.steps == search.best_params_["predictor__steps"]
    assert search.best_estimator_.predictor_.config.steps == search.best_params_["predictor__steps"]


@pytest.mark.parametrize("predictor", [None, QUICK])
def test_fields_of_configs_are_parameters(predictor):
    model = GANClassifier(predictor=predictor)
    params = model.get_params()
    assert params["predictor__steps"] == (predictor or PredictorConfig()).steps
    assert params["gan__latent"] == GANConfig().latent
    assert "gan__latent" not in model.get_params(deep=False)
    same = model.set_params(predictor__steps=7, gan__steps=5, random_state=1)
    assert same is model
    assert model.predictor == replace(predictor or PredictorConfig(), steps=7)
    assert (model.gan, model.random_state) == (GANConfig(steps=5), 1)
    assert clone(model).get_params() == model.get_params()
    features = GANFeatures().set_params(student__steps=3)
    assert features.student == StudentConfig(steps=3)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"predictor__step": 3}, "no setting step: did you mean steps. There are method, steps"),
        ({"gan__steps": 3}, "gan__steps is a field of a GANConfig, but gan is a GAN: give gan"),
        ({"student__steps": 3}, "Invalid parameter 'student' for estimator GANClassifier"),
    ],
)
def test_fields_that_there_are_not_are_refused(gan, params, message):
    with pytest.raises(ValueError, match=message):
        GANClassifier(gan).set_params(**params)


def test_an_objective_may_be_named_where_parameters_are_set():
    named = GANClassifier().set_params(gan__objective="hinge", gan__steps=3)
    assert named.gan == GANConfig(objective="hinge", steps=3)


def test_features_are_those_of_another_readout_where_one_is_named(gan):
    brief, X = StudentConfig(steps=2), blobs()[0]
    end = GANFeatures(gan, readout="last").fit_transform(X)
    np.testing.assert_allclose(end, gan.features(X)[:, -end.shape[1] :], atol=1e-6)
    for state in (None, 3):
        found = GANFeatures(gan, readout="student", student=brief, random_state=state).fit(X)
        expected = distil(gan, X, replace(brief, seed=state or 0)).features(X)
        np.testing.assert_array_equal(found.transform(X), expected)
        assert found.get_feature_names_out()[-1] == "ssgan_127"
    readouts = "all, last, samples, samples+all, student".replace("+", r"\+")
    with pytest.raises(ValueError, match=f"no readout 'first'; there are {readouts}"):
        GANFeatures(gan, readout="first").fit(X)


def test_features_feed_a_pipeline_and_may_be_a_data_frame():
    X, y = blobs()
    pipeline = make_pipeline(GANFeatures(SMALL), LogisticRegression()).fit(X, y)
    assert pipeline.score(X, y) == 1.0
    frame = pd.DataFrame(X, columns=list("abc"), index=np.arange(len(X)) + 7)
    features = GANFeatures(SMALL).set_output(transform="pandas").fit(frame)
    out = features.transform(frame)
    assert list(out.columns[:2]) == ["ssgan_0", "ssgan_1"]
    assert out.index.equals(frame.index)
    assert features.feature_names_in_.tolist() == ["a", "b", "c"]
    assert features.n_features_in_ == 3
    assert set(out.dtypes) == {np.dtype(np.float32)}
    with pytest.raises(ValueError, match="feature names"):
        features.transform(frame[["a", "c", "b"]])


def test_flat_rows_are_images_with_an_image_shape():
    draw = np.random.default_rng(0)
    X = draw.integers(0, 17, (30, 64)).astype(np.float64)
    features = GANFeatures(SMALL, image_shape=(8, 8)).fit(X)
    assert features.gan_.codec.kind == "images"
    assert features.gan_.codec.shape == (1, 8, 8)
    assert features.gan_.sample(2).shape == (2, 64)
    assert GANFeatures(SMALL).fit(X.reshape(-1, 8, 8)).gan_.codec.shape == (1, 8, 8)


def test_a_gan_of_images_takes_flat_rows():
    images = np.random.default_rng(0).integers(0, 255, (30, 8, 8, 3)).astype(np.uint8)
    gan = pretrain(images, SMALL)
    flat = GANFeatures(gan).fit_transform(images.reshape(30, -1))
    np.testing.assert_array_equal(flat, gan.features(images))


def test_a_wrong_image_shape_is_refused():
    with pytest.raises(ValueError, match=r"\(8, 8\) has 64 values, the samples have 3"):
        GANFeatures(SMALL, image_shape=(8, 8)).fit(blobs()[0])


def test_frames_of_all_kinds_of_columns_are_learnt_from():
    frame, y = people()
    model = GANClassifier(SMALL, QUICK).fit(frame, hidden(y, -1, every=3))
    assert model.gan_.codec.kind == "table"
    assert model.feature_names_in_.tolist() == list(frame.columns)
    assert model.n_features_in_ == 5
    assert model.score(frame, y) > 0.9
    assert np.isfinite(GANRegressor(SMALL, QUICK).fit(frame, np.arange(40.0)).predict(frame)).all()
    with pytest.warns(UnseenWarning, match="column 'job': 40 of 40 entries .* as 'cook'"):
        assert len(model.predict(frame.assign(job="cook"))) == 40
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame.drop(columns="age"))


def test_a_frame_of_numbers_is_vectors_and_one_with_gaps_a_table():
    frame = pd.DataFrame(blobs()[0], columns=list("abc"))
    assert GANFeatures(SMALL).fit(frame).gan_.codec.kind == "vectors"
    frame.iloc[3, 1] = np.nan
    assert GANFeatures(SMALL).fit(frame).gan_.codec.kind == "table"
    with pytest.raises(ValueError, match="Input X contains NaN"):
        GANFeatures(SMALL).fit(frame.to_numpy())


def test_a_table_gan_keeps_frames_of_numbers_tables():
    frame = pd.DataFrame(blobs()[0], columns=list("abc"))
    gan = pretrain(frame, SMALL)
    np.testing.assert_array_equal(GANFeatures(gan).fit_transform(frame), gan.features(frame))


@pytest.mark.parametrize(
    "X",
    [
        blobs(150)[0],
        np.random.default_rng(0).random((150, 9, 11)),
        people(150)[0],
    ],
    ids=["vectors", "images", "table"],
)
def test_what_a_row_gives_depends_neither_on_order_nor_on_company(X):
    features = GANFeatures(SMALL).fit(X)
    take = X.iloc.__getitem__ if isinstance(X, pd.DataFrame) else X.__getitem__
    order = np.random.default_rng(1).permutation(len(X))
    every = features.transform(X)
    np.testing.assert_array_equal(features.transform(take(order)), every[order])
    np.testing.assert_array_equal(features.transform(take(slice(5, 7))), every[5:7])
    np.testing.assert_array_equal(features.transform(take(slice(149, 150))), every[149:])


def test_constant_columns_and_a_single_column_are_no_obstacle():
    X, y = blobs()
    X[:, 1] = 5.0
    assert GANClassifier(SMALL, QUICK).fit(X, y).score(X, y) == 1.0
    assert GANClassifier(SMALL, QUICK).fit(X[:, :1], y).score(X[:, :1], y) > 0.9


def test_a_method_that_is_fitted_at_once_needs_no_steps(gan):
    X, y = blobs()
    for method in ("probe", "svm", "graph"):
        assert GANClassifier(gan, quick(method)).fit(X, y).score(X, y) == 1.0


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.full(60, -1), "none of the 60 rows has a label"),
        (np.zeros(60), "a classifier needs at least two classes"),
        (np.linspace(0, 1, 60), "Unknown label type"),
        (np.where(np.arange(60) == 4, np.inf, 1.0), "row 4 is infinite"),
        (np.zeros(59), "inconsistent numbers of samples"),
    ],
)
def test_labels_that_are_no_classes_are_refused_before_anything_is_trained(labels, message):
    endless = GANConfig(steps=10**9)
    with pytest.raises(ValueError, match=message):
        GANClassifier(endless).fit(blobs()[0], labels)
