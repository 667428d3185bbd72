"""What each measure is, in one line, and which way is better."""

from typing import NamedTuple


class Meaning(NamedTuple):
    """What a measure says.

    Examples
    --------
    >>> meaning_of("ece").better
    'lower'
    """

    text: str
    better: str  # "higher", "lower", "near 0.9" or "" where neither way is better


HIGHER, LOWER = "higher", "lower"
MEANINGS = {
    "accuracy": Meaning("share of rows whose class is right", HIGHER),
    "balanced_accuracy": Meaning("the same share, averaged over classes", HIGHER),
    "macro_f1": Meaning("F1 of precision and recall, averaged over classes", HIGHER),
    "log_loss": Meaning("mean −log probability of the right class; 0 is best", LOWER),
    "ece": Meaning("by how much confidence misses accuracy; 0 is best", LOWER),
    "mae": Meaning("mean distance from the true number", LOWER),
    "rmse": Meaning("root of the mean squared distance", LOWER),
    "r2": Meaning("share of the variance that is explained; 1 is best", HIGHER),
    "interval_90_coverage": Meaning("share of numbers inside their 90 % interval", "near 0.9"),
    "interval_90_width": Meaning("mean width of these intervals", LOWER),
    "frechet": Meaning("distance of means and covariances of features", LOWER),
    "kernel": Meaning("distance of features by a kernel; about 0 is best", LOWER),
    "psnr": Meaning("decibels of signal over noise of a picture's brightness", HIGHER),
    "ssim": Meaning("structural similarity of pictures; 1 is the same picture", HIGHER),
    "precision": Meaning("share of samples that lie among real ones", HIGHER),
    "recall": Meaning("share of real rows that lie among samples", HIGHER),
    "density": Meaning("how densely real rows lie around samples; about 1 is best", HIGHER),
    "coverage": Meaning("share of real rows with a sample nearby", HIGHER),
    "c2st_p": Meaning("probability of being told apart so well by chance", HIGHER),
    "c2st": Meaning("how often a classifier tells samples from real rows", "near 0.5"),
    "cas": Meaning("accuracy on real rows of a classifier learnt on samples", HIGHER),
    "neighbour_ratio": Meaning("distance to training rows over that of other rows", "near 1"),
    "ct": Meaning("far below 0: nearer to training rows than other rows are", "near 0"),
    "authenticity": Meaning("share of samples that are no near copies", HIGHER),
    "memorised_p": Meaning("probability of such nearness without memorising", HIGHER),
    "memorised": Meaning("whether training rows are remembered", "False"),
}


def meaning_of(measure: str) -> Meaning:
    """What a measure is and which way is better.

    Parameters
    ----------
    measure : str
        A name that `evaluate` or a function of `ssgan.metrics` gives, also with the space, count
        and reference at its end.

    Returns
    -------
    Meaning
        Empty texts for a name that is not known.

    Examples
    --------
    >>> meaning_of("accuracy").better, meaning_of("c2st_p_logistic_encoded_40_real").better
    ('higher', 'higher')
    >>> meaning_of("frechet_randconv_5000_real").text
    'distance of means and covariances of features'
    """
    known = [name for name in MEANINGS if measure == name or measure.startswith(f"{name}_")]
    return MEANINGS[max(known, key=len)] if known else Meaning("", "")
