"""Whether the networks of a design fit into this machine, before anything is allocated."""

import os
from collections.abc import Callable
from contextlib import suppress
from math import prod

import torch
from torch import nn

from ssgan.config import InputError

MAX_LAYERS = 1000  # layers; what is deeper has no gradient to speak of
FITS_ANYWHERE = 2**18  # values of a sample, or numbers of a layer, that fit anywhere
BYTES = 4  # of a weight


def check_depth(depth: int | None) -> None:
    """InputError for more layers than can be made."""
    if depth is not None and depth > MAX_LAYERS:
        raise InputError(f"expected a depth of at most {MAX_LAYERS:,} layers, got {depth:,}")


def check_size(
    design: str, shape: tuple[int, ...], sizes: tuple[int, ...], make: Callable[[], nn.Module]
) -> None:
    """InputError where the weights alone of a network need more memory than there is.

    It is made without its weights, unless its `sizes` (width, latent and the like) and the
    samples are small.
    """
    if (
        prod(shape) <= FITS_ANYWHERE
        and prod(sizes) <= FITS_ANYWHERE
        and max(sizes) <= FITS_ANYWHERE // 64
    ):
        return
    memory = memory_bytes()
    try:
        with torch.device("meta"):
            network = make()
        needed = BYTES * sum(weight.numel() for weight in network.parameters())
    except RuntimeError as error:  # its size is no number of torch's
        raise InputError(f"{design} is too large to be made: {size_advice(shape)}") from error
    if needed > memory:
        raise InputError(
            f"{design} has {needed / 1e9:,.0f} GB of weights, this machine has {memory / 1e9:,.0f} "
            f"GB of memory: {size_advice(shape)}"
        )


def check_batch(batch: int, shape: tuple[int, ...]) -> None:
    """InputError where the samples alone of a batch need more memory than there is."""
    needed, memory = BYTES * batch * prod(shape), memory_bytes()
    if needed > memory:
        raise InputError(
            f"a batch of {batch:,} samples of {shape} has {needed / 1e9:,.0f} GB, this machine has "
            f"{memory / 1e9:,.0f} GB of memory: give a smaller batch"
        )


def size_advice(shape: tuple[int, ...]) -> str:
    """What to do about a network that is too large."""
    return f"give a smaller width, depth or latent, or smaller samples than {shape}"


def memory_bytes() -> int:
    """The memory of this machine; 64 GB where the system does not say."""
    with suppress(AttributeError, ValueError, OSError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return 2**36
