"""The one training loop, and the one place where a step is taken.

    task     `update(rows, step)` takes one step and gives its terms (parts of losses) and measures
             (anything else worth a line in the log); `parts` names what a checkpoint keeps
    rows     `rows(stream, step, k)`: the k-th batch of a stream ("unlabeled", "labeled") at a step

Which rows a step sees is a pure function of (seed, attempt, step, stream, k): there is no loader
state, so a resumed run sees what an uninterrupted one does.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import cos, pi
from typing import Any, Protocol, TypeVar, runtime_checkable

import torch
from torch import Tensor, nn

from ssgan.config import InputError
from ssgan.objectives import Terms
from ssgan.randomness import Rng
from ssgan.runtime import Runtime

Network = TypeVar("Network", bound=nn.Module)
Part = nn.Module | torch.optim.Optimizer | dict[str, float]  # numbers: filled in place
KERNELS = ("fused", "foreach", "capturable")  # settings of an optimiser that belong to a device
Rows = Callable[[str, int, int], tuple[Tensor, ...]]


class Task(Protocol):
    @property
    def parts(self) -> Mapping[str, Part]: ...

    def update(self, rows: Rows, step: int) -> tuple[Terms, Terms]: ...


@runtime_checkable
class Guarded(Task, Protocol):
    """A task whose health can be asked for, and that can be begun again from a good state."""

    attempt: int  # 0 at first; then rates are halved so often, and it is part of every draw's key

    def checkup(self, step: int) -> dict[str, float]:
        """Measures of health (see `guard`) after `step` steps, the same whenever it is asked."""


@dataclass(frozen=True)
class Stream:
    """Aligned tensors of N rows, given out `size` rows at a time, each row once an epoch."""

    tensors: tuple[Tensor, ...]
    size: int


@lru_cache(maxsize=16)
def _epoch(rng: Rng, n: int, epoch: int, device: torch.device) -> Tensor:
    """The order of an epoch, where the rows are: a step that copies waits for the device."""
    return rng(epoch).permutation(n).to(device, non_blocking=True)


@dataclass(frozen=True)
class Batches:
    """Batches by index from streams that lie on one device."""

    streams: Mapping[str, Stream]
    rng: Rng

    def again(self, attempt: int) -> "Batches":
        """The same streams in the orders of another attempt; those of attempt 0 are the first."""
        return replace(self, rng=self.rng("attempt", attempt)) if attempt else self

    def __call__(self, stream: str, step: int, k: int = 0) -> tuple[Tensor, ...]:
        source = self.streams[stream]
        n, first, taken = len(source.tensors[0]), step * source.size, 0
        picks = []
        while taken < source.size:  # a batch may span epochs: few labels, large batches
            epoch, start = divmod(first + taken, n)
            count = min(source.size - taken, n - start)
            order = _epoch(self.rng("rows", stream, k), n, epoch, source.tensors[0].device)
            picks.append(order[start : start + count])
            taken += count
        index = torch.cat(picks)
        return tuple(tensor[index] for tensor in source.tensors)


def train(
    task: Task, rows: Rows, steps: int, *, start: int = 0, every: int = 50
) -> Iterator[tuple[int, dict[str, float]]]:
    """Take steps `start` to `steps`; yield (steps done, mean terms and measures) now and then.

    Yields after every `every`-th step and the last one, so that the device is asked for numbers
    only then. Raises FloatingPointError when no update of such a window was finite.
    """
    sums: dict[str, Tensor] = {}
    count = 0
    for step in range(start, steps):
        terms, measures = task.update(rows, step)
        for name, value in {**terms, **measures}.items():
            sums[name] = sums.get(name, torch.zeros_like(value)) + value
        count += 1
        if (step + 1) % every and step + 1 < steps:
            continue
        means = {name: float(total) / count for name, total in sums.items()}
        if means.get("not_finite", 0.0) >= 1.0:
            raise FloatingPointError(
                f"no update of the last {count} steps before step {step + 1} was finite: "
                "lower the learning rate or raise the penalties"
            )
        sums, count = {}, 0
        yield step + 1, means


def descend(
    loss: Callable[..., Terms],
    batch: tuple[Tensor, ...],
    optimizer: torch.optim.Optimizer,
    runtime: Runtime,
    buffers: Sequence[Tensor] = (),
) -> tuple[Terms, Tensor]:
    """One step of `optimizer` down the sum of `loss(*batch)`; its terms, and 1 if it was refused.

    An update whose loss or gradient is not finite is not applied: the flag stays on the device,
    where fused Adam reads it and `step_unless` does for the others, so that nothing
    waits for it. `buffers` that the loss changes, as batch norm's, are put back then too.
    """
    before = [buffer.clone() for buffer in buffers]
    with runtime.autocast():
        terms = loss(*batch)
    total = torch.stack([term.float() for term in terms.values()]).sum()
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    gradients = torch.autograd.grad(total, parameters)
    norms = torch._foreach_norm(list(gradients))
    refused = (~torch.isfinite(torch.stack([total.detach(), *norms])).all()).float()
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = laid_out_like(parameter, gradient)
    # Fused SGD reads the flag too, but a refused first step leaves its momentum uninitialised.
    if isinstance(optimizer, torch.optim.Adam) and optimizer.defaults["fused"]:
        optimizer.found_inf = refused  # type: ignore[attr-defined]
        optimizer.step()
    else:
        step_unless(refused, optimizer)
    optimizer.zero_grad(set_to_none=True)
    with torch.no_grad():
        for buffer, old in zip(buffers, before, strict=True):
            buffer.copy_(torch.where(refused.bool(), old, buffer))
    return {name: term.detach() for name, term in terms.items()}, refused


@torch.no_grad()
def step_unless(refused: Tensor, optimizer: torch.optim.Optimizer) -> None:
    """A step of any optimiser, taken back on the device where `refused` () is not 0.

    What the step makes anew (moments at a first step) begins at zero. State that lies on another
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


def laid_out_like(parameter: Tensor, values: Tensor) -> Tensor:
    """`values` in the memory layout of the parameter.

    The fused optimiser walks through memory whatever the strides say: a gradient or a moment in
    another layout would move other weights than its own.
    """
    if values.shape != parameter.shape or values.stride() == parameter.stride():
        return values
    return torch.empty_like(parameter, dtype=values.dtype).copy_(values)


def adam(
    network: nn.Module,
    rate: float,
    betas: tuple[float, float],
    decay: float = 0.0,
    l2: float = 0.0,
) -> torch.optim.Adam:
    """The fused optimiser that `descend` can stop on the device.

    `decay` is taken off the weights (Loshchilov and Hutter 2019), `l2` times them is added to their
    gradients, as older papers have it; not both.
    """
    kind, given = (torch.optim.Adam, l2) if l2 else (torch.optim.AdamW, decay)
    return kind(network.parameters(), rate, betas=betas, weight_decay=given, fused=True)


def rmsprop(network: nn.Module, rate: float, l2: float = 0.0) -> torch.optim.RMSprop:
    """The optimiser of WGAN's critic, without momentum (Arjovsky et al. 2017, algorithm 1).

    The paper names no decay; its authors' code has the 0.99 that is given here.
    """
    parameters = list(network.parameters())
    # The count of steps beside the weights, so that a refused one is not counted on a GPU either.
    return torch.optim.RMSprop(
        parameters,
        rate,
        alpha=0.99,
        weight_decay=l2,
        capturable=any(p.is_cuda for p in parameters),
    )


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


def cosine(step: int, steps: int, first: float, last: float) -> float:
    """From `first` at step 0 to `last` at `steps` and after, along half a cosine."""
    done = min(step / max(steps, 1), 1.0)
    return last + (first - last) * (1 + cos(pi * done)) / 2


def averaged(network: Network) -> Network:
    """A copy that `average` keeps as the exponential moving average of the network's weights."""
    return copy.deepcopy(network).requires_grad_(False).eval()


@torch.no_grad()
def average(mean: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Move `mean` towards `network`; in the first steps faster, as there is little to average."""
    weight = 1 - min(decay, (1 + step) / (10 + step))
    torch._foreach_lerp_(list(mean.parameters()), list(network.parameters()), weight)
    pairs = list(zip(mean.buffers(), network.buffers(), strict=True))
    for kind in {old.dtype for old, _ in pairs}:  # each at once
        alike = [pair for pair in pairs if pair[0].dtype == kind]
        torch._foreach_copy_([old for old, _ in alike], [new for _, new in alike])


def pack_parts(parts: Mapping[str, Part]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors by name, and the rest as JSON, of networks, optimisers and numbers."""
    tensors: dict[str, Tensor] = {}
    rest: dict[str, Any] = {}
    for name, part in parts.items():
        if isinstance(part, dict):
            rest[name] = dict(part)
        elif isinstance(part, nn.Module):
            tensors |= {f"{name}/{key}": value for key, value in part.state_dict().items()}
        else:
            state = part.state_dict()
            rest[name] = state["param_groups"]
            tensors |= {
                f"{name}/{index}/{slot}": value
                for index, slots in state["state"].items()
                for slot, value in slots.items()
                if isinstance(value, Tensor)  # SGD without momentum names one that is None
            }
    return tensors, rest


def fill(network: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Give a network its weights; ValueError if they are those of another one."""
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise InputError(
            "the weights in this checkpoint are those of another network than its config names: "
            "it was written by another version of ssgan, train again"
        ) from error


def unpack_parts(
    parts: Mapping[str, Part], tensors: Mapping[str, Tensor], rest: Mapping[str, Any]
) -> None:
    """Fill `parts` with what `pack_parts` gave, on whatever device they are."""
    for name, part in parts.items():
        start = f"{name}/"
        own = {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
        if isinstance(part, dict):
            part.clear()
            part.update(rest[name])
        elif isinstance(part, nn.Module):
            fill(part, own)
        else:
            fill_optimizer(part, own, rest[name])


def fill_optimizer(
    optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor], groups: list[dict[str, Any]]
) -> None:
    """Give an optimiser its moments ("0/exp_avg": ...) and settings; its kernels stay its own."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, slot = key.split("/")
        value = laid_out_like(parameters[int(index)], value)
        state.setdefault(int(index), {})[slot] = value
    settled = []
    for saved, held in zip(groups, optimizer.param_groups, strict=True):
        kernels = {name: held[name] for name in KERNELS if name in held}
        pairs = {"betas": tuple(saved["betas"])} if "betas" in saved else {}  # JSON has lists only
        settled.append({**saved, **pairs, **kernels})
    optimizer.load_state_dict({"state": state, "param_groups": settled})
