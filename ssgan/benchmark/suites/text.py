"""Few labels of texts: news, questions, intents and opinions over a frozen sentence encoder.

The texts lie as tables with the columns "text" and "label" in the data directory. Their rows are
encoded once, on first use, and kept there (`ssgan.data.load_encoder`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite
from ssgan.benchmark.fewlabel import (
    Shared,
    Table,
    cells_of,
    make_shared,
    seed_pairs,
    shared_by,
    solve_cell,
)
from ssgan.benchmark.methods import OF_TEXTS, Fields
from ssgan.benchmark.problems import hold_out_test
from ssgan.benchmark.results import Value
from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data import Data
from ssgan.data.named import data_directory
from ssgan.models.config import GANConfig
from ssgan.randomness import Rng

DRAWS = 3
TEST = 2000  # texts that are tested on, at most
TEST_SHARE = 0.3  # of a set without a test part
STEPS = 400  # of a training
GAN = GANConfig(steps=1000)
ROWS = (
    *OF_TEXTS,
    "linear probe, random trunk",
    "linear probe, discriminator",
    "label spreading on its features",
    "GAN off: finetuned random trunk",
    "finetuned discriminator",
    "GAN off: auto",
    "auto",
)
SHORT_STEPS = 50


@dataclass(frozen=True)
class TextSet:
    """A set of texts: its tables in the data directory, and how many labels it is given."""

    train: str
    test: str | None  # None: a share of the first is held out
    classes: int
    per_class: tuple[int, ...]
    named: Callable[[Array], Array] = lambda labels: labels  # "" leaves a text out

    @property
    def labels(self) -> tuple[int, ...]:
        """How many labels in all, for each count a class."""
        return tuple(self.classes * each for each in self.per_class)


def two_sided(stars: Array) -> Array:
    """Five grades of opinion as two classes; "" for the one in the middle."""
    grades = stars.astype(int)
    return np.select([grades < 2, grades > 2], ["negative", "positive"], "")


SETS = {
    "agnews": TextSet("agnews-pool8000", "agnews-test", 4, (8, 16)),
    "trec": TextSet("trec-train", "trec-test", 6, (8, 16)),
    "banking77": TextSet("banking77-train", "banking77-test", 77, (3, 10)),
    "sst2": TextSet("sst5-train", "sst5-test", 2, (8,), two_sided),
    "cr": TextSet("cr", None, 2, (8,)),
}


def text_data(name: str, data_dir: Path | None) -> Data:
    """A set of texts with a test part; FileNotFoundError with what to put where."""
    text_set = SETS[name]
    x, y = labeled_texts(text_set.train, text_set, data_dir)
    if text_set.test is None:
        return hold_out_test(Data(kind="texts", x=x, y=y), TEST_SHARE)
    x_test, y_test = labeled_texts(text_set.test, text_set, data_dir)
    rows = np.sort(Rng(("texts", name)).numpy().permutation(len(y_test))[:TEST])
    return Data(kind="texts", x=x, y=y, x_test=x_test[rows], y_test=y_test[rows])


def labeled_texts(stem: str, text_set: TextSet, data_dir: Path | None) -> tuple[Array, Array]:
    """Texts and labels (N,) of a table."""
    path = data_directory(data_dir) / f"{stem}.csv"
    if not path.exists():
        raise FileNotFoundError(
            f"{path} is not there: put a table with the columns text and label there"
        )
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    if missing := {"text", "label"} - {*frame}:
        raise InputError(f"{path} has no column {', '.join(sorted(missing))}: name them so")
    labels = text_set.named(frame["label"].to_numpy(str))
    labeled = labels != ""
    return frame["text"].to_numpy(object)[labeled], labels[labeled]


def text_table(name: str, short: bool, draws: int = DRAWS) -> Table:
    """The table of a set of texts, all draws with one GAN."""
    fewer: Fields = {"": {"steps": SHORT_STEPS}} if short else {"": {"steps": STEPS}}
    return Table(
        name="text",
        about="",
        data=name,
        labels=SETS[name].labels[: 1 if short else None],
        draws=seed_pairs((0,), 1 if short else draws),
        others=draws,
        gan=replace(GAN, steps=SHORT_STEPS) if short else GAN,
        methods=ROWS,
        settings=fewer,
        timed=False,
        device="cpu",
        flops=None,
    )


def texts(short: bool) -> Suite:
    """All sets of texts, in one table; the short form has one of them."""
    names = ("trec",) if short else tuple(SETS)
    tables = {name: text_table(name, short) for name in names}

    def solve(cell: Cell, place: Place) -> dict[str, Value]:
        return solve_cell(tables[cell.data], cell, replace(place, reader=text_data))

    def needs(cell: Cell) -> Shared | None:
        return shared_by(tables[cell.data], cell)

    def prepare(need: Shared, place: Place) -> None:
        make_shared(tables[need.data], need, replace(place, reader=text_data))

    return Suite(
        cells=tuple(cell for table in tables.values() for cell in cells_of(table)),
        solve=solve,
        measure="accuracy",
        by=("data", "labels", "method"),
        needs=needs,
        prepare=prepare,
    )


BENCHMARKS = (
    Benchmark("text", "5 sets of texts over a frozen encoder, few labels a class, 3 draws", texts),
)
