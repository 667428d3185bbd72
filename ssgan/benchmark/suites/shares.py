"""Class shares: labels balanced, samples not, and predictions that know, guess or ignore that.

The second half of the classes is thinned among the samples to learn from and to test on. Labels are
balanced, or in proportion. A cell fits `auto` once, and scores it with the shares of the labels,
with estimated ones and with those that the test samples have.
"""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ssgan import metrics
from ssgan.benchmark.board import BALANCED, BOARD, PROPORTION, in_proportion, read_set
from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite, grid
from ssgan.benchmark.problems import choose_labelled, take_rows
from ssgan.benchmark.results import Value
from ssgan.codecs.codec import Array
from ssgan.data import Data, targets
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import pretrain
from ssgan.prediction.calibration.shares import ClassShares, label_shares
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.finetune import finetune
from ssgan.randomness import Rng

SETS = {"adult": 40, "spambase": 40, "penbased": 50}  # and the labels in all
LEAGUES = {
    **{f"1 : {ratio}, labels {BALANCED}": (ratio, BALANCED) for ratio in (1, 3, 10, 100)},
    f"1 : 10, labels {PROPORTION}": (10, PROPORTION),
}  # of a rare class to a frequent one, and how labels are drawn
DRAWS, GAN_STEPS = 3, 1000
QUICK_SET, QUICK_LEAGUE, QUICK_STEPS = "breast-cancer", tuple(LEAGUES)[2], 50


def thinned(data: Data, ratio: int) -> Data:
    """The data with classes as frequent as each other, but for every second half: 1 / ratio."""
    parts: dict[str, Any] = {}
    for part in ("", "_test"):
        x, y = getattr(data, f"x{part}"), np.asarray(getattr(data, f"y{part}"))
        coded = targets(y)
        counts = np.bincount(coded.values, minlength=len(coded.classes or ()))
        most = int(counts.min())
        kept_rows = []
        for index in range(len(counts)):
            rows = np.flatnonzero(coded.values == index)
            order = Rng(("thinned", part, index)).numpy().permutation(len(rows))
            rare = index >= len(counts) // 2
            kept_rows.append(rows[order[: max(2, most // ratio) if rare else most]])
        rows = np.sort(np.concatenate(kept_rows))
        parts |= {f"x{part}": take_rows(x, rows), f"y{part}": y[rows]}
    return Data(kind=data.kind, **parts)


def draw_labelled(whole: Data, thin: Data, cell: Cell) -> tuple[object, Array]:
    """The labelled samples: balanced ones of the whole data, or of the thinned in proportion."""
    balanced = LEAGUES[cell.league][1] == BALANCED
    source, choose = (whole, choose_labelled) if balanced else (thin, in_proportion)
    rows = choose(source, cell.labels, cell.label_seed)
    return take_rows(source.x, rows), np.asarray(source.y)[rows]


def score_shares(steps: int, cell: Cell, place: Place) -> dict[str, Value]:
    """Fit `auto` and score it with three kinds of shares."""
    whole = read_set(cell.data, place.data_dir)
    thin = thinned(whole, LEAGUES[cell.league][0])
    gan = pretrain(thin.x, GANConfig(steps=steps, seed=cell.label_seed), device="cpu")
    few = draw_labelled(whole, thin, cell)
    config = PredictorConfig(seed=cell.label_seed)
    estimated = finetune(gan, *few, config)
    true = targets(whole.y).encode(thin.y_test)
    classes = len(estimated.classes or ())
    truth = label_shares(true, classes)
    labels = label_shares(targets(whole.y).encode(few[1]), classes)
    estimate = np.asarray(estimated.shares.samples if estimated.shares else labels)
    stated = ClassShares(tuple(labels.tolist()), tuple(truth.tolist()), "stated")
    error = np.abs(estimate - truth).max()
    columns: dict[str, Value] = {"test": len(true), "share_error": float(error)}
    for name, shares in (("labels", None), ("estimated", estimated.shares), ("stated", stated)):
        model = replace(estimated, shares=shares)
        scores = metrics.predictions(true, model.predict_proba(thin.x_test))
        wanted = ("accuracy", "balanced_accuracy", "log_loss", "ece")
        columns |= {f"{key}_{name}": scores[key] for key in wanted}
    return columns


def shares_suite(short: bool) -> Suite:
    """Sets, leagues and splits of the labels."""
    sets = {QUICK_SET: BOARD[QUICK_SET].labels[1]} if short else SETS
    cells = [
        cell
        for data, labels in sets.items()
        for cell in grid(
            data=(data,),
            league=(QUICK_LEAGUE,) if short else LEAGUES,
            labels=(labels,),
            method=("auto",),
            label_seed=range(2 if short else DRAWS),
        )
    ]
    return Suite(
        cells=tuple(cells),
        solve=partial(score_shares, QUICK_STEPS if short else GAN_STEPS),
        measure="accuracy_estimated",
        by=("data", "league"),
    )


ABOUT = "labels balanced, samples 1 : 1 to 1 : 100: predictions that ignore, guess or know that"
BENCHMARKS = (Benchmark("shares", ABOUT, shares_suite),)
