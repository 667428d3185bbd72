"""What a student depends on, besides the GAN and the samples."""

from dataclasses import dataclass

from ssgan.config import Settings, check_listed, check_numbers
from ssgan.transforms.views import TRANSFORMS


@dataclass(frozen=True, kw_only=True)
class StudentConfig(Settings):
    """What a student depends on, besides the GAN and the samples.

    Parameters
    ----------
    steps : int, default=1000
        Updates; 0 leaves its first weights, for comparison.
    batch : int, default=96
        Real samples a step; a third as many are generated.
    views : int, default=2
        Of each real sample.
    rate : float, default=1e-3
        Learning rate at the start; it falls along a cosine.
    transforms : tuple of str, optional
        Names of transforms that keep what a sample is; None finds them.
    warp : float, default=1
        Strength of random turns, stretches and shifts of images.
    seed : int, default=0
        The same seed gives the same student.

    Raises
    ------
    InputError
        For values that cannot be used.

    Examples
    --------
    >>> from ssgan import StudentConfig
    >>> StudentConfig(steps=200, transforms=["zoom", "noise"]).transforms
    ('zoom', 'noise')
    """

    steps: int = 1000
    batch: int = 96
    views: int = 2
    rate: float = 1e-3
    transforms: tuple[str, ...] | None = None
    warp: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_numbers(self, least={"batch": 6, "views": 2})
        if self.transforms is not None:
            check_listed(self, "transforms", TRANSFORMS)
