import pytest
import torch

from ssgan.metrics import accuracy_scores, space_of
from ssgan.randomness import Rng


def numbers(key, n=200):
    y = torch.arange(n) % 2
    return Rng(("test", key)).normal(n, 4) + 6 * y[:, None], y


def images(key, n=160):
    y = torch.arange(n) % 2
    x = 0.1 * Rng(("test", key)).normal(n, 1, 8, 8)
    x[y == 0, :, :4] += 1
    x[y == 1, :, :, :4] += 1
    return x, y


CASES = [
    (numbers, "logistic", "logistic_encoded"),
    (numbers, "boosting", "boosting"),
    (images, "logistic", "logistic_randconv"),
    (images, "cnn", "cnn"),
]


@pytest.mark.parametrize(("rows", "classifier", "name"), CASES)
def test_real_samples_in_place_of_generated_ones_score_as_real_ones(rows, classifier, name):
    train, test, fake = rows("train"), rows("test"), rows("fake")
    found = accuracy_scores(train, test, fake, classifier)
    n = len(train[0])
    assert list(found) == [f"{score}_{name}_{n}_test" for score in ("cas", "reverse", "real")]
    assert min(found.values()) > 0.95
    assert found == accuracy_scores(train, test, fake, classifier)


@pytest.mark.parametrize(("rows", "classifier", "name"), CASES)
def test_generated_samples_under_wrong_labels_score_nothing(rows, classifier, name):
    x, y = rows("fake")
    found = accuracy_scores(rows("train"), rows("test"), (x, 1 - y), classifier)
    assert found[f"cas_{name}_{len(x)}_test"] < 0.05
    assert found[f"reverse_{name}_{len(x)}_test"] < 0.05
    assert found[f"real_{name}_{len(x)}_test"] > 0.95


def test_as_many_real_as_generated_samples_are_learnt_from():
    found = accuracy_scores(numbers("train"), numbers("test"), numbers("fake", 50))
    assert list(found)[0] == "cas_logistic_encoded_50_test"


def test_scores_say_the_space_and_the_rows_that_they_were_tested_on():
    train, test, fake = (numbers(key) for key in ("train", "test", "fake"))
    space = space_of(train[0], "first", lambda x: x[:, :2])
    found = accuracy_scores(train, test, fake, space, reference="hospital_b")
    names = [f"{score}_logistic_first_200_hospital_b" for score in ("cas", "reverse", "real")]
    assert list(found) == names


def test_what_cannot_be_learnt_is_refused():
    good = numbers("train")
    with pytest.raises(ValueError, match="got 'cnn' for samples of shape"):
        accuracy_scores(good, good, good, "cnn")
    with pytest.raises(ValueError, match="generated samples are all of one class"):
        accuracy_scores(good, good, (good[0], good[1] * 0))
    with pytest.raises(ValueError, match="labelled generated samples, got 0"):
        accuracy_scores(good, good, (good[0][:0], good[1][:0]))
