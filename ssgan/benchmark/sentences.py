"""What others make of few labelled texts: a linear model of a frozen encoder's rows, and of words.

Each is a function from a problem and a seed to predictions (N,) of the test texts.
"""

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from ssgan.benchmark.problems import Problem
from ssgan.codecs.codec import Array
from ssgan.data import fit_codec
from ssgan.data.encoders import encode_samples


def of_rows(problem: Problem, seed: int) -> Array:
    """Logistic regression on the rows that the encoder makes, which have length 1."""
    x, y = problem.few
    codec = fit_codec(problem.data)
    model = LogisticRegression(C=10, max_iter=1000).fit(encode_samples(codec, x), y)
    predicted: Array = model.predict(encode_samples(codec, problem.data.x_test))
    return predicted


def of_words(problem: Problem, seed: int) -> Array:
    """Logistic regression on the words and pairs of words of a text, weighed by how rare they are
    among all texts that are not tested on."""
    x, y = problem.few
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    words.fit(problem.data.x)
    model = LogisticRegression(C=10, max_iter=1000).fit(words.transform(x), y)
    predicted: Array = model.predict(words.transform(problem.data.x_test))
    return predicted
