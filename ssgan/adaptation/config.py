"""What the result of an adaptation depends on, besides both domains."""

from dataclasses import dataclass
from typing import Any

from ssgan.adaptation.names import FRAMES, METHOD_NAMES
from ssgan.adaptation.translation.config import TranslateConfig
from ssgan.config import (
    InputError,
    Settings,
    check_kind,
    check_listed,
    check_numbers,
    check_optional,
    check_optional_count,
    there_are,
)
from ssgan.models.config import NAMES
from ssgan.transforms.views import TRANSFORMS


@dataclass(frozen=True, kw_only=True)
class TeacherConfig:
    """Of method "consistency": which pseudo-labels are believed, and how much they count.

    Parameters
    ----------
    sure : float, default=0.9
        Of the teacher's mean confidence in the source, from which a label is believed.
    momentum : float, default=0.99
        Of the running averages, a step.
    balance : float, default=0.1
        Weight of the class-balance regulariser.
    rise : float, default=0.3
        Share of the steps in which pseudo-labels gain their full weight.

    Raises
    ------
    InputError
        For values that cannot be used.

    Examples
    --------
    >>> from ssgan import AdaptConfig
    >>> AdaptConfig().changed({"teacher": {"sure": 0.8}}).teacher.sure
    0.8
    """

    sure: float = 0.9
    momentum: float = 0.99
    balance: float = 0.1
    rise: float = 0.3

    def __post_init__(self) -> None:
        check_numbers(self)
        if not (self.momentum < 1 and self.rise > 0):
            raise InputError(
                "expected a momentum from 0 to below 1 and a rise above 0, got "
                f"{self.momentum!r} and {self.rise!r}"
            )


@dataclass(frozen=True, kw_only=True)
class AdaptConfig(Settings):
    """How to adapt; the directory of the model is an argument.

    Parameters
    ----------
    method : str, default="statistics"
        A key of `ssgan.adaptation.methods.METHODS`.
    steps : int or None, default=None
        Updates; None is the method's own number.
    batch : int, default=64
        Samples of each domain in an update.
    rate : float or None, default=None
        Learning rate at the start; None is the method's own.
    decay : float, default=0.01
        Weight decay.
    weight : float, default=1.0
        Of what is learnt from the target's samples.
    transforms : tuple of str or None, default=None
        Transforms that keep a label (`ssgan.transforms.views`); None is moves, "colour" and
        "texture" for images, "corrupt" for rows, "noise" where numbers are predicted; () is none.
    warp : float, default=1.0
        Strength of random turns, stretches and shifts of images.
    ema : float, default=0.99
        Decay of the average of the weights; 0 is the last update's.
    frame : {"pad", "fit"}, default="pad"
        How images of two sizes are reconciled: the smaller ones padded, or scaled first so that
        what they show is as large as in the others.
    architecture : str, default="auto"
        An architecture of `ssgan.networks` with a classifier of its own: "lenet" for images,
        "perceptron" for rows where it is "auto".
    width : int, default=16
        Channels after the first layer.
    candidates : tuple of str, default=("source-only", "statistics", "dann", "consistency")
        Of method "auto": what it chooses from.
    teacher : TeacherConfig, default=TeacherConfig()
        Of method "consistency": which pseudo-labels are believed, and how much they count.
    pretraining : int, default=2000
        Of method "pretrained": updates of the GAN.
    translation : TranslateConfig, default=TranslateConfig()
        Of method "translate": how images are translated. Its seed is that of this config.
    seed : int, default=0
        Same seed, same model.

    Raises
    ------
    InputError
        For a method, transform or frame that does not exist and for numbers out of range.

    Examples
    --------
    >>> from ssgan import AdaptConfig
    >>> AdaptConfig(method="dann", steps=1000).rate is None
    True
    """

    method: str = "statistics"
    steps: int | None = None
    batch: int = 64
    rate: float | None = None
    decay: float = 0.01
    weight: float = 1.0
    transforms: tuple[str, ...] | None = None
    warp: float = 1.0
    ema: float = 0.99
    frame: str = "pad"
    architecture: str = "auto"
    width: int = 16
    candidates: tuple[str, ...] = ("source-only", "statistics", "dann", "consistency")
    teacher: TeacherConfig = TeacherConfig()
    pretraining: int = 2000
    translation: TranslateConfig = TranslateConfig()
    seed: int = 0

    def __post_init__(self) -> None:
        check_numbers(self, least={"batch": 2, "width": 1})
        check_kind(self, "teacher", TeacherConfig)
        check_kind(self, "translation", TranslateConfig)
        if self.translation.seed not in (0, self.seed):
            raise InputError("a translation has the seed of its AdaptConfig: set it there")
        if self.method not in METHOD_NAMES:
            raise InputError(f"no method {self.method!r}{there_are(self.method, METHOD_NAMES)}")
        known = [name for name in METHOD_NAMES if name != "auto"]
        check_listed(self, "candidates", known)
        if not self.candidates:
            raise InputError(f"expected candidates out of {', '.join(known)}, got none")
        if self.architecture not in (names := NAMES["architecture"]):
            raise InputError(
                f"no architecture {self.architecture!r}{there_are(self.architecture, names)}"
            )
        if self.frame not in FRAMES:
            raise InputError(f"expected frame {' or '.join(FRAMES)}, got {self.frame!r}")
        check_optional_count(self, "steps")
        check_optional(self, "rate")
        if not self.ema < 1:
            raise InputError(f"expected ema to be a number from 0 to below 1, got {self.ema!r}")
        if self.transforms is not None:
            check_listed(self, "transforms", TRANSFORMS)

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON.

        Returns
        -------
        dict of str to JSON
        """
        transforms = None if self.transforms is None else list(self.transforms)
        lists = {"transforms": transforms, "candidates": list(self.candidates)}
        return super().to_json() | lists
