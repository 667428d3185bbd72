"""
A table
=======

A GAN learns from a data frame, with numbers and categories as they are. Ten labels of each class
are known.
"""

# %%
# Diagnoses of breast cancer: 30 numbers a row, here with one of them as a category.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer

import ssgan

cancer = load_breast_cancer(as_frame=True)
table = cancer.data.iloc[:, :8].copy()
table["size"] = pd.cut(table["mean radius"], 3, labels=["small", "middle", "large"]).astype(str)
diagnosis = cancer.target.map({0: "malignant", 1: "benign"}).to_numpy()
table.head()

# %%
# Pretraining reads no label. Synthetic rows come back as a data frame with the same columns.

gan = ssgan.pretrain(table[:450], steps=300)
synthetic = gan.sample(450)
synthetic.head()

# %%
# Real and synthetic rows, in two of the columns. Look at such pictures: measures of single columns
# do not see that a rule between two columns is broken.

figure, axes = plt.subplots(1, 2, figsize=(7, 3), sharex=True, sharey=True)
for axis, name, rows in zip(axes, ("real", "synthetic"), (table[:450], synthetic), strict=True):
    axis.scatter(rows["mean radius"], rows["mean texture"], s=6)
    axis.set(title=name, xlabel="mean radius")
axes[0].set_ylabel("mean texture")
figure.tight_layout()

# %%
# Twenty labels. ``auto`` compares methods on folds of the labels, simple models among them, and
# says what it chose.

known = np.concatenate([np.flatnonzero(diagnosis[:450] == k)[:10] for k in np.unique(diagnosis)])
model = ssgan.finetune(gan, table.iloc[known], diagnosis[known], method="auto")
accuracy = np.mean(model.predict(table[450:]) == diagnosis[450:])
print(f"accuracy {accuracy:.3f} from {len(known)} labels, by {model.config.method}")
