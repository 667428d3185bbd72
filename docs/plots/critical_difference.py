"""Mean ranks of methods over data sets, with the critical difference of Nemenyi's test."""

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import rankdata, studentized_range

from benchmarks import glance
from benchmarks.tables import RESULTS
from ssgan.benchmark import suite

TABLES = (
    *(("digits", "50"), ("digits", "100"), ("mnist-20", "20"), ("mnist-100", "100")),
    *(("fashion-100", "100"), ("fashion-1000", "1000"), ("rotated-mnist", "50")),
    ("california", "100"),
)
METHODS = {
    "auto": "auto",
    "GAN off: auto": "auto, GAN off",
    "student and consistency": "long training",
    "GAN off: student and consistency": "long training, GAN off",
    "label spreading on its features": "graph",
    "label spreading, distilled student": "graph of a student",
    "linear probe, discriminator": "linear probe",
    "linear probe, random trunk": "linear probe, GAN off",
    "network from scratch, labels only": "supervised baseline",
    "simple model that the folds choose": "simple model",
}

ranks = []
for name, labels in TABLES:
    found = glance.by_method(RESULTS, name, labels)
    sign = 1 if suite(name).lower else -1
    ranks.append(rankdata([sign * found[method].mean for method in METHODS]))
mean, k, n = np.mean(ranks, 0), len(METHODS), len(TABLES)
critical = studentized_range.ppf(0.95, k, np.inf) / np.sqrt(2) * np.sqrt(k * (k + 1) / (6 * n))

order = mean.argsort()
names, mean = [list(METHODS.values())[i] for i in order], mean[order]
figure, axis = plt.subplots(figsize=(8, 3.8))
axis.plot(mean, -np.arange(k), "o")
for place, (name, rank) in enumerate(zip(names, mean, strict=True)):
    axis.annotate(f"{name}  {rank:.1f}", (rank, -place), xytext=(8, -4), textcoords="offset points")
reaches = [int(np.flatnonzero(mean <= start + critical)[-1]) for start in mean]
for first, last in enumerate(reaches):
    if first == 0 or last > reaches[first - 1]:  # not inside the bar before it
        axis.plot(mean[[first, last]], [-first + 0.35] * 2, "k", lw=2)
axis.plot([1, 1 + critical], [1.4, 1.4], "k|-")
axis.annotate(
    f"critical difference {critical:.1f}",
    (1 + critical, 1.4),
    xytext=(8, -4),
    textcoords="offset points",
)
axis.set(xlim=(1, k + 1), ylim=(-k, 2), xlabel="mean rank")
axis.set_yticks([])
figure.tight_layout()
