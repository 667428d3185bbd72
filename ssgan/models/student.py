"""A student: a network that has learnt from generator and discriminator what samples share.

It is a readout (see `readouts`). It starts as the trunk; the architecture "resnet" has its own.

Squeeze and span (Yang et al. 2022, "Distilling Representations from GAN Generator via Squeeze and
Span"): the student starts as the discriminator. Of generated samples it predicts what the
generator's maps of all depths are squeezed to (eq. 4 and 5), two changed views of a real sample are
to look alike to it (eq. 6), and its outputs keep their variance and are not correlated, without
which all of this would be easiest with a constant (Bardes et al. 2022, "VICReg", eq. 1 to 6). No
label is read.
"""

import copy
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.config import InputError, Settings, check_listed, check_numbers
from ssgan.data import digest
from ssgan.models.config import resolve_architecture
from ssgan.models.domain import CALIBRATION
from ssgan.models.gan import GAN
from ssgan.models.inference import apply, blocks
from ssgan.models.natural import natural
from ssgan.models.pooling import Readout
from ssgan.models.sampler import generate_maps
from ssgan.models.vicreg import vicreg_terms
from ssgan.networks import architecture_of, flatten_maps, trunk
from ssgan.networks.size import check_depth, check_size
from ssgan.objectives import to_float32
from ssgan.randomness import Rng, seeded
from ssgan.runs.run import Run
from ssgan.runtime import Terms
from ssgan.training.batches import Batches, BatchSource, Stream
from ssgan.training.ema import average, averaged
from ssgan.training.norms import reestimate
from ssgan.training.optim import adam, cosine, set_rate
from ssgan.training.runner import Progress, finish, run_training
from ssgan.training.schedule import Schedule, Step, TrainOptions
from ssgan.training.state import Part, pack_parts
from ssgan.training.step import descend
from ssgan.transforms.views import TRANSFORMS, Views, check_transforms

SQUEEZED = 128  # features of a student
COMPARED = 1024  # numbers that a student with a network of its own is compared by
GENERATED = 0.25  # weight of the generated samples' terms, against the real ones'; and their share
EMA = 0.99  # decay of the average of the weights
BETAS, DECAY = (0.9, 0.99), 0.01
Pair = tuple[Tensor, Tensor]


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


class Squeeze(nn.Module):
    """Rows (N, features) to hidden ones and on to what two networks are compared by, (N, size)."""

    def __init__(self, features: int, size: int = SQUEEZED) -> None:
        super().__init__()
        self.squeeze = nn.Linear(features, size)
        self.norm = nn.BatchNorm1d(size)
        self.project = nn.Linear(size, size)

    def forward(self, rows: Tensor) -> Tensor:
        compared: Tensor = self.project(activation(self.norm(self.squeeze(rows))))
        return compared

    @torch.no_grad()
    def layer(self) -> nn.Linear:
        """`squeeze` and `norm` with its statistics as one layer."""
        norm = self.norm.state_dict()
        gain = norm["weight"] * (norm["running_var"] + self.norm.eps).rsqrt()
        layer = copy.deepcopy(self.squeeze)
        layer.weight.mul_(gain[:, None])
        layer.bias.copy_((layer.bias - norm["running_mean"]) * gain + norm["bias"])
        return layer


class StudentInTraining(nn.Module):
    """The student while it learns: samples (N, ...) to what is compared, (N, size)."""

    def __init__(self, below: Any, size: int) -> None:
        super().__init__()
        self.trunk, self.head = below, Squeeze(below.features, size)

    def forward(self, x: Tensor) -> Tensor:
        compared: Tensor = self.head(flatten_maps(self.trunk(x)[-1]))
        return compared


class Student(nn.Module):
    """A trunk whose last map is squeezed to few features: samples (N, ...) to one map (N, 128).

    Without `squeeze` that map is given as it is.
    """

    def __init__(self, below: nn.Module, squeeze: nn.Linear | None) -> None:
        super().__init__()
        self.trunk, self.squeeze = below, squeeze

    def forward(self, x: Tensor) -> list[Tensor]:
        return self.squeezed(self.trunk(x))

    def squeezed(self, maps: list[Tensor]) -> list[Tensor]:
        """What it makes of the maps of its trunk."""
        features = flatten_maps(maps[-1])
        return [features if self.squeeze is None else activation(self.squeeze(features))]


def activation(x: Tensor) -> Tensor:
    """LeakyReLU .2, as in all networks here."""
    return F.leaky_relu(x, 0.2)


def empty_student(
    shape: tuple[int, ...], width: int, architecture: str, depth: int | None
) -> Student:
    """A student to be filled with weights; draws from torch's current random state."""
    own = architecture_of(shape, architecture).student
    if own is not None:
        check_depth(depth)
        made = partial(own, shape, width, depth)
        check_size(f"a student of width {width:,}", shape, (width, depth or 1), made)
        return Student(made(), None)
    below = trunk(shape, width, architecture, depth)
    return Student(below, nn.Linear(below.features, SQUEEZED))


def own_student(gan: GAN) -> Callable[..., Any] | None:
    """The network of a student where the architecture has one of its own."""
    return architecture_of(gan.codec.shape, resolve_architecture(gan.config, gan.codec)).student


def first_trunk(gan: GAN) -> tuple[Any, int]:
    """What a student starts as, the discriminator's trunk or the architecture's own network, and
    how many numbers it is compared by; draws from torch's current random state."""
    config = gan.config
    own = own_student(gan)
    if own is None:
        return copy.deepcopy(gan.pretrained_trunk), SQUEEZED
    return own(gan.codec.shape, config.width, config.depth), COMPARED


def channel_means(maps: Sequence[Tensor]) -> Tensor:
    """Every channel of maps (N, C, ...) by its mean, all depths side by side: float32 (N, F)."""
    return torch.cat(
        [to_float32(m).flatten(2).mean(2) if m.dim() > 2 else to_float32(m) for m in maps], 1
    )


def can_teach(gan: GAN) -> bool:
    """Whether a student can learn from a GAN: all networks of `ssgan.networks` can teach, another
    generator needs a method `maps` that gives its maps of all depths."""
    return callable(getattr(gan.generator, "maps", None))


class Distillation:
    """The task: a student from a GAN and unlabeled rows; its features are those of the average."""

    def __init__(self, config: StudentConfig, gan: GAN, reference: Tensor) -> None:
        """`reference`: packed rows that batch norm and the readout are fitted to at the end."""
        if not can_teach(gan):
            raise InputError(
                "a student learns from the generator's maps of all depths, and this generator has "
                "no method `maps` that gives them: read all depths of the discriminator instead"
            )
        self.config, self.gan, self.reference = config, gan, reference
        self.views = Views(config.transforms or (), config.warp)
        self.rng = Rng(("student", config.seed), gan.runtime.device)
        on = gan.runtime
        channels = sum(m.shape[1] for m in self.generated(2, self.rng("shapes"))[:-1])
        with seeded(self.rng("networks")):
            below, size = first_trunk(gan)
            self.student = on.place(StudentInTraining(below, size))
            # Features of the generator come in scales of their own: the first layer standardises.
            self.teacher = on.place(
                nn.Sequential(nn.BatchNorm1d(channels, affine=False), Squeeze(channels, size))
            )
        self.student.requires_grad_(True).train()
        self.mean = averaged(self.student)
        learnt = nn.ModuleList([self.student, self.teacher])
        self.optimizer = adam(learnt, config.rate, BETAS, DECAY)

    @property
    def parts(self) -> dict[str, Part]:
        """What a checkpoint keeps."""
        parts: dict[str, Part] = {"pupil": self.student, "teacher": self.teacher, "mean": self.mean}
        return parts | {"optimizer": self.optimizer}

    def health(self, step: int) -> dict[str, float]:
        """Nothing to measure without labels: only numbers that are not finite are guarded."""
        return {}

    @torch.no_grad()
    def generated(self, n: int, rng: Rng) -> list[Tensor]:
        """The generator's maps of all depths for new noise; the last are encoded samples."""
        gan = self.gan
        conditions = gan.sampler.conditions(n, rng("told"))
        inputs = gan.sampler.inputs(n, rng("noise"), conditions)
        return generate_maps(gan.generator, inputs, gan.codec, gan.runtime, rng("activation"))

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        config, on, rng = self.config, self.gan.runtime, step.rng(self.rng)
        rate = config.rate * step.rate
        set_rate(self.optimizer, cosine(step.number, config.steps, rate, rate / 50))
        (packed,) = batches("every", step.number, 0)
        real = self.gan.codec.expand(packed)
        maps = self.generated(round(len(real) * GENERATED / (1 - GENERATED)), rng("generated"))
        names = ("one", "other", *range(2, config.views))
        samples = {"generated": maps[-1], **dict.fromkeys(names, real)}
        views = [
            self.views.for_student(x.float(), rng("view", name)) for name, x in samples.items()
        ]
        loss = partial(self.costs, channel_means(maps[:-1]), [len(x) for x in views])
        terms, refused = descend(loss, (on.batch(torch.cat(views)),), self.optimizer, on)
        average(self.mean, self.student, EMA, step.number)
        return terms, {"not_finite": refused}

    def costs(self, generator_means: Tensor, sizes: list[int], batch: Tensor) -> Terms:
        """The terms of a batch: generated samples, and one view of real ones after the other."""
        compared, target = self.student(batch), self.teacher(generator_means)
        with torch.autocast(self.gan.runtime.device.split(":")[0], enabled=False):
            generated, *views = torch.split(to_float32(compared), sizes)
            squeezed = vicreg_terms([generated, to_float32(target)], GENERATED, "squeeze")
            return squeezed | vicreg_terms(views, 1 - GENERATED, "span")

    def result(self) -> GAN:
        """The GAN with the student in the place of the discriminator's trunk for features."""
        gan, mean = self.gan, copy.deepcopy(self.mean)
        reestimate(mean, self.expanded())
        own = own_student(gan)
        student = gan.runtime.place(Student(mean.trunk, None if own else mean.head.layer()))
        student.requires_grad_(False).eval()
        readout = Readout(int(mean.trunk.features) if own else SQUEEZED).to(gan.runtime.device)
        rows = apply(lambda x: readout.pooled(student(x)), self.reference, gan.codec, gan.runtime)
        readout.fit(rows.to(gan.runtime.device))
        return replace(gan, student=student, readout=readout, own=gan.own or gan.readout)

    def expanded(self) -> Iterator[tuple[Tensor, ...]]:
        """The reference rows as the network sees them, a block at a time."""
        for part in blocks(self.reference):
            x = self.gan.codec.expand(part.to(self.gan.runtime.device))
            yield (self.gan.runtime.batch(x),)


def resolve_student(config: StudentConfig | None, gan: GAN, packed: Tensor) -> StudentConfig:
    """The config with the transforms that these rows have; InputError for some they cannot have."""
    config = config or StudentConfig()
    if config.transforms is not None:
        check_transforms(config.transforms, gan.codec)
        return config
    transforms = natural(gan.codec, gan.codec.expand(packed[:CALIBRATION]), config.seed)
    return replace(config, transforms=transforms)


def distilling(
    gan: GAN,
    packed: Tensor,
    config: StudentConfig | None = None,
    *,
    run: str | Path | None = None,
    options: TrainOptions | None = None,
) -> Generator[Progress, None, GAN]:
    """`distil` from packed rows (N, ...), step by step: yields its progress, returns the GAN."""
    config = resolve_student(config, gan, packed)
    order = Rng(("reference", config.seed)).permutation(len(packed))[:CALIBRATION]
    task = Distillation(config, gan, packed[order])
    held = None
    if run is not None:
        identity: dict[str, Any] = {"format": 1, "kind": "student", "gan": gan_fingerprint(gan)}
        identity |= {"config": config.to_json(), "rows": digest(packed.numpy())}
        held = Run.claim(run, identity)
    stream = Stream((packed.to(gan.runtime.device),), config.batch)
    batches = Batches({"every": stream}, Rng(("student", config.seed)))
    schedule = Schedule(config.steps, config.batch, options or TrainOptions(), "student")
    yield from run_training(task, batches, schedule, held)
    return task.result()


def distil(
    gan: GAN,
    samples: Any = None,
    config: StudentConfig | None = None,
    *,
    run: str | Path | None = None,
) -> GAN:
    """The same GAN, whose features, and what is finetuned, are a student's, learnt without labels.

    `samples` are raw ones, by default those that the GAN was trained on. `run` names a directory to
    keep the training in; one that holds an unfinished one of the same GAN, samples and config is
    taken up where it stopped. Raises InputError where there are no samples, or no transforms or
    maps to learn from as asked, FileExistsError for a directory that holds something else.
    """
    return finish(distilling(gan, rows_of(gan, samples), config, run=run))


def rows_of(gan: GAN, samples: Any = None) -> Tensor:
    """Raw samples packed, or the rows that the GAN was trained on; InputError if those are gone."""
    packed = gan.training_samples() if samples is None else gan.codec.pack(samples)
    if packed is None or len(packed) < 2:
        raise InputError(
            "a student learns from real samples too, and those that this GAN was trained on are "
            "gone: give at least 2"
        )
    return packed


def gan_fingerprint(gan: GAN) -> str:
    """A short name for what a GAN has learnt: the same weights have the same, on any device."""
    read = gan.encoder or gan.critic
    tensors, _ = pack_parts({"generator": gan.generator, "discriminator": read})
    if gan.encoder is not None and gan.discriminator is not None:
        critic = gan.discriminator.state_dict()
        tensors |= {f"discriminator/critic.{name}": value for name, value in critic.items()}
    sha = sha256()
    for name, tensor in sorted(tensors.items()):
        sha.update(name.encode() + digest(tensor.detach().cpu().numpy()).encode())
    return sha.hexdigest()[:16]
