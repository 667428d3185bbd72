"""End to end: augment a small labelled set, then train other people's classifiers on it.

    python -m benchmarks.augmented      # about five minutes on two cores

On the digits, 10 labels a class: a plain torchvision ResNet-18 and scikit-learn's logistic
regression and random forest, each on the 100 real rows alone and with 1,000 synthetic ones, scored
on the test part. Writes benchmarks/results/augmented.csv.
"""

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import joblib
import numpy as np
import pandas as pd
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from torch.nn import functional as F

import ssgan
from ssgan.benchmark.problems import flatten_samples
from ssgan.benchmark.suites.fewlabel import DIGITS
from ssgan.data import draw_split, read, targets
from ssgan.models.gan import GAN

RESULTS = Path(__file__).parent / "results"
DRAWS, PER_CLASS, SYNTHETIC, STEPS = 5, 10, 1000, 300
Guess = Callable[[Any, Any, Any, int], Any]  # (x, y, x_test, seed) -> labels of x_test


def resnet(x: np.ndarray, y: np.ndarray, x_test: np.ndarray, seed: int) -> np.ndarray:
    """torchvision's ResNet-18 with a first layer for small grey images, trained with Adam."""
    from torchvision.models import resnet18

    torch.manual_seed(seed)
    network = resnet18(num_classes=10)
    network.conv1 = torch.nn.Conv2d(1, 64, 3, 1, 1, bias=False)
    network.maxpool = torch.nn.Identity()
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    images, labels = torch.from_numpy(x)[:, None] / 255, torch.from_numpy(y)
    for _ in range(STEPS):
        rows = torch.randint(len(images), (64,))
        loss = F.cross_entropy(network(images[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.inference_mode():
        return network.eval()(torch.from_numpy(x_test)[:, None] / 255).argmax(1).numpy()


def logistic(x: np.ndarray, y: np.ndarray, x_test: np.ndarray, seed: int) -> np.ndarray:
    return (
        LogisticRegression(C=10, max_iter=1000)
        .fit(flatten_samples(x), y)
        .predict(flatten_samples(x_test))
    )


def forest(x: np.ndarray, y: np.ndarray, x_test: np.ndarray, seed: int) -> np.ndarray:
    return (
        RandomForestClassifier(random_state=seed)
        .fit(flatten_samples(x), y)
        .predict(flatten_samples(x_test))
    )


CLASSIFIERS: dict[str, Guess] = {
    "torchvision ResNet-18": resnet,
    "logistic regression": logistic,
    "random forest": forest,
}


def scores(gan: GAN, draw: int) -> list[dict[str, Any]]:
    """Accuracy of every classifier on the real rows alone and with synthetic ones."""
    torch.set_num_threads(1)
    data = read("digits")
    few = draw_split(targets(data.y), per_class=PER_CLASS, seed=draw)
    x, y = data.x[few], data.y[few]
    model = ssgan.finetune(gan, x, y, method="propagation")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class that the GAN makes rarely
        more, labels = ssgan.augment(gan, model, SYNTHETIC, gate=False, balance=True, seed=draw)
    both = np.concatenate([x, more]), np.concatenate([y, labels])
    found = []
    for name, guess in CLASSIFIERS.items():
        for kind, rows in (("real", (x, y)), ("real + synthetic", both)):
            accuracy = float((guess(*rows, data.x_test, draw) == data.y_test).mean())
            found.append({"classifier": name, "rows": kind, "draw": draw, "accuracy": accuracy})
    ours = float((model.predict(data.x_test) == data.y_test).mean())
    label = {"classifier": "the finetuned model that labelled them", "rows": "real"}
    return [*found, {**label, "draw": draw, "accuracy": ours}]


@click.command()
def main() -> None:
    """Train classifiers with and without synthetic rows and write the table."""
    torch.set_num_threads(1)
    gan = ssgan.pretrain(read("digits"), replace(DIGITS.gan, seed=0), device="cpu")
    work = (joblib.delayed(scores)(gan, draw) for draw in range(DRAWS))
    lines = [line for found in joblib.Parallel(n_jobs=2)(work) for line in found]
    frame = pd.DataFrame(lines)
    grouped = frame.groupby(["classifier", "rows"], sort=False)["accuracy"]
    table = grouped.agg(["mean", "std", "min", "count"]).round(4).reset_index()
    table.columns = ["classifier", "trained on", "accuracy", "deviation", "worst", "draws"]
    table.to_csv(RESULTS / "augmented.csv", index=False)
    click.echo(table.to_string(index=False))


if __name__ == "__main__":
    main()
