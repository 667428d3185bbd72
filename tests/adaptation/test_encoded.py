"""Domains of texts, and of pictures under an encoder: rows of one frozen network."""

from pathlib import Path

import numpy as np
import pytest

import ssgan
from ssgan.config import InputError
from ssgan.data import from_memory
from ssgan.data.encoders import encoded, load_encoder

SENTENCES = Path(__file__).parents[1] / "fixtures" / "encoders" / "sentences"
THERE = np.array(["the ball", "a goal.", "the bank", "money!"] * 10, dtype=object)
HERE = np.array(["ball", "goal.", "bank", "money"] * 10, dtype=object)
TOPICS = np.array(["sport", "sport", "business", "business"] * 10)


def under(encoder, samples, labels=None):
    return encoded(from_memory(samples, labels), encoder)


@pytest.mark.parametrize("method", ["source-only", "statistics", "dann"])
def test_texts_are_adapted_and_a_directory_predicts_the_same(method, tmp_path, monkeypatch):
    monkeypatch.setenv("SSGAN_DATA", str(tmp_path / "data"))
    encoder = load_encoder(SENTENCES)
    domains = under(encoder, THERE, TOPICS), None, under(encoder, HERE)
    model = ssgan.adapt(*domains, method=method, steps=5, run=tmp_path / "model")
    again = ssgan.load(tmp_path / "model", encoder=SENTENCES)
    assert np.array_equal(again.predict(HERE), model.predict(HERE))
    if method == "source-only":
        assert (model.predict(HERE) == TOPICS).mean() > 0.9


def test_one_encoder_serves_both_domains_and_two_are_refused():
    def means(x):
        return x.mean((2, 3))

    def sums(x):
        return x.sum((2, 3))

    draw = np.random.default_rng(0)
    x, other = (draw.integers(0, 256, (40, 4, 4, 3), dtype=np.uint8) for _ in range(2))
    y = np.arange(40) % 2
    model = ssgan.adapt(under(means, x, y), None, from_memory(other), method="source-only", steps=2)
    assert model.codec.shape == (3,)
    with pytest.raises(InputError, match="by 'means', the target by 'sums': encode both by one"):
        ssgan.adapt(under(means, x, y), None, under(sums, other), method="source-only", steps=2)
