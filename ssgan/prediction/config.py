"""What the result of finetuning depends on, besides the GAN and the labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from ssgan.config import (
    InputError,
    Settings,
    check_kind,
    check_listed,
    check_numbers,
    check_optional_count,
    check_optional_number,
    from_settings,
    there_are,
)
from ssgan.models.readouts import READOUTS, check_readout
from ssgan.models.student.config import StudentConfig
from ssgan.prediction.calibration.shares import as_stated
from ssgan.prediction.names import FITTED, STEPPED, TOGETHER
from ssgan.prediction.search import DEFAULT_SEARCH, AutoConfig, SearchConfig, SharesConfig
from ssgan.transforms.views import TRANSFORMS

RENAMED = {  # methods of 0.1, still read
    "finetune": "propagation",
    "joint": "k-plus-one",
    "spread": "graph",
    "simple": "baseline",
}
FINETUNE_CHOICES: dict[str, tuple[str, ...]] = {  # for a help
    "methods": ("auto", *FITTED, *STEPPED),
    "methods together": TOGETHER,
    "readouts": tuple(READOUTS),
    "transforms": TRANSFORMS,
}
PARTS = {
    "student": StudentConfig,
    "search": SearchConfig,
    "auto": AutoConfig,
    "class_shares": SharesConfig,
}
STUDENT = {"student_steps": "steps", "student_batch": "batch", "student_views": "views"}


@dataclass(frozen=True, kw_only=True)
class Member:
    """A model of an ensemble."""

    config: "PredictorConfig"  # resolved
    weight: float  # of its probabilities, or numbers
    temperature: float = 1.0  # that its outputs are divided by before that

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON, the config as an object."""
        return {**vars(self), "config": self.config.to_json()}


@dataclass(frozen=True, kw_only=True)
class PredictorConfig(Settings):
    """How to finetune; the directory of the model is an argument.

    Parameters
    ----------
    method : str, default="auto"
        "auto", which weighs several by folds of the labels; "ensemble" of `members`; one of
        `ssgan.prediction.names.FITTED` or `STEPPED`, or some of the latter but "gan-bert" and
        "supervised" with "+" between them. The names of version 0.1 are still read: "finetune" is
        "propagation", "joint" is "k-plus-one", "spread" is "graph", "simple" is "baseline".
    steps : int or None, default=None
        Updates of the methods that take steps; None is the method's own number.
    batch : int, default=32
        Labelled samples an update.
    ratio : int, default=4
        Unlabeled samples an update for every labelled one, of "consistency",
        "k-plus-one" and "gan-bert".
    rate : float, default=2e-3
        Learning rate at the start; it falls along a cosine.
    decay : float, default=0.01
        Weight decay.
    transforms : tuple of str or None, default=None
        Transforms that keep a label (`ssgan.transforms.views`); None finds those that suit the
        samples.
    warp : float, default=1.0
        Strength of random turns, stretches and shifts of images; 0 for none.
    unlabeled : float, default=1.0
        Weight of the losses on unlabeled samples; 0 learns from labels only.
    ema : float, default=0.98
        Decay of the average of the weights, below 1; 0 is the last update's.
    calibrate : bool, default=True
        Train on folds of the labels, for the temperature of probabilities or for intervals.
    mix : bool, default=False
        Mix the strong views of "consistency" in pairs.
    align : bool, default=False
        Align the pseudo-labels of "consistency" with the distribution of the labels, or with
        `shares`.
    shares : {"labels", "estimated", "equal"}, mapping of str to float, or None, default=None
        Shares of the classes among the samples that will be predicted: those of the labels, those
        that the unlabeled samples seem to have, equal ones, or a share of every class by its name.
        None is "labels", but "estimated" for "auto" where as many of every class are labelled.
    faded : float or None, default=None
        Share of the steps after which the labels of a graph, in "consistency+propagation", have
        faded; far above 1 they stay. None is 0.3, but they stay where the graph gives classes
        other shares than the labels have.
    baseline : str or None, default=None
        Which model method "baseline" fits, which None lets folds of the labels choose, or method
        "on-features".
    members : tuple of Member, default=()
        Of method "ensemble": what "auto" has weighed.
    readout : {"all", "last", "samples", "samples+all", "student"} or None, default=None
        What features are read from; None is what the GAN reads, or the method's own.
    student : StudentConfig, default=StudentConfig()
        Training of the student, for that readout; like the three below also as a mapping. Its
        `warp` and `seed`, and its `transforms` where they are None, are those of this config.
    search : SearchConfig, default=SearchConfig()
        How much is tried on folds of the labels.
    auto : AutoConfig, default=AutoConfig()
        How method "auto" weighs its candidates.
    class_shares : SharesConfig, default=SharesConfig()
        How shares of classes are estimated, and when a warning says that classes do not match.
    seed : int, default=0
        Same seed, same model.

    Raises
    ------
    InputError
        For a method, readout or transform that does not exist and for numbers out of range.

    Examples
    --------
    >>> from ssgan import PredictorConfig
    >>> PredictorConfig(method="consistency+propagation", steps=1000).learns
    ('consistency', 'propagation')
    >>> PredictorConfig(method="spread").method
    'graph'
    """

    method: str = "auto"
    steps: int | None = None
    batch: int = 32
    ratio: int = 4
    rate: float = 2e-3
    decay: float = 0.01
    transforms: tuple[str, ...] | None = None
    warp: float = 1.0
    unlabeled: float = 1.0
    ema: float = 0.98
    calibrate: bool = True
    mix: bool = False
    align: bool = False
    shares: str | tuple[tuple[str, float], ...] | None = None
    faded: float | None = None
    baseline: str | None = None
    members: tuple[Member, ...] = ()
    readout: str | None = None
    student: StudentConfig = field(default_factory=StudentConfig)
    search: SearchConfig = DEFAULT_SEARCH
    auto: AutoConfig = AutoConfig()
    class_shares: SharesConfig = SharesConfig()
    seed: int = 0

    def __post_init__(self) -> None:
        for name, kind in PARTS.items():
            check_kind(self, name, kind)
        object.__setattr__(self, "members", members_of(self.members))
        object.__setattr__(self, "method", current_method_name(self.method))
        check_method(self.method)
        if self.shares is not None:
            object.__setattr__(self, "shares", as_stated(self.shares))
        if (self.method == "ensemble") != bool(self.members):
            raise InputError(
                'members are for method "ensemble", which has one or more: take method "auto", '
                "which makes them"
            )
        check_numbers(self, least={"batch": 1, "ratio": 1})
        if not isinstance(self.baseline, str | None):
            raise InputError(f"expected baseline to be the name of a model, got {self.baseline!r}")
        if self.readout is not None:
            check_readout(self.readout)
        check_optional_count(self, "steps")
        check_optional_number(self, "faded")
        for name, default in (("warp", 1.0), ("seed", 0)):
            if getattr(self.student, name) not in (default, getattr(self, name)):
                raise InputError(f"a student has the {name} of its PredictorConfig: set it there")
        if self.transforms is not None:
            check_listed(self, "transforms", TRANSFORMS)

    @property
    def is_auto(self) -> bool:
        """Whether the method is "auto", which chooses from the others."""
        return self.method == "auto"

    @property
    def distils(self) -> bool:
        """Whether it reads a student, which learns first."""
        return self.readout == "student"

    @property
    def learns(self) -> tuple[str, ...]:
        """The methods that take its steps; empty for one that is fitted at once, and for "auto"."""
        parts = tuple(self.method.split("+"))
        return parts if set(parts) <= set(STEPPED) else ()

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON, nested configs as objects.

        Returns
        -------
        dict of str to JSON
        """
        fields = super().to_json()
        fields["members"] = [member.to_json() for member in self.members]
        fields["shares"] = dict(self.shares) if isinstance(self.shares, tuple) else self.shares
        for holder in (fields, fields["student"]):
            transforms = holder["transforms"]
            holder["transforms"] = None if transforms is None else list(transforms)
        return fields

    def changed(self, fields: Mapping[str, Any]) -> Self:
        """This config with other values of some fields; names of version 0.1 are read as well.

        Parameters
        ----------
        fields : mapping of str
            Fields and their values; nested ones as mappings or configs.

        Returns
        -------
        PredictorConfig

        Raises
        ------
        InputError
            For a field that there is not, and for a value that cannot be used.
        """
        fields = dict(fields)
        if "simple" in fields:
            fields["baseline"] = fields.pop("simple")
        flat = {new: fields.pop(old) for old, new in STUDENT.items() if old in fields}
        changed = super().changed(fields)
        return replace(changed, student=changed.student.changed(flat)) if flat else changed


def members_of(members: Any) -> tuple[Member, ...]:
    """The members of an ensemble, which may be their JSON."""
    if isinstance(members, str | bytes) or not isinstance(members, Sequence):
        raise InputError(f"expected members to be a list of models, got {members!r}")
    return tuple(member_of(member) for member in members)


def member_of(member: Any) -> Member:
    """A member of an ensemble, or the one that its JSON describes."""
    if isinstance(member, Member):
        return member
    is_stored = isinstance(member, Mapping) and {"config", "weight"} <= {*member}
    if not is_stored or not isinstance(member["config"], Mapping):
        raise InputError(f"expected a member to have a config and a weight, got {member!r}")
    config = PredictorConfig.from_json(member["config"])
    return from_settings(Member, {**member, "config": config})


def current_method_name(method: str) -> str:
    """The name of a method today, "+" and all."""
    return "+".join(RENAMED.get(part, part) for part in str(method).split("+"))


def check_method(method: str) -> None:
    """InputError for a method that there is not, and for some that do not go together."""
    parts = method.split("+")
    together = set(parts) <= set(TOGETHER) and len(set(parts)) == len(parts)
    if not (together or method in ("auto", "ensemble", *FITTED, *STEPPED)):
        raise InputError(
            f"no method {method!r}{there_are(method, ('auto', *FITTED, *STEPPED))}; "
            f"{', '.join(TOGETHER)} also together, as in consistency+propagation"
        )
