"""How good predictions and samples are, in numbers; only `inception` needs weights, from you.

predictions(true, probabilities)         # accuracy, balanced_accuracy, macro_f1, log_loss, ece
regression(true, predicted)              # mae, rmse, r2
samples(real, fake)                      # frechet_randconv_5000_real, kernel_randconv_..., ...
psnr(picture, other), ssim(picture, other)  # of the luma, as papers on super-resolution have them
table_measures(real, fake)["determined"]  # of rows of a table: tails, zeros, functional dependence
told_apart(real, fake)                   # c2st_logistic_randconv_5000_real: .5 = cannot be told
accuracy_scores(train, test, fake)       # cas_logistic_randconv_5000_test: learnt on generated ones
memorisation(train, held_out, fake)      # memorised_p_randconv_5000_train, ...
class_coverage(real, real_y, fake, fake_y).alarms
meaning_of("ece").better                 # lower

What each module is for:

    prediction            how good predictions are
    generation, spaces    how close samples are to real ones, and in which space
    two_sample, scores    whether a classifier can tell them, or learns from them
    memorisation          whether they are those that were learnt from
    tables                the same of rows of a table, column by column and together
    coverage              which classes are neglected
    inception             distances in Inception's features
    pictures              how close a picture is to another
    meanings              what each measure is, and which way is better

The name of a measure of samples says in which space and over how many it was taken, and against
what: numbers under different names cannot be compared.
"""

from ssgan.metrics.coverage import ClassCoverage, class_coverage
from ssgan.metrics.generation import frechet_distance, kernel_distance, precision_recall, samples
from ssgan.metrics.inception import inception
from ssgan.metrics.meanings import meaning_of
from ssgan.metrics.memorisation import Memorisation, memorisation, memorises
from ssgan.metrics.pictures import luma, psnr, ssim
from ssgan.metrics.prediction import (
    calibration_error,
    confusion,
    interval_coverage,
    interval_width,
    per_class,
    predictions,
    regression,
)
from ssgan.metrics.scores import accuracy_scores
from ssgan.metrics.spaces import Space, space_of
from ssgan.metrics.tables import rows_told_apart, table_measures
from ssgan.metrics.two_sample import TwoSample, told_apart, two_sample

__all__ = [
    "ClassCoverage",
    "Memorisation",
    "Space",
    "TwoSample",
    "accuracy_scores",
    "calibration_error",
    "class_coverage",
    "confusion",
    "frechet_distance",
    "inception",
    "interval_coverage",
    "interval_width",
    "kernel_distance",
    "luma",
    "meaning_of",
    "memorisation",
    "memorises",
    "per_class",
    "precision_recall",
    "predictions",
    "psnr",
    "regression",
    "rows_told_apart",
    "samples",
    "space_of",
    "ssim",
    "table_measures",
    "told_apart",
    "two_sample",
]
