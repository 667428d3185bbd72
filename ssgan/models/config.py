"""What the result of pretraining depends on, besides the data."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ssgan.codecs import Codec
from ssgan.config import (
    InputError,
    Settings,
    check_kind,
    check_numbers,
    check_optional,
    check_optional_count,
    from_settings,
    names_in,
    there_are,
)
from ssgan.models.sampler import NOISES
from ssgan.models.selfsupervision import SELFSUPERVISIONS, Contrastive, Rotation
from ssgan.networks import ARCHITECTURES
from ssgan.objectives import OBJECTIVES, Objective, Relativistic, Wasserstein, name_of, objective
from ssgan.transforms.batch import SCHEDULES, Augmentation

MODEL_NAMES = names_in(Path(__file__).with_name("tasks"))
OPTIMIZERS = ("adam", "rmsprop")


@dataclass(frozen=True, kw_only=True)
class Body:
    """What a trunk is made by: its architecture, or "auto" for that of the samples, and size."""

    architecture: str = "auto"
    width: int = 24
    depth: int | None = None

    def __post_init__(self) -> None:
        check_numbers(self, least={"width": 1})
        check_optional_count(self, "depth")


@dataclass(frozen=True, kw_only=True)
class GANConfig(Settings):
    """How to train, and what; the run directory and the device are arguments.

    Parameters
    ----------
    model : {"gan", "stackgan", "vae", "vae-gan"}, default="gan"
        The kind of generative model.
    objective : Objective, default=Relativistic()
        What each player minimises; like the two below also by its name, or as a mapping with it.
    architecture : str, default="auto"
        Of the networks; "auto" goes by the samples.
    depth : int, optional
        Layers a resolution; None is the architecture's own.
    width : int, default=24
        Channels after the first convolution; dense layers have 8 times as many units.
    latent : int, default=64
        Dimension of the noise.
    noise : {"normal", "uniform", "unit"}, default="normal"
        Its distribution; uniform is in [-1, 1), unit in [0, 1).
    steps : int, default=5000
        Generator updates; 0 leaves the networks untrained, for comparison.
    batch : int, default=64
        Real samples an update.
    optimizer : {"adam", "rmsprop"}, default="adam"
        Rmsprop knows no betas.
    rate, final : float, default=1e-3 and 0.1
        Learning rate at the start, and its share at the end, along a cosine.
    critic_rate : float, optional
        That of the critic at the start, where it is another.
    critic_ceiling : float, optional
        Share of real and generated samples, up to 1, that the critic may tell apart in a batch: it
        is not updated in the next step where it told more.
    beta1, beta2 : float, default=0 and 0.99
        Of Adam. Momentum destabilises the two-player game (Huang et al. 2024).
    penalty_final : float, default=1
        Share of the weights of R1 and R2 at the end, along a cosine.
    augmentation : Augmentation, optional
        Changes of images that the critic sees.
    selfsupervision : Rotation or Contrastive, optional
        More for the critic to learn.
    l2 : float, default=0
        Weight of |w|^2 / 2, added to the losses of both players.
    ema, ema_first : float, default=0.999 and None
        Decay of the averages of both networks' weights at the end and at the start, along a cosine;
        None is `ema`. It is less in the first steps, as there is little to average.
    seed : int, default=0
        The same seed gives the same GAN.
    guard : bool, default=True
        Measure the GAN at its checkpoints, and go back where it breaks down.

    Raises
    ------
    InputError
        For values that cannot be used, and settings that do not go together.

    References
    ----------
    Huang et al. 2024, "The GAN is dead; long live the GAN!", whose objective is the default.

    Examples
    --------
    >>> from ssgan import GANConfig
    >>> GANConfig(steps=1000, objective="hinge").objective
    Hinge(updates=1)
    >>> GANConfig().changed({"objective": {"name": "hinge", "updates": 2}}).objective
    Hinge(updates=2)
    """

    model: str = "gan"
    objective: Objective = Relativistic()
    architecture: str = "auto"
    depth: int | None = None
    width: int = 24
    latent: int = 64
    noise: str = "normal"
    steps: int = 5000
    batch: int = 64
    optimizer: str = "adam"
    rate: float = 1e-3
    critic_rate: float | None = None
    critic_ceiling: float | None = None
    beta1: float = 0.0
    beta2: float = 0.99
    final: float = 0.1
    penalty_final: float = 1.0
    augmentation: Augmentation | None = None
    selfsupervision: Rotation | Contrastive | None = None
    l2: float = 0.0
    ema: float = 0.999
    ema_first: float | None = None
    seed: int = 0
    guard: bool = True

    def __post_init__(self) -> None:
        check_numbers(self, least={"batch": 1, "width": 1, "latent": 1})
        for name in NESTED:
            object.__setattr__(self, name, named_object(name, getattr(self, name)))
        check_kind(self, "objective", tuple(OBJECTIVES.values()))
        if self.augmentation is not None:
            check_kind(self, "augmentation", Augmentation)
        if self.selfsupervision is not None:
            check_kind(self, "selfsupervision", tuple(SELFSUPERVISIONS.values()))
        check_numbers(self.objective)
        for name, names in NAMES.items():
            if (value := getattr(self, name)) not in names:
                raise InputError(f"no {name} {value!r}{there_are(value, names)}")
        check_optional_count(self, "depth")
        for name in ("beta1", "beta2", "ema"):
            if not (value := getattr(self, name)) < 1:
                raise InputError(f"expected {name} to be below 1, got {value!r}")
        check_optional(self, "critic_rate")
        check_optional(self, "critic_ceiling", most=1)
        first = self.ema_first
        if first is not None and not (isinstance(first, int | float) and 0 <= first < 1):
            raise InputError(f"expected ema_first to be from 0 to below 1, got {first!r}")
        if isinstance(self.objective, Wasserstein) and self.optimizer == "adam" and self.beta1:
            raise InputError(
                f"momentum destabilises WGAN's clipped critic (Arjovsky et al. 2017, section 4), "
                f"got beta1 {self.beta1}: set it to 0, or take optimizer 'rmsprop'"
            )
        if self.penalty_final != 1 and not penalties(self.objective):
            raise InputError(
                f"penalty_final changes r1 and r2, which the objective {name_of(self.objective)!r} "
                "does not have: leave it at 1"
            )

    @property
    def body(self) -> Body:
        """What the trunk of its discriminator is made by."""
        return Body(architecture=self.architecture, width=self.width, depth=self.depth)

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON, nested ones as objects.

        Returns
        -------
        dict of str to JSON
        """
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        fields["objective"] = {"name": name_of(self.objective), **vars(self.objective)}
        if self.augmentation:
            fields["augmentation"] = vars(self.augmentation) | {
                "kinds": list(self.augmentation.kinds)
            }
        if chosen := self.selfsupervision:
            name = next(n for n, kind in SELFSUPERVISIONS.items() if type(chosen) is kind)
            fields["selfsupervision"] = {"name": name, **vars(chosen)}
        return fields

    def changed(self, fields: Mapping[str, Any]) -> Self:
        """This config with other values of some fields; "body" is the old name of the architecture.

        Parameters
        ----------
        fields : mapping of str
            Fields and their values.

        Returns
        -------
        GANConfig

        Raises
        ------
        InputError
            For a field that there is not, and for a value that cannot be used.
        """
        fields = {name: named_object(name, value) for name, value in fields.items()}
        if "body" in fields:  # its name before 0.2
            fields["architecture"] = fields.pop("body")
        return super().changed(fields)


def penalties(rule: Objective) -> dict[str, float]:
    """The weights of R1 and R2, where the objective has them."""
    return {name: value for name, value in vars(rule).items() if name in ("r1", "r2")}


def named_object(name: str, value: Any) -> Any:
    """The object of a nested field that a name, or a table with one, says; others as they are.

    The name of an augmentation is its schedule, and it may be left out. "none" is None where there
    need be no object, as TOML has no word for it.
    """
    if name not in NESTED:
        return value
    if isinstance(value, str):
        return None if value == "none" and name != "objective" else NESTED[name](value)
    if isinstance(value, Mapping):
        if "name" not in value and name != "augmentation":
            raise InputError(f"{name} has no name: say which with name = ...")
        return NESTED[name](**value)
    return value


def augmentation(schedule: str = "fixed", **fields: Any) -> Augmentation:
    """The augmentation of that schedule, from its settings."""
    return from_settings(Augmentation, {"schedule": schedule, **fields})


def selfsupervision(name: str, **fields: Any) -> Rotation | Contrastive:
    """The self-supervision of that name; InputError for an unknown one."""
    if not isinstance(name, str) or name not in SELFSUPERVISIONS:
        raise InputError(f"no self-supervision {name!r}{there_are(name, SELFSUPERVISIONS)}")
    return from_settings(SELFSUPERVISIONS[name], fields)


NAMES = {
    "model": MODEL_NAMES,
    "architecture": ("auto", *ARCHITECTURES),
    "optimizer": OPTIMIZERS,
    "noise": tuple(NOISES),
}
NESTED: dict[str, Callable[..., Any]] = {
    "objective": objective,
    "augmentation": augmentation,
    "selfsupervision": selfsupervision,
}


PRETRAIN_CHOICES: dict[str, tuple[str, ...]] = {  # for a help
    "architectures": (*ARCHITECTURES, "auto"),
    "augmentations": tuple(SCHEDULES),
    "models": MODEL_NAMES,
    "objectives": tuple(OBJECTIVES),
    "selfsupervisions": tuple(SELFSUPERVISIONS),
}


def resolve_architecture(config: GANConfig | Body, codec: Codec) -> str:
    """The name of the config's architecture; "auto" is the default of the codec."""
    return codec.architecture if config.architecture == "auto" else config.architecture
