"""Several processes at one training: who they are, and the few things that they do together.

    torchrun --nproc-per-node 2 -m -- ssgan pretrain mnist --run run

Every rank draws the same global batch, noise and augmentation, and takes the same losses of them.
What costs is a network over rows, so that alone is divided: `sharded(network)` gives each rank its
part of the rows and every rank all of the outputs. So a loss sees the global batch whatever it
does with it: penalties on gradients, terms that compare rows. Backwards, what was sharded gives a
rank its part of the gradient times the number of ranks, what was not gives it the whole. Either
way the gradient is the mean over ranks, which `mean_over_ranks` takes.

One process is rank 0 of 1: nothing is divided, sent or waited for.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import safetensors.torch
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from ssgan.config import InputError, __version__
from ssgan.runs.checkpoints import Checkpoint
from ssgan.runs.storage import write_whole
from ssgan.training.norms import normalises

Value = TypeVar("Value")  # of JSON
END = "end"  # under which a rank leaves its last words, before it disconnects


def rank() -> int:
    """The number of this process among those of the training."""
    return dist.get_rank() if dist.is_initialized() else 0


def ranks() -> int:
    """How many processes take part."""
    return dist.get_world_size() if dist.is_initialized() else 1


@contextmanager
def joined() -> Iterator[None]:
    """Connect the ranks that torchrun has started; a process without others is alone.

    What ends one rank ends all: the others get a ConnectionError that repeats it.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or dist.is_initialized():
        yield
        return
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    store, number, size = next(rendezvous("env://"))
    # The store outlives a restart, and the addresses of those that have ended are in it.
    store = PrefixStore(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"), store)
    dist.init_process_group(backend, store=store, rank=number, world_size=size)
    try:
        yield
    except ConnectionError as error:
        raise ConnectionError(f"{last_words(store)}: {error}") from error
    except Exception as error:
        with suppress(RuntimeError):
            words = " ".join(str(error).split()) or type(error).__name__
            store.set(END, f"rank {number} has ended ({words})")
        raise
    finally:
        dist.destroy_process_group()


def last_words(store: Any) -> str:
    """What a rank said at its end."""
    words = "another rank has ended without a word, as if it was killed"
    with suppress(RuntimeError):
        if store.check([END]):
            words = store.get(END).decode()
    return words


@contextmanager
def connected() -> Iterator[None]:
    """ConnectionError where a rank has ended in the meantime."""
    try:
        yield
    except RuntimeError as error:
        raise ConnectionError(
            "nothing goes on without it; the same command goes on from the newest checkpoint"
        ) from error


def bounds(n: int) -> list[tuple[int, int]]:
    """From which of n rows up to which each rank works; the parts differ by one row at most."""
    count = ranks()
    return [(number * n // count, (number + 1) * n // count) for number in range(count)]


def sharded(network: Callable[..., Any]) -> Callable[..., Any]:
    """A function of rows (N, ...), of which each rank computes its own; all get all that it gives.

    It takes tensors and gives one or a list or tuple of them, each (N, ...). What it gives for a
    row must depend on that row alone: a network with batch norm, or a method of one, is left as it
    is, and so are fewer rows than ranks. Then every rank computes all.
    """
    whole = getattr(network, "__self__", network)
    if ranks() == 1 or (isinstance(whole, nn.Module) and normalises(whole)):
        return network

    def by_rank(*inputs: Tensor) -> Any:
        n = len(inputs[0])
        if n < ranks():
            return network(*inputs)
        outputs = network(*(_Own.apply(x, 1) for x in inputs))
        if isinstance(outputs, Tensor):
            return _Every.apply(outputs, n, 1)
        return type(outputs)([_Every.apply(output, n, 1) for output in outputs])

    return by_rank


def refuse_shared_norms(*networks: nn.Module) -> None:
    """InputError if batch norm would need the rows that other ranks work on."""
    if ranks() > 1 and any(map(normalises, networks)):
        raise InputError(
            f"batch norm takes statistics of a whole batch, which {ranks()} ranks divide: take an "
            "architecture without it, or train on one rank"
        )


class _Own(torch.autograd.Function):
    """This rank's part of rows (N, ...), times a factor."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, factor: float) -> Tensor:
        ctx.n, ctx.factor = len(x), factor
        begin, end = bounds(len(x))[rank()]
        return x[begin:end].clone() if factor == 1 else x[begin:end] * factor

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        return _Every.apply(gradients[0], ctx.n, ctx.factor / ranks()), None


class _Every(torch.autograd.Function):
    """All n rows, of each rank's part, times a factor."""

    @staticmethod
    def forward(ctx: Any, own: Tensor, n: int, factor: float) -> Tensor:
        ctx.factor = factor
        return gathered(own if factor == 1 else own * factor, n)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        return _Own.apply(gradients[0], ctx.factor * ranks()), None, None


@torch.no_grad()
def gathered(own: Tensor, n: int) -> Tensor:
    """Rows (n, ...) of all ranks, from each its part as `bounds` has it."""
    parts = bounds(n)
    most = -(-n // len(parts))
    if len(own) < most:
        own = torch.cat([own, own.new_zeros(most - len(own), *own.shape[1:])])
    images = own.dim() == 4 and own.is_contiguous(memory_format=torch.channels_last)
    layout = torch.channels_last if images else torch.contiguous_format
    shape = (most * len(parts), *own.shape[1:])
    rows = torch.empty(shape, dtype=own.dtype, device=own.device, memory_format=layout)
    with connected():
        dist.all_gather(list(torch.split(rows, most)), own.contiguous(memory_format=layout))
    if n == len(rows):
        return rows
    pieces = zip(torch.split(rows, most), parts, strict=True)
    return torch.cat([piece[: end - begin] for piece, (begin, end) in pieces])


def mean_over_ranks(gradients: Sequence[Tensor]) -> Sequence[Tensor]:
    """The gradient of the loss of the global batch, from what each rank has of it."""
    if ranks() == 1:
        return gradients
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    with connected():
        dist.all_reduce(flat)
    parts = torch.split(flat.div_(ranks()), [gradient.numel() for gradient in gradients])
    return [part.view(like.shape) for part, like in zip(parts, gradients, strict=True)]


def from_first(data: bytes) -> bytes:
    """The bytes that rank 0 gives."""
    if ranks() == 1:
        return data
    size = torch.tensor([len(data)])
    with connected():
        dist.broadcast(size, 0)
        own = bytearray(data) if rank() == 0 else bytearray(int(size))
        if own:
            dist.broadcast(torch.frombuffer(own, dtype=torch.uint8), 0)
    return bytes(own)


def of_first(value: Value) -> Value:
    """The JSON value that rank 0 gives."""
    if ranks() == 1:
        return value
    given: Value = json.loads(from_first(json.dumps(value).encode()))
    return given


def checkpoint_of_first(checkpoint: Checkpoint | None) -> Checkpoint | None:
    """The checkpoint that rank 0 gives: no other reads the run directory."""
    if ranks() == 1:
        return checkpoint
    own = checkpoint or Checkpoint(0, {}, {}, {})
    about: list[Any] = [checkpoint is not None, own.step, own.state, own.marks]
    there, step, state, marks = of_first(about)
    if not there:
        return None
    tensors = safetensors.torch.load(from_first(safetensors.torch.save(own.tensors)))
    return Checkpoint(step, tensors, state, marks)


@contextmanager
def own_copy(directory: Path) -> Iterator[Path]:
    """The directory on rank 0; on others a copy of it, which is gone afterwards.

    So all ranks go the same way through what reads and writes there.
    """
    if ranks() == 1:
        yield directory
        return
    paths = sorted(path for path in directory.rglob("*") if path.is_file()) if rank() == 0 else []
    names = of_first([str(path.relative_to(directory)) for path in paths])
    with tempfile.TemporaryDirectory(prefix="ssgan-") as folder:
        for name in names:
            content = from_first((directory / name).read_bytes() if rank() == 0 else b"")
            if rank():
                write_whole(Path(folder, "copy", name), content)
        yield Path(folder, "copy") if rank() else directory


def from_every(data: bytes) -> list[bytes]:
    """The bytes that each rank gives."""
    sizes = [torch.zeros(1, dtype=torch.int64) for _ in range(ranks())]
    with connected():
        dist.all_gather(sizes, torch.tensor([len(data)]))
        most = int(max(sizes))
        padded = torch.frombuffer(bytearray(data.ljust(most, b"\0")), dtype=torch.uint8)
        parts = [torch.empty_like(padded) for _ in sizes]
        dist.all_gather(parts, padded)
    return [bytes(part.tolist())[: int(n)] for part, n in zip(parts, sizes, strict=True)]


def refuse_differing(about: Mapping[str, Any]) -> None:
    """InputError unless all ranks say the same of what the result depends on."""
    if ranks() == 1:
        return
    versions = {"ssgan": __version__, "torch": torch.__version__, "python": sys.version.split()[0]}
    own = json.dumps({"version": versions, **about}, sort_keys=True)
    first, *others = map(json.loads, from_every(own.encode()))
    for number, other in enumerate(others, 1):
        if found := difference(first, other):
            name, here, there = found
            raise InputError(
                f"all ranks must have the same data, settings and versions: {name} is {here!r} on "
                f"rank 0 and {there!r} on rank {number}"
            )


def difference(one: Any, other: Any, name: str = "") -> tuple[str, Any, Any] | None:
    """The dotted name of the first place in which two JSON values differ, and what is there."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return None if one == other else (name, one, other)
    for key in sorted({*one, *other}):
        place = f"{name}.{key}" if name else key
        if found := difference(one.get(key), other.get(key), place):
            return found
    return None


def stopped(asked: BaseException | None) -> BaseException | None:
    """What asked this rank to stop, or any other: then all stop at the same step."""
    if ranks() == 1:
        return asked
    codes = {type(None): 0, KeyboardInterrupt: 130}
    code = torch.tensor([codes.get(type(asked), getattr(asked, "code", 1))])
    with connected():
        dist.all_reduce(code, dist.ReduceOp.MAX)
    return asked or (SystemExit(int(code)) if code else None)
