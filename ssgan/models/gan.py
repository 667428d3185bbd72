"""Pretraining: a generator and a discriminator from unlabeled samples.

gan = pretrain(images)
gan.sample(16)            # new samples, in the form of `images`
gan.features(images)      # what the discriminator sees at all its depths
"""

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ssgan.config import InputError
from ssgan.data import Codec, codec_from_json, digest, fit_codec, read
from ssgan.data.labels import Label
from ssgan.models.condition import Condition, fit_condition
from ssgan.models.config import GANConfig
from ssgan.models.domain import Domain
from ssgan.models.inference import apply
from ssgan.models.players import sampler_of
from ssgan.models.sampler import CHUNK, Sampler, generate
from ssgan.models.table import MODELS
from ssgan.networks.readout import Readout
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.runs.storage import read_object
from ssgan.runs.transport import pack, unpack
from ssgan.runtime import Runtime, runtime
from ssgan.training.batches import Batches
from ssgan.training.runner import Progress, finish, run_training
from ssgan.training.schedule import Schedule, TrainOptions
from ssgan.training.state import pack_parts, unpack_parts

__all__ = ["GAN", "GANConfig", "load", "pretrain", "pretraining"]


@dataclass(frozen=True)
class GAN:
    """A trained pair, ready to sample and to extract features; both networks are averages."""

    config: GANConfig
    codec: Codec
    generator: nn.Module
    discriminator: nn.Module  # with a `trunk`
    readout: Readout
    runtime: Runtime
    data: Mapping[str, Any]  # source, options and fingerprint of what it was trained on
    condition: Condition | None = None  # what it was told of each sample, if anything
    packed: Tensor | None = field(default=None, repr=False)  # those rows, where they are at hand
    student: nn.Module | None = None  # what features are read from instead (see `encoder`)

    def __deepcopy__(self, memo: object) -> "GAN":
        return self  # it never changes, so scikit-learn's `clone` may share it

    def __getstate__(self) -> dict[str, Any]:
        return pack(vars(self))

    def __setstate__(self, state: dict[str, Any]) -> None:
        unpack(self, state)

    @property
    def trunk(self) -> nn.Module:
        """What features are read from: the discriminator's trunk, or a student of both networks."""
        return self.student or self.discriminator.get_submodule("trunk")

    @property
    def classes(self) -> tuple[Label, ...] | None:
        """The classes that it can be asked for; None where it was trained without."""
        return self.condition.classes if self.condition else None

    @property
    def sampler(self) -> Sampler:
        """What the generator makes samples of."""
        return sampler_of(self.config, self.condition)

    @torch.inference_mode()
    def generate(self, n: int, seed: int = 0, start: int = 0, labels: Any = None) -> Tensor:
        """Encoded samples (n, *shape) from `start` on in the endless list that `seed` names.

        `labels` is a class or a vector of numbers, or one for each sample; -1, NaN and None are
        "without". No labels at all are drawn as often as they came in training. A sample depends
        on the seed, on its place in the list and on its own label alone. Raises ValueError for
        unknown classes, and for labels where there were none in training.
        """
        asked = None if labels is None else self.asked(labels, n)
        chunks, rng = [], Rng(("samples", seed), self.runtime.device)
        for chunk in range(start // CHUNK, -(-(start + n) // CHUNK)):
            inputs = self.sampler.chunk(chunk, rng, self.part(asked, chunk * CHUNK - start))
            on = rng("activation", chunk)
            chunks.append(generate(self.generator, inputs, self.codec, self.runtime, on))
        first = start % CHUNK
        return torch.cat(chunks)[first : first + n] if chunks else torch.empty(0, *self.codec.shape)

    def asked(self, labels: Any, n: int) -> Tensor:
        """Labels as conditions (n, C); ValueError where the GAN knows of none."""
        if self.condition is None:
            raise InputError(
                "this GAN was trained without labels, so it cannot be asked for any: train it "
                "with labels, or sample without"
            )
        return self.condition.encode(labels, n)

    def part(self, asked: Tensor | None, first: int) -> tuple[Tensor, ...]:
        """The conditions of a chunk: CHUNK rows of `asked` from `first` on; () for none."""
        if asked is None or self.condition is None:
            return ()
        rows = torch.zeros(CHUNK, self.condition.width)  # those outside are thrown away
        skipped, part = max(0, -first), asked[max(0, first) : first + CHUNK]
        rows[skipped : skipped + len(part)] = part
        return (rows.to(self.runtime.device),)

    def sample(self, n: int, seed: int = 0, labels: Any = None) -> Any:
        """Exactly `n` new samples in the form of the training data; fewer are the first of more.

        `labels` as in `generate`.
        """
        if n < 0:
            raise InputError(f"expected a number of samples of 0 or more, got {n}")
        return self.codec.decode(self.generate(n, seed, labels=labels).cpu())

    def features(self, samples: Any) -> np.ndarray[Any, Any]:
        """What the discriminator sees in `samples` at all its depths, standardised: (N, F).

        Another readout (see `encoder`) gives the last depth alone, or what a student sees.
        """
        return self.apply(self.encode, self.codec.pack(samples)).numpy()

    def scores(self, samples: Any, labels: Any = None) -> np.ndarray[Any, Any]:
        """How real the discriminator finds `samples`, (N,); only differences mean something.

        With `labels`, one or one for each: how real as samples of those.
        """
        packed = self.codec.pack(samples)
        told = None if labels is None else self.asked(labels, len(packed))
        return apply(self.discriminator, packed, self.codec, self.runtime, told).numpy()

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
            raise InputError(
                f"{self.data['source']} has changed since the GAN was trained on it: restore it, "
                "or give the unlabeled samples yourself"
            )
        return self.codec.pack(data.x)

    def encode(self, x: Tensor) -> Tensor:
        """Standardised features (N, F) of encoded samples (N, *shape)."""
        features: Tensor = self.readout(self.trunk(x))
        return features


def pretraining(
    samples: Any,
    config: GANConfig | None = None,
    labels: Any = None,
    *,
    run: str | Path | None = None,
    device: str | None = None,
    options: TrainOptions | None = None,
) -> Generator[Progress, None, GAN]:
    """`pretrain`, step by step: yields its progress and returns the GAN."""
    data = read(samples)
    config, codec = config or GANConfig(), fit_codec(data)
    on = runtime(device, codec.shape)
    about = {"source": data.source, "options": data.options, "rows": len(data)}
    about["fingerprint"] = data.fingerprint
    condition, given = (None, None) if labels is None else fit_condition(labels, len(data))
    if given is not None:
        about["labels"] = {"labeled": int(given[:, -1].sum()), "sha256": digest(given)}
    domain = Domain(codec, codec.pack(data.x), given, condition)
    task = MODELS[config.model](config, {"unlabeled": domain.calibration(config.seed)}, on)
    held = None if run is None else claim(Path(run), config, domain, about)
    if held and config.steps == 0:  # the networks as they are before training, for comparison
        held.save(0, *pack_parts(task.parts))
    streams = {"unlabeled": domain.stream(config.batch, on)}
    batches = Batches(streams, Rng(("pretrain", config.seed)))
    schedule = Schedule(config.steps, config.batch, options or TrainOptions())
    yield from run_training(task, batches, schedule, held, config.guard)
    return replace(gan_of(config, domain, task.parts, on), data=about, packed=domain.samples)


def claim(path: Path, config: GANConfig, domain: Domain, about: Mapping[str, Any]) -> Run:
    """The run directory of a training, with what else loading needs."""
    identity = {"format": 1, "kind": "gan", "config": config.to_json(), "data": about}
    run = Run.claim(path, identity, growing=("config.steps",))
    run.write("codec.json", json.dumps(domain.codec.to_json()))
    if domain.condition is not None:
        run.write("condition.json", json.dumps(domain.condition.to_json()))
    return run


def gan_of(config: GANConfig, domain: Domain, parts: Mapping[str, Any], on: Runtime) -> GAN:
    """The GAN whose networks are these parts of a task."""
    networks = MODELS[config.model].networks(parts)
    return GAN(
        config=config,
        codec=domain.codec,
        generator=networks.generator,
        discriminator=networks.discriminator,
        readout=networks.readout,
        runtime=on,
        data={},
        condition=domain.condition,
    )


def pretrain(
    samples: Any,
    config: GANConfig | None = None,
    labels: Any = None,
    *,
    run: str | Path | None = None,
    device: str | None = None,
) -> GAN:
    """Train a GAN on unlabeled samples: an array, a data frame, or what `data.read` gives.

    With `labels`, the GAN learns what samples of each class look like and can be asked for them:
    classes (N,), numbers (N,) or vectors of numbers (N, K); -1, NaN, None and "" are unlabeled.
    Labels that came with the samples are not read. `run` names a directory to keep it in; one that
    holds an unfinished run of the same config and data is taken up where it stopped. Raises
    ValueError for samples that cannot be used, for other than one label a row and for none at all,
    FileExistsError for a directory that holds something else, FloatingPointError on divergence.
    """
    return finish(pretraining(samples, config, labels, run=run, device=device))


def load(path: str | Path, device: str | None = None, checkpoint: str = "last") -> GAN:
    """The GAN of a run directory at its "last" intact checkpoint or at its "best".

    The best has the lowest distance between generated and training samples. Raises
    FileNotFoundError if `path` holds no run or no such checkpoint yet, ValueError if it holds
    something other than a GAN.
    """
    run = Run.open(path)
    if run.config.get("kind") != "gan":
        raise InputError(f"{path} holds a {run.config.get('kind')}, expected a pretrained GAN")
    found = run.load(which=checkpoint)
    if found is None:
        which = " that was measured" if checkpoint == "best" else ""
        raise FileNotFoundError(
            f"{path} holds no checkpoint{which} yet: let `ssgan pretrain` run longer"
        )
    codec = codec_from_json(json.loads((run.path / "codec.json").read_text()))
    config, data = GANConfig.from_json(run.config["config"]), run.config["data"]
    told = read_object(run.path / "condition.json") if "labels" in data else None
    condition = Condition.from_json(told) if told else None
    on, width = runtime(device, codec.shape), condition.width if condition else 0
    parts = {
        name: on.place(network).requires_grad_(False).eval()
        for name, network in MODELS[config.model].untrained(config, codec, width).items()
    }
    unpack_parts(parts, found.tensors, {})
    domain = Domain(codec, torch.empty(0), condition=condition)
    gan = gan_of(config, domain, parts, on)
    return replace(gan, data=data | {"run": str(run.path.resolve())})
