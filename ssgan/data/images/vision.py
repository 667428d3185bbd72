"""What torchvision is needed for: its data sets, and networks that were trained elsewhere.

Nothing else imports it.
"""

import difflib
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.codecs.codec import Array
from ssgan.config import InputError

DOWNLOADS = {
    "mnist": "MNIST",
    "fashion-mnist": "FashionMNIST",
    "cifar10": "CIFAR10",
    "usps": "USPS",
}
HEADS = ("fc", "classifier", "heads", "head")  # of torchvision's models: what makes classes
WEIGHTS = "resnet18-f37072fd.pth"  # of ImageNet, as torch's cache names them


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


def pretrained_at_hand() -> bool:
    """Whether torchvision's ResNet-18 lies in torch's cache; nothing is downloaded."""
    return (Path(torch.hub.get_dir()) / "checkpoints" / WEIGHTS).is_file()


def imagenet_resnet() -> nn.Module | None:
    """ResNet-18 as trained on ImageNet, from uint8 images to features; None without its weights.

    Takes (N, H, W) or (N, H, W, C) and gives float32 (N, 512): images are made 3 x 224 x 224.
    """
    if not pretrained_at_hand():
        return None
    from torchvision.models import ResNet18_Weights, resnet18

    weights = ResNet18_Weights.IMAGENET1K_V1
    body = resnet18(weights=weights)
    body.fc = nn.Identity()
    network: nn.Module = nn.Sequential(Pictures(weights.transforms()), body)
    return network.eval().requires_grad_(False)


class Pictures(nn.Module):
    """uint8 images (N, H, W) or (N, H, W, C) as a network of torchvision wants them."""

    def __init__(self, transforms: Any) -> None:
        super().__init__()
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(transforms.mean)[:, None, None])
        self.register_buffer("std", torch.tensor(transforms.std)[:, None, None])
        self.side = transforms.crop_size[0]

    def forward(self, images: Tensor) -> Tensor:
        x = images[..., None] if images.dim() == 3 else images
        x = x.movedim(-1, 1).float()[:, :3] / 255
        x = x.expand(-1, 3, -1, -1) if x.shape[1] == 1 else x
        x = F.interpolate(x, (self.side, self.side), mode="bilinear", antialias=True)
        standard: Tensor = (x - self.mean) / self.std
        return standard


def has_model(name: str) -> bool:
    """Whether torchvision has a model of that name."""
    from torchvision.models import list_models

    return name in list_models()


def backbone(name: str, weights: dict[str, Tensor]) -> nn.Module:
    """A model of torchvision with these weights, all of them, and without its head."""
    from torchvision.models import get_model, list_models

    if not has_model(name):
        near = difflib.get_close_matches(name, list_models(), 1)
        hint = f": did you mean {near[0]}?" if near else ", as resnet18"
        raise InputError(f"torchvision has no model {name!r}{hint}")
    with torch.device("meta"):  # nothing is drawn for weights that are replaced
        network: nn.Module = get_model(name, weights=None)
    try:
        network.load_state_dict(weights, assign=True)
    except RuntimeError as error:
        text = " ".join(str(error).split())[:200]
        raise InputError(f"these are not the weights of {name}: {text}") from error
    head = next((head for head in HEADS if hasattr(network, head)), None)
    if head is None:
        raise InputError(f"{name} makes no rows of numbers: take a classifier, as resnet18")
    setattr(network, head, nn.Identity())
    return network.eval().requires_grad_(False)
