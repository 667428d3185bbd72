"""Networks over rows when nothing is learnt."""

from collections.abc import Callable

import torch
from torch import Tensor

from ssgan.data import Codec
from ssgan.networks.size import check_batch
from ssgan.runtime import Runtime

BLOCK = 128  # samples that go through a network at once


def refuse_batch(codec: Codec, *sizes: int) -> None:
    """InputError for batches whose samples alone need more memory than there is."""
    check_batch(max(sizes), codec.shape)


def blocks(rows: Tensor) -> list[Tensor]:
    """Rows in blocks to take statistics of; a last row alone has none, so it joins those before."""
    parts = list(torch.split(rows, BLOCK))
    return [*parts[:-2], torch.cat(parts[-2:])] if len(parts[-1]) == 1 else parts


@torch.inference_mode()
def apply(
    network: Callable[..., Tensor],
    packed: Tensor,
    codec: Codec,
    on: Runtime,
    condition: Tensor | None = None,
) -> Tensor:
    """`network` over packed samples (N, ...), a block at a time; float32 (N, ...) on the CPU.

    `condition` (N, C) goes along as a second argument. All blocks have one size, the last is
    filled up: products of matrices round differently for different numbers of rows, and what a
    row gives must not depend on those beside it.
    """
    rows = []
    for number, block in enumerate(torch.split(packed, BLOCK)):
        x = on.batch(codec.expand(pad_to_block(block).to(on.device)))
        conditions = () if condition is None else (torch.split(condition, BLOCK)[number],)
        with on.autocast():
            output = network(x, *(pad_to_block(c).to(on.device) for c in conditions))
        rows.append(output[: len(block)].float().cpu())
    return torch.cat(rows)


def pad_to_block(block: Tensor) -> Tensor:
    """Rows (N, ...) as (BLOCK, ...), zeros below them."""
    return torch.cat([block, block.new_zeros(BLOCK - len(block), *block.shape[1:])])
