"""How long "auto" may compare: what is cheap comes first, and what is left out is said."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from ssgan.config import InputError
from ssgan.training.ranks import of_first

UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Budget:
    """Seconds from now on, or no bound.

    Examples
    --------
    >>> Budget(None).spent(), Budget(0.0).spent(), Budget(60.0).affords(3600)
    (False, True, False)
    """

    seconds: float | None
    clock: Callable[[], float] = monotonic
    began: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "began", self.clock())

    @property
    def left(self) -> float:
        """Seconds that are left; infinite without a bound."""
        if self.seconds is None:
            return float("inf")
        return self.seconds - (self.clock() - self.began)

    def spent(self) -> bool:
        """Whether nothing of it is left."""
        return of_first(self.left <= 0)

    def affords(self, seconds: float) -> bool:
        """Whether something that takes so long would end in time."""
        return of_first(seconds <= self.left)


def seconds_of(text: str) -> float:
    """Seconds that a text names: "90", "60s", "5m", "1.5h".

    Raises
    ------
    InputError
        For another text, and for no time at all.

    Examples
    --------
    >>> seconds_of("5m"), seconds_of("90")
    (300.0, 90.0)
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    if not match or not float(match[1]):
        raise InputError(f"expected a time as 60s, 5m or 1h, got {text!r}")
    return float(match[1]) * UNITS[match[2]]
