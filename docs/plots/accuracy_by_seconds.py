"""Accuracy on MNIST from 100 labels against seconds, those of the GAN included."""

import matplotlib.pyplot as plt
import pandas as pd

from benchmarks import glance
from benchmarks.tables import RESULTS

figure, axis = plt.subplots(figsize=(8, 4.4))
kinds = {"no GAN": ([], []), "from the GAN": ([], [])}
for method, line in glance.by_method(RESULTS, "mnist-100", "100").items():
    if method.startswith("LAMDA-SSL"):
        continue
    kind = "from the GAN" if line.gan_seconds else "no GAN"
    total = max(line.seconds + line.gan_seconds, 0.1)
    kinds[kind][0].append(total)
    kinds[kind][1].append(line.mean)
    if method in ("logistic regression", "linear probe, discriminator"):
        axis.annotate(
            method, (total, line.mean), xytext=(-8, -12), ha="center", textcoords="offset points"
        )
for kind, (seconds, means) in kinds.items():
    axis.plot(seconds, means, "o", label=kind)

curve = pd.read_csv(RESULTS / "time-to-accuracy.csv")
for method, style in (("student and consistency", "-"), ("GAN off: student and consistency", "--")):
    mean = (
        curve[curve["method"] == method]
        .groupby("steps")[["seconds", "gan_seconds", "accuracy"]]
        .mean()
    )
    axis.plot(mean["seconds"] + mean["gan_seconds"], mean["accuracy"], style, label=method)
axis.set(xscale="log", xlabel="seconds, GAN included", ylabel="accuracy", ylim=(0.65, 1))
axis.legend(frameon=False)
figure.tight_layout()
