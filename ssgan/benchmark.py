"""Methods side by side on the same labels, and the demo that shows them on the bundled digits.

A problem is a data set with few labels, a GAN that was trained on its unlabeled rows and the same
network untrained. A method is a function from a problem to labels for the test rows; a cell is
one method on one problem, and a row of the results.
"""

import dataclasses
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.semi_supervised import LabelSpreading
from sklearn.svm import SVC

from ssgan.data import Data, digest, draw_split, read, targets
from ssgan.finetuning import PredictorConfig
from ssgan.gan import GAN, GANConfig, load, pretrain, pretraining
from ssgan.predictor import finetune
from ssgan.progress import Progress
from ssgan.runs import Run

Array = NDArray[Any]
STEPS = 300  # updates of every finetuned row


@dataclass(frozen=True)
class Problem:
    """Few labels of a data set, and what was learnt from its rows without any."""

    data: Data
    labeled: Array  # rows of data.x whose labels may be read
    gan: GAN
    untrained: GAN  # the same networks with their first weights

    @property
    def few(self) -> tuple[Any, Any]:
        return self.data.x[self.labeled], self.data.y[self.labeled]


def flat(x: Array) -> Array:
    """Images or rows as rows of numbers in [0, 1]."""
    return x.reshape(len(x), -1) / 255.0


def logistic_regression(problem: Problem, seed: int) -> Array:
    x, y = problem.few
    model = LogisticRegression(C=10, max_iter=1000).fit(flat(x), y)
    return np.asarray(model.predict(flat(problem.data.x_test)))


def rbf_svm(problem: Problem, seed: int) -> Array:
    x, y = problem.few
    model = SVC(C=10, random_state=seed).fit(flat(x), y)
    return np.asarray(model.predict(flat(problem.data.x_test)))


def label_spreading(problem: Problem, seed: int) -> Array:
    labels = np.full(len(problem.data), -1)
    labels[problem.labeled] = problem.data.y[problem.labeled]
    model = LabelSpreading(kernel="knn", n_neighbors=7, alpha=0.2, max_iter=200)
    model.fit(flat(problem.data.x), labels)
    return np.asarray(model.predict(flat(problem.data.x_test)))


def ours(trained: bool, **settings: Any) -> Callable[[Problem, int], Array]:
    """`finetune` with these settings, on the GAN or on its untrained twin."""

    def method(problem: Problem, seed: int) -> Array:
        gan = problem.gan if trained else problem.untrained
        config = PredictorConfig(seed=seed, steps=STEPS, **settings)
        model = finetune(gan, *problem.few, config)
        return model.predict(problem.data.x_test)

    return method


@dataclass(frozen=True)
class Method:
    """A row of the table, and what it rests on besides labels and rows."""

    guess: Callable[[Problem, int], Array]  # labels (N,) of the test rows, given a seed
    needs: str  # "rows", "networks" (their first weights) or "gan"


METHODS = {
    "logistic regression": Method(logistic_regression, "rows"),
    "RBF-SVM": Method(rbf_svm, "rows"),
    "LabelSpreading, k = 7": Method(label_spreading, "rows"),
    "network from scratch, labels only": Method(ours(False, unlabeled=0.0), "networks"),
    "linear probe, random trunk": Method(ours(False, method="probe"), "networks"),
    "label spreading, random trunk": Method(ours(False, method="spread"), "networks"),
    "GAN off: finetuned random trunk": Method(ours(False), "networks"),
    "linear probe, discriminator": Method(ours(True, method="probe"), "gan"),
    "label spreading on its features": Method(ours(True, method="spread"), "gan"),
    "finetuned discriminator, labels only": Method(ours(True, unlabeled=0.0), "gan"),
    "finetuned discriminator": Method(ours(True), "gan"),
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One row of the results."""

    data: str
    labels: int  # in all
    method: str
    gan_seed: int
    label_seed: int
    split: str  # the first of the sha256 of the labelled rows
    accuracy: float
    seconds: float  # of the method alone
    gan_seconds: float  # of the pretraining that it rests on, shared by the draws of a GAN seed


def solve(problem: Problem, method: str, gan_seed: int, label_seed: int, pretrained: float) -> Cell:
    """Run one method and score it on the test rows, which nothing else looks at."""
    began = time.perf_counter()
    guesses = METHODS[method].guess(problem, label_seed)
    return Cell(
        data=problem.data.source,
        labels=len(problem.labeled),
        method=method,
        gan_seed=gan_seed,
        label_seed=label_seed,
        split=digest(problem.labeled)[:12],
        accuracy=round(float((guesses == problem.data.y_test).mean()), 5),
        seconds=round(time.perf_counter() - began, 2),
        gan_seconds=round(pretrained, 1) if METHODS[method].needs == "gan" else 0.0,
    )


def draw(run: Path, per_class: int, label_seed: int, methods: Sequence[str]) -> list[Cell]:
    """The cells of one label draw on the GAN in `run`; for a process of its own, on one thread."""
    torch.set_num_threads(1)
    gan = load(run, device="cpu")
    data = read(gan.data["source"], **gan.data["options"])
    labeled = draw_split(targets(data.y), per_class=per_class, seed=label_seed)
    untrained = pretrain(data, replace(gan.config, steps=0), device="cpu")
    problem = Problem(data, labeled, replace(gan, packed=untrained.packed), untrained)
    return [solve(problem, m, gan.config.seed, label_seed, seconds_of(run)) for m in methods]


def seconds_of(run: Path) -> float:
    """How long the training of a run took, in seconds."""
    lines = [line for line in Run.open(run).metrics() if "seconds" in line]
    return float(lines[-1]["seconds"]) if lines else 0.0


def table(cells: Iterable[Cell]) -> list[dict[str, Any]]:
    """A line for every method: mean, deviation and worst accuracy, draws, GANs and seconds."""
    found = list(cells)
    lines = []
    for method in dict.fromkeys(cell.method for cell in found):
        mine = [cell for cell in found if cell.method == method]
        scores = np.array([cell.accuracy for cell in mine])
        lines.append(
            {
                "method": method,
                "mean": scores.mean(),
                "deviation": scores.std(ddof=1) if len(scores) > 1 else 0.0,
                "worst": scores.min(),
                "draws": len({cell.label_seed for cell in mine}),
                "gans": len({cell.gan_seed for cell in mine}),
                "seconds": np.mean([cell.seconds for cell in mine]),
                "gan_seconds": np.mean([cell.gan_seconds for cell in mine]),
            }
        )
    return lines


def paired(cells: Iterable[Cell], ours: str, theirs: str) -> tuple[float, float]:
    """Mean difference of accuracy, ours - theirs, and half of its 95 % interval.

    Paired over label draws (Student's t), each the mean over its GANs.
    """
    frame = pd.DataFrame([dataclasses.asdict(cell) for cell in cells])
    means = frame.pivot_table(index="label_seed", columns="method", values="accuracy")
    gaps = (means[ours] - means[theirs]).dropna().to_numpy()
    reach = stats.t.ppf(0.975, len(gaps) - 1) * gaps.std(ddof=1) / np.sqrt(len(gaps))
    return float(gaps.mean()), float(reach)


def write_cells(path: Path, cells: Iterable[Cell]) -> None:
    """Append rows to a CSV, with a header if it is new."""
    rows = pd.DataFrame([dataclasses.asdict(cell) for cell in cells])
    rows.to_csv(path, mode="a", header=not path.exists(), index=False)


def read_cells(path: Path) -> list[Cell]:
    """The rows of a CSV that `write_cells` wrote; none if there is no such file."""
    if not path.exists():
        return []
    rows = pd.read_csv(path, dtype={"split": str}).to_dict("records")
    return [Cell(**{str(name): value for name, value in row.items()}) for row in rows]


DEMO = GANConfig(steps=400)
DRAWS = 5
PER_CLASS = 10


def kept(run: Path, per_class: int, model: Path) -> list[Cell]:
    """Finetune on the first draw into the directory `model`; no cells of its own."""
    torch.set_num_threads(1)
    gan = load(run, device="cpu")
    data = read(gan.data["source"], **gan.data["options"])
    labeled = draw_split(targets(data.y), per_class=per_class, seed=0)
    finetune(gan, data.x[labeled], data.y[labeled], run=model)
    return []


def demo(out: Path, seed: int = 0) -> Generator[Progress, None, list[Cell]]:
    """One GAN on the bundled digits, then 5 draws of 10 labels a class for every method.

    Writes `out`/gan (a run), `out`/model (a finetuned predictor) and `out`/cells.csv.
    """
    run = out / "gan"
    yield from pretraining(read("digits"), replace(DEMO, seed=seed), run=run, device="cpu")
    work = [joblib.delayed(draw)(run, PER_CLASS, k, tuple(METHODS)) for k in range(DRAWS)]
    work.append(joblib.delayed(kept)(run, PER_CLASS, out / "model"))
    cells: list[Cell] = []
    began = time.perf_counter()
    for done, found in enumerate(joblib.Parallel(n_jobs=2, return_as="generator")(work), 1):
        cells += found
        spent = time.perf_counter() - began
        mean = float(np.mean([c.accuracy for c in cells if METHODS[c.method].needs == "gan"]))
        eta = spent / done * (len(work) - done)
        yield Progress(done, len(work), {"accuracy": mean}, done / spent, eta)
    (out / "cells.csv").unlink(missing_ok=True)
    write_cells(out / "cells.csv", cells)
    return cells
