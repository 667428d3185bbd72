"""
Images
======

A GAN learns from digits without labels. Then ten labels of each class are enough for a classifier.
"""

# %%
# The data: 1,500 images of 8 x 8 for training, the others for the test.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import ssgan

digits = load_digits()
images = (digits.images * 15).astype(np.uint8)
train, test = images[:1500], images[1500:]

# %%
# Pretraining reads no label. The defaults have 5,000 steps; 400 show how it works. A notebook
# shows a GAN by new samples, as here; elsewhere ``gan.plot()`` draws them.

gan = ssgan.pretrain(train, steps=400, width=12)

gan

# %%
# Ten labels of each class. The other images of ``train`` are known to the GAN; they are used
# without their labels. Calibration would train on folds of the labels too; it is left out to save
# time.

few = np.concatenate([np.flatnonzero(digits.target[:1500] == k)[:10] for k in range(10)])
model = ssgan.finetune(gan, train[few], digits.target[few], calibrate=False)
accuracy = np.mean(model.predict(test) == digits.target[1500:])
print(f"accuracy {accuracy:.3f} from {len(few)} labels")

# %%
# For comparison: a simple model of the same hundred images.

simple = LogisticRegression(max_iter=1000)
simple.fit(train[few].reshape(len(few), -1) / 255, digits.target[few])
score = simple.score(test.reshape(len(test), -1) / 255, digits.target[1500:])
print(f"logistic regression: {score:.3f}")

# %%
# Images of which the model is least sure, with its prediction and the true class.

sure = model.predict_proba(test).max(1)
figure, axes = plt.subplots(1, 8, figsize=(7, 1.4))
for axis, k in zip(axes, sure.argsort()[:8], strict=True):
    axis.imshow(test[k], cmap="gray")
    axis.set_title(f"{model.predict(test[k : k + 1])[0]} ({digits.target[1500 + k]})")
    axis.axis("off")
