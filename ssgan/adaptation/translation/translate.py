"""Translation: images of a source made to look like those of a target, learnt without pairs.

    translator = translate(drawings, photographs)
    translator(drawings)

Methods:

    cyclegan     a network there and one back, which undo each other
    cut          one network, whose patches stay alike to those at the same place
"""

import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ssgan.adaptation.domains import data_identity, refuse_domains
from ssgan.adaptation.frames import fit_both_codecs
from ssgan.adaptation.names import FRAMES
from ssgan.adaptation.translation.config import TranslateConfig
from ssgan.adaptation.translation.method import Sides, translating_map, untrained_translator
from ssgan.adaptation.translation.methods import METHODS
from ssgan.adaptation.where import SOMEWHERE, Where
from ssgan.codecs import Codec, from_json
from ssgan.config import InputError, check_used
from ssgan.data import Data, read
from ssgan.models.domain import Domain
from ssgan.models.inference import apply
from ssgan.models.stored import SOURCE_CODEC, stored_codec
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.runs.storage import understood
from ssgan.runtime import Runtime, runtime
from ssgan.training.batches import Batches
from ssgan.training.progress import show_progress
from ssgan.training.runner import Progress, finish, run_training
from ssgan.training.schedule import Schedule, TrainOptions
from ssgan.training.state import unpack_parts

KIND = "translator"


@dataclass(frozen=True)
class Translator:
    """What training gives: call it with images of the source.

    Attributes
    ----------
    config : TranslateConfig
        How it was trained.
    source, target : Codec
        The way from raw images of each domain to what networks see, and back.
    network : torch.nn.Module
        Images as networks see them (N, C, H, W) to raw outputs of the same shape.
    runtime : Runtime
        Device and precision.

    Examples
    --------
    >>> import numpy, ssgan
    >>> draw = numpy.random.default_rng(0)
    >>> grey = draw.integers(256, size=(20, 8, 8), dtype=numpy.uint8)
    >>> colour = draw.integers(256, size=(20, 12, 12, 3), dtype=numpy.uint8)
    >>> translator = ssgan.translate(grey, colour, steps=2, batch=2, width=2, blocks=1)
    >>> translator(grey[:5]).shape
    (5, 12, 12, 3)
    """

    config: TranslateConfig
    source: Codec
    target: Codec
    network: nn.Module
    runtime: Runtime

    def __call__(self, samples: Any) -> Any:
        """Raw images of the source (N, ...) as those of the target, in their form."""
        return self.target.decode(self.encoded(self.source.pack(samples)))

    def encoded(self, packed: Tensor) -> Tensor:
        """Packed images of the source as encoded ones of the target."""
        translate = translating_map(self.network, self.target)
        return apply(translate, packed, self.source, self.runtime)


def training_translator(
    sides: tuple[Domain, Domain],
    config: TranslateConfig,
    on: Runtime,
    run: Run | None = None,
    options: TrainOptions | None = None,
) -> Generator[Progress, None, Translator]:
    """`translate` of two domains whose codecs agree, in a run where there is one."""
    source, target = sides
    if run:
        with run.writing() as locked:
            locked.write(SOURCE_CODEC, json.dumps(source.codec.to_json()))
            locked.write("codec.json", json.dumps(target.codec.to_json()))
    task = METHODS[config.method].task(Sides(config, source, target, on))
    streams = {
        name: side.stream(config.batch, on)
        for name, side in zip(("source", "target"), sides, strict=True)
    }
    batches = Batches(streams, Rng(("translate", config.seed)))
    schedule = Schedule(config.steps, config.batch, options or TrainOptions(), config.method)
    yield from run_training(task, batches, schedule, run)
    network = task.mean.requires_grad_(False).eval()
    return Translator(config, source.codec, target.codec, network, on)


def translating(
    source: Data,
    target: Data,
    config: TranslateConfig | None = None,
    *,
    frame: str = "pad",
    where: Where = SOMEWHERE,
) -> Generator[Progress, None, Translator]:
    """`translate` of two data sets, step by step: yields its progress, returns the translator."""
    config = config or TranslateConfig()
    check_used(config, {name: method.uses for name, method in METHODS.items()})
    refuse_domains(source, target)
    if source.kind != "images":
        raise InputError(f"images are translated, both domains hold {source.kind}")
    if frame not in FRAMES:
        raise InputError(f"expected frame {' or '.join(FRAMES)}, got {frame!r}")
    codecs, words = fit_both_codecs(source, target, frame)
    sides = tuple(
        Domain(codec, codec.pack(data.x))
        for codec, data in zip(codecs, (source, target), strict=True)
    )
    kept_in = None
    if where.run is not None:
        metadata: dict[str, Any] = {
            "source": data_identity(source),
            "target": data_identity(target),
        }
        metadata["frame"] = words
        identity = {"format": 1, "kind": KIND, "config": config.to_json(), "data": metadata}
        kept_in = Run.claim(where.run, identity, growing=())
    on = runtime(where.device, codecs[1].shape)
    return (
        yield from training_translator((sides[0], sides[1]), config, on, kept_in, where.options)
    )


def translate(
    source: Any,
    target: Any,
    config: TranslateConfig | None = None,
    *,
    frame: str = "pad",
    run: str | Path | None = None,
    device: str | None = None,
    progress: bool = False,
    **fields: Any,
) -> Translator:
    """Learn to make images of a source look like those of a target, without pairs of them.

    Parameters
    ----------
    source, target : array (N, ...), data set, path or name
        Images, or what `ssgan.data.read` takes; labels are not read.
    config : TranslateConfig, optional
        How to learn; None is `TranslateConfig()`.
    frame : {"pad", "fit"}, default="pad"
        How images of two sizes are reconciled: the smaller ones padded, or scaled first so that
        what they show is as large as in the others.
    run : str or Path, optional
        A directory to keep the training in; an unfinished one is taken up where it stopped.
    device : str, optional
        "cpu", "cuda" or "cuda:1"; by default the best that there is.
    progress : bool, default=False
        Show a bar, on a terminal or in a notebook.
    **fields
        Fields of the config to change: ``method="cut", steps=100``; and of
        `ssgan.training.schedule.TrainOptions`: ``log_every=10`` steps between two lines of the
        log, ``checkpoints=20``.

    Returns
    -------
    Translator
        Call it with images of the source.

    Raises
    ------
    InputError
        For images and fields that cannot be used.
    FileExistsError
        If the directory holds something else.

    Notes
    -----
    Nothing but the form of the networks keeps what an image shows: without pairs a translation
    that makes every 3 an 8, and every 8 a 3, is as good. Judge by labels.

    Examples
    --------
    >>> import numpy, ssgan
    >>> dark = numpy.random.default_rng(0).integers(100, size=(20, 8, 8), dtype=numpy.uint8)
    >>> fields = {"steps": 2, "batch": 2, "width": 2, "blocks": 1}
    >>> ssgan.translate(dark, dark + 100, method="cut", **fields)(dark[:3]).dtype
    dtype('uint8')
    """
    options = TrainOptions.taken_from(fields)
    config = (config or TranslateConfig()).changed(fields)
    data = [side if isinstance(side, Data) else read(side) for side in (source, target)]
    where = Where(run, device, options)
    training = translating(data[0], data[1], config, frame=frame, where=where)
    return show_progress(training) if progress else finish(training)


def load_translator(path: str | Path, device: str | None = None) -> Translator:
    """What a run directory of `translate` holds; InputError where it holds something else."""
    run = Run.open(path)
    if run.config.get("kind") != KIND:
        raise InputError(
            f"{path} holds a run of kind {run.config.get('kind')!r}, expected a translation: give "
            "the directory of ssgan translate --out"
        )
    saved = run.trained()
    target = stored_codec(run)
    with understood(run.path / "config.json"):
        config = TranslateConfig().changed(run.config["config"])
    with understood(run.path / SOURCE_CODEC):
        source = from_json(run.read_object(SOURCE_CODEC))
    on = runtime(device, target.shape)
    network = on.place(untrained_translator(target, config))
    unpack_parts({"mean": network}, saved.tensors, {})
    return Translator(config, source, target, network.requires_grad_(False).eval(), on)


def translated_domain(translator: Translator, domain: Domain) -> Domain:
    """A domain of the source as one of the target."""
    packed = translator.target.pack(translator.target.decode(translator.encoded(domain.samples)))
    return Domain(translator.target, packed)
