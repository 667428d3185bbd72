"""What scikit-learn hands over, as the functions of `ssgan` want it."""

import dataclasses
import math
from contextlib import suppress
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import check_consistent_length, check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from ssgan.adaptation.config import AdaptConfig
from ssgan.config import InputError, InputTypeError
from ssgan.data import Targets, from_memory, targets, unlabeled
from ssgan.data.labels.values import raw_labels
from ssgan.data.texts import texts_in
from ssgan.models.config import GANConfig
from ssgan.models.gan import GAN
from ssgan.models.pretraining import load, pretrain
from ssgan.models.student.config import StudentConfig
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.finetune import finetune
from ssgan.prediction.labels import warn_unlike
from ssgan.prediction.predictor import Predictor

Config = TypeVar("Config", AdaptConfig, GANConfig, PredictorConfig, StudentConfig)


def seed_of(random_state: Any) -> int | None:
    """A seed from scikit-learn's `random_state`; None says that the configs' own seeds count."""
    if random_state is None:
        return None
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def with_seed(config: Config, seed: int | None) -> Config:
    """The config with that seed; None leaves its own."""
    return config if seed is None else dataclasses.replace(config, seed=seed)


def gan_or_config(gan: Any, device: str | None) -> GAN | GANConfig:
    """What the parameter `gan` of an estimator stands for: a GAN, or how to train one."""
    if gan is None:
        return GANConfig()
    if isinstance(gan, GAN | GANConfig):
        return gan
    if isinstance(gan, str | PathLike):  # a Run is one, too
        return load(Path(gan), device)
    raise InputTypeError(
        "expected gan to be a GANConfig, a GAN, a Run or the path of one, or None, "
        f"got {type(gan).__name__}"
    )


def checked_predictor(predictor: Any) -> PredictorConfig:
    """The parameter `predictor` of an estimator."""
    if predictor is None:
        return PredictorConfig()
    if isinstance(predictor, PredictorConfig):
        return predictor
    raise InputTypeError(
        f"expected predictor to be a PredictorConfig or None, got {type(predictor).__name__}"
    )


def holds_text_or_gaps(X: Any) -> bool:
    """Whether X is a data frame with more than numbers in it: text, categories, missing values."""
    if not isinstance(X, pd.DataFrame):
        return False
    plain = (
        isinstance(dtype, np.dtype | pd.SparseDtype) and dtype.kind in "iuf" for dtype in X.dtypes
    )
    return not all(plain) or bool(X.isna().any(axis=None))


def samples_of(estimator: Any, X: Any, gan: GAN | GANConfig, *, reset: bool) -> Any:
    """X checked and in the form that the codec of `gan` takes, or the one that will be fitted.

    `reset`: whether this is a fit, which learns number and names of the features, or a later
    call, which compares them. Raises ValueError or TypeError as scikit-learn's estimators do.
    """
    codec = gan.codec if isinstance(gan, GAN) else None
    if (texts := texts_in(X)) is not None:
        return texts
    if not codec.numeric if codec else holds_text_or_gaps(X):
        if isinstance(X, pd.DataFrame):
            validate_data(estimator, X, reset=reset, skip_check_array=True)
            return X
        return validate_data(estimator, X, reset=reset, dtype=None, ensure_all_finite=False)
    least = 2 if reset else 1
    X = validate_data(estimator, X, reset=reset, allow_nd=True, ensure_min_samples=least)
    if codec and X.ndim == 2 and X.shape[1] == math.prod(codec.raw_shape):
        return X.reshape(len(X), *codec.raw_shape)
    return X


def train_gan(estimator: Any, gan: GAN | GANConfig, samples: Any, seed: int | None) -> GAN:
    """The GAN that was given, or one trained on the samples."""
    if isinstance(gan, GAN):
        with suppress(InputError, OSError):  # its samples may have gone
            if (rows := gan.training_samples()) is not None:
                warn_unlike(gan.codec.pack(samples), rows)
        return gan
    shape = estimator.image_shape
    data = from_memory(samples, image_shape=None if shape is None else tuple(shape))
    trained = pretrain(data, with_seed(gan, seed), device=estimator.device)
    return dataclasses.replace(trained, packed=None)  # a fitted estimator keeps no rows


def labels_of(estimator: Any, y: Any) -> NDArray[Any]:
    """y as an array (N,), unlabeled entries as they came."""
    if y is None:
        raise InputError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is None"
        )
    if isinstance(y, np.ma.MaskedArray):
        y = raw_labels(y)  # None where it is masked
    if isinstance(y, pd.Series) and not isinstance(y.dtype, np.dtype):
        y = y.to_numpy(dtype=object)  # NA and text come as what they are
    labels: NDArray[Any] = column_or_1d(y, warn=True)
    if labels.dtype.kind == "f" and np.isinf(labels).any():
        row = int(np.flatnonzero(np.isinf(labels))[0])
        raise InputError(f"expected finite labels, row {row} is infinite: NaN means unlabeled")
    return labels.astype(object) if labels.dtype.kind == "T" else labels


def classes_of(labels: NDArray[Any], samples: Any) -> Targets:
    """Labels (N,) as classes; InputError for fewer than two of them, and for measurements."""
    check_consistent_length(samples, labels)
    known = labels[~unlabeled(labels)].tolist()  # a list: objects become what they are
    if known:
        check_classification_targets(np.array(known))
    return targets(labels, task="classification", no_label=-1)


def as_numbers(labels: NDArray[Any], samples: Any) -> Targets:
    """Labels (N,) as float64 numbers, whatever their dtype."""
    check_consistent_length(samples, labels)
    return dataclasses.replace(targets(labels, task="regression"), dtype="<f8")


def learn_predictor(
    estimator: Any, gan: GAN, samples: Any, labels: Targets, seed: int | None
) -> Predictor:
    """A predictor from the labelled rows and, beside them, the unlabeled ones among `samples`.

    Rows that the GAN was trained on elsewhere are left out: in cross-validation some of them are
    those that are held out.
    """
    config = with_seed(checked_predictor(estimator.predictor), seed)
    return finetune(gan, samples, labels, config, unlabeled=samples[:0])


def labelled_only(missing: NDArray[Any], weight: Any) -> tuple[NDArray[Any], Any]:
    """The rows that have a label, and their weights if there are any."""
    if missing.all():
        raise InputError(f"none of the {len(missing)} rows has a label: there is nothing to score")
    rows = np.flatnonzero(~missing)
    return rows, None if weight is None else np.asarray(weight)[rows]
