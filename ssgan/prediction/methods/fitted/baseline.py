"""A model of the samples themselves, without the GAN: what folds of the labels choose.

Of logistic or ridge regression, nearest neighbours, a support vector machine and gradient boosting.
"""

from typing import Any

import torch
from torch import Tensor, nn

from ssgan.config import InputError, there_are
from ssgan.models.gan import GAN
from ssgan.models.pooling import Readout
from ssgan.prediction.baselines import (
    Baseline,
    choose,
    cross_validate,
    fit_baseline,
    fit_predicts,
    flat_rows,
    stratified,
    too_few,
)
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.labels import Labeled
from ssgan.prediction.method import Method, Tensors
from ssgan.prediction.network import Network
from ssgan.randomness import Rng

FOLDS, REPEATS = 5, 2


class Flat(nn.Module):
    """A trunk that sees nothing: samples (N, ...) as one map (N, F)."""

    def forward(self, x: Tensor) -> list[Tensor]:
        return [x.flatten(1)]


class BaselineHead(nn.Module):
    """A baseline as a head: its few labelled samples are its state, it is fitted when loaded."""

    def __init__(self, model: Baseline) -> None:
        super().__init__()
        self.model = model
        for name, tensor in model.to_tensors().items():
            self.register_buffer(name, tensor)

    def forward(self, features: Tensor) -> Tensor:
        outputs = torch.from_numpy(self.model.predict(features.float().cpu().numpy()))
        return outputs.to(features.device).reshape(len(features), -1).float()


def fit(gan: GAN, config: PredictorConfig, rows: Labeled) -> tuple[Network, dict[str, Any]]:
    """The model that is best on folds, over samples."""
    model = model_of(gan, config, rows)
    return on_samples(model), model.to_json()


def model_of(gan: GAN, config: PredictorConfig, rows: Labeled) -> Baseline:
    """The one that the config names, or that folds of the labels choose; the simplest where they
    cannot. InputError for a name that there is not."""
    x, labels, search = flat_rows(gan.codec, rows.packed), rows.values.numpy(), config.search
    models = fit_predicts(x, labels, rows.classes, config.seed, search)
    name = config.baseline or next(iter(models))
    if name not in models:
        raise InputError(f"no baseline {name!r} for such samples{there_are(name, models)}")
    if config.baseline is None and not too_few(labels, rows.classes):
        folds = stratified(
            labels,
            rows.classes,
            Rng(("simple model", config.seed)),
            folds=min(FOLDS, search.folds),
            repeats=min(REPEATS, search.repeats),
        )
        scores = {
            model: cross_validate(fit_predict, labels, rows.classes, folds).scores
            for model, fit_predict in models.items()
        }
        name = choose(scores, folds).name
    return fit_baseline(name, x, labels, rows.classes, config.seed, search)


def on_samples(model: Baseline) -> Network:
    """A baseline in the place of a network: it sees the encoded samples themselves."""
    network = Network(Flat(), Readout(model.rows.shape[1]), BaselineHead(model))
    return network.requires_grad_(False).eval()


def rebuild(state: Tensors, facts: Any) -> Network:
    """That model from its rows and labels."""
    tensors = {name: state[f"head.{name}"] for name in ("rows", "labels")}
    return on_samples(Baseline.from_tensors(tensors, facts))


METHOD = Method(fit=fit, rebuild=rebuild, readout="all", uses=("baseline",))
