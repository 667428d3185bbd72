"""How good predictions and samples are, in numbers; none of them needs a download.

predictions(true, probabilities)         # accuracy, balanced_accuracy, macro_f1, log_loss, ece
regression(true, predicted)              # mae, rmse, r2
samples(real, fake)                      # frechet_randconv_5000, kernel_randconv_5000, ...

The name of a measure of samples says in which space and over how many it was taken, and against
what: numbers under different names cannot be compared.
"""

from ssgan.metrics.generation import frechet_distance, kernel_distance, precision_recall, samples
from ssgan.metrics.prediction import calibration_error, confusion, predictions, regression
from ssgan.metrics.spaces import Space, space_of

__all__ = [
    "Space",
    "calibration_error",
    "confusion",
    "frechet_distance",
    "kernel_distance",
    "precision_recall",
    "predictions",
    "regression",
    "samples",
    "space_of",
]
