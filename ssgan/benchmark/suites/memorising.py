"""Trials of the memorisation test: generators that return training rows, and an honest one.

All are dummies. The honest one gives fresh rows of the same distribution, which is the best that a
generator can do; the others give training rows as they are, with a little noise, or half of each.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import torch
from torch import Tensor

from ssgan.benchmark.problems import data_of
from ssgan.benchmark.results import Value
from ssgan.benchmark.runner import Suite
from ssgan.data import Codec, fit_codec
from ssgan.metrics import memorises, space_of
from ssgan.randomness import Rng

DATA = {"mnist": "mnist", "california": "california-housing", "adult": "adult"}
HONEST = "honest"
KINDS = {"copies": 20, "copies with noise": 20, "half copies": 20, HONEST: 100}  # trials
QUICK = {"copies": 3, "copies with noise": 3, "half copies": 3, HONEST: 10}
TRAIN, HELD_OUT, MADE = 4000, 4000, 2000  # rows of a trial
NOISE = 0.05  # of each encoded number, in its standard deviations


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The key of a row."""

    data: str  # of DATA
    method: str  # of KINDS
    seed: int


@dataclass(frozen=True)
class Rows:
    """Encoded rows of one distribution, in other parts in every trial."""

    train: Tensor
    held_out: Tensor
    fresh: Tensor


@lru_cache(maxsize=2)
def packed(data: str, data_dir: Path | None) -> tuple[Codec, Tensor]:
    found = data_of(data, data_dir)
    codec = fit_codec(found)
    return codec, codec.pack(found.x)


def parted(codec: Codec, rows: Tensor, seed: int) -> Rows:
    """TRAIN, HELD_OUT and MADE rows, or as many in that proportion as there are."""
    order = Rng(("memorising", seed)).permutation(len(rows))
    share = min(1.0, len(rows) / (TRAIN + HELD_OUT + MADE))
    sizes = [int(share * size) for size in (TRAIN, HELD_OUT, MADE)]
    parts = torch.split(order[: sum(sizes)], sizes)
    return Rows(*(codec.expand(rows[part]) for part in parts))


def generated(kind: str, rows: Rows, rng: Rng) -> Tensor:
    """What a dummy gives: as many samples as there are fresh rows."""
    if kind == HONEST:
        return rows.fresh
    n = len(rows.fresh)
    copies = rows.train[rng("rows").integers(len(rows.train), n)]
    if kind == "copies":
        return copies
    if kind == "half copies":
        return torch.cat([copies[: n // 2], rows.fresh[n // 2 :]])
    spread = rows.train.flatten(1).std(0).reshape(rows.train.shape[1:])
    return copies + NOISE * spread * rng("noise").normal(*copies.shape)


def trial(codec: Codec, packed_rows: Tensor, kind: str, seed: int) -> dict[str, Value]:
    """What the test says of a dummy: whether it is accused, and the measures beside."""
    rows = parted(codec, packed_rows, seed)
    made = generated(kind, rows, Rng(("memorising", kind, seed)))
    made = codec.expand(codec.pack(codec.decode(made)))  # rounded as the data is
    space = space_of(rows.train)
    found = memorises(space(rows.train), space(rows.held_out), space(made), seed)
    return {
        "accused": int(found.verdict),
        "p": found.p,
        "ratio": round(found.ratio, 4),
        "ct": round(found.ct, 3),
        "authenticity": round(found.authenticity, 4),
        "space": f"{space.name}_{len(made)}",
    }


def solve(data_dir: Path | None, cell: Cell, work: Path) -> Mapping[str, Value]:
    return trial(*packed(DATA[cell.data], data_dir), cell.method, cell.seed)


def memorising(short: bool, data_dir: Path | None) -> Suite:
    """The suite."""
    counts = QUICK if short else KINDS
    return Suite(
        name="memorising-quick" if short else "memorising",
        about=ABOUT,
        cells=tuple(
            Cell(data=data, method=kind, seed=seed)
            for data in DATA
            for kind, count in counts.items()
            for seed in range(count)
        ),
        solve=partial(solve, data_dir),
        measure="accused",
        by=("data", "method"),
    )


ABOUT = "memorisation: how often a dummy is accused, that copies and that does not"
