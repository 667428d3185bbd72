"""
Regression
==========

Labels that are numbers make a regression. Predictions come with intervals.
"""

# %%
# Progress of diabetes from ten measurements. Sixty patients have a number.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes

import ssgan

patients = load_diabetes()
train, test = patients.data[:300], patients.data[300:]
progress = patients.target

# %%
# A GAN of all 300 rows, then a linear probe: a ridge regression on what the discriminator sees.

gan = ssgan.pretrain(train, steps=400)
model = ssgan.finetune(gan, train[:60], progress[:60], method="probe")
predicted = model.predict(test)
error = np.abs(predicted - progress[300:]).mean()
baseline = np.abs(progress[:60].mean() - progress[300:]).mean()
print(f"mean absolute error {error:.1f}; of the mean of the labels {baseline:.1f}")

# %%
# Intervals that hold the true number for about nine samples in ten. They come from folds of the
# labels, so they cost no label.

intervals = model.predict_interval(test, level=0.9)
inside = np.mean((intervals[:, 0] <= progress[300:]) & (progress[300:] <= intervals[:, 1]))
print(f"{100 * inside:.0f} % of the true numbers lie inside")

order = predicted.argsort()
figure, axis = plt.subplots(figsize=(7, 3))
axis.fill_between(np.arange(len(test)), *intervals[order].T, alpha=0.2, label="interval")
axis.plot(predicted[order], label="predicted")
axis.plot(progress[300:][order], ".", label="true")
axis.set(xlabel="test samples, by prediction", ylabel="progress")
axis.legend()
figure.tight_layout()
