"""Fréchet and kernel distance in Inception's features, with weights that the user brings."""

from pathlib import Path

import torch
from torch import Tensor

from ssgan.config import InputError
from ssgan.metrics.generation import frechet_distance, kernel_distance


def inception(
    real: Tensor, fake: Tensor, weights: Path, *, reference: str = "real", chunk: int = 64
) -> dict[str, float]:
    """FID and KID of images, in the features of torch-fidelity's Inception network.

    As many images of each side are taken as the smaller has.

    Parameters
    ----------
    real, fake : Tensor of uint8, shape (N, 1 or 3, H, W)
        Images; at least 4,096 of each side.
    weights : Path
        The file of weights that torch-fidelity publishes; nothing is downloaded.
    reference : str
        What the real images are called in the names.
    chunk : int
        Images that go through the network at once.

    Returns
    -------
    dict of str to float
        "frechet_inception_5000_real", the FID, and "kernel_inception_5000_real", the KID; lower is
        better.

    Raises
    ------
    InputError
        For other images.
    FileNotFoundError
        Without the file.
    ImportError
        Without torch-fidelity.

    References
    ----------
    Heusel et al. 2017 (FID); Bińkowski et al. 2018 (KID).

    Examples
    --------
    >>> import torch
    >>> from pathlib import Path
    >>> images = torch.zeros(4, 3, 8, 8)
    >>> inception(images, images, Path("weights.pth"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ssgan.config.InputError: expected uint8 images (N, 1 or 3, H, W), got ...
    """
    for images in (real, fake):
        if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] not in (1, 3):
            raise InputError(
                "expected uint8 images (N, 1 or 3, H, W), "
                f"got {images.dtype} of shape {tuple(images.shape)}"
            )
    if not weights.is_file():
        raise FileNotFoundError(
            f"{weights} is not there: put torch-fidelity's "
            "weights-inception-2015-12-05-6726825d.pth there, "
            "from the releases of github.com/toshas/torch-fidelity"
        )
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as error:
        raise ImportError(
            "Inception's features need torch-fidelity: pip install 'ssgan[fidelity]'"
        ) from error
    network = FeatureExtractorInceptionV3(
        "inception-v3-compat", ["2048"], feature_extractor_weights_path=str(weights)
    ).eval()
    n = min(len(real), len(fake))
    with torch.inference_mode():
        ours, theirs = (
            torch.cat([network(rgb(part))[0] for part in torch.split(images[:n], chunk)])
            for images in (real, fake)
        )
    measures = {"frechet": frechet_distance, "kernel": kernel_distance}
    return {f"{name}_inception_{n}_{reference}": f(ours, theirs) for name, f in measures.items()}


def rgb(images: Tensor) -> Tensor:
    """Grey images (N, 1, H, W) with three channels; coloured ones as they are."""
    return images.expand(-1, 3, -1, -1).contiguous()
