"""Implicit augmentation: an ordinary torchvision classifier with an adversarial term in its loss.

A GAN learns all digits without labels; a ResNet-18 learns 200 of them with labels, and besides to
tell real digits from the GAN's (Salimans et al. 2016, section 5):

    loss = cross_entropy(net(x), y) + 0.1 * real_or_fake(net(x), net(adversary.fakes(n, step)))

    python docs/examples/implicit_augmentation.py         # about a minute on a processor core
    python docs/examples/implicit_augmentation.py 10 10   # 10 steps each, to see that it runs
"""

import sys

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy, interpolate
from torchvision.models import resnet18

from ssgan import pretrain
from ssgan.models.gan import GAN
from ssgan.randomness import Rng, seeded
from ssgan.synthesis import Implicit, real_or_fake

LABELS = 200
BATCH = 32
WEIGHT = 0.1  # of the adversarial term


def classifier() -> nn.Module:
    with seeded(Rng(("example",))):
        return resnet18(num_classes=10)


def colour(x: torch.Tensor) -> torch.Tensor:
    """Grey images (N, 1, 8, 8) as the classifier takes them."""
    return interpolate(x, size=32).expand(-1, 3, -1, -1)


def train(gan: GAN, x: torch.Tensor, y: torch.Tensor, steps: int, weight: float) -> nn.Module:
    """A classifier of encoded images; `weight` 0 is the ordinary training."""
    net, adversary = classifier(), Implicit(gan)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for step in range(steps):
        rows = Rng(("example", step)).integers(len(x), BATCH)
        logits = net(colour(x[rows]))
        loss = cross_entropy(logits, y[rows])
        if weight:
            fakes = net(colour(adversary.fakes(BATCH, step)))
            loss = loss + weight * real_or_fake(logits, fakes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net.eval()


@torch.no_grad()
def accuracy(net: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    return float((net(colour(x)).argmax(1) == y).float().mean())


def main(gan_steps: int = 200, steps: int = 100) -> None:
    digits = load_digits()
    images = (digits.images * 15).astype(np.uint8)
    gan = pretrain(images[:1400], steps=gan_steps, batch=32, width=8)
    x = gan.codec.expand(gan.codec.pack(images))
    y = torch.from_numpy(digits.target)
    for name, weight in (("ordinary", 0.0), ("with the adversarial term", WEIGHT)):
        net = train(gan, x[:LABELS], y[:LABELS], steps, weight)
        print(f"{name}: accuracy {accuracy(net, x[1400:], y[1400:]):.3f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
