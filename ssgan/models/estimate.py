"""What a pretraining will cost, from a few of its steps."""

import resource
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ssgan.data import Codec, Data
    from ssgan.models.config import GANConfig

TIMED = 3  # steps, after one that warms up


def estimate(
    data: "Data", codec: "Codec", config: "GANConfig", labels: Any, device: str | None
) -> dict[str, Any]:
    """Parameters, bytes, operations and seconds of the training; writes nothing."""
    from ssgan.models.condition import fit_condition
    from ssgan.models.domain import Domain
    from ssgan.models.table import MODELS
    from ssgan.randomness import Rng
    from ssgan.runtime import runtime
    from ssgan.training.batches import Batches
    from ssgan.training.schedule import Step

    on, packed = runtime(device, codec.shape), codec.pack(data.x)
    condition, given = (None, None) if labels is None else fit_condition(labels, len(data))
    domain = Domain(codec, packed, given, condition)
    few = Domain(codec, packed[:2], None if given is None else given[:2], condition)
    model = MODELS[config.model]
    task = model(config, {"unlabeled": few}, on)
    batches = Batches({"unlabeled": domain.stream(config.batch, on)}, Rng(("estimate",)))
    operations = counted(lambda: task.update(batches, Step(0)))
    began = time.perf_counter()
    for step in range(1, TIMED + 1):
        terms, _ = task.update(batches, Step(step))
        sum(map(float, terms.values()))  # waits for the device
    seconds = (time.perf_counter() - began) / TIMED
    networks = model.networks(task.parts)
    readers = [one for one in (networks.discriminator, networks.encoder) if one is not None]
    return {
        "device": on.device,
        "bfloat16": on.bfloat16,
        "generator_parameters": sum(p.numel() for p in networks.generator.parameters()),
        "discriminator_parameters": sum(p.numel() for one in readers for p in one.parameters()),
        "data_bytes": packed.numel() * packed.element_size(),
        "memory_bytes": peak_memory(on.device),
        "flops_per_step": operations,
        "samples_per_second": round(config.batch / seconds),
        "seconds": round(seconds * config.steps, 1),
    }


def counted(work: Callable[[], object]) -> int:
    """The floating-point operations of the matrix products and convolutions in `work`."""
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.flop_counter import flop_registry

    # torch's own counter cannot look into a gradient of a gradient
    class Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]
        total = 0

        def __torch_dispatch__(
            self, function: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            result = function(*args, **(kwargs or {}))
            if count := flop_registry.get(function._overloadpacket):
                self.total += int(count(*args, **(kwargs or {}), out_val=result))
            return result

    counter: Any = Counter()  # type: ignore[no-untyped-call]
    with counter:
        work()
    return int(counter.total)


def peak_memory(device: str) -> int:
    """Bytes that this process has needed so far, on the device or, for a CPU, in all."""
    import torch

    if device.startswith("cuda"):
        return int(torch.cuda.max_memory_allocated(device))
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
