"""How to learn to make pictures larger."""

from dataclasses import dataclass

from ssgan.config import InputError, Settings, check_numbers

SCALES = (2, 3, 4)
CONTENT = 0.7  # share of the steps that come before the critic


@dataclass(frozen=True, kw_only=True)
class UpscaleConfig(Settings):
    """How to learn to make pictures larger.

    Parameters
    ----------
    scale : {2, 3, 4}, default=2
        How many times as large each side gets.
    steps : int, default=3000
        Updates.
    width, depth : int, default=32 and 3
        Channels, and pairs of convolutions, of the network.
    batch : int, default=16
        Squares of pictures an update.
    side : int, default=48
        Pixels of a square of a large picture, a multiple of 8 and of the scale.
    rate : float, default=2e-3
        Learning rate at the start; it falls along a cosine.
    judge : float, default=1e-3
        Weight of the critic in the last 30 % of the steps, beside L1; 0 is a regression without.
    seed : int, default=0
        The same seed gives the same network.

    Raises
    ------
    InputError
        For values that cannot be used.

    Examples
    --------
    >>> UpscaleConfig(scale=4, judge=0.0).changed({"steps": 100}).steps
    100
    """

    scale: int = 2
    steps: int = 3000
    width: int = 32
    depth: int = 3
    batch: int = 16
    side: int = 48
    rate: float = 2e-3
    judge: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        check_numbers(self, least={"batch": 1, "width": 1, "depth": 1, "side": 16})
        if self.scale not in SCALES:
            raise InputError(f"expected scale 2, 3 or 4, got {self.scale!r}")
        if self.side % 8 or self.side % self.scale:
            raise InputError(
                f"expected side to be a multiple of 8 and of the scale {self.scale}, got "
                f"{self.side}"
            )

    @property
    def content_steps(self) -> int:
        """Steps before the critic comes in."""
        return round(CONTENT * self.steps) if self.judge else self.steps
