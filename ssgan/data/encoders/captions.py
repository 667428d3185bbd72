"""Captions: texts that say what samples show, none, one or several of each, and their encoder."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from ssgan.codecs.codec import Array
from ssgan.config import InputError, InputTypeError
from ssgan.data.encoders import Encoder, Given, load_encoder
from ssgan.data.encoders.loading import cached
from ssgan.data.encoders.programs import Program
from ssgan.data.encoders.sentences import packaged_model
from ssgan.data.labels.files import FILE, names_of, row_of_names, whole_table
from ssgan.data.labels.values import digest, first_few
from ssgan.data.source import Data
from ssgan.data.tables.frames import is_table

CAPTION, ROW = "caption", "row"
Texts = tuple[tuple[str, ...], ...]  # of every sample


@dataclass(frozen=True)
class Captions:
    """What samples show, in words.

    Attributes
    ----------
    texts : tuple of tuple of str
        The captions of every sample; of some there may be none.
    encoder : Encoder
        The frozen network that makes rows of them.

    Examples
    --------
    >>> encoder = text_encoder(lambda texts: np.array([[len(t), t.count("red")] for t in texts]))
    >>> Captions((("a red heart", "love"), ()), encoder).rows(["a red heart"]).tolist()
    [[11.0, 1.0]]
    """

    texts: Texts
    encoder: Encoder

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def flat(self) -> list[str]:
        """All of them, those of the first sample first."""
        return [text for captions in self.texts for text in captions]

    def rows(self, texts: Sequence[str]) -> Array:
        """Texts as rows (N, K) of the encoder."""
        return self.encoder.rows(np.array(texts, dtype=object))

    def about(self) -> dict[str, Any]:
        """What a run says of them; no text."""
        spread = np.array([repr(captions) for captions in self.texts], dtype=object)
        counts = {"captions": len(self.flat), "captioned": sum(map(bool, self.texts))}
        return {**counts, "sha256": digest(spread), "encoder": self.encoder.to_json()}


def text_encoder(source: Given = None) -> Encoder:
    """The frozen network that makes rows of texts; without one that of the extra "text"."""
    encoder = load_encoder(packaged_model() if source is None else source)
    if isinstance(encoder.program, Program):
        raise InputError(
            f"captions are encoded by a network of texts, {encoder.name!r} takes none: name the "
            "directory of a sentence encoder, or give rows that you encode yourself as labels"
        )
    return cached(replace(encoder, takes="texts"))


def captions_for(data: Data, captions: Any, encoder: Given = None) -> Captions:
    """Captions of a data set, from a file or as they are.

    Parameters
    ----------
    data : Data
        The samples.
    captions : str, Path or sequence
        A table with columns file or row, and caption, a line for each caption; or for each sample
        a text, several, or none (None, "" or an empty list).
    encoder : str, Path, callable or Encoder, optional
        What makes rows of them, as `ssgan.data.load_encoder` takes it; by default that of the
        extra "text".

    Returns
    -------
    Captions

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    InputError
        For captions of samples that are not there, where there is none at all, and for another
        number of entries than samples.

    Examples
    --------
    >>> from ssgan.data import from_memory
    >>> data = from_memory([[1.0], [2.0], [3.0]])
    >>> captions_for(data, ["a", ["b", "c"], None], lambda texts: np.eye(len(texts))).texts
    (('a',), ('b', 'c'), ())
    """
    if isinstance(captions, str | Path):
        texts = read_captions(Path(captions), data)
    else:
        texts = tuple(map(cleaned, captions))
    if len(texts) != len(data):
        raise InputError(f"{len(data)} samples but captions of {len(texts)}: one entry a sample")
    if not any(texts):
        raise InputError("none of the samples has a caption: give some, or pretrain without")
    return Captions(texts, text_encoder(encoder))


def cleaned(entry: Any) -> tuple[str, ...]:
    """The captions of a sample, as one text, several or none."""
    several = [*entry] if isinstance(entry, list | tuple | np.ndarray) else [entry]
    texts = ["" if text is None else text for text in several]
    if wrong := [text for text in texts if not isinstance(text, str)]:
        raise InputTypeError(
            f"expected captions that are texts, got {type(wrong[0]).__name__}: rows of an encoder "
            "of your own are labels"
        )
    return tuple(" ".join(text.split()) for text in texts if text.strip())


def read_captions(path: Path, data: Data) -> Texts:
    """The captions of a table, put to the rows of a data set."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}: expected captions, as .csv")
    if not is_table(path):
        raise InputError(f"expected captions in a .csv, .tsv or .parquet file, got {path}")
    frame = whole_table(path)
    place = next((name for name in (FILE, ROW) if name in frame), None)
    if place is None or CAPTION not in frame:
        raise InputError(
            f"{path} has the columns {first_few(list(frame.columns))}: expected file,caption or "
            "row,caption"
        )
    rows = by_name(frame[FILE], data, path) if place == FILE else by_number(frame[ROW], data, path)
    texts: list[list[str]] = [[] for _ in range(len(data))]
    for row, text in zip(rows, frame[CAPTION].fillna(""), strict=True):
        if row is not None:  # of a picture that could not be read
            texts[row].extend(cleaned(str(text)))
    return tuple(map(tuple, texts))


def by_name(column: "pd.Series[Any]", data: Data, path: Path) -> list[int | None]:
    """The row of the file that each line names."""
    if data.names is None:
        raise InputError(f"{path} names files, but {data.source} is no folder: give row,caption")
    rows = row_of_names(data.names)
    named_files = [str(PurePosixPath(str(name).replace("\\", "/"))) for name in column.fillna("")]
    unreadable = {*names_of(file for file, _ in data.quarantine)}
    refuse_absent([n for n in named_files if n not in rows and n not in unreadable], data, path)
    return [rows.get(name) for name in named_files]


def by_number(column: "pd.Series[Any]", data: Data, path: Path) -> list[int | None]:
    """The row that each line numbers, from 0 on."""
    numbers = pd.to_numeric(column, errors="coerce")
    valid = numbers.between(0, len(data) - 1) & (numbers % 1 == 0)
    refuse_absent(column[~valid].astype(str).tolist(), data, path)
    return [int(number) for number in numbers]


def refuse_absent(absent: list[str], data: Data, path: Path) -> None:
    """InputError for captions of samples that are not there."""
    if absent:
        raise InputError(
            f"{path} has captions of {len(absent)} samples that are not in {data.source}: "
            f"{first_few(absent)}: leave them out"
        )
