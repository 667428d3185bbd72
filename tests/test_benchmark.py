"""Methods side by side: cells, their table, and the demo on a tiny scale."""

from dataclasses import replace

import joblib
import numpy as np
import pytest
import torch

from ssgan import benchmark
from ssgan.benchmark import (
    METHODS,
    Cell,
    Problem,
    demo,
    paired,
    read_cells,
    solve,
    table,
    write_cells,
)
from ssgan.data import Data, digest, read
from ssgan.gan import GANConfig, load, pretrain
from ssgan.predictor import load_predictor

TINY = GANConfig(steps=2, batch=8, width=2, latent=4)


def cell(**changes):
    fields = {
        "data": "digits",
        "labels": 100,
        "method": "RBF-SVM",
        "gan_seed": 0,
        "label_seed": 0,
        "split": "0123456789ab",
        "accuracy": 0.5,
        "seconds": 1.0,
        "gan_seconds": 0.0,
    }
    return Cell(**(fields | changes))


@pytest.fixture(scope="module")
def problem():
    """Digits, few of them and none to spare, with a GAN that has learnt next to nothing."""
    digits = read("digits")
    data = replace(
        digits,
        x=digits.x[:120],
        y=digits.y[:120],
        x_test=digits.x_test[:50],
        y_test=digits.y_test[:50],
    )
    labeled = np.sort(np.concatenate([np.flatnonzero(data.y == k)[:4] for k in range(10)]))
    gan, untrained = pretrain(data, TINY), pretrain(data, replace(TINY, steps=0))
    return Problem(data, labeled, gan, untrained)


@pytest.fixture
def quick(monkeypatch):
    """Finetuning in a few steps."""
    finetune = benchmark.finetune

    def few(gan, x, y, config=None, **options):
        config = config or benchmark.PredictorConfig()
        return finetune(gan, x, y, replace(config, steps=3), **options)

    monkeypatch.setattr(benchmark, "finetune", few)


def test_a_table_has_a_line_for_every_method_in_order():
    cells = [
        cell(method="RBF-SVM", label_seed=0, accuracy=0.8, seconds=1.0),
        cell(method="finetuned discriminator", gan_seed=0, accuracy=0.9, gan_seconds=7.0),
        cell(method="RBF-SVM", label_seed=1, accuracy=0.6, seconds=3.0),
        cell(method="finetuned discriminator", gan_seed=1, accuracy=1.0, gan_seconds=9.0),
    ]
    svm, ours = table(cells)
    assert svm == {
        "method": "RBF-SVM",
        "mean": pytest.approx(0.7),
        "deviation": pytest.approx(0.02**0.5),  # of a sample, not of a population
        "worst": 0.6,
        "draws": 2,
        "gans": 1,
        "seconds": 2.0,
        "gan_seconds": 0.0,
    }
    assert (ours["method"], ours["draws"], ours["gans"]) == ("finetuned discriminator", 1, 2)
    assert ours["gan_seconds"] == 8.0


def test_methods_are_paired_by_their_draws_over_the_means_of_their_gans():
    ours = [(0, 0, 0.9), (1, 0, 0.7), (0, 1, 0.9), (1, 1, 0.9), (0, 2, 1.0), (1, 2, 1.0)]
    theirs = [(0, 0, 0.7), (0, 1, 0.7), (0, 2, 0.7)]
    cells = [
        cell(method=name, gan_seed=gan, label_seed=draw, accuracy=accuracy)
        for name, rows in (("ours", ours), ("theirs", theirs))
        for gan, draw, accuracy in rows
    ]
    mean, reach = paired(cells, "ours", "theirs")
    assert mean == pytest.approx(0.2)  # of 0.1, 0.2 and 0.3
    assert reach == pytest.approx(4.302653 * 0.1 / 3**0.5)
    assert paired(cells, "theirs", "ours") == pytest.approx((-mean, reach))


def test_one_cell_has_no_deviation_and_none_make_no_table():
    assert table([cell()])[0]["deviation"] == 0.0
    assert table([]) == []


def test_cells_come_back_from_their_file_with_what_was_added(tmp_path):
    first = [cell(accuracy=0.12345), cell(split="000000000000", label_seed=3)]
    later = [cell(method="finetuned discriminator", gan_seconds=12.3, split="1e1000000000")]
    write_cells(tmp_path / "cells.csv", first)
    write_cells(tmp_path / "cells.csv", later)
    assert read_cells(tmp_path / "cells.csv") == first + later
    assert len((tmp_path / "cells.csv").read_text().splitlines()) == 4


def test_a_file_that_is_not_there_has_no_cells(tmp_path):
    assert read_cells(tmp_path / "none.csv") == []


@pytest.mark.parametrize("method", METHODS)
def test_every_method_labels_the_test_rows(problem, quick, method):
    found = solve(problem, method, gan_seed=2, label_seed=3, pretrained=5.55)
    assert (found.data, found.labels, found.method) == ("digits", 40, method)
    assert (found.gan_seed, found.label_seed) == (2, 3)
    assert found.split == digest(problem.labeled)[:12]
    assert 0.0 <= found.accuracy <= 1.0
    assert found.gan_seconds == (5.5 if METHODS[method].needs == "gan" else 0.0)


@pytest.mark.parametrize(
    ("method", "least"),
    [("logistic regression", 0.6), ("RBF-SVM", 0.6), ("linear probe, random trunk", 0.4)],
)
def test_methods_are_far_above_chance(problem, method, least):
    assert solve(problem, method, 0, 0, 0.0).accuracy > least


class Sealed:
    """An array of labels of which only some rows may be read."""

    def __init__(self, values, open_rows):
        self.values, self.open = values, set(np.asarray(open_rows).tolist())

    def __len__(self):
        return len(self.values)

    def __getitem__(self, rows):
        if not set(np.atleast_1d(rows).tolist()) <= self.open:
            raise AssertionError("a label was read that is not among the few")
        return self.values[rows]

    def __array__(self, *_, **__):
        raise AssertionError("all labels were read")


@pytest.mark.parametrize("method", METHODS)
def test_no_method_reads_other_labels_than_the_few(problem, quick, method):
    sealed = Data(
        kind="images",
        x=problem.data.x,
        y=Sealed(problem.data.y, problem.labeled),
        x_test=problem.data.x_test,
        y_test=Sealed(problem.data.y_test, []),
    )
    assert len(METHODS[method].guess(replace(problem, data=sealed), 0)) == 50


def test_scratch_and_finetuned_differ_in_the_first_weights_only(problem, monkeypatch):
    asked = []

    def told(gan, x, y, config):
        asked.append((gan is problem.gan, config))
        return type("Model", (), {"predict": lambda self, x: x})()

    monkeypatch.setattr(benchmark, "finetune", told)
    METHODS["network from scratch, labels only"].guess(problem, 4)
    METHODS["finetuned discriminator, labels only"].guess(problem, 4)
    (scratch, one), (trained, other) = asked
    assert (scratch, trained) == (False, True)
    assert one == other
    assert one.seed == 4


def test_a_demo_trains_one_gan_and_tells_of_every_draw(tmp_path, monkeypatch, quick):
    few = ("RBF-SVM", "linear probe, discriminator", "finetuned discriminator, labels only")
    monkeypatch.setattr(benchmark, "DEMO", TINY)
    monkeypatch.setattr(benchmark, "DRAWS", 2)
    monkeypatch.setattr(benchmark, "METHODS", {name: METHODS[name] for name in few})
    with joblib.parallel_config(backend="threading"):
        told = list(demo(tmp_path / "d", seed=3))
    assert [progress.step for progress in told] == [2, 1, 2, 3]
    found = read_cells(tmp_path / "d" / "cells.csv")
    assert [(c.method, c.label_seed) for c in found] == [(m, k) for k in (0, 1) for m in few]
    assert {c.labels for c in found} == {100}
    assert {c.gan_seed for c in found} == {3}
    assert len({c.split for c in found}) == 2
    assert found[0].accuracy > 0.8
    assert load(tmp_path / "d" / "gan").config == replace(TINY, seed=3)
    model = load_predictor(tmp_path / "d" / "model")
    assert model.about["labels"]["count"] == 100
    assert model.predict(read("digits").x_test[:5]).shape == (5,)
    assert torch.get_num_threads() == 1
