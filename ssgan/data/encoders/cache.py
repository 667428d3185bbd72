"""Rows of an encoder, cached by the hash of the sample that each was made of.

    DIRECTORY/encoded/KEY/HASH.safetensors     hashes uint8 (N, 16), rows float32 (N, F)

KEY names the encoder with all that prepares samples for it. A part of a data set finds the rows of
the whole, whatever order it has. A file is written whole or not at all, and never changed.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from ssgan.codecs.arrays import as_array
from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.runs.storage import make_directory, write_whole

LEAST = 16  # samples at once, from which on their rows are worth a file
BYTES = 16  # of a hash


def sample_hashes(raw: Any) -> list[bytes]:
    """A hash of every sample: of its values, and of the dtype and shape of all."""
    samples = as_array(raw)
    head = f"{samples.dtype.str} {samples.shape[1:]}".encode()
    if samples.dtype.kind in "OUT":
        parts = (str(text).encode("utf-8", "surrogatepass") for text in samples)
        head = b"text"
    else:
        parts = (np.ascontiguousarray(sample).tobytes() for sample in samples)
    return [hashlib.sha256(head + b"\0" + part).digest()[:BYTES] for part in parts]


@dataclass
class RowCache:
    """Rows by the hash of their sample: in memory, and in files where there is a directory.

    Examples
    --------
    >>> import numpy as np
    >>> cache = RowCache(None)
    >>> hashes = sample_hashes(np.eye(3))
    >>> cache.add(hashes[:2], np.array([[1.0], [2.0]], np.float32))
    >>> cache.find(hashes)
    [array([1.], dtype=float32), array([2.], dtype=float32), None]
    """

    directory: Path | None
    writes: bool = True  # whether new rows are written there
    rows: dict[bytes, Array] = field(default_factory=dict, repr=False)
    read: set[Path] = field(default_factory=set, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        state = {"directory": self.directory, "writes": self.writes}
        return state | {"rows": {}, "read": set()}

    def find(self, hashes: list[bytes]) -> list[Array | None]:
        """The row of each hash, None where there is none."""
        if self.directory is not None and any(sha not in self.rows for sha in hashes):
            for path in sorted({*self.directory.glob("*.safetensors")} - self.read):
                self.rows.update(rows_in(path))
                self.read.add(path)
        return [self.rows.get(sha) for sha in hashes]

    def add(self, hashes: list[bytes], rows: Array, to_file: bool = True) -> None:
        """Add rows (N, F) of as many hashes, in a file too where there is a directory."""
        self.rows.update(zip(hashes, rows, strict=True))
        if self.directory is None or not (to_file and self.writes):
            return
        joined = b"".join(hashes)
        array = np.frombuffer(joined, np.uint8).reshape(-1, BYTES)
        path = self.directory / f"{hashlib.sha256(joined).hexdigest()[:32]}.safetensors"
        make_directory(self.directory)
        write_whole(path, save({"hashes": array, "rows": np.ascontiguousarray(rows)}))
        self.read.add(path)


def rows_in(path: Path) -> dict[bytes, Array]:
    """The rows of a file by their hash."""
    try:
        arrays = load_file(path)
        return {h.tobytes(): row for h, row in zip(arrays["hashes"], arrays["rows"], strict=True)}
    except (SafetensorError, KeyError, ValueError) as error:
        raise InputError(f"{path} is damaged: remove it, its rows are then made again") from error
