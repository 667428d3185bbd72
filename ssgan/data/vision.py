"""What torchvision is needed for: downloading its data sets. Nothing else imports it."""

from pathlib import Path
from typing import Any

import numpy as np

from ssgan.data.codec import Array

DOWNLOADS = {
    "mnist": "MNIST",
    "fashion-mnist": "FashionMNIST",
    "cifar10": "CIFAR10",
    "usps": "USPS",
}


def download(name: str, directory: Path) -> dict[str, Array]:
    """x_train, y_train, x_test, y_test of an image data set, uint8 and int64.

    Its files are fetched into the directory. Raises OSError or RuntimeError without a network,
    ImportError without torchvision.
    """
    import torchvision.datasets

    kind: Any = getattr(torchvision.datasets, DOWNLOADS[name])
    parts: dict[str, Array] = {}
    for part in ("train", "test"):
        loaded = kind(str(directory), train=part == "train", download=True)
        parts[f"x_{part}"] = np.asarray(loaded.data, dtype=np.uint8)
        parts[f"y_{part}"] = np.asarray(loaded.targets, dtype=np.int64)
    return parts
