"""Pretraining: a generator and a discriminator from unlabeled samples, and loading them again."""

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ssgan.config import InputError
from ssgan.data import digest, encoded, fit_codec, load_encoder, read
from ssgan.data.encoders import embedded_files, reading_size
from ssgan.data.encoders.captions import Captions, captions_for
from ssgan.data.labels.ledger import Ledger, ledger_file
from ssgan.data.source import quarantine_file
from ssgan.models.condition import fit_condition
from ssgan.models.config import GANConfig
from ssgan.models.domain import Domain
from ssgan.models.gan import GAN
from ssgan.models.stored import CAPTIONS, stored_codec, stored_condition, stored_training
from ssgan.models.tasks import MODELS
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.runtime import Runtime, runtime
from ssgan.training.batches import Batches
from ssgan.training.progress import show_progress
from ssgan.training.ranks import rank, refuse_differing
from ssgan.training.runner import Progress, finish, run_training
from ssgan.training.schedule import Schedule, TrainOptions
from ssgan.training.state import pack_parts, unpack_parts


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
    metadata = {"source": data.source, "options": data.options, "rows": len(data)}
    metadata["fingerprint"] = data.fingerprint
    if data.encoder is not None:
        metadata["encoder"] = data.encoder.to_json()
    condition, conditions = (None, None) if labels is None else fit_condition(labels, len(data))
    if isinstance(labels, Captions):
        metadata["captions"] = labels.about()
    elif conditions is not None:
        metadata["labels"] = {"labeled": int(conditions[:, -1].sum()), "sha256": digest(conditions)}
    refuse_differing({"config": config.to_json(), "data": metadata, "device": on.kind})
    domain = Domain(codec, codec.pack(data.x), conditions, condition)
    task = MODELS[config.model](config, {"unlabeled": domain.calibration(config.seed)}, on)
    streams = {"unlabeled": domain.stream(config.batch, on)}
    batches = Batches(streams, Rng(("pretrain", config.seed)))
    schedule = Schedule(config.steps, config.batch, options or TrainOptions())
    files = files_of(domain) | quarantine_file(data.quarantine) | embedded_files(codec)
    with (
        nullcontext()
        if run is None or rank()
        else claim_run(run, config, metadata, files) as locked
    ):
        if locked and config.steps == 0:  # the networks as they are before training, to compare
            locked.save(0, *pack_parts(task.parts))
        yield from run_training(task, batches, schedule, locked, config.guard)
    return replace(gan_of(config, domain, task.parts, on), data=metadata, packed=domain.samples)


@contextmanager
def claim_run(
    path: str | Path,
    config: GANConfig,
    metadata: Mapping[str, Any],
    files: Mapping[str, str | bytes],
) -> Iterator[Run]:
    """The run directory of a training, with these files; nobody else writes to it meanwhile."""
    identity = {"format": 1, "kind": "gan", "config": config.to_json(), "data": metadata}
    run = Run.claim(path, identity, growing=("config.steps",), renew=current_run_identity)
    with run.writing() as locked:
        for name, content in files.items():
            locked.write(name, content)
        yield locked


def files_of(domain: Domain) -> dict[str, str | bytes]:
    """What else than its networks loading a GAN needs, and which labels it learnt from."""
    files: dict[str, str | bytes] = {"codec.json": json.dumps(domain.codec.to_json())}
    if domain.condition is None or domain.conditions is None:
        return files
    if domain.condition.encoder is not None:  # captions are no labels
        texts = {"texts": list(domain.condition.texts)}
        files[CAPTIONS] = json.dumps(texts)
        return files | {"condition.json": json.dumps(domain.condition.to_json())}
    labelled = domain.conditions[:, -1].nonzero().flatten().numpy()
    ledger = Ledger(len(labelled))
    ledger.read(labelled)
    condition = {"condition.json": json.dumps(domain.condition.to_json())}
    return files | condition | ledger_file(ledger)


def current_run_identity(identity: dict[str, Any]) -> dict[str, Any]:
    """The identity of a run of a GAN, with the settings by their names of today."""
    if identity.get("kind") != "gan":
        return identity
    return identity | {"config": GANConfig.from_json(identity["config"]).to_json()}


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
        encoder=networks.encoder,
    )


def pretrain(
    samples: Any,
    config: GANConfig | None = None,
    *,
    labels: Any = None,
    run: str | Path | None = None,
    device: str | None = None,
    progress: bool = False,
    encoder: Any = None,
    captions: Any = None,
    **fields: Any,
) -> GAN:
    """Train a GAN on unlabeled samples.

    Parameters
    ----------
    samples : array, tensor, data frame, path or name
        What `ssgan.data.read` takes: N images (N, H, W) or (N, H, W, C), rows of a table or
        vectors (N, F), a file or a folder of them, or the name of a data set. Labels that come
        with them are not read.
    config : GANConfig, optional
        How to train.
    labels : array, (N,) or (N, K), optional
        Classes, numbers or vectors of numbers: the GAN learns what samples of each look like and
        can be asked for them. -1, NaN, None and "" are unlabeled.
    run : str or Path, optional
        A directory to keep the training in. One that holds an unfinished run of the same config
        and data is taken up where it stopped.
    device : str, optional
        "cpu", "cuda" or "cuda:1"; by default the best that there is.
    progress : bool, default=False
        Show a bar, on a terminal or in a notebook.
    encoder : str, Path, torch.nn.Module, callable or Encoder, optional
        A frozen network, as `ssgan.data.load_encoder` takes it: the GAN learns the rows that it
        makes of the samples, or with captions of these.
    captions : path or sequence of str, optional
        What the samples show, in words: a table with columns file or row, and caption, or one text,
        several or None for each sample. Without a config they train the model "stackgan"; samples
        are then asked for by a prompt.
    **fields
        Fields of the config to change: ``steps=1000, objective="hinge"``; and of
        `ssgan.training.schedule.TrainOptions`: ``log_every=10`` steps between two lines of the
        log, ``checkpoints=20`` in the whole training.

    Returns
    -------
    GAN
        The averages of both networks.

    Raises
    ------
    InputError
        For samples, labels and fields that cannot be used.
    FileExistsError
        If the directory holds something else.
    FloatingPointError, TrainingError
        If the training diverges or breaks down, and going back to a good state does not help.

    Examples
    --------
    >>> import numpy, ssgan
    >>> x = numpy.random.default_rng(0).integers(256, size=(40, 8, 8), dtype=numpy.uint8)
    >>> gan = ssgan.pretrain(x, steps=2, batch=8, width=2, latent=4)
    >>> gan.sample(3).shape, gan.features(x).shape[0]
    ((3, 8, 8), 40)
    >>> ssgan.pretrain(x, step=2)
    Traceback (most recent call last):
    ssgan.config.InputError: no setting step: did you mean steps? There are model, ...
    """
    options = TrainOptions.taken_from(fields)
    (config or GANConfig()).changed(fields)  # refused before anything is read
    if captions is not None and labels is not None:
        raise InputError("labels and captions both say what samples show: give one of them")
    if captions is not None or encoder is None:
        samples = read(samples)
    if captions is not None:
        labels = captions_for(samples, captions, encoder)
    elif encoder is not None:
        encoder = load_encoder(encoder)
        samples = encoded(read(samples, **reading_size(samples, encoder)), encoder)
    config = (config or usual_config(captions is not None)).changed(fields)
    training = pretraining(samples, config, labels, run=run, device=device, options=options)
    return show_progress(training) if progress else finish(training)


def usual_config(captions: bool) -> GANConfig:
    """How a GAN is trained where nobody says more, with captions or without."""
    return GANConfig(model="stackgan") if captions else GANConfig()


def load(
    path: str | Path, device: str | None = None, checkpoint: str = "last", encoder: Any = None
) -> GAN:
    """The GAN of a run directory, as `ssgan.load` gives it, which opens models too."""
    run = Run.open(path)
    if run.config.get("kind") != "gan":
        raise InputError(
            f"{path} holds a run of kind {run.config.get('kind')!r}, expected a pretrained GAN: "
            "give the directory that `pretrain` was given as `run` (`ssgan.load` also opens models)"
        )
    run.check()
    saved = run.load(which=checkpoint)
    if saved is None:
        detail = " that was measured" if checkpoint == "best" else ""
        raise FileNotFoundError(
            f"{path} holds no checkpoint{detail} yet: let `ssgan pretrain` run longer"
        )
    data, config = stored_training(run)
    codec = stored_codec(run, None if "captions" in data else encoder)
    condition = None
    if "captions" in data or "labels" in data:
        condition = stored_condition(run, encoder if "captions" in data else None)
    on, width = runtime(device, codec.shape), condition.width if condition else 0
    parts = {
        name: on.place(network).requires_grad_(False).eval()
        for name, network in MODELS[config.model].untrained(config, codec, width).items()
    }
    unpack_parts(parts, saved.tensors, {})
    domain = Domain(codec, torch.empty(0), condition=condition)
    gan = gan_of(config, domain, parts, on)
    return replace(gan, data=data | {"run": str(run.path.resolve())})
