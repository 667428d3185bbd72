"""Accuracy against the number of labels, a panel a data set."""

import matplotlib.pyplot as plt

from benchmarks import glance
from benchmarks.tables import RESULTS

PANELS = {
    "digits": (("digits", "50"), ("digits", "100")),
    "MNIST": (("mnist-20", "20"), ("mnist-100", "100")),
    "Fashion-MNIST": (("fashion-100", "100"), ("fashion-1000", "1000")),
}
SHOWN = {
    "auto": "auto",
    "student and consistency": "long training",
    "GAN off: student and consistency": "long training, GAN off",
    "linear probe, discriminator": "linear probe",
    "network from scratch, labels only": "supervised baseline",
    "simple model that the folds choose": "simple model",
}

figure, axes = plt.subplots(1, len(PANELS), figsize=(9, 3.4))
for axis, (name, points) in zip(axes, PANELS.items(), strict=True):
    tables = {int(labels): glance.by_method(RESULTS, suite, labels) for suite, labels in points}
    for place, (method, called) in enumerate(SHOWN.items()):
        there = {n: lines[method] for n, lines in tables.items() if method in lines}
        moved = [n * (0.94 + 0.024 * place) for n in there]  # so that bars do not hide each other
        means = [line.mean for line in there.values()]
        low = [line.mean - line.worst for line in there.values()]
        axis.errorbar(moved, means, [low, [0] * len(low)], fmt="o-", ms=4, capsize=2, label=called)
    axis.set(title=name, xscale="log", xlabel="labels")
    axis.set_xticks(list(tables), [str(n) for n in tables])
    axis.minorticks_off()
axes[0].set_ylabel("accuracy")
figure.legend(*axes[0].get_legend_handles_labels(), loc="lower center", ncol=3, frameon=False)
figure.tight_layout(rect=(0, 0.17, 1, 1))
