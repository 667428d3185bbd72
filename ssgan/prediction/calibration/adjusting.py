"""The shares of the classes that a predictor assumes, and warnings where classes do not match.

A predictor assumes the shares of its labels unless its config states others, or has them estimated
from the unlabeled samples, as "auto" does. The estimate is made once for a run, from what the
calibrated predictor says of them.
"""

import json
import warnings
from dataclasses import asdict, replace

import numpy as np
import torch
from torch import Tensor

from ssgan.codecs.codec import Array
from ssgan.config import ClassesWarning, InputError
from ssgan.models.gan import GAN
from ssgan.models.inference import apply
from ssgan.prediction.calibration.shares import (
    ClassShares,
    estimated_shares,
    label_shares,
    reweighed,
    stated_shares,
    trusted_shares,
    unlike_any_class,
)
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.fitting import fit_network
from ssgan.prediction.labels import Labeled
from ssgan.prediction.predictor import Predictor
from ssgan.prediction.resolve import resolve_config
from ssgan.runs.run import Run
from ssgan.runs.storage import understood
from ssgan.training.runner import finish

SHARES = "shares.json"


def with_class_shares(model: Predictor, gan: GAN, rows: Labeled, run: Run | None) -> Predictor:
    """The predictor with the shares of classes that its config asks for, made or stored."""
    wanted = model.config.shares
    if not rows.classes or wanted in (None, "labels"):
        return model
    if run and run.has(SHARES):
        return replace(model, shares=stored_shares(run))
    labels = label_shares(rows.values.numpy(), rows.classes)
    origin = wanted if isinstance(wanted, str) else "stated"
    samples = known_shares(model.config, rows)
    if samples is None:
        seen = probabilities(model, rows.few(), gan)
        samples = trusted_shares(seen, labels, len(rows.values), model.config.class_shares)
    shares = ClassShares(tuple(labels.tolist()), tuple(samples.tolist()), origin)
    if run:
        run.write(SHARES, json.dumps(asdict(shares)))
    return replace(model, shares=shares)


def known_shares(config: PredictorConfig, rows: Labeled) -> Array | None:
    """The shares (K,) that the config names; None where they are to be estimated.

    Raises InputError for classes that are not those of the labels, and where nothing is unlabeled.
    """
    if config.shares in (None, "labels"):
        return label_shares(rows.values.numpy(), rows.classes)
    if config.shares == "equal":
        return np.full(rows.classes, 1 / rows.classes)
    if config.shares == "estimated":
        if rows.unlabeled is None:
            raise InputError(
                "shares are estimated from unlabeled samples, there are none: state the shares, or "
                "give unlabeled samples"
            )
        return None
    return stated_shares(dict(config.shares), rows.targets.classes or ())  # type: ignore[arg-type]


def with_prior(gan: GAN, config: PredictorConfig, rows: Labeled) -> Labeled:
    """The rows with the shares that pseudo-labels are aligned with, where they are aligned.

    Those to be estimated are, by a probe of what the GAN reads.
    """
    if not (rows.classes and config.align) or config.shares in (None, "labels"):
        return rows
    samples = known_shares(config, rows)
    if samples is None:
        probe = resolve_config(PredictorConfig(method="probe", seed=config.seed), gan, rows)
        network, _ = finish(fit_network(gan, probe, rows))
        outputs = apply(network, rows.few(), gan.codec, gan.runtime).double()
        labels = label_shares(rows.values.numpy(), rows.classes)
        seen = outputs.softmax(1).numpy()
        samples = trusted_shares(seen, labels, len(rows.values), config.class_shares)
    return replace(rows, shares=torch.from_numpy(samples).float())


def check_shares(config: PredictorConfig, rows: Labeled) -> None:
    """InputError for shares that these labels cannot have, before anything is trained."""
    if rows.classes:
        known_shares(config, rows)
    elif config.shares not in (None, "labels"):
        raise InputError("shares are those of classes, the labels are numbers: leave shares out")


def probabilities(model: Predictor, packed: Tensor, gan: GAN) -> Array:
    """Of the classes (M, K), for packed samples (M, ...), by the shares of the labels."""
    outputs = apply(model.network, packed, gan.codec, gan.runtime).double()
    chances: Array = (outputs / model.temperature).softmax(1).numpy()
    return chances


def stored_shares(run: Run) -> ClassShares:
    """The shares that a model directory holds."""
    with understood(run.path / SHARES):
        stored = run.read_object(SHARES)
        shares = ClassShares(
            tuple(stored["labels"]), tuple(stored["samples"]), str(stored["origin"])
        )
        if not np.isfinite(shares.shift).all():
            raise ValueError(f"shares of {shares.samples}")
        return shares


def warn_of_classes(model: Predictor, gan: GAN, rows: Labeled) -> None:
    """A ClassesWarning where a labelled class has no unlabeled sample, or samples have no class."""
    config = model.config.class_shares
    packed = rows.few(config.checked)
    if not rows.classes or len(packed) < config.expected * rows.classes:
        return
    labels = label_shares(rows.values.numpy(), rows.classes)
    predicted = probabilities(model, packed, gan)
    shares = estimated_shares(predicted, labels, config.held)
    counts = np.bincount(reweighed(predicted, shares, labels).argmax(1), minlength=rows.classes)
    alone = [str(name) for name, n in zip(rows.targets.classes or (), counts, strict=True) if not n]
    if alone:
        issue_warning(
            f"no unlabeled sample of {len(packed)} looks like one of {', '.join(alone)}, which have"
            " labels: are these samples from elsewhere?"
        )
    features = gan.apply(gan.encode, rows.packed).numpy(), gan.apply(gan.encode, packed).numpy()
    share, error = unlike_any_class(*features, (shares / labels)[rows.values.numpy()])
    if share > max(config.least, config.errors * error):
        issue_warning(
            f"about {100 * share:.0f} % (± {100 * error:.0f}) of the unlabeled samples are far from"
            " all labelled ones: label some of them, or leave out what is of no class"
        )


def issue_warning(words: str) -> None:
    """A ClassesWarning that names the caller's line."""
    warnings.warn(words, ClassesWarning, stacklevel=5)
