"""How close a picture is to another, pixel by pixel: as papers on super-resolution count it.

All are of the luma, from 16 to 235 as MATLAB's rgb2ycbcr gives it, and leave out a border: the same
pictures read 2 dB less in RGB.
"""

import numpy as np

from ssgan.config import InputError
from ssgan.metrics.prediction import Values

PEAK = 255.0
WEIGHTS = (65.481, 128.553, 24.966)  # of red, green and blue in the luma (ITU-R BT.601)
WINDOW, DEVIATION = 11, 1.5  # pixels of SSIM's Gaussian
K1, K2 = 0.01, 0.03


def luma(picture: Values) -> Values:
    """The brightness of a picture, from 16 for black to 235 for white.

    Parameters
    ----------
    picture : ndarray of uint8 or float, shape (H, W) or (H, W, 3)
        From 0 to 255; a grey one is its own brightness, scaled alike.

    Returns
    -------
    ndarray of float64, shape (H, W)

    Raises
    ------
    InputError
        For other shapes.

    References
    ----------
    ITU-R BT.601.

    Examples
    --------
    >>> import numpy as np
    >>> luma(np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)).round(3).tolist()
    [[16.0, 235.0]]
    """
    values = np.asarray(picture, np.float64)
    if values.ndim == 2:
        return 16 + values * (sum(WEIGHTS) / PEAK)
    if values.ndim == 3 and values.shape[2] == 3:
        brightness: Values = 16 + values @ (np.array(WEIGHTS) / PEAK)
        return brightness
    raise InputError(f"expected a picture (H, W) or (H, W, 3), got shape {values.shape}")


def compared_luma(picture: Values, reference: Values, border: int) -> tuple[Values, Values]:
    """The luma of two pictures of one size, without a border."""
    if np.shape(picture)[:2] != np.shape(reference)[:2]:
        raise InputError(
            f"expected pictures of one size, got {np.shape(picture)[:2]} and "
            f"{np.shape(reference)[:2]}"
        )
    height, width = np.shape(picture)[:2]
    if min(height, width) <= 2 * border:
        raise InputError(
            f"a picture of {height} x {width} has no pixels within a border of {border}"
        )
    inner = slice(border, height - border), slice(border, width - border)
    return luma(picture)[inner], luma(reference)[inner]


def psnr(one: Values, other: Values, border: int = 0) -> float:
    """Peak signal-to-noise ratio of two pictures.

    Parameters
    ----------
    one, other : ndarray of uint8, shape (H, W) or (H, W, 3)
        Pictures of one size.
    border : int, default=0
        Pixels at each edge that are left out; papers take the factor of scale.

    Returns
    -------
    float
        Decibels; infinity for the same picture.

    Raises
    ------
    InputError
        For pictures of two sizes, or without pixels inside the border.

    Examples
    --------
    >>> import numpy as np
    >>> black, grey = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 25, np.uint8)
    >>> round(psnr(black, grey), 2)
    21.49
    """
    a, b = compared_luma(one, other, border)
    error = float(((a - b) ** 2).mean())
    return float("inf") if error == 0 else float(10 * np.log10(PEAK**2 / error))


def ssim(one: Values, other: Values, border: int = 0) -> float:
    """Structural similarity of two pictures: means, variances and covariances in Gaussian windows.

    Parameters
    ----------
    one, other : ndarray of uint8, shape (H, W) or (H, W, 3)
        Pictures of one size.
    border : int, default=0
        Pixels at each edge that are left out.

    Returns
    -------
    float
        1 for the same picture; below for others.

    Raises
    ------
    InputError
        For pictures of two sizes, or smaller than a window of 11 pixels inside the border.

    References
    ----------
    Wang et al. 2004, "Image Quality Assessment: From Error Visibility to Structural Similarity".

    Examples
    --------
    >>> import numpy as np
    >>> picture = np.random.default_rng(0).integers(256, size=(16, 16), dtype=np.uint8)
    >>> round(ssim(picture, picture), 6), ssim(picture, 255 - picture) < 0
    (1.0, True)
    """
    from scipy.signal import convolve2d

    a, b = compared_luma(one, other, border)
    if min(a.shape) < WINDOW:
        raise InputError(
            f"structural similarity has windows of {WINDOW} pixels, got a picture of "
            f"{a.shape[0]} x {a.shape[1]} inside the border"
        )
    at = np.arange(WINDOW) - WINDOW // 2
    line = np.exp(-(at**2) / (2 * DEVIATION**2))
    window = np.outer(line, line) / line.sum() ** 2

    def mean(values: Values) -> Values:
        means: Values = convolve2d(values, window, mode="valid")
        return means

    first, second = mean(a), mean(b)
    variances = mean(a * a) - first**2, mean(b * b) - second**2
    shared = mean(a * b) - first * second
    c1, c2 = (K1 * PEAK) ** 2, (K2 * PEAK) ** 2
    above = (2 * first * second + c1) * (2 * shared + c2)
    below = (first**2 + second**2 + c1) * (variances[0] + variances[1] + c2)
    return float((above / below).mean())
