"""What a config leaves open, settled for the samples and labels that are at hand."""

from collections.abc import Iterator
from dataclasses import replace

from ssgan.config import InputError, unused_setting
from ssgan.models.domain import CALIBRATION
from ssgan.models.gan import GAN
from ssgan.models.readouts import readout_of
from ssgan.models.student.natural import natural
from ssgan.models.student.task import can_teach
from ssgan.prediction.calibration.shares import drawn_by_class
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.labels import Labeled
from ssgan.prediction.methods import METHODS
from ssgan.transforms.views import check_transforms, movable

IN_STEPS = ("steps", "batch", "rate", "decay", "ema")  # what methods that take steps use
RESOLVED = {"steps": 1, "unlabeled": 0.0}  # where a method does not use them


def resolve_config(config: PredictorConfig | None, gan: GAN, rows: Labeled) -> PredictorConfig:
    """The config with all that was left open, for these samples.

    Raises InputError for a method or transforms that these samples cannot have.
    """
    config = config or PredictorConfig()
    if config.members:
        members = [replace(m, config=resolve_config(m.config, gan, rows)) for m in config.members]
        return replace(config, members=tuple(members), readout=config.readout or "all")
    readout = config.readout or default_readout(gan, config, rows)
    method = METHODS.get(config.method)  # none for "auto" and for several
    if method and method.readout:
        readout = method.readout
    shares = config.shares or default_shares(config, rows)
    config = replace(config, readout=readout, shares=shares)
    if method and method.fit and not (method.numbers or rows.classes):
        raise InputError(
            f"method {config.method!r} is for classes, the labels are numbers: take one of "
            f"{', '.join(name for name, entry in METHODS.items() if entry.numbers)}"
        )
    if config.is_auto:  # what it chooses is resolved then
        check_transforms(config.transforms or (), gan.codec)
        return config
    if config.unlabeled == 0 or rows.unlabeled is None or not losses_of(config, rows.classes):
        config = replace(config, unlabeled=0.0)
    steps = max([METHODS[name].steps for name in config.learns], default=1)
    transforms = resolve_transforms(gan, config, rows)
    return replace(config, transforms=transforms, steps=config.steps or steps)


def refuse_unused(
    config: PredictorConfig, own: str = "all", suits: tuple[str, ...] | None = None
) -> None:
    """InputError for settings that nothing would use, given the readout of the GAN and the
    transforms that suit the samples, which a resolved config has all of."""
    if config.members:  # they have the settings of "auto", which chose them
        return
    for name, users in unused_settings(config):
        raise unused_setting(name, users, config.method)
    if config.ema >= 1:  # the average moves faster in any step
        raise InputError(f"expected ema to be a number from 0 to below 1, got {config.ema!r}")
    if config.auto.budget is not None and not config.is_auto:
        raise InputError(
            f"a budget bounds what auto compares, method {config.method!r} compares nothing: leave "
            "it out, or take auto"
        )
    readout = config.readout or own
    if config.is_auto or readout == "student" or config.transforms == suits:
        return
    if "zoom" in (config.transforms or ()):
        raise InputError(
            f"zoom is for a student's views, readout {readout!r} has none: take readout student, or"
            " leave zoom out"
        )


def unused_settings(config: PredictorConfig) -> Iterator[tuple[str, list[str]]]:
    """Settings that are not as they are by default, and that nothing uses; who would use them."""
    default = PredictorConfig()
    for name in (*IN_STEPS, *dict.fromkeys(name for m in METHODS.values() for name in m.uses)):
        users = users_of(name)
        usual = getattr(config, name) in (getattr(default, name), RESOLVED.get(name))
        if not usual and not {*users} & {config.method, *config.learns}:
            yield name, users


def users_of(setting: str) -> list[str]:
    """The methods that use a setting; "auto" has all that learn from unlabeled samples."""
    in_steps = setting in IN_STEPS
    users = [n for n, m in METHODS.items() if (m.loss if in_steps else setting in m.uses)]
    return ["auto", *users] if any(METHODS[name].loss for name in users) else users


def without_unused(config: PredictorConfig) -> PredictorConfig:
    """The config without settings that its method does not use: one of several by one table."""
    return replace(config, **{n: getattr(PredictorConfig(), n) for n, _ in unused_settings(config)})


def check_settings(config: PredictorConfig, gan: GAN, rows: Labeled) -> None:
    """`refuse_unused` for these samples."""
    suits = natural_transforms(gan, rows) if "zoom" in (config.transforms or ()) else None
    refuse_unused(config, readout_of(gan), suits)


def losses_of(config: PredictorConfig, classes: int) -> tuple[str, ...]:
    """The methods of a config whose losses of unlabeled samples such labels can have."""
    return tuple(name for name in config.learns if classes or METHODS[name].numbers)


def default_readout(gan: GAN, config: PredictorConfig, rows: Labeled) -> str:
    """The readout where none is named: the GAN's, if that is another than all depths; samples and
    all depths, where samples tell much by themselves; else "auto" takes a student where it has
    views to learn from, and all the time that it needs.

    Those of images that keep a class, or that are stated to keep a number; a student without them
    is worth no more than all depths.
    """
    if (readout := readout_of(gan)) != "all":
        return readout
    if gan.codec.telling:
        return "samples+all"
    distils = (
        config.is_auto
        and config.auto.budget is None
        and has_views(gan, config, rows)
        and rows.unlabeled is not None
    )
    return "student" if distils and can_teach(gan) else "all"


def default_shares(config: PredictorConfig, rows: Labeled) -> str:
    """The shares of classes where none are named: "auto" has them estimated where as many of every
    class are labelled, which no random draw would give; else labels tell more than an estimate."""
    if not config.is_auto or not rows.classes or rows.unlabeled is None:
        return "labels"
    return "estimated" if drawn_by_class(rows.values.numpy(), rows.classes) else "labels"


def has_views(gan: GAN, config: PredictorConfig, rows: Labeled) -> bool:
    """Whether samples have views that keep a class, or that are stated to keep a label."""
    moves = bool(rows.classes) if config.transforms is None else {*config.transforms} - {"noise"}
    return bool(moves and movable(gan.codec) and config.warp)


def resolve_transforms(gan: GAN, config: PredictorConfig, rows: Labeled) -> tuple[str, ...]:
    """Those of the config, or what suits the samples where views are made of them."""
    if config.transforms is not None:
        check_transforms(config.transforms, gan.codec)
        return config.transforms
    views = config.learns or config.distils
    return natural_transforms(gan, rows) if views and config.warp else ()


def natural_transforms(gan: GAN, rows: Labeled) -> tuple[str, ...]:
    """Those natural for the samples; only noise for numbers, which a turn might change."""
    if not rows.classes:
        return ("noise",)
    return natural(gan.codec, gan.codec.expand(rows.every()[:CALIBRATION]), rows.seed)
