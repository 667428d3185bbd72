"""What a pretraining will cost, from a few of its steps."""

import resource
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ssgan.data import Codec, Data
    from ssgan.models.gan import GANConfig

TIMED = 3  # steps, after one that warms up


def estimate(
    data: "Data", codec: "Codec", config: "GANConfig", labels: Any, device: str | None
) -> dict[str, Any]:
    """Parameters, bytes, operations and seconds of the training; writes nothing."""
    from ssgan.models.condition import fit_condition
    from ssgan.models.gan import TASKS
    from ssgan.randomness import Rng
    from ssgan.runtime import runtime
    from ssgan.training.batches import Batches, Stream
    from ssgan.training.schedule import Step

    on, packed = runtime(device, codec.shape), codec.pack(data.x)
    told = () if labels is None else (fit_condition(labels, len(data))[1],)
    task = TASKS[config.model](config, codec, on, packed[:2], told[0].shape[1] if told else 0)
    stream = Stream(tuple(part.to(on.device) for part in (packed, *told)), config.batch)
    batches = Batches({"unlabeled": stream}, Rng(("pretrain", config.seed)))
    operations = counted(lambda: task.update(batches, Step(0)))
    began = time.perf_counter()
    for step in range(1, TIMED + 1):
        terms, _ = task.update(batches, Step(step))
        sum(map(float, terms.values()))  # waits for the device
    seconds = (time.perf_counter() - began) / TIMED
    generator, discriminator, _ = task.result_networks()
    return {
        "device": on.device,
        "bfloat16": on.bfloat16,
        "generator_parameters": sum(p.numel() for p in generator.parameters()),
        "discriminator_parameters": sum(p.numel() for p in discriminator.parameters()),
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
