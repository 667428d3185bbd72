"""DomainAdapter: two domains in one X, told apart by sample_domain."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from ssgan import AdaptConfig
from ssgan.config import InputError, InputTypeError
from ssgan.estimators import DomainAdapter

Y = np.arange(80) % 2
DOMAIN = np.where(np.arange(80) < 40, 1, -2)
X = np.random.default_rng(0).normal(size=(80, 2)) + 9 * Y[:, None]
X[DOMAIN < 0] += 20
SMALL = AdaptConfig(method="statistics", steps=40, width=2, batch=16)
there = DOMAIN < 0


def fitted(y=Y, domain=DOMAIN, x=X, **params):
    return DomainAdapter(SMALL, **params).fit(x, y, sample_domain=domain)


def test_the_target_is_predicted_from_labels_of_the_source():
    model = fitted()
    assert model.score(X[there], Y[there]) == 1.0
    assert model.predict_proba(X[there]).sum(1) == pytest.approx(1.0)
    assert model.classes_.tolist() == [0, 1]
    assert model.n_features_in_ == 2


def test_labels_of_the_target_are_never_read():
    """Trap: target labels reach the estimator."""
    wrong = np.where(there, 1 - Y, Y)
    hidden = np.where(there, -1, Y)
    expected = fitted().predict_proba(X)
    for labels in (wrong, hidden):
        assert np.array_equal(fitted(labels).predict_proba(X), expected)


def test_without_domains_the_samples_without_labels_are_the_target():
    hidden = np.where(there, -1, Y)
    expected = fitted().predict_proba(X)
    assert np.array_equal(fitted(hidden, None).predict_proba(X), expected)


def test_flat_images_and_tables_are_taken():
    images = np.random.default_rng(0).integers(0, 60, (80, 64))
    images[Y == 0, :32] += 190
    model = DomainAdapter(SMALL, image_shape=(8, 8)).fit(images, Y, sample_domain=DOMAIN)
    assert model.predict(images).shape == (80,)
    frame = pd.DataFrame(X, columns=list("ab")).assign(c=[*"uv"] * 40)
    model = fitted(x=frame)
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]
    assert model.predict(frame).shape == (80,)


def test_it_is_cloned_and_its_config_is_searched():
    model = DomainAdapter(random_state=3).set_params(adapt__steps=7)
    again = clone(model)
    assert again.adapt == AdaptConfig(steps=7)
    assert again.get_params()["adapt__steps"] == 7
    one, other = (fitted(random_state=seed).predict_proba(X) for seed in (0, 1))
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("params", "domain", "error", "words"),
    [
        ({}, np.ones(80), InputError, "got 80 of the source and 0 of the target"),
        ({}, np.zeros(80), InputError, "positive for the source and negative for the target"),
        ({}, np.ones(79), InputError, "a number for each of 80 samples"),
        ({"adapt": "dann"}, DOMAIN, InputTypeError, "expected adapt to be an AdaptConfig or None"),
    ],
)
def test_what_cannot_be_two_domains_is_refused(params, domain, error, words):
    with pytest.raises(error, match=words):
        DomainAdapter(**params).fit(X, Y, sample_domain=domain)
