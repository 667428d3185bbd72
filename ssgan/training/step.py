"""The one place where a step is taken: precision, gradient, the finite check, the optimiser."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ssgan.runtime import Runtime, Terms
from ssgan.training.optim import laid_out_like
from ssgan.training.ranks import mean_over_ranks

Stepped = tuple[Terms, Tensor]  # the terms of a step, and 1 if it was refused


def descend(
    loss: Callable[..., Terms],
    batch: tuple[Tensor, ...],
    optimizer: torch.optim.Optimizer,
    runtime: Runtime,
    buffers: Sequence[Tensor] = (),
    hold: Tensor | None = None,
) -> Stepped:
    """One step of `optimizer` down the sum of `loss(*batch)`; its terms, and 1 if it was refused.

    An update whose loss or gradient is not finite is not applied: the flag stays on the device,
    where fused Adam reads it and `step_unless` does for the others, so that nothing
    waits for it. `buffers` that the loss changes, as batch norm's, are put back then too. Where
    `hold` () is 1, the update is not applied either, which does not count as refused.
    """
    before = [buffer.clone() for buffer in buffers]
    with runtime.autocast():
        terms = loss(*batch)
    total = torch.stack([term.float() for term in terms.values()]).sum()
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    gradients = mean_over_ranks(torch.autograd.grad(total, parameters))
    norms = torch._foreach_norm(list(gradients))
    refused = (~torch.isfinite(torch.stack([total.detach(), *norms])).all()).float()
    skipped = refused if hold is None else torch.maximum(refused, hold.to(refused))
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = laid_out_like(parameter, gradient)
    # Fused SGD reads the flag too, but a refused first step leaves its momentum uninitialised.
    if isinstance(optimizer, torch.optim.Adam) and optimizer.defaults["fused"]:
        optimizer.found_inf = skipped  # type: ignore[attr-defined]
        optimizer.step()
    else:
        step_unless(skipped, optimizer)
    optimizer.zero_grad(set_to_none=True)
    with torch.no_grad():
        for buffer, old in zip(buffers, before, strict=True):
            buffer.copy_(torch.where(refused.bool(), old, buffer))
    return {name: term.detach() for name, term in terms.items()}, refused


@torch.no_grad()
def step_unless(refused: Tensor, optimizer: torch.optim.Optimizer) -> None:
    """A step of any optimiser, taken back on the device where `refused` () is not 0.

    What the step makes first (moments at a first step) begins at zero. State that lies on another
    device than the flag, as the count of steps may, is left as the step made it.
    """
    before = {name: value.clone() for name, value in values_of(optimizer).items()}
    optimizer.step()
    for name, value in values_of(optimizer).items():
        if value.device == refused.device:
            old = before[name] if name in before else torch.zeros_like(value)
            value.copy_(torch.where(refused.bool(), old, value))


def values_of(optimizer: torch.optim.Optimizer) -> dict[tuple[int, str], Tensor]:
    """The weights of an optimiser (slot "") and the tensors that it keeps for each of them."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    slots = {
        (index, slot): value
        for index, parameter in enumerate(parameters)
        for slot, value in optimizer.state.get(parameter, {}).items()
        if isinstance(value, Tensor)
    }
    return slots | {(index, ""): parameter for index, parameter in enumerate(parameters)}
