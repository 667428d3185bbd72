"""How good a predictor is, or how close a GAN comes to samples."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ssgan import metrics
from ssgan.config import InputError
from ssgan.data import digest
from ssgan.metrics.generation import MOST_SAMPLES
from ssgan.metrics.meanings import Meaning, meaning_of
from ssgan.models.gan import GAN
from ssgan.prediction.predictor import Predictor
from ssgan.randomness import Rng


def evaluate(
    model: Predictor | GAN,
    samples: Any,
    labels: Any = None,
    seed: int = 0,
    reference: str | None = None,
) -> dict[str, float]:
    """How good a predictor is on labelled samples, or how close a GAN comes to samples.

    Parameters
    ----------
    model : Predictor or GAN
    samples : array (N, ...) or data frame
        Raw samples.
    labels : array (N,), default=None
        Of a predictor's samples; unlabeled ones are left out. A GAN takes none.
    seed : int, default=0
        Of the samples that a GAN makes.
    reference : str, default=None
        What the names of a GAN's measures call the samples; by default "train" if they are those
        that the GAN was trained on, else "real".

    Returns
    -------
    dict of str to float
        Classification: accuracy, balanced accuracy, macro F1, log loss, calibration error.
        Regression: MAE, RMSE, R2, and how often intervals hold. A GAN: distances, coverage, a
        two-sample test and, where its training samples are others, whether it remembers those (see
        `ssgan.metrics`; nothing is downloaded).

    Raises
    ------
    InputError
        For a predictor without labels or with a reference, for labels that it does not know, and
        for a GAN with labels.

    Examples
    --------
    >>> import numpy as np, ssgan
    >>> y = np.arange(40) % 2
    >>> x = np.random.default_rng(0).normal(size=(40, 3)) + 9 * y[:, None]
    >>> gan = ssgan.pretrain(x, ssgan.GANConfig(steps=0, width=2))
    >>> model = ssgan.finetune(gan, x[:8], y[:8], method="probe", calibrate=False)
    >>> ssgan.evaluate(model, x, y)["accuracy"]
    1.0
    """
    if isinstance(model, GAN):
        if labels is not None:
            raise InputError("a GAN is compared with samples, not with labels: leave them out")
        return closeness(model, samples, seed, reference)
    if reference is not None:
        raise InputError("only a GAN is compared with a reference: leave it out for a predictor")
    if labels is None:
        raise InputError("a predictor is evaluated on labelled samples: give their labels")
    values = model.targets.encode(labels)
    labeled = np.flatnonzero(~np.isnan(values) if model.classes is None else values >= 0)
    if model.classes is None:
        guesses = model.numbers(samples)
        measures = metrics.regression(values[labeled], guesses[labeled])
        if model.intervals is not None:
            intervals = model.predict_interval(samples)[labeled]
            measures["interval_90_coverage"] = metrics.interval_coverage(values[labeled], intervals)
            measures["interval_90_width"] = metrics.interval_width(values[labeled], intervals)
        return measures
    return metrics.predictions(values[labeled], model.predict_proba(samples)[labeled])


def closeness(gan: GAN, samples: Any, seed: int, reference: str | None) -> dict[str, float]:
    """How close a GAN comes to raw samples; at most 10,000 of each, and of its training rows."""
    codec, real, train = gan.codec, gan.codec.pack(samples)[:MOST_SAMPLES], gan.training_samples()
    fake = codec.expand(codec.pack(gan.sample(len(real), seed)))
    x = codec.expand(real)
    is_train = train is not None and digest(train[: len(real)].numpy()) == digest(real.numpy())
    called = reference or ("train" if is_train else "real")
    measures = metrics.samples(x, fake, seed, reference=called)
    measures |= metrics.told_apart(x, fake, seed, reference=called)
    if train is not None and not is_train:
        order = Rng(("closeness", seed)).permutation(len(train))[:MOST_SAMPLES]
        measures |= metrics.memorisation(codec.expand(train[order]), x, fake, seed)
    return measures


def explained(measures: Mapping[str, float]) -> list[tuple[str, str, Meaning]]:
    """Each measure with its value as text, what it is and which way is better."""
    return [
        (name, f"{value:.4f}" if isinstance(value, float) else str(value), meaning_of(name))
        for name, value in measures.items()
    ]
