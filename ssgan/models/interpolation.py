"""Samples on the way from one noise of a GAN to another."""

import numpy as np
import torch
from torch import Tensor

from ssgan.models.gan import GAN
from ssgan.models.sampler import generate
from ssgan.randomness import Rng


@torch.inference_mode()
def interpolate(gan: GAN, pairs: int, steps: int, seed: int = 0) -> Tensor:
    """Encoded samples (pairs * steps, ...) from one noise to another, each way of one condition."""
    rng = Rng(("interpolation", seed), gan.runtime.device)
    start, end = (gan.sampler.inputs(pairs, rng(name))[0] for name in ("from", "to"))
    way = np.linspace(0, 1, steps).tolist()
    z = torch.stack([interpolate_noise(start, end, share, gan.config.noise) for share in way], 1)
    conditions = (
        (varied_conditions(gan, pairs, rng).repeat_interleave(steps, 0),) if gan.condition else ()
    )
    inputs = (z.flatten(0, 1), *conditions)
    return generate(gan.generator, inputs, gan.codec, gan.runtime, rng("activation"))


def varied_conditions(gan: GAN, n: int, rng: Rng) -> Tensor:
    """Conditions (n, C): all classes in turn, or vectors as they came in training."""
    if gan.classes:
        names = [gan.classes[row % len(gan.classes)] for row in range(n)]
        return gan.encode_labels(np.array(names), n).to(gan.runtime.device)
    return gan.sampler.conditions(n, rng("condition"))[0].to(gan.runtime.device)


def interpolate_noise(start: Tensor, end: Tensor, share: float, kind: str) -> Tensor:
    """Noise (N, latent) that share of the way: along a great circle if normal, else straight.

    The straight way between normal noises leads through shorter ones than are ever drawn (White
    2016, "Sampling Generative Networks", section 2).
    """
    if kind != "normal":
        return start + share * (end - start)
    cosine = torch.nn.functional.cosine_similarity(start, end, dim=1).clamp(-1, 1)[:, None]
    angle = torch.acos(cosine).clamp_min(1e-6)
    return (((1 - share) * angle).sin() * start + (share * angle).sin() * end) / angle.sin()
