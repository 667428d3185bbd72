"""Encoders as users name them, and named again for what was trained with one."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from ssgan.codecs import Codec
from ssgan.codecs.embedding import EmbeddingCodec
from ssgan.config import InputError, InputTypeError, refuse_empty
from ssgan.data.encoders.cache import RowCache
from ssgan.data.encoders.encoder import Encoder
from ssgan.data.encoders.forms import PIXELS
from ssgan.data.encoders.programs import Program, program_of, weights_sha256
from ssgan.data.encoders.sentences import SentenceModel, packaged_model
from ssgan.data.images.resizing import height_and_width
from ssgan.data.named import data_directory

USUAL_SIDE = 224  # of pictures, for the models of torchvision
EMBEDDED = "embedded"  # names the copy that a run holds
COPY = "encoder"  # what it is called there, before its suffix

Given = Any  # a file, a name, a module, a callable, or an Encoder


def load_encoder(
    given: Given,
    *,
    weights: str | Path | None = None,
    size: int | tuple[int, int] | None = None,
    pixels: str | None = None,
    embed: bool = False,
) -> Encoder:
    """A frozen network to encode samples with.

    Parameters
    ----------
    given : str, Path, torch.nn.Module, callable or Encoder
        A program .pt2 (`torch.export`), .pt or .ts (TorchScript) or .onnx; the name of a model of
        torchvision; a directory of a sentence encoder; a module, or any callable, from float32
        tensors (N, ...) or lists of texts to rows (N, F). A program is code: give only files that
        you trust.
    weights : str or Path, optional
        The .pth or .safetensors file of a model of torchvision.
    size : int or (height, width), optional
        What pictures are scaled to; by default what the program takes, 224 for torchvision's.
    pixels : {"unit", "signed", "imagenet"}, optional
        What pixels from 0 to 1 become: themselves, which is the default, from -1 to 1, or
        standardised as ImageNet's, which is the default for torchvision's.
    embed : bool, default=False
        Whether a run keeps a copy of the file.

    Returns
    -------
    Encoder

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    InputError
        For what is no program.

    Examples
    --------
    >>> encoder = load_encoder(lambda x: x.mean((2, 3)), size=32)
    >>> encoder.size, encoder.pixels, encoder.sha256 is None
    ((32, 32), 'unit', True)
    """
    refuse_empty(given, "the name of the encoder")
    encoder = given if isinstance(given, Encoder) else encoder_of(given, weights)
    if pixels is not None and pixels not in PIXELS:
        raise InputError(f"expected pixels {', '.join(PIXELS)}, got {pixels!r}")
    if size is not None:
        encoder = replace(encoder, size=height_and_width(size))
    encoder = replace(encoder, pixels=pixels or encoder.pixels)
    if not embed:
        return encoder
    if not isinstance(encoder.program, Program):
        raise InputError("a run keeps a copy of a file alone: give the encoder as one, or no embed")
    return replace(encoder, copied=encoder.program.weights or encoder.program.path)


def encoder_of(source: Given, weights: str | Path | None) -> Encoder:
    """The encoder that a user gives, as it is by default."""
    if isinstance(source, SentenceModel):
        return Encoder(name=source.name, sha256=source.sha256, takes="texts", program=source)
    if isinstance(source, str | Path):
        if Path(source).is_dir():
            return encoder_of(SentenceModel(Path(source).resolve()), None)
        program = program_of(source, weights)
        usual: dict[str, Any] = {"name": program.path.name, "sha256": program.sha256}
        if weights is not None:
            side = (USUAL_SIDE, USUAL_SIDE)
            usual |= {"size": side, "channels": 3, "pixels": "imagenet"}
        return Encoder(**usual, program=program)
    if weights is not None:
        raise InputError("weights are those of a model of torchvision: leave them out")
    if isinstance(source, nn.Module):
        if source.training:
            raise InputError("expected an encoder in evaluation mode: call its eval() first")
        name = type(source).__name__
        return Encoder(name=name, sha256=weights_sha256(source), program=source)
    if not callable(source):
        raise InputTypeError(
            "expected an encoder that is a file, the name of a model, a module or a callable, got "
            f"{type(source).__name__}"
        )
    name = getattr(source, "__name__", type(source).__name__)
    return Encoder(name=name, sha256=None, program=source)


def cached(encoder: Encoder) -> Encoder:
    """The encoder with the rows that it made on this machine, if it can be told from others."""
    if encoder.sha256 is None or encoder.cache.directory is not None:
        return encoder
    text = json.dumps(encoder.to_json() | {"name": None}, sort_keys=True)
    key = hashlib.sha256(text.encode()).hexdigest()[:32]
    return replace(encoder, cache=RowCache(data_directory() / "encoded" / key))


def with_encoder(codec: Codec, source: Given = None, directory: Path | None = None) -> Codec:
    """A codec from a file with the encoder that the user names; other codecs as they are.

    Without one only samples are known that have been encoded before. "embedded" is the copy in
    `directory`. Raises InputError for another encoder than the one that the codec was fitted with.
    """
    if not isinstance(codec, EmbeddingCodec):
        if source is not None:
            raise InputError("this was pretrained without an encoder: leave encoder out")
        return codec
    known = codec.encoder.to_json()
    if source is None and known.get("name") == SentenceModel.packaged:
        source = packaged_model()
    return replace(codec, encoder=encoder_again(known, source, directory))


def encoder_again(
    known: Mapping[str, Any], source: Given = None, directory: Path | None = None
) -> Encoder:
    """The encoder that a file tells of, with the program that the user names."""
    copied = next(iter(sorted(directory.glob(f"{COPY}.*"))), None) if directory else None
    if isinstance(source, str) and source == EMBEDDED:
        if copied is None:
            raise InputError(f"{directory} holds no copy of its encoder: name its file instead")
        plain = Path(str(known["name"])).suffix == ""  # a model of torchvision
        source = encoder_of(known["name"], copied) if plain else encoder_of(copied, None)
    size = known["size"] and tuple(map(int, known["size"]))
    names = ("name", "sha256", "takes", "channels", "pixels")
    again = Encoder(**{name: known[name] for name in names}, size=size, copied=copied)
    if source is not None:
        encoder = load_encoder(source)
        if encoder.sha256 != again.sha256:
            raise InputError(
                f"{encoder.name!r} is not the encoder that this was pretrained with, "
                f"{again.name!r}: its weights are others (sha256 {str(encoder.sha256)[:12]}, then "
                f"{str(again.sha256)[:12]})"
            )
        again = replace(again, program=encoder.program)
    return cached(again)


def embedded_files(codec: Codec) -> dict[str, bytes]:
    """The file that a run keeps of the encoder of its samples, by name; mostly none."""
    encoder = codec.encoder if isinstance(codec, EmbeddingCodec) else None
    copied = encoder.copied if isinstance(encoder, Encoder) else None
    return {} if copied is None else {f"{COPY}{copied.suffix}": copied.read_bytes()}
