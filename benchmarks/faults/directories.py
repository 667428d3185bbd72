"""Run and model directories of tiny data, one of every kind, and all that is read from them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

import ssgan
from ssgan.data import load_encoder
from ssgan.report import report

N = 60
Outputs = dict[str, Any]


@dataclass(frozen=True)
class Tiny:
    """Raw samples of three kinds, and their labels."""

    images: Any  # uint8 (N, 8, 8)
    vectors: Any  # (N, 3)
    table: pd.DataFrame
    classes: Any  # int (N,)
    numbers: Any  # float (N,)


def tiny(seed: int = 0) -> Tiny:
    """The samples."""
    rng = np.random.default_rng(seed)
    classes = np.arange(N) % 2
    vectors = rng.normal(size=(N, 3)) + 3 * classes[:, None]
    images = np.clip(120 * classes[:, None, None] + rng.integers(0, 99, (N, 8, 8)), 0, 255)
    table = pd.DataFrame({"age": rng.integers(18, 80, N), "job": rng.choice(["a", "b", "c"], N)})
    return Tiny(images.astype(np.uint8), vectors, table, classes, vectors[:, 0] + 0.1)


def directories(
    home: Path, data: Tiny, names: Collection[str] | None = None
) -> dict[str, Callable[[Path], Outputs]]:
    """Write ten directories below `home`, or some of them and the GANs that they need.

    By their names, what is read from each.
    """
    config = ssgan.GANConfig(steps=4, batch=8, width=2, latent=4)
    search = ssgan.SearchConfig(folds=2, repeats=1, steps=4, values=2, trees=5)
    brief = {"steps": 4, "batch": 8}  # where a training has steps
    gans = {
        "gan-images": ssgan.pretrain(data.images, config, run=home / "gan-images"),
        "gan-table": ssgan.pretrain(data.table, config, run=home / "gan-table"),
        "gan-conditional": ssgan.pretrain(
            data.vectors, config, labels=data.classes, run=home / "gan-conditional"
        ),
    }
    images, vectors = gans["gan-images"], gans["gan-conditional"]
    few = np.where(np.arange(N) < 30, data.classes, -1)
    models: dict[str, tuple[Any, Any, Any, dict[str, Any]]] = {
        "model-propagation": (images, data.images, few, {"method": "propagation"} | brief),
        "model-numbers": (
            *(vectors, data.vectors, data.numbers),
            {"method": "propagation"} | brief,
        ),
        "model-auto": (vectors, data.vectors, few, {"method": "auto"} | brief),
        "model-baseline": (vectors, data.vectors, few, {"method": "baseline"}),
        "model-student": (
            *(images, data.images, few),
            {
                "method": "probe",
                "readout": "student",
                "student": ssgan.StudentConfig(steps=2, batch=6),
            },
        ),
    }
    wanted = models if names is None else {name: models[name] for name in models if name in names}
    for name, (gan, x, y, fields) in wanted.items():
        chosen = ssgan.PredictorConfig(search=search, **fields)
        ssgan.finetune(gan, x, y, chosen, run=home / name)
    read = {"gan-images": data.images, "gan-table": data.table, "gan-conditional": data.vectors}
    read |= {name: x for name, (_, x, _, _) in wanted.items()}
    if names is None or "gan-encoded" in names:
        encoder = load_encoder(frozen_network(home / "network.ts"), embed=True)
        ssgan.pretrain(data.images, config, encoder=encoder, run=home / "gan-encoded")
        read["gan-encoded"] = data.images
    if names is None or "model-adapted" in names:
        few = {"target_y": np.where(np.arange(N) < 20, data.classes, -1), "width": 2} | brief
        auto = {"method": "auto", "candidates": ("source-only", "statistics")}
        where = home / "model-adapted"
        ssgan.adapt(data.images, data.classes, 255 - data.images, run=where, **few, **auto)
        read["model-adapted"] = data.images
    return {name: outputs_for(x) for name, x in read.items()}


def frozen_network(path: Path) -> Path:
    """Write a network that makes rows of 5 numbers of colour images."""
    parts = nn.Conv2d(3, 5, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    traced: Any = torch.jit.trace(nn.Sequential(*parts).eval(), torch.zeros(2, 3, 8, 8))
    traced.save(str(path))
    return path


def outputs_for(x: Any) -> Callable[[Path], Outputs]:
    """What is read from a directory whose samples are `x`."""

    def outputs(path: Path) -> Outputs:
        predictor = ssgan.Run.open(path).config.get("kind") == "predictor"
        found = of_model(ssgan.load(path), x) if predictor else of_gan(path, x)
        page = report(path).read_text("utf-8")
        return found | {"report": page}

    return outputs


def of_gan(path: Path, x: Any) -> Outputs:
    """Samples, features and scores of the last checkpoint and of the best."""
    found: Outputs = {}
    encoder = "embedded" if any(path.glob("encoder.*")) else None
    for which in ("last", "best"):
        gan = ssgan.load(path, checkpoint=which, encoder=encoder)
        found[f"{which} samples"] = np.asarray(gan.sample(4)).tolist()
        found[f"{which} features"] = gan.features(x[:4]).tolist()
        found[f"{which} scores"] = gan.scores(x[:4]).tolist()
    return found


def of_model(model: Any, x: Any) -> Outputs:
    """Predictions, how sure they are, and features."""
    found = {"predictions": model.predict(x).tolist(), "features": model.features(x[:4]).tolist()}
    if model.classes is None:
        return found | {"intervals": model.predict_interval(x).tolist()}
    return found | {"probabilities": model.predict_proba(x).tolist()}
