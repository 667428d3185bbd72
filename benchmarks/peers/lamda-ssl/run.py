"""One algorithm of LAMDA-SSL on one split, in an environment of its own.

    python run.py split.npz answer.npz --method FixMatch --steps 1000 --seed 0

split.npz: x (n, H, W) uint8, y (n,) classes from 0, unlabeled (m, H, W), x_test (k, H, W).
answer.npz: guesses (k,), seconds, samples (rows that were learnt from), versions.
"""

import argparse
import time
import warnings

import numpy as np
import torch
from sklearn.pipeline import Pipeline

warnings.filterwarnings("ignore")
SMALL = {"depth": 10, "widen_factor": 1}  # of a WideResNet where there is no GPU
LARGE = {"depth": 28, "widen_factor": 2}


def loaders(batch, steps, mu):
    """Endless labelled and unlabeled batches, and batches of the test rows."""
    from LAMDA_SSL.Dataloader.LabeledDataloader import LabeledDataLoader
    from LAMDA_SSL.Dataloader.UnlabeledDataloader import UnlabeledDataLoader
    from LAMDA_SSL.Sampler.RandomSampler import RandomSampler

    here = {"num_workers": 0, "prefetch_factor": None}  # its default of 2 is refused by torch now
    tests = {"batch_size": 100, "drop_last": False, **here}
    return {
        "labeled_dataloader": LabeledDataLoader(batch_size=batch, drop_last=True, **here),
        "unlabeled_dataloader": UnlabeledDataLoader(drop_last=True, **here),
        "valid_dataloader": UnlabeledDataLoader(**tests),
        "test_dataloader": UnlabeledDataLoader(**tests),
        "labeled_sampler": RandomSampler(replacement=True, num_samples=batch * steps),
        "unlabeled_sampler": RandomSampler(replacement=True, num_samples=mu * batch * steps),
        "mu": mu,
        "epoch": 1,
        "num_it_epoch": steps,
        "num_it_total": steps,
    }


def improved_gan(classes, steps, device):
    """The defaults; 100 labelled and 100 unlabeled rows a step."""
    from LAMDA_SSL.Algorithm.Classification.ImprovedGAN import ImprovedGAN

    settings = loaders(100, steps, 1)
    return ImprovedGAN(num_classes=classes, device=device, **settings), 200 * steps


def cosine(steps):
    """Their cosine schedule; their own class hands torch an argument that it no longer has."""
    from LAMDA_SSL.Base.BaseScheduler import BaseScheduler

    class Cosine(BaseScheduler):
        def init_scheduler(self, optimizer):
            return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)

    return Cosine()


def fixmatch(classes, steps, device):
    """The defaults, but for the network's size without a GPU, flips, and one channel."""
    from LAMDA_SSL.Algorithm.Classification.FixMatch import FixMatch
    from LAMDA_SSL.Augmentation.Vision.Cutout import Cutout
    from LAMDA_SSL.Augmentation.Vision.RandAugment import RandAugment
    from LAMDA_SSL.Augmentation.Vision.RandomCrop import RandomCrop
    from LAMDA_SSL.Dataset.LabeledDataset import LabeledDataset
    from LAMDA_SSL.Dataset.UnlabeledDataset import UnlabeledDataset
    from LAMDA_SSL.Network.WideResNet import WideResNet
    from LAMDA_SSL.Opitimizer.SGD import SGD
    from LAMDA_SSL.Transform.ToImage import ToImage
    from LAMDA_SSL.Transform.ToTensor import ToTensor

    crop = ("crop", RandomCrop(padding=0.125, padding_mode="reflect"))
    strong = [
        crop,
        ("augment", RandAugment(n=2, m=10, num_bins=10)),
        ("cut", Cutout(v=0.5, fill=(127,))),
    ]
    batch, size = (32, SMALL) if device == "cpu" else (64, LARGE)
    rows = {"pre_transform": ToImage(channels=1), "transform": ToTensor(dtype="float", image=True)}
    model = FixMatch(
        network=WideResNet(num_classes=classes, channel_in=1, drop_rate=0, **size),
        augmentation={
            "weak_augmentation": Pipeline([crop]),
            "strong_augmentation": Pipeline(strong),
        },
        labeled_dataset=LabeledDataset(**rows),
        unlabeled_dataset=UnlabeledDataset(**rows),
        valid_dataset=UnlabeledDataset(**rows),
        test_dataset=UnlabeledDataset(**rows),
        optimizer=SGD(lr=0.03, momentum=0.9, nesterov=True),
        scheduler=cosine(steps),
        device=device,
        **loaders(batch, steps, 7),
    )
    return model, 8 * batch * steps


METHODS = {"ImprovedGAN": improved_gan, "FixMatch": fixmatch}


def versions():
    from importlib.metadata import version

    return ", ".join(f"{name} {version(name)}" for name in ("LAMDA-SSL", "torch", "scikit-learn"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("split")
    parser.add_argument("answer")
    parser.add_argument("--method", choices=METHODS, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.manual_seed(asked.seed)
    np.random.seed(asked.seed)
    split = np.load(asked.split)
    device = "cuda:0" if torch.cuda.is_available() else "cpu"
    classes = int(split["y"].max()) + 1
    began = time.perf_counter()
    model, samples = METHODS[asked.method](classes, asked.steps, device)
    model.fit(split["x"], split["y"], split["unlabeled"])
    guesses = np.asarray(model.predict(split["x_test"]))
    seconds = time.perf_counter() - began
    about = {"seconds": seconds, "samples": samples, "versions": versions()}
    np.savez(asked.answer, guesses=guesses, **about)


if __name__ == "__main__":
    main()
