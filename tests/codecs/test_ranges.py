"""Numbers outside the range seen in training are told of, and none is too large to be squared."""

import warnings

import numpy as np
import pandas as pd
import pytest

import ssgan
from ssgan.codecs import codec_for
from ssgan.codecs.ranges import mean_and_std
from ssgan.estimators import GANClassifier

RNG = np.random.default_rng(0)
X = RNG.normal(50, 10, size=(60, 3))
Y = (X[:, 0] > 50).astype(int)


@pytest.fixture(scope="module")
def gan():
    return ssgan.pretrain(X, steps=2, batch=8, width=2, latent=4)


def test_moments_are_numpys_and_exact_where_squares_overflow_or_vanish():
    assert np.array_equal(np.stack(mean_and_std(X)), np.stack([X.mean(0), X.std(0)]))
    for power in (300, -300):
        mean, std = mean_and_std(np.array([1.0, 3.0]) * 10.0**power)
        assert mean == pytest.approx(2 * 10.0**power) and std == pytest.approx(10.0**power)


@pytest.mark.parametrize("factor", [1e6, 1e300, -1e300])
def test_rows_far_outside_are_counted_and_their_predictions_are_numbers(gan, factor):
    model = ssgan.finetune(gan, X, Y, method="probe", calibrate=False)
    rows = X.copy()
    rows[:15] *= factor
    with pytest.warns(UserWarning, match=r"15 of 60 rows \(25%\) lie far outside .* in column \d"):
        assert np.isfinite(model.predict_proba(rows)).all()
    with pytest.warns(UserWarning, match="far outside the range seen in training"):
        assert np.isfinite(gan.features(rows)).all()


def test_most_rows_outside_are_told_of_and_few_are_not():
    codec = codec_for(X)
    moved = X + 70
    with pytest.warns(UserWarning, match=r"60 of 60 rows \(100%\) lie outside the range seen"):
        codec.pack(moved)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        codec.pack(X)
        codec.pack(np.concatenate([X, X.max(0, keepdims=True) + 9]))
        codec.pack(moved[:5])


def test_numbers_of_a_table_far_outside_are_told_of_by_their_column():
    table = pd.DataFrame({"{age}": X[:, 0], "count": np.arange(60)})
    codec = codec_for(table)
    for name in table:
        far = table.copy()
        far.loc[:2, name] = 10**6
        with pytest.warns(UserWarning, match=rf"3 of 60 rows \(5%\) lie far outside .*'{name}'"):
            codec.pack(far)


@pytest.mark.parametrize("factor", [1e300, 1e-300])
def test_labels_of_any_size_are_learnt(gan, factor):
    y = X[:, 0] * factor
    found = ssgan.finetune(gan, X, y, method="probe", calibrate=False).predict(X)
    usual = ssgan.finetune(gan, X, X[:, 0], method="probe", calibrate=False).predict(X)
    np.testing.assert_allclose(found / factor, usual, rtol=1e-4)


def test_samples_on_another_scale_than_the_gans_are_told_of():
    around = RNG.normal(0, 30, size=(60, 3))  # their range holds that of scaled ones
    unscaled = ssgan.pretrain(around, steps=2, batch=8, width=2, latent=4)
    scaled = around / around.std(0)
    probe = ssgan.PredictorConfig(method="probe", calibrate=False)
    for fit in (
        lambda x: ssgan.finetune(unscaled, x, Y, probe),
        lambda x: GANClassifier(unscaled, predictor=probe).fit(x, Y),
    ):
        with pytest.warns(UserWarning, match="on another scale .* 3 of 3 columns, which vary 0.03"):
            fit(scaled)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fit(around)
