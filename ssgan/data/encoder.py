"""An encoder: a frozen network, how samples are prepared for it, and the rows that it made."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.codecs import Json
from ssgan.codecs.codec import Array, as_array, container_of, finite_rows
from ssgan.codecs.image import image_layout, with_channels
from ssgan.codecs.text import as_texts
from ssgan.config import InputError, InputTypeError
from ssgan.data.kept import LEAST, KeptRows, sample_hashes
from ssgan.data.programs import Program, Shape
from ssgan.data.sentences import SentenceModel

PIXELS = {  # mean and deviation of each channel of pixels from 0 to 1
    "unit": ((0.0,) * 3, (1.0,) * 3),
    "signed": ((0.5,) * 3, (0.5,) * 3),
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}
AT_ONCE = 64  # samples that are encoded together
TRIED = 6  # samples that are encoded in two batches, to compare
ALIKE = 1e-3  # of the root mean square of their rows


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """A frozen network, and how samples are prepared for it; `load_encoder` makes one.

    Attributes
    ----------
    name : str
        Its file, model or class.
    sha256 : str or None
        Of its weights; None for a callable, of which nothing can be told.
    takes : str
        The kind of the samples: "images", "texts", or another, which are numbers as they come.
    size : (int, int) or None
        Height and width that pictures are scaled to; None: as they are.
    channels : int or None
        Of pictures; None: as they have.
    pixels : {"unit", "signed", "imagenet"}
        What pixels from 0 to 1 become: themselves, from -1 to 1, or standardised by the means and
        deviations of ImageNet's channels.
    program : callable or None
        Tensors (N, ...) or texts to rows (N, F); None where it has not been named.
    copied : Path or None
        The file of which a run keeps a copy.
    kept : KeptRows
        The rows that it made.

    Examples
    --------
    >>> import numpy as np
    >>> encoder = Encoder(name="means", sha256=None, program=lambda x: x.mean((2, 3)))
    >>> encoder.rows(np.full((1, 4, 4), 51, np.uint8)).round(2).tolist()
    [[0.20000000298023224]]
    """

    name: str
    sha256: str | None
    takes: str = "images"
    size: tuple[int, int] | None = None
    channels: int | None = None
    pixels: str = "unit"
    program: Callable[[Any], Any] | None = field(default=None, compare=False, repr=False)
    copied: Path | None = field(default=None, compare=False, repr=False)
    kept: KeptRows = field(default_factory=lambda: KeptRows(None), compare=False, repr=False)

    def to_json(self) -> dict[str, Json]:
        size = None if self.size is None else list(self.size)
        about = {"name": self.name, "sha256": self.sha256, "takes": self.takes, "size": size}
        return about | {"channels": self.channels, "pixels": self.pixels}

    def rows(self, raw: Any) -> Array:
        """Raw samples as rows (N, F) of float32; those that are kept are not encoded again."""
        samples = self.as_samples(raw)
        hashes = sample_hashes(samples)
        found = self.kept.find(hashes)
        new = {h: row for row, h in enumerate(hashes) if found[row] is None}  # equal ones once
        if new:
            places = np.array(list(new.values()))
            rows = self.encode(samples[places], places)
            if isinstance(self.program, SentenceModel):
                new_samples = (s for s, row in zip(samples, found, strict=True) if row is None)
                self.program.warn_of([*new_samples])
            self.kept.add(list(new), rows, filed=len(samples) >= LEAST)
            found = self.kept.find(hashes)
        return np.stack([row for row in found if row is not None])

    def as_samples(self, raw: Any) -> Array:
        """Raw samples as an array (N, ...): texts as objects, pictures with their channels last."""
        if self.takes == "texts":
            texts = as_texts(raw)
            if texts is None:
                raise InputTypeError(f"the encoder {self.name!r} takes texts, other samples came")
            return texts
        array = as_array(raw)
        if array.dtype.kind not in "biuf":
            raise InputTypeError(
                f"the encoder {self.name!r} takes {self.takes}, got {array.dtype} {array.shape}"
            )
        if self.takes == "images" and image_layout(array.shape[1:], container_of(raw)) == "chw":
            array = np.moveaxis(array, 1, -1)
        finite_rows(array, "samples")
        return array

    def encode(self, samples: Array, places: Array) -> Array:
        """Rows of samples that are not kept; `places` are their numbers, to name one by."""
        if self.program is None:
            raise InputError(
                f"{len(samples)} samples have not been encoded yet: name the encoder "
                f"{self.name!r} again, as encoder or --encoder (a run never runs one by itself)"
            )
        texts = self.takes == "texts"
        lengths = [len(text) for text in samples] if texts else np.zeros(len(samples))
        order = np.argsort(lengths, kind="stable")  # texts of one length need no padding
        self.refuse_batches(samples)
        blocks = [order[k : k + AT_ONCE] for k in range(0, len(order), AT_ONCE)]
        made = np.concatenate([self.run(samples[block]) for block in blocks])
        rows = np.empty_like(made)
        rows[order] = made
        bad = np.flatnonzero(~np.isfinite(rows).all(1))
        if len(bad):
            raise InputError(
                f"the encoder {self.name!r} makes NaN or infinity of sample {places[bad[0]]}: "
                "check that it takes such samples"
            )
        return rows

    def refuse_batches(self, samples: Array) -> None:
        """InputError for an encoder whose rows depend on what else is in the batch."""
        some = samples[:: -(-len(samples) // TRIED)]
        together = self.run(some)
        apart = np.concatenate([self.run(some[k : k + 1]) for k in range(len(some))])
        unit = float(np.sqrt(np.square(together).mean())) or 1.0
        if np.abs(together - apart).max() > ALIKE * unit:
            raise InputError(
                f"what the encoder {self.name!r} makes of a sample depends on the others in its "
                "batch: put it into evaluation mode (model.eval()) before you give or export it"
            )

    def run(self, samples: Array) -> Array:
        """Rows (N, F) of a block of samples, checked to be that."""
        program: Any = self.program
        with torch.inference_mode():
            made = (
                program(samples.tolist())
                if self.takes == "texts"
                else self.in_batches(self.prepared(samples))
            )
            rows = single(made, self.name).detach().float().cpu()
        rows = rows.reshape(rows.shape[:2]) if rows.shape[2:].numel() == 1 else rows
        if rows.dim() != 2 or len(rows) != len(samples):
            raise InputError(
                f"the encoder {self.name!r} makes {tuple(rows.shape)} of {len(samples)} samples, "
                "expected rows (N, F): take its output where it is one row for each, as after "
                "global pooling"
            )
        return rows.numpy()

    def in_batches(self, x: Tensor) -> Any:
        """The program's output for x (N, ...), in batches of the size that it takes."""
        program: Any = self.program
        x = x.to(device_of(program))
        at_once = (shape_of(program) or (None,))[0]
        missing = -len(x) % (at_once or 1)
        padded = torch.cat([x, x[-1:].expand(missing, *x.shape[1:])])
        try:
            parts = [
                single(program(part), self.name) for part in torch.split(padded, at_once or len(x))
            ]
        except InputError:
            raise
        except Exception as error:  # whatever a program of others stumbles over
            raise InputError(
                f"the encoder {self.name!r} does not take samples of shape {tuple(x.shape[1:])}: "
                f"{' '.join(str(error).split())[:200] or type(error).__name__}"
            ) from error
        return torch.cat(parts)[: len(x)]

    def prepared(self, samples: Array) -> Tensor:
        """Samples as the program takes them: pictures scaled and standardised, others as floats."""
        if self.takes != "images":
            return torch.from_numpy(np.ascontiguousarray(samples, np.float32))
        x = torch.from_numpy(unit_pixels(samples))
        x = (x[:, None] if x.dim() == 3 else x.movedim(-1, 1)) * 2 - 1
        x = with_channels(x, self.channels or x.shape[1])
        if self.size is not None and tuple(x.shape[2:]) != self.size:
            x = F.interpolate(x, self.size, mode="bilinear", antialias=True).clamp(-1, 1)
        x, (mean, deviation) = (x + 1) / 2, PIXELS[self.pixels]
        colours = zip(x[:, :3].unbind(1), mean, deviation, strict=False)
        parts = [(colour - m) / d for colour, m, d in colours]
        return torch.stack([*parts, *x[:, 3:].unbind(1)], 1)


def unit_pixels(samples: Array) -> Array:
    """Pixels as float32 from 0 to 1."""
    if samples.dtype == np.uint8:
        return samples.astype(np.float32) / 255
    if samples.dtype.kind == "f" and samples.min() >= 0 and samples.max() <= 1:
        return samples.astype(np.float32)
    raise InputError(
        f"an encoder takes pixels from 0 to 255 as uint8, or from 0 to 1, got {samples.dtype} "
        f"from {samples.min():g} to {samples.max():g}: convert them"
    )


def single(made: Any, name: str) -> Tensor:
    """The one tensor that a program makes."""
    if isinstance(made, list | tuple) and len(made) == 1:
        made = made[0]
    if isinstance(made, np.ndarray):
        made = torch.from_numpy(made)
    if not isinstance(made, Tensor):
        several = isinstance(made, list | tuple | dict)
        what = f"{len(made)} tensors" if several else type(made).__name__
        raise InputError(f"the encoder {name!r} makes {what}, expected one tensor of rows (N, F)")
    return made


def shape_of(program: Any) -> Shape | None:
    """What a program says of the shape of what it takes."""
    return program.shape if isinstance(program, Program) else None


def device_of(program: Any) -> torch.device:
    """Where a module has its weights; other programs run on the processor."""
    tensors = program.parameters() if isinstance(program, nn.Module) else ()
    return next((tensor.device for tensor in tensors), torch.device("cpu"))
