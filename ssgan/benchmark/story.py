"""The demo: one GAN on the bundled digits, and every method on a few draws of the labels."""

import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from ssgan.benchmark.fewlabel import pairs, suite_of
from ssgan.benchmark.methods import CONTENDERS
from ssgan.benchmark.problems import choose_labelled
from ssgan.benchmark.results import Row, read_rows
from ssgan.benchmark.runner import Suite, results, run
from ssgan.benchmark.suites.fewlabel import DIGITS
from ssgan.data import read
from ssgan.models.gan import pretraining
from ssgan.prediction.predictor import finetuning
from ssgan.training.runner import Progress

JOBS = 2
DEMO = replace(
    DIGITS,
    name="cells",
    about="accuracy on held-out digits, 10 labels a class: 1 GAN x 5 draws of the labels",
    labels=(100,),
    draws=pairs((0,), 5),
    methods=(
        "logistic regression",
        "RBF-SVM",
        "LabelSpreading, k = 7",
        "network from scratch, labels only",
        "linear probe, random trunk",
        "label spreading, random trunk",
        "GAN off: finetuned random trunk",
        "linear probe, discriminator",
        "label spreading on its features",
        "finetuned discriminator, labels only",
        "finetuned discriminator",
    ),
    home="gan",
    flops=None,
)


def demo_suite(seed: int) -> Suite:
    """The suite of the demo, whose GAN and draws have this seed."""
    draws = tuple((seed, draw) for _, draw in DEMO.draws)
    return suite_of(replace(DEMO, draws=draws))


def demo(out: Path, seed: int = 0) -> Generator[Progress, None, list[Row]]:
    """One GAN on the bundled digits, then 5 draws of 10 labels a class for every method.

    Writes `out`/gan (a run), `out`/model (a finetuned predictor) and `out`/cells.csv.
    """
    data, suite = read("digits"), demo_suite(seed)
    config = replace(DEMO.gan, seed=seed)
    gan = yield from pretraining(data, config, run=out / "gan", device=DEMO.device)
    rows = choose_labelled(data, DEMO.labels[0], DEMO.draws[0][1])
    yield from finetuning(gan, data.x[rows], data.y[rows], run=out / "model")
    results(suite, out).unlink(missing_ok=True)
    began, scores = time.perf_counter(), [0.0]
    for done, row in enumerate(run(suite, out, work=out, jobs=JOBS), 1):
        if CONTENDERS[row["method"]].needs == "gan":
            scores.append(float(row[suite.measure]))
        spent, mean = time.perf_counter() - began, sum(scores) / max(len(scores) - 1, 1)
        eta = spent / done * (len(suite.cells) - done)
        yield Progress(done, len(suite.cells), {"accuracy": mean}, done / spent, eta)
    return read_rows(results(suite, out))
