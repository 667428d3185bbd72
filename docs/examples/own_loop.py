"""The discriminator's trunk in a training loop of one's own.

python docs/examples/own_loop.py        # some seconds on a processor core
python docs/examples/own_loop.py 2 2    # 2 steps each, to see that it runs
"""

import sys

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy

import ssgan


def main(gan_steps: int = 300, steps: int = 100) -> None:
    digits = load_digits()
    images = (digits.images * 15).astype(np.uint8)
    gan = ssgan.pretrain(images[:1400], steps=gan_steps, width=8)

    x = gan.codec.expand(gan.codec.pack(images))  # what networks see: float32 (N, 1, 8, 8)
    y = torch.from_numpy(digits.target)
    features = gan.encode(x[:1]).shape[1]
    head = nn.Linear(features, 10)
    parameters = [*gan.trunk.parameters(), *head.parameters()]
    for parameter in parameters:
        parameter.requires_grad_(True)
    optimizer = torch.optim.Adam(parameters, lr=1e-3)
    for _ in range(steps):
        loss = cross_entropy(head(gan.encode(x[:100])), y[:100])  # a hundred labels
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        right = head(gan.encode(x[1400:])).argmax(1) == y[1400:]
    print(f"accuracy {right.float().mean():.3f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
