"""What a pretraining will cost, from a few of its steps."""

import time
from collections.abc import Callable
from typing import Any

import torch

from ssgan.data import Codec, Data
from ssgan.models.condition import fit_condition
from ssgan.models.config import GANConfig
from ssgan.models.domain import Domain
from ssgan.models.tasks import MODELS
from ssgan.objectives import Terms
from ssgan.randomness import Rng
from ssgan.runtime import runtime
from ssgan.training.batches import Batches
from ssgan.training.cost import count_flops, peak_resident_bytes
from ssgan.training.schedule import Step

# Steps that are timed, after one that warms up: as many as fit into the budget, in seconds.
LEAST, MOST, BUDGET = 3, 64, 3.0
FIRST = 200  # their numbers are those of a training that has left its first phase (WGAN's takes 25)


def estimate(
    data: Data,
    codec: Codec,
    config: GANConfig,
    labels: Any,
    device: str | None,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Any]:
    """Parameters, bytes, operations and seconds of the training, by a clock; writes nothing."""
    on, packed = runtime(device, codec.shape), codec.pack(data.x)
    condition, conditions = (None, None) if labels is None else fit_condition(labels, len(data))
    domain = Domain(codec, packed, conditions, condition)
    few = domain.part(torch.arange(min(2, len(domain))))
    model = MODELS[config.model]
    task = model(config, {"unlabeled": few}, on)
    batches = Batches({"unlabeled": domain.stream(config.batch, on)}, Rng(("estimate",)))
    operations = count_flops(lambda: task.update(batches, Step(0)))
    seconds = seconds_a_step(lambda number: task.update(batches, Step(number))[0], clock)
    networks = model.networks(task.parts)
    readers = [
        network for network in (networks.discriminator, networks.encoder) if network is not None
    ]
    return {
        "device": on.device,
        "bfloat16": on.bfloat16,
        "generator_parameters": sum(p.numel() for p in networks.generator.parameters()),
        "discriminator_parameters": sum(
            p.numel() for network in readers for p in network.parameters()
        ),
        "data_bytes": packed.numel() * packed.element_size(),
        "memory_bytes": peak_memory(on.device),
        "flops_per_step": operations,
        "samples_per_second": round(config.batch / seconds),
        "seconds": round(seconds * config.steps, 1),
    }


def seconds_a_step(update: Callable[[int], Terms], clock: Callable[[], float]) -> float:
    """The mean time of some steps, by a clock in seconds."""
    steps, began = -1, clock()
    while steps < LEAST or (steps < MOST and clock() - began < BUDGET):
        sum(map(float, update(FIRST + steps).values()))  # waits for the device
        steps += 1
        if not steps:  # that one warmed up
            began = clock()
    return (clock() - began) / steps


def peak_memory(device: str) -> int:
    """Bytes that this process has needed so far, on the device or, for a CPU, in all."""
    if device.startswith("cuda"):
        return int(torch.cuda.max_memory_allocated(device))
    return peak_resident_bytes()
