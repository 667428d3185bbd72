"""Labels in one domain, none in the other: three pairs of digits.

Each method sees the training part of the source with its labels and that of the target without. The
test part of the target is read once, by the model of the last update. Beside every method stand the
source alone, the source with transforms, batch norm of the target, a frame that is fitted without
labels, and the same network from the labels of the target.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from ssgan.adaptation.adapt import adapting, resolve_adaptation
from ssgan.adaptation.config import AdaptConfig
from ssgan.adaptation.domains import make_domains
from ssgan.adaptation.method import TrainingPlace
from ssgan.adaptation.methods import METHODS
from ssgan.adaptation.methods.auto import label_free_scores
from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite, grid
from ssgan.benchmark.results import Value
from ssgan.data import Data
from ssgan.models.inference import apply
from ssgan.runtime import runtime
from ssgan.training.runner import finish

HALF = 30_000  # digits of MNIST in the source; those of MNIST-M in the target are the others
TRAINED = "trained on the target"


def mnist_to_usps(place: Place) -> tuple[Data, Data]:
    """Source and target: MNIST's digits, USPS's digits."""
    return place.read("mnist"), place.read("usps")


def usps_to_mnist(place: Place) -> tuple[Data, Data]:
    """Source and target: USPS's digits, MNIST's digits."""
    return place.read("usps"), place.read("mnist")


def mnist_to_mnist_m(place: Place) -> tuple[Data, Data]:
    """No digit is in both domains, or pairs of them could be memorised."""
    source, target = place.read("mnist"), place.read("mnist-m")
    return (
        replace(source, x=source.x[:HALF], y=source.y[:HALF]),
        replace(target, x=target.x[HALF:], y=target.y[HALF:]),
    )


PAIRS: dict[str, Callable[[Place], tuple[Data, Data]]] = {
    "MNIST to USPS": mnist_to_usps,
    "USPS to MNIST": usps_to_mnist,
    "MNIST to MNIST-M": mnist_to_mnist_m,
}
PLAIN: Mapping[str, Any] = {"transforms": ()}
CONTENDERS: dict[str, Mapping[str, Any]] = {
    "source only": {"method": "source-only", **PLAIN},
    "statistics and transforms": {"method": "statistics"},
    "source and transforms": {"method": "source-only"},
    "statistics": {"method": "statistics", **PLAIN},
    "consistency": {"method": "consistency"},
    "dann": {"method": "dann", **PLAIN},
    TRAINED: {"method": "source-only"},
    "frame fitted, statistics and transforms": {"method": "statistics", "frame": "fit"},
    "auto": {"method": "auto"},
    "cdan": {"method": "cdan", **PLAIN},
    "pretrained": {"method": "pretrained"},
    "cogan": {"method": "cogan", **PLAIN},
    "translate": {"method": "translate", **PLAIN},
}


@dataclass(frozen=True, kw_only=True)
class AdaptationAmounts:
    """How much of everything a cell takes."""

    draws: int = 3
    fields: Mapping[str, Any] = field(default_factory=lambda: {"steps": 600})  # of every config


def solve(amounts: AdaptationAmounts, cell: Cell, place: Place) -> Mapping[str, Value]:
    """The accuracy in the target's test part, read once, and what scores without labels say."""
    source, target = PAIRS[cell.data](place)
    fields = {**amounts.fields, **CONTENDERS[cell.method], "seed": cell.seed}
    config, began = AdaptConfig(**fields), time.perf_counter()
    unlabeled = replace(target, y=None, x_test=None, y_test=None)
    if cell.method == TRAINED:
        probabilities, scores = trained_there(target, source, config)
    else:
        model = finish(adapting(source, unlabeled, config))
        domains = make_domains(source, unlabeled, config.frame)
        scores = label_free_scores(model.network, domains, config, model.runtime)
        probabilities = model.predict_proba(target.x_test)
    classes = np.unique(np.asarray(source.y))
    right = classes[probabilities.argmax(1)] == np.asarray(target.y_test)
    return {
        "target_accuracy": round(float(right.mean()), 5),
        **{name: round(value, 4) for name, value in scores.items()},
        "steps": config.steps or METHODS[config.method].steps,
        "train_seconds": round(time.perf_counter() - began, 1),
    }


def trained_there(target: Data, other: Data, config: AdaptConfig) -> tuple[Any, dict[str, float]]:
    """Class probabilities of the test part by the same network from the labels of the target, in
    the frame that both domains share."""
    domains = make_domains(target, replace(other, y=None, x_test=None, y_test=None))
    config = resolve_adaptation(config, domains)
    on = runtime("cpu", domains.codec.shape)
    network = finish(METHODS[config.method].learn(domains, config, TrainingPlace(on))).eval()
    codec = domains.source.codec
    outputs = apply(network, codec.pack(target.x_test), codec, on)
    return outputs.double().softmax(1).numpy(), {}


def adaptation(short: bool) -> Suite:
    """All methods on all pairs, as many steps each, three draws; short: 100 steps of a narrow
    network, one draw."""
    amounts = AdaptationAmounts()
    if short:
        amounts = AdaptationAmounts(draws=1, fields={"steps": 100, "width": 8})
    return Suite(
        cells=grid(seed=range(amounts.draws), method=tuple(CONTENDERS), data=tuple(PAIRS)),
        solve=partial(solve, amounts),
        measure="target_accuracy",
        by=("data", "method"),
    )


BENCHMARKS = (
    Benchmark("adaptation", "labels there, none here: three pairs of digits, 3 draws", adaptation),
)
