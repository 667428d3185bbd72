"""The data sets of the few-label tables, all with a test part, and their few labels."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data import Data, draw_split, read, spectrograms, targets
from ssgan.models.gan import GAN
from ssgan.randomness import Rng

ANGLE = 60.0  # degrees, the most that an image is rotated either way
SPOKEN_LENGTH, SPOKEN_RATE = 5120, 8000  # samples of a sound that are looked at, and a second's
TEST_SHARE = 0.2  # of a data set without a test part


@dataclass(frozen=True)
class Problem:
    """Few labels of a data set, and the network that a method may start from."""

    data: Data  # with a test part, whose labels only `score_predictions` reads
    labeled: Array  # rows of data.x whose labels may be read
    start: GAN | None = None  # trained, or with its first weights; None for methods without
    run: Path | None = None  # where the model is kept, if it is

    @property
    def few(self) -> tuple[Any, Array]:
        """The labelled samples and their labels."""
        return take_rows(self.data.x, self.labeled), self.data.y[self.labeled]


def take_rows(x: Any, rows: Array) -> Any:
    """These rows of an array or a data frame."""
    return x.iloc[rows].reset_index(drop=True) if hasattr(x, "iloc") else x[rows]


def flatten_samples(x: Any) -> Array:
    """Images as rows of numbers in [0, 1]; the columns of a table, which must be numbers."""
    if hasattr(x, "to_numpy"):
        return np.asarray(x.to_numpy(np.float64))
    rows: Array = x.reshape(len(x), -1).astype(np.float32) / 255.0
    return rows


def rotate(images: Array, rng: Rng, block: int = 5000) -> tuple[Array, Array]:
    """uint8 images (N, H, W) rotated by random angles, and these in degrees, float64 (N,).

    Anticlockwise is positive; between -60 and 60, uniform. Corners are filled with 0.
    The result does not depend on `block`, the images that are rotated at once.
    """
    degrees = ANGLE * (2 * rng("angle").uniform(len(images)).double() - 1)
    blocks = []
    for rows in torch.split(torch.arange(len(images)), block):
        x = torch.from_numpy(images[rows.numpy()])[:, None].float()
        angle = degrees[rows].deg2rad().float()
        cosine, sine, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
        # The grid says where each pixel comes from, in coordinates whose second axis points down.
        moves = torch.stack([cosine, -sine, zero, sine, cosine, zero], 1).reshape(-1, 2, 3)
        grid = F.affine_grid(moves, list(x.shape), align_corners=False)
        x = F.grid_sample(x, grid, padding_mode="zeros", align_corners=False)
        blocks.append(x[:, 0].round().clamp(0, 255).byte().numpy())
    return np.concatenate(blocks), degrees.numpy()


def rotate_both_parts(mnist: Data) -> Data:
    """MNIST's images, each rotated once by an angle in ±60 degrees, which is the target."""
    x, y = rotate(mnist.x, Rng(("rotated-mnist", "train")))
    x_test, y_test = rotate(mnist.x_test, Rng(("rotated-mnist", "test")))
    return Data(kind="images", x=x, y=y, x_test=x_test, y_test=y_test)


def hold_out_test(data: Data, share: float = TEST_SHARE) -> Data:
    """A data set without a test part as one with it, of that share of the samples."""
    order = Rng(("benchmark", "test part")).numpy().permutation(len(data))
    cut = round(share * len(data))
    test, train = np.sort(order[:cut]), np.sort(order[cut:])
    parts = {"x": take_rows(data.x, train), "x_test": take_rows(data.x, test)}
    return Data(kind=data.kind, y=data.y[train], y_test=data.y[test], **parts)


def halve_shapes(data: Data) -> Data:
    """Voxels (N, 32, 32, 32, 1) of half the sides: full where any of 8 was."""
    parts = (np.asarray(x)[..., 0] > 0 for x in (data.x, data.x_test))
    halved = [x.reshape(-1, 16, 2, 16, 2, 16, 2).any((2, 4, 6)) for x in parts]
    return Data(kind="volumes", x=halved[0], y=data.y, x_test=halved[1], y_test=data.y_test)


def speech_images(data: Data) -> Data:
    """Spectrograms (N, 32, 38) of the first .64 seconds of sounds at 8,000 Hz."""
    images = [spectrograms(x[..., :SPOKEN_LENGTH], SPOKEN_RATE) for x in (data.x, data.x_test)]
    return Data(kind="images", x=images[0], y=data.y, x_test=images[1], y_test=data.y_test)


# Data sets that are made of others: what of, and how.
DERIVED: dict[str, tuple[str, Callable[[Data], Data]]] = {
    "rotated-mnist": ("mnist", rotate_both_parts),
    "california": ("california-housing", hold_out_test),
    "credit": ("credit-default", hold_out_test),
    "modelnet10-16": ("modelnet10", halve_shapes),
    "fsdd-spectrograms": ("fsdd", speech_images),
}
SIGNALS = "-signals"  # what the names of data sets end with that are read as such


@functools.lru_cache(maxsize=1)
def data_of(name: str, data_dir: Path | None) -> Data:
    """A data set of the tables; any name that is not in DERIVED is read by `ssgan.data.read`."""
    if name.endswith(SIGNALS):
        return read(f"ucr-{name.removesuffix(SIGNALS)}", data_dir=data_dir, modality="signal")
    if name not in DERIVED:
        return read(name, data_dir=data_dir)
    source, derive = DERIVED[name]
    modality = "signal" if derive is speech_images else None
    return derive(read(source, data_dir=data_dir, modality=modality))


def choose_labelled(data: Data, labels: int, seed: int) -> Array:
    """The labelled rows of a seed: as many of every class, or as many in all of a regression."""
    y = targets(data.y)
    if y.classes is None:
        return draw_split(y, labels=labels, seed=seed)
    per_class, rest = divmod(labels, len(y.classes))
    if rest or not per_class:
        raise InputError(
            f"{labels} labels cannot be as many in each of {len(y.classes)} classes: "
            "ask for a multiple"
        )
    return draw_split(y, per_class=per_class, seed=seed)


def score_predictions(problem: Problem, predictions: Array, measure: str) -> float:
    """How good predictions (N,) of the test rows are: "accuracy", "mae" or "rmse"."""
    true = problem.data.y_test
    if measure == "accuracy":
        return round(float((predictions == true).mean()), 5)
    gaps = np.asarray(predictions, np.float64) - np.asarray(true, np.float64)
    value = np.abs(gaps).mean() if measure == "mae" else np.sqrt((gaps**2).mean())
    return round(float(value), 5)
