"""Pretraining: a generator and a discriminator from unlabeled samples.

gan = pretrain(images)
gan.sample(16)            # new samples, in the form of `images`
gan.features(images)      # what the discriminator sees at all its depths
"""

import dataclasses
import io
import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor, nn

from ssgan.data import Codec, Data, ImageCodec, codec_from_json, fit_codec, from_memory, read
from ssgan.networks import Discriminator, build
from ssgan.networks.readout import Readout, pooled, width
from ssgan.objectives import OBJECTIVES, Objective, Relativistic, Terms
from ssgan.progress import SAVES, Pace, Progress, carry_out, finish
from ssgan.randomness import Draw
from ssgan.runs import Run
from ssgan.runtime import Runtime, runtime
from ssgan.settings import check_numbers, from_settings
from ssgan.training import (
    Batches,
    Part,
    Rows,
    Stream,
    adam,
    average,
    averaged,
    cosine,
    descend,
    pack_parts,
    set_rate,
    unpack_parts,
)
from ssgan.transport import pack, unpack

BETAS = (0.0, 0.99)  # no momentum: it destabilises the two-player game (Huang et al. 2024)
PREVIEW = 64  # samples kept at every checkpoint
REFERENCE = 2000  # rows from which features are standardised
CHUNK = 1000  # samples that are generated at once
BLOCK = 128  # samples that go through a network at once when nothing is learnt


@dataclass(frozen=True, kw_only=True)
class GANConfig:
    """What the result of pretraining depends on, besides the data."""

    objective: Objective = Relativistic()
    steps: int = 5000  # generator updates; 0 leaves the networks untrained, for comparison
    batch: int = 64  # real samples an update
    rate: float = 1e-3  # learning rate at the start; falls to a tenth along a cosine
    width: int = 24  # channels after the first convolution; dense layers have 8 times as many units
    latent: int = 64  # dimension of the noise
    ema: float = 0.999  # decay of the averages of both networks' weights
    seed: int = 0

    def __post_init__(self) -> None:
        check_numbers(self, least={"batch": 1, "width": 1, "latent": 1})
        check_numbers(self.objective)

    def to_json(self) -> dict[str, Any]:
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        name = next(n for n, kind in OBJECTIVES.items() if isinstance(self.objective, kind))
        return fields | {"objective": {"name": name, **dataclasses.asdict(self.objective)}}  # type: ignore[call-overload]

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "GANConfig":
        """The config that `to_json` gave, or a part of one over the defaults."""
        fields = dict(fields)
        if isinstance(fields.get("objective"), str):
            fields["objective"] = {"name": fields["objective"]}
        if isinstance(fields.get("objective"), Mapping):
            fields["objective"] = objective(**fields["objective"])
        return from_settings(cls, fields)


def objective(name: str, **weights: float) -> Objective:
    """The objective of that name; raises ValueError for an unknown name or weight."""
    if name not in OBJECTIVES:
        raise ValueError(f"no objective {name!r}; there are {', '.join(OBJECTIVES)}")
    return from_settings(OBJECTIVES[name], weights)


@dataclass(frozen=True)
class GAN:
    """A trained pair, ready to sample and to extract features; both networks are averages."""

    config: GANConfig
    codec: Codec
    generator: nn.Module
    discriminator: Discriminator
    readout: Readout
    runtime: Runtime
    data: Mapping[str, Any]  # source, options and fingerprint of what it was trained on
    packed: Tensor | None = field(default=None, repr=False)  # those rows, where they are at hand

    def __deepcopy__(self, memo: object) -> "GAN":
        return self  # it never changes, so scikit-learn's `clone` may share it

    def __getstate__(self) -> dict[str, Any]:
        return pack(vars(self))

    def __setstate__(self, state: dict[str, Any]) -> None:
        unpack(self, state)

    @torch.inference_mode()
    def generate(self, n: int, seed: int = 0, start: int = 0) -> Tensor:
        """Encoded samples (n, *shape) from `start` on in the endless list that `seed` names."""
        chunks, draw = [], Draw(("samples", seed), self.runtime.device)
        for chunk in range(start // CHUNK, -(-(start + n) // CHUNK)):
            noise = draw("noise", chunk).normal(CHUNK, self.config.latent)
            with self.runtime.autocast():
                output = self.generator(noise)
            chunks.append(self.codec.activate(output.float(), draw("activation", chunk)))
        first = start % CHUNK
        return torch.cat(chunks)[first : first + n] if chunks else torch.empty(0, *self.codec.shape)

    def sample(self, n: int, seed: int = 0) -> Any:
        """Exactly `n` new samples in the form of the training data; fewer are the first of more."""
        if n < 0:
            raise ValueError(f"expected a number of samples of 0 or more, got {n}")
        return self.codec.decode(self.generate(n, seed).cpu())

    def features(self, samples: Any) -> np.ndarray[Any, Any]:
        """What the discriminator sees in `samples` at all its depths, standardised: (N, F)."""
        return self.apply(self.encode, self.codec.pack(samples)).numpy()

    def scores(self, samples: Any) -> np.ndarray[Any, Any]:
        """How real the discriminator finds `samples`, (N,); only differences mean something."""
        return self.apply(self.discriminator, self.codec.pack(samples)).numpy()

    def apply(self, network: Callable[[Tensor], Tensor], packed: Tensor) -> Tensor:
        """`network` over packed samples (N, ...); float32 (N, ...) on the CPU."""
        return apply(network, packed, self.codec, self.runtime)

    def rows(self) -> Tensor | None:
        """The packed rows that it was trained on, read again from their source if need be.

        None if they were in a memory that is gone. Raises ValueError if the source has changed.
        """
        if self.packed is not None or self.data["source"] == "memory":
            return self.packed
        data = read(self.data["source"], **self.data["options"])
        if data.fingerprint != self.data["fingerprint"]:
            raise ValueError(
                f"{self.data['source']} has changed since the GAN was trained on it: restore it, "
                "or give the unlabeled samples yourself"
            )
        return self.codec.pack(data.x)

    def encode(self, x: Tensor) -> Tensor:
        """Standardised features (N, F) of encoded samples (N, *shape)."""
        features: Tensor = self.readout(self.discriminator.trunk(x))
        return features


@torch.inference_mode()
def apply(network: Callable[[Tensor], Tensor], packed: Tensor, codec: Codec, on: Runtime) -> Tensor:
    """`network` over packed samples (N, ...), a block at a time; float32 (N, ...) on the CPU.

    All blocks have one size, the last is filled up: products of matrices round differently for
    different numbers of rows, and what a row gives must not depend on those beside it.
    """
    rows = []
    for block in torch.split(packed, BLOCK):
        filled = torch.cat([block, block.new_zeros(BLOCK - len(block), *block.shape[1:])])
        x = on.batch(codec.expand(filled.to(on.device)))
        with on.autocast():
            rows.append(network(x)[: len(block)].float().cpu())
    return torch.cat(rows)


class Adversarial:
    """The task of pretraining: critic and generator against each other, both averaged."""

    def __init__(self, config: GANConfig, codec: Codec, on: Runtime, reference: Tensor) -> None:
        """`reference`: packed rows from which the readout takes its centre and scale."""
        self.config, self.codec, self.runtime, self.reference = config, codec, on, reference
        self.draw = Draw(("pretrain", config.seed), on.device)
        untrained = build(
            codec.shape, width=config.width, latent=config.latent, draw=Draw(self.draw.key)
        )
        self.readout = Readout(width(untrained[1].trunk, codec.shape)).to(on.device)
        self.generator, self.critic = on.place(untrained[0]), on.place(untrained[1])
        self.mean_generator, self.mean_critic = averaged(self.generator), averaged(self.critic)
        self.generator_optimizer = adam(self.generator, config.rate, BETAS)
        self.critic_optimizer = adam(self.critic, config.rate, BETAS)

    @property
    def parts(self) -> dict[str, Part]:
        names = ["generator", "critic", "mean_generator", "mean_critic", "readout"]
        names += ["generator_optimizer", "critic_optimizer"]
        return {name: getattr(self, name) for name in names}

    def update(self, rows: Rows, step: int) -> tuple[Terms, Terms]:
        config, refused = self.config, []
        terms: Terms = {}
        rate = cosine(step, config.steps, config.rate, config.rate / 10)
        set_rate(self.generator_optimizer, rate)
        set_rate(self.critic_optimizer, rate)
        for k in range(config.objective.critic_steps(step)):
            real = self.real(rows, step, k)
            terms, bad = self.critic_step(real, self.draw(step, k))
            refused.append(bad)
        more, bad = self.generator_step(real, self.draw(step))
        average(self.mean_generator, self.generator, config.ema, step)
        average(self.mean_critic, self.critic, config.ema, step)
        if (step + 1) % max(config.steps // SAVES, 1) == 0 or step + 1 == config.steps:
            self.fit_readout()
        return terms | more, {"not_finite": torch.stack([*refused, bad]).amax()}

    def critic_step(self, real: Tensor, draw: Draw) -> tuple[Terms, Tensor]:
        with torch.no_grad():
            fake = self.fake(len(real), draw("critic"))

        def loss(real: Tensor, fake: Tensor) -> Terms:
            return self.config.objective.critic_loss(self.critic, real, fake, draw("critic loss"))

        stepped = descend(loss, (real, fake), self.critic_optimizer, self.runtime)
        self.config.objective.constrain(self.critic.parameters())
        return stepped

    def generator_step(self, real: Tensor, draw: Draw) -> tuple[Terms, Tensor]:
        def loss(real: Tensor) -> Terms:
            fake = self.fake(len(real), draw("generator"))
            objective = self.config.objective
            return objective.generator_loss(self.critic, real, fake, draw("generator loss"))

        return descend(loss, (real,), self.generator_optimizer, self.runtime)

    def real(self, rows: Rows, step: int, k: int) -> Tensor:
        (packed,) = rows("unlabeled", step, k)
        return self.runtime.batch(self.codec.expand(packed))

    def fake(self, n: int, draw: Draw) -> Tensor:
        with self.runtime.autocast():
            output = self.generator(draw("noise").normal(n, self.config.latent))
        return self.codec.activate(output.float(), draw("activation"))

    def fit_readout(self) -> None:
        trunk = self.mean_critic.trunk
        rows = apply(lambda x: pooled(trunk(x)), self.reference, self.codec, self.runtime)
        self.readout.fit(rows.to(self.readout.center.device))

    def result(self, data: Mapping[str, Any]) -> GAN:
        return GAN(
            config=self.config,
            codec=self.codec,
            generator=self.mean_generator,
            discriminator=self.mean_critic,
            readout=self.readout,
            runtime=self.runtime,
            data=data,
        )


def pretraining(
    samples: Any,
    config: GANConfig | None = None,
    *,
    run: str | Path | None = None,
    device: str | None = None,
) -> Generator[Progress, None, GAN]:
    """`pretrain`, step by step: yields its progress and returns the GAN."""
    config = config or GANConfig()
    data = samples if isinstance(samples, Data) else from_memory(samples)
    codec = fit_codec(data)
    on = runtime(device, codec.shape)
    about = {"source": data.source, "options": data.options, "rows": len(data)}
    about["fingerprint"] = data.fingerprint
    held = None
    if run is not None:
        identity = {"format": 1, "kind": "gan", "config": config.to_json(), "data": about}
        held = Run.claim(run, identity, growing=("config.steps",))
        held.write("codec.json", json.dumps(codec.to_json()))
    packed = codec.pack(data.x)
    order = Draw(("reference", config.seed)).permutation(len(packed))[:REFERENCE]
    task = Adversarial(config, codec, on, packed[order])
    stream = Stream((packed.to(on.device),), config.batch)
    task.fit_readout()  # so that a run stopped early has one too; a checkpoint overwrites it
    if held and config.steps == 0:  # the networks as they are before training, for comparison
        held.save(0, *pack_parts(task.parts))
    rows = Batches({"unlabeled": stream}, Draw(("pretrain", config.seed)))
    training = carry_out(task, rows, Pace(config.steps, config.batch), held)
    for progress in training:
        if held and progress.step in held.steps():
            preview(held, task.result(about), progress.step)
        try:
            yield progress
        except (KeyboardInterrupt, SystemExit) as stop:
            training.throw(stop)  # it saves a checkpoint and raises it again
    return replace(task.result(about), packed=packed)


def pretrain(
    samples: Any,
    config: GANConfig | None = None,
    *,
    run: str | Path | None = None,
    device: str | None = None,
) -> GAN:
    """Train a GAN on unlabeled samples: an array, a data frame, or what `data.read` gives.

    `run` names a directory to keep it in; one that holds an unfinished run of the same config and
    data is taken up where it stopped. Raises ValueError for samples that cannot be used,
    FileExistsError for a directory that holds something else, FloatingPointError on divergence.
    """
    return finish(pretraining(samples, config, run=run, device=device))


def preview(run: Run, gan: GAN, step: int) -> None:
    """Keep a few samples of this step, of the same noise at every step, for the report."""
    samples = gan.codec.decode(gan.generate(PREVIEW, seed=gan.config.seed).cpu())
    suffix, content = picture(samples, gan.codec)
    run.write(f"samples/step-{step:08d}{suffix}", content)


def picture(samples: Any, codec: Codec) -> tuple[str, bytes]:
    """Samples as a file: a grid of images, or the first rows of a table; its suffix and bytes."""
    if not isinstance(codec, ImageCodec):
        table = samples if isinstance(samples, pd.DataFrame) else pd.DataFrame(np.asarray(samples))
        return ".csv", table.head(16).to_csv(index=False).encode()
    return ".png", grid(codec.pack(samples))


def grid(images: Tensor, columns: int = 8) -> bytes:
    """uint8 images (N, C, H, W) as one PNG, 8 in a row, one pixel apart, small ones enlarged."""
    n, channels, height, width = images.shape
    rows = -(-n // columns)
    cells = np.zeros((rows * columns, channels, height + 1, width + 1), np.uint8)
    cells[:n, :, :height, :width] = images.numpy()
    cells = cells.reshape(rows, columns, channels, height + 1, width + 1)
    sheet = cells.transpose(0, 3, 1, 4, 2).reshape(rows * (height + 1), -1, channels)
    enlarge = max(1, 400 // sheet.shape[1])
    sheet = sheet.repeat(enlarge, 0).repeat(enlarge, 1)
    buffer = io.BytesIO()
    Image.fromarray(sheet[..., 0] if channels == 1 else sheet).save(buffer, "PNG")
    return buffer.getvalue()


def load(path: str | Path, device: str | None = None) -> GAN:
    """The GAN of a run directory at its newest intact checkpoint.

    Raises FileNotFoundError if `path` holds no run or no checkpoint yet, ValueError if it holds
    something other than a GAN.
    """
    run = Run.open(path)
    if run.config.get("kind") != "gan":
        raise ValueError(f"{path} holds a {run.config.get('kind')}, expected a pretrained GAN")
    checkpoint = run.load()
    if checkpoint is None:
        raise FileNotFoundError(f"{path} holds no checkpoint yet: let `ssgan pretrain` run longer")
    codec = codec_from_json(json.loads((run.path / "codec.json").read_text()))
    config = GANConfig.from_json(run.config["config"])
    on = runtime(device, codec.shape)
    task = Adversarial(config, codec, on, torch.empty(0))
    unpack_parts(task.parts, checkpoint.tensors, checkpoint.state)
    return task.result(run.config["data"] | {"run": str(run.path.resolve())})
