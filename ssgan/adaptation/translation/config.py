"""What the result of a translation depends on, besides both domains."""

from dataclasses import dataclass
from pathlib import Path

from ssgan.config import InputError, Settings, check_numbers, names_in, there_are

TRANSLATION_NAMES = names_in(Path(__file__).with_name("methods"))


@dataclass(frozen=True, kw_only=True)
class TranslateConfig(Settings):
    """How to learn to make images of a source look like those of a target.

    Parameters
    ----------
    method : {"cut", "cyclegan"}, default="cyclegan"
        Patches that stay alike, or a way there and back.
    steps : int, default=1500
        Updates.
    batch : int, default=16
        Images of each domain in an update.
    rate : float, default=5e-4
        Learning rate of Adam; it falls to 0 in the second half.
    width, blocks : int, default=16 and 4
        Channels at full size, and residual blocks, of a network.
    cycle, identity : float, default=10 and 5
        Of "cyclegan": weights of the way there and back, and of images that are of the domain
        already.
    contrast : float, default=1
        Of "cut": weight of the patches.
    patches : int, default=64
        Of "cut": how many of a map are compared.
    ema : float, default=0.99
        Decay of the average of the weights; 0 is the last update's.
    seed : int, default=0
        Same seed, same network.

    Raises
    ------
    InputError
        For values that cannot be used.

    Examples
    --------
    >>> from ssgan import TranslateConfig
    >>> TranslateConfig(method="cut").changed({"steps": 100}).steps
    100
    """

    method: str = "cyclegan"
    steps: int = 1500
    batch: int = 16
    rate: float = 5e-4
    width: int = 16
    blocks: int = 4
    cycle: float = 10.0
    identity: float = 5.0
    contrast: float = 1.0
    patches: int = 64
    ema: float = 0.99
    seed: int = 0

    def __post_init__(self) -> None:
        check_numbers(self, least={"steps": 1, "batch": 1, "width": 1, "blocks": 1, "patches": 2})
        if self.method not in TRANSLATION_NAMES:
            raise InputError(
                f"no method {self.method!r}{there_are(self.method, TRANSLATION_NAMES)}"
            )
        if not self.ema < 1:
            raise InputError(f"expected ema to be a number from 0 to below 1, got {self.ema!r}")
