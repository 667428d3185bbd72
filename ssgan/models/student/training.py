"""`ssgan.distil`: the GAN whose features are a student's."""

from collections.abc import Generator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from torch import Tensor

from ssgan.config import InputError
from ssgan.data import digest
from ssgan.models.domain import CALIBRATION
from ssgan.models.gan import GAN
from ssgan.models.student.config import StudentConfig
from ssgan.models.student.natural import natural
from ssgan.models.student.task import Distillation
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.training.batches import Batches, Stream
from ssgan.training.runner import Progress, finish, run_training
from ssgan.training.schedule import Schedule, TrainOptions
from ssgan.training.state import pack_parts
from ssgan.transforms.views import check_transforms


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
    kept_in = None
    if run is not None:
        identity: dict[str, Any] = {"format": 1, "kind": "student", "gan": gan_fingerprint(gan)}
        identity |= {"config": config.to_json(), "rows": digest(packed.numpy())}
        kept_in = Run.claim(run, identity)
    stream = Stream((packed.to(gan.runtime.device),), config.batch)
    batches = Batches({"every": stream}, Rng(("student", config.seed)))
    schedule = Schedule(config.steps, config.batch, options or TrainOptions(), "student")
    yield from run_training(task, batches, schedule, kept_in)
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
    network = gan.encoder or gan.critic
    tensors, _ = pack_parts({"generator": gan.generator, "discriminator": network})
    if gan.encoder is not None and gan.discriminator is not None:
        critic = gan.discriminator.state_dict()
        tensors |= {f"discriminator/critic.{name}": value for name, value in critic.items()}
    sha = sha256()
    for name, tensor in sorted(tensors.items()):
        sha.update(name.encode() + digest(tensor.detach().cpu().numpy()).encode())
    return sha.hexdigest()[:16]
