"""Trials of the memorisation test: generators that return training rows, and an honest one.

All are dummies. The honest one gives fresh rows of the same distribution, which is the best that a
generator can do; the others give training rows as they are, with a little noise, or half of each.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite
from ssgan.benchmark.results import Value
from ssgan.data import Codec, fit_codec
from ssgan.metrics import memorises, space_of
from ssgan.randomness import Rng

MEMORISED_DATA = {"mnist": "mnist", "california": "california-housing", "adult": "adult"}
HONEST = "honest"
DUMMIES = {"copies": 20, "copies with noise": 20, "half copies": 20, HONEST: 100}  # trials
SHORT_DUMMIES = {"copies": 3, "copies with noise": 3, "half copies": 3, HONEST: 10}
SIZES_OF = (4000, 4000, 2000)  # training, held-out and fresh samples of a trial


@dataclass(frozen=True)
class TrialSamples:
    """Encoded samples of one distribution, in other parts in every trial."""

    train: Tensor
    held_out: Tensor
    fresh: Tensor


@lru_cache(maxsize=2)
def packed_data(data: str, place: Place) -> tuple[Codec, Tensor]:
    """A codec of the data, and all samples packed by it."""
    packed = place.read(data)
    codec = fit_codec(packed)
    return codec, codec.pack(packed.x)


def split_samples(codec: Codec, rows: Tensor, seed: int) -> TrialSamples:
    """As many samples as SIZES_OF says, or as many in that proportion as there are."""
    order = Rng(("memorising", seed)).permutation(len(rows))
    share = min(1.0, len(rows) / sum(SIZES_OF))
    sizes = [int(share * size) for size in SIZES_OF]
    parts = torch.split(order[: sum(sizes)], sizes)
    return TrialSamples(*(codec.expand(rows[part]) for part in parts))


def dummy_samples(kind: str, rows: TrialSamples, rng: Rng) -> Tensor:
    """What a dummy gives: as many samples as there are fresh rows."""
    if kind == HONEST:
        return rows.fresh
    n = len(rows.fresh)
    copies = rows.train[rng("rows").integers(len(rows.train), n)]
    if kind == "copies":
        return copies
    if kind == "half copies":
        return torch.cat([copies[: n // 2], rows.fresh[n // 2 :]])
    std = rows.train.flatten(1).std(0).reshape(rows.train.shape[1:])
    return copies + 0.05 * std * rng("noise").normal(*copies.shape)


def try_dummy(codec: Codec, packed_rows: Tensor, kind: str, seed: int) -> dict[str, Value]:
    """What the test says of a dummy: whether it is accused, and the measures beside."""
    rows = split_samples(codec, packed_rows, seed)
    dummies = dummy_samples(kind, rows, Rng(("memorising", kind, seed)))
    dummies = codec.expand(codec.pack(codec.decode(dummies)))  # rounded as the data is
    space = space_of(rows.train)
    measures = memorises(space(rows.train), space(rows.held_out), space(dummies), seed)
    return {
        "accused": int(measures.verdict),
        "p": measures.p,
        "ratio": round(measures.ratio, 4),
        "ct": round(measures.ct, 3),
        "authenticity": round(measures.authenticity, 4),
        "space": f"{space.name}_{len(dummies)}",
    }


def accuse(cell: Cell, place: Place) -> Mapping[str, Value]:
    """Whether a dummy of a data set is accused."""
    return try_dummy(*packed_data(MEMORISED_DATA[cell.data], place), cell.method, cell.seed)


def memorising(short: bool) -> Suite:
    """The suite."""
    counts = SHORT_DUMMIES if short else DUMMIES
    return Suite(
        cells=tuple(
            Cell(data=data, method=kind, seed=seed)
            for data in MEMORISED_DATA
            for kind, count in counts.items()
            for seed in range(count)
        ),
        solve=accuse,
        measure="accused",
        by=("data", "method"),
    )


BENCHMARKS = (
    Benchmark(
        "memorising",
        "memorisation: how often a dummy is accused, that copies and that does not",
        memorising,
    ),
)
