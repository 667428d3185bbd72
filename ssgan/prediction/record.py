"""What a model directory says of the labels it was learnt from: split.json and labels.json."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from torch import Tensor

from ssgan.codecs.codec import Array
from ssgan.data import digest
from ssgan.data.labels.ledger import Ledger
from ssgan.data.labels.split import SPLIT, split_files, split_record
from ssgan.models.gan import GAN
from ssgan.prediction.labels import Labeled
from ssgan.runs.run import Run


def record_split(run: Run, gan: GAN, rows: Labeled, files: Mapping[str, str] | None = None) -> None:
    """Write both files, where the directory has none, or those that are given.

    Rows are those of the GAN's data, if the labelled samples are found there, else those of the
    samples that were given, which are in no file and so cannot be read again.
    """
    if files is None and run.has(SPLIT):
        return
    for name, text in (found_files(gan, rows) if files is None else files).items():
        run.write(name, text)


def found_files(gan: GAN, rows: Labeled) -> dict[str, str]:
    """Both files of labels that were given in memory."""
    data, places = gan.data, find_places(rows.packed, pretrained_rows(gan, rows))
    if places is None:
        data = {"source": "memory", "options": {}, "fingerprint": digest(rows.packed.numpy())}
        places = np.arange(len(rows.packed))
    order = places.argsort()
    ledger = Ledger(len(places))
    ledger.read(places[order])
    coded = replace(rows.targets, values=rows.raw[order])
    return split_files(split_record(data, coded, places[order]), ledger)


def pretrained_rows(gan: GAN, rows: Labeled) -> Tensor | None:
    """The packed samples that the GAN was trained on, where they are at hand."""
    if rows.first is not None and rows.unlabeled is not None:
        return rows.unlabeled[rows.first :]
    return gan.training_samples()


def find_places(rows: Tensor, pool: Tensor | None) -> Array | None:
    """Where packed samples (n, ...) are among others (N, ...), each at another place; None if one
    is not."""
    if pool is None:
        return None
    free: dict[bytes, list[int]] = defaultdict(list)
    searched = {sample.tobytes() for sample in rows.numpy()}
    for place, sample in enumerate(pool.numpy()):
        if (key := sample.tobytes()) in searched:
            free[key].append(place)
    places = [free[key].pop(0) if free[key] else None for key in map(bytes_of, rows.numpy())]
    return None if None in places else np.array(places, np.int64)


def bytes_of(sample: Array) -> bytes:
    """A sample as bytes, to be looked up by."""
    return sample.tobytes()
