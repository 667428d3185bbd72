"""The task: a student from a GAN and unlabeled samples.

Squeeze and span (Yang et al. 2022, "Distilling Representations from GAN Generator via Squeeze and
Span"): the student starts as the discriminator. Of generated samples it predicts what the
generator's maps of all depths are squeezed to (eq. 4 and 5), two changed views of a real sample are
to look alike to it (eq. 6), and its outputs keep their variance and are not correlated, without
which all of this would be easiest with a constant (Bardes et al. 2022, "VICReg", eq. 1 to 6). No
label is read.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from ssgan.config import InputError
from ssgan.models.gan import GAN
from ssgan.models.inference import apply, blocks
from ssgan.models.pooling import Readout
from ssgan.models.sampler import generate_maps
from ssgan.models.student.config import StudentConfig
from ssgan.models.student.network import (
    SQUEEZED,
    Squeeze,
    Student,
    StudentInTraining,
    first_trunk,
    own_student,
)
from ssgan.models.vicreg import vicreg_terms
from ssgan.objectives import to_float32
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Terms
from ssgan.training.batches import BatchSource
from ssgan.training.ema import average, averaged
from ssgan.training.norms import reestimate
from ssgan.training.optim import adam, cosine, set_rate
from ssgan.training.schedule import Step
from ssgan.training.state import Part
from ssgan.training.step import descend
from ssgan.transforms.views import Views

GENERATED = 0.25  # weight of the generated samples' terms, against the real ones'; and their share
EMA = 0.99  # decay of the average of the weights
BETAS, DECAY = (0.9, 0.99), 0.01


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
        trained = nn.ModuleList([self.student, self.teacher])
        self.optimizer = adam(trained, config.rate, BETAS, DECAY)

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
        architecture_student = own_student(gan)
        student = gan.runtime.place(
            Student(mean.trunk, None if architecture_student else mean.head.layer())
        )
        student.requires_grad_(False).eval()
        readout = Readout(int(mean.trunk.features) if architecture_student else SQUEEZED).to(
            gan.runtime.device
        )
        rows = apply(lambda x: readout.pooled(student(x)), self.reference, gan.codec, gan.runtime)
        readout.fit(rows.to(gan.runtime.device))
        return replace(gan, student=student, readout=readout, own=gan.own or gan.readout)

    def expanded(self) -> Iterator[tuple[Tensor, ...]]:
        """The reference rows as the network sees them, a block at a time."""
        for part in blocks(self.reference):
            x = self.gan.codec.expand(part.to(self.gan.runtime.device))
            yield (self.gan.runtime.batch(x),)
