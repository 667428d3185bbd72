"""What work costs: floating-point operations, and memory."""

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


class Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts by torch's own formulas; its FlopCounterMode refuses penalties on gradients."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        count = flop_registry.get(func._overloadpacket)
        if count is None:
            with self:  # in inference mode products come inside of others: `linear`, `conv2d`
                inner = func.decompose(*args, **kwargs)
            return func(*args, **kwargs) if inner is NotImplemented else inner
        out = func(*args, **kwargs)
        self.total += int(count(*args, **kwargs, out_val=out))
        return out


def count_flops(work: Callable[[], object]) -> int:
    """Floating-point operations of the products and convolutions that torch does in `work`."""
    with Operations() as counter:
        work()
    return int(counter.total)


def peak_resident_bytes() -> int:
    """The most memory that this process held at once; elsewhere than on Linux since it began."""
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        high = next(line for line in lines if line.startswith("VmHWM"))
        return int(high.split()[1]) * 1024
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
