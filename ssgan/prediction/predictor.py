"""A finetuned model and what it predicts."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import torch

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data import Codec, Targets
from ssgan.data.labels.values import first_few
from ssgan.models.inference import apply
from ssgan.models.transport import pack, unpack
from ssgan.prediction.auto.choice import AutoChoice
from ssgan.prediction.calibration.intervals import Intervals
from ssgan.prediction.calibration.shares import ClassShares
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.ensemble import Model
from ssgan.prediction.heldout.comparison import FoldScores
from ssgan.runtime import Runtime


@dataclass(frozen=True, repr=False)
class Predictor:
    """A network that predicts labels of raw samples: what `finetune` gives.

    Parameters
    ----------
    config : PredictorConfig
        As it was trained; of "auto" that of the method that was chosen.
    codec : Codec
        Of the GAN: raw samples to tensors.
    network : Network or Ensemble
        A trunk, a readout and a head: encoded samples (N, ...) to outputs (N, K) or (N, 1).
    targets : Targets
        Classes and dtype of the labels, without values.
    runtime : Runtime
        Where it runs.
    about : mapping
        "gan": its data and config; "labels": task, count, scale and more.
    intervals : Intervals or None, default=None
        Where the prediction intervals of a regression come from.
    temperature : float, default=1.0
        Of the probabilities of classes.
    shares : ClassShares or None, default=None
        Where the samples have other shares of the classes than the labels.
    choice : AutoChoice or None, default=None
        What "auto" has chosen, and why.

    Examples
    --------
    >>> import numpy as np, ssgan
    >>> x = np.random.default_rng(0).normal(size=(40, 3))
    >>> gan = ssgan.pretrain(x, ssgan.GANConfig(steps=0, width=2))
    >>> model = ssgan.finetune(gan, x, 5 + x[:, 0], method="probe", calibrate=False)
    >>> model
    Predictor(regression by probe, from 40 labels)
    >>> model.predict(x[:5]).shape, model.features(x[:5]).shape
    ((5,), (5, 48))
    """

    config: PredictorConfig
    codec: Codec
    network: Model
    targets: Targets
    runtime: Runtime
    about: Mapping[str, Any]
    intervals: Intervals | None = None
    temperature: float = 1.0
    shares: ClassShares | None = None
    choice: AutoChoice | None = None

    def __repr__(self) -> str:
        classes = "" if self.classes is None else f" into {len(self.classes)} classes"
        count, verdict = self.about["labels"]["count"], self.verdict
        score = f"; {verdict}" if verdict else ""
        return f"Predictor({self.task}{classes} by {self.method}, from {count} labels{score})"

    @property
    def method(self) -> str:
        """The name of the method that it was trained by: one of finetuning, or of adaptation."""
        adapted = self.about.get("adaptation")
        return str(adapted["config"]["method"]) if adapted else self.config.method

    def _repr_html_(self) -> str:
        """A table for notebooks: what it is, and what was compared before it was chosen."""
        labels = self.about["labels"]
        facts = {"task": self.task, "method": self.method, "labels": labels["count"]}
        if self.classes is not None:
            facts |= {"classes": first_few(self.classes), "temperature": f"{self.temperature:.3g}"}
        else:
            facts["prediction intervals"] = "no" if self.intervals is None else "yes"
        facts["readout"] = self.config.readout
        if self.choice:
            means = self.choice.means.items()
            facts |= {f"{name}, on folds": f"{mean:.1f} points" for name, mean in means}
            facts["why"] = self.choice.reason
        lines = [
            f"<tr><th>{escape(k)}</th><td>{escape(str(v))}</td></tr>" for k, v in facts.items()
        ]
        return f"<table><caption>Predictor</caption>{''.join(lines)}</table>"

    @property
    def comparison(self) -> FoldScores | None:
        """How good it is on folds of the labels beside ordinary models, where that was measured."""
        if fields := self.about.get("comparison"):
            return FoldScores.from_json(fields)
        return self.choice.comparison if self.choice else None

    @property
    def verdict(self) -> str:
        """How good it is on held-out folds, where "auto" has measured that; else empty."""
        mean = self.choice.score if self.choice else None
        if mean is None:
            return ""
        if self.classes is None:
            return f"error {100 - mean:.0f} % of the labels' deviation on folds"
        return f"accuracy {mean:.1f} % on folds"

    def __deepcopy__(self, memo: object) -> "Predictor":
        return self  # it never changes, so scikit-learn's `clone` may share it

    def __getstate__(self) -> dict[str, Any]:
        return pack(vars(self))

    def __setstate__(self, state: dict[str, Any]) -> None:
        unpack(self, state)

    @property
    def classes(self) -> tuple[Any, ...] | None:
        """The classes in the order of `predict_proba`; None for a regression."""
        return self.targets.classes

    @property
    def task(self) -> str:
        """ "classification" or "regression"."""
        return self.targets.task

    def outputs(self, samples: Any) -> Array:
        """What the head gives: logits, or standardised numbers.

        Parameters
        ----------
        samples : array or DataFrame, (N, ...)
            Raw samples.

        Returns
        -------
        array of float64, (N, K) or (N, 1)

        Raises
        ------
        InputError
            For samples unlike those of the training.
        """
        network = self.network
        return apply(network, self.codec.pack(samples), self.codec, self.runtime).double().numpy()

    def predict(self, samples: Any) -> Array:
        """A label for every raw sample.

        Parameters
        ----------
        samples : array or DataFrame, (N, ...)
            Raw samples.

        Returns
        -------
        array, (N,)
            In the dtype of the labels it was finetuned on.

        Raises
        ------
        InputError
            For samples unlike those of the training.
        """
        if self.classes is None:
            return self.targets.decode(self.numbers(samples))
        return self.targets.decode(self.scores(samples).argmax(1))

    def scores(self, samples: Any) -> Array:
        """Log-probabilities, but for a number that is added to a row.

        Parameters
        ----------
        samples : array or DataFrame, (N, ...)
            Raw samples.

        Returns
        -------
        array of float64, (N, K)
        """
        scores: Array = self.outputs(samples) / self.temperature
        return scores if self.shares is None else scores + self.shares.shift

    def numbers(self, samples: Any) -> Array:
        """What a regression predicts, not rounded.

        Parameters
        ----------
        samples : array or DataFrame, (N, ...)
            Raw samples.

        Returns
        -------
        array of float64, (N,)
        """
        center, scale = self.about["labels"]["scale"]
        numbers: Array = self.outputs(samples)[:, 0] * scale + center
        return numbers

    def predict_interval(self, samples: Any, level: float = 0.9) -> Array:
        """Where the true number of each raw sample lies.

        Parameters
        ----------
        samples : array or DataFrame, (N, ...)
            Raw samples.
        level : float, default=0.9
            The share of samples for which the interval is right, about.

        Returns
        -------
        array of float64, (N, 2)
            The lower and the upper end.

        Raises
        ------
        InputError
            For classes, and where no intervals were learnt: with `calibrate` off, and from fewer
            than 10 labels.
        """
        if self.intervals is None:
            raise InputError(
                "this model has no prediction intervals: finetune on 10 numbers or more, with "
                "`calibrate`, or use predict_proba for classes"
            )
        center, scale = self.about["labels"]["scale"]
        ranges = self.intervals.of(self.codec.pack(samples), self.codec, self.runtime, level)
        scaled: Array = ranges * scale + center
        return scaled

    def predict_proba(self, samples: Any) -> Array:
        """The probability of every class.

        A softmax of what the head gives, divided by the temperature that folds of the labelled rows
        found: 1 from fewer than three labels of a class. Where the samples have other shares of the
        classes than the labels, it is weighed by their ratio.

        Parameters
        ----------
        samples : array or DataFrame, (N, ...)
            Raw samples.

        Returns
        -------
        array of float64, (N, K)
            In the order of `classes`; rows sum to 1.

        Raises
        ------
        InputError
            For a regression.
        """
        if self.classes is None:
            raise InputError("a regression has no class probabilities: use predict")
        return torch.from_numpy(self.scores(samples)).softmax(1).numpy()

    def features(self, samples: Any) -> Array:
        """Standardised features of the finetuned trunk, or student.

        Parameters
        ----------
        samples : array or DataFrame, (N, ...)
            Raw samples.

        Returns
        -------
        array of float32, (N, F)
        """
        packed = self.codec.pack(samples)
        return apply(self.network.features, packed, self.codec, self.runtime).numpy()
