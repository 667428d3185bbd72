"""The methods of the few-label tables: a line each.

A method is a function from a problem and a seed to an answer, and what it rests on. Which rows a
table has is for `suites` to say; a way of learning that `PredictorConfig` does not know is left
out of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from ssgan.benchmark import baselines
from ssgan.benchmark.problems import Array, Problem
from ssgan.data import vision
from ssgan.encoder import StudentConfig
from ssgan.finetuning import FADED, FITTED, UNLABELED_SHARE, PredictorConfig
from ssgan.gan import GAN
from ssgan.predictor import finetune

Settings = Mapping[str, Mapping[str, Any]]  # of PredictorConfig, by its method; "" is for all
Needs = Literal["rows", "networks", "gan", "weights"]


@dataclass(frozen=True)
class Answer:
    """Guesses (N,) of the test rows, and what it took to learn."""

    guesses: Array
    samples: int  # rows that were learnt from, each as often as it was
    config: PredictorConfig | None = None  # as the model was made in the end


@dataclass(frozen=True)
class Row:
    """A row of a table, and what it rests on besides labels and rows."""

    answer: Callable[[Problem, Settings, int], Answer]  # given settings and a seed
    needs: Needs = "rows"  # "networks" are those of the GAN with their first weights
    way: str | None = None  # the method of its PredictorConfig
    main: bool = False  # runs on every draw of a table; others on the first few
    student: bool = False  # whether an encoder is distilled first

    @property
    def trains(self) -> bool:
        """Whether it takes steps of training."""
        return self.student or (self.way is not None and self.way not in FITTED)


def simple(guess: Callable[[Problem, int], Array], needs: Needs = "rows") -> Row:
    """A row of other people's code."""

    def answer(problem: Problem, settings: Settings, seed: int) -> Answer:
        return Answer(guess(problem, seed), len(problem.labeled))

    return Row(answer, needs)


def ours(trained: bool, main: bool = False, **settings: Any) -> Row:
    """A row of `finetune` with these settings, on the GAN or on its untrained twin."""
    way: str = settings["method"]

    def answer(problem: Problem, table: Settings, seed: int) -> Answer:
        if problem.start is None:
            raise ValueError(f"method {way!r} starts from a network: there is none")
        common = {**table.get("", {}), **table.get(way, {}), **settings}
        config = PredictorConfig(seed=seed, **{"intervals": False, **common})
        model = finetune(problem.start, *problem.few, config)
        used = replace(model.config, seed=seed)
        return Answer(model.predict(problem.data.x_test), samples(used, len(problem.labeled)), used)

    student = settings.get("readout") == "student"
    return Row(answer, "gan" if trained else "networks", way, main, student)


def samples(config: PredictorConfig, labels: int) -> int:
    """Rows that a finetuning goes through, labelled and not."""
    first = config.student_steps * StudentConfig.batch if config.readout == "student" else 0
    if not config.learns:
        return first + labels
    taught = config.ratio if {*config.learns} & {"consistency", "joint"} else 0
    graph = UNLABELED_SHARE if "finetune" in config.learns else 0
    each = 1 + (graph * (FADED if taught else 1) + taught if config.unlabeled else 0)
    return first + round((config.steps or 0) * config.batch * each)


SIMPLE = {
    "logistic regression": simple(baselines.logistic_regression),
    "RBF-SVM": simple(baselines.rbf_svm),
    "LabelSpreading, k = 7": simple(baselines.label_spreading),
    "SelfTraining, logistic regression": simple(baselines.self_training),
    "pretrained ResNet-18 + logistic regression": simple(baselines.elsewhere_pretrained, "weights"),
}
NUMBERS = {
    "ridge regression": simple(baselines.ridge),
    "gradient boosting": simple(baselines.gradient_boosting),
    "nearest neighbours": simple(baselines.nearest),
}
TAUGHT = {"method": "consistency+finetune", "readout": "student"}
OURS = {
    "simple model that the folds choose": ours(False, True, method="simple"),
    "network from scratch, labels only": ours(False, True, method="finetune", unlabeled=0.0),
    "linear probe, random trunk": ours(False, method="probe"),
    "label spreading, random trunk": ours(False, method="spread"),
    "margin probe, random trunk": ours(False, method="svm"),
    "GAN off: finetuned random trunk": ours(False, method="finetune"),
    "GAN off: consistency": ours(False, method="consistency"),
    "GAN off: student and consistency": ours(False, True, **TAUGHT),
    "GAN off: K + 1": ours(False, method="joint"),
    "GAN off: auto": ours(False, method="auto"),
    "GAN off: linear probe, distilled student": ours(False, method="probe", readout="student"),
    "linear probe, last depth": ours(True, method="probe", readout="last"),
    "linear probe, discriminator": ours(True, method="probe"),
    "linear probe, distilled student": ours(True, method="probe", readout="student"),
    "k-NN, discriminator": ours(True, method="knn"),
    "k-NN, distilled student": ours(True, method="knn", readout="student"),
    "label spreading on its features": ours(True, method="spread"),
    "margin probe, discriminator": ours(True, method="svm"),
    "finetuned discriminator, labels only": ours(True, method="finetune", unlabeled=0.0),
    "finetuned discriminator": ours(True, method="finetune"),
    "finetuned student": ours(True, method="finetune", readout="student"),
    "consistency": ours(True, method="consistency"),
    "student and consistency": ours(True, True, **TAUGHT),
    "K + 1": ours(True, True, method="joint"),
    "consistency with K + 1": ours(True, method="consistency+joint"),
    "auto": ours(True, True, method="auto"),
}
FOR_CLASSES = ("spread", "svm")  # ways of learning that numbers have no use for
METHODS = SIMPLE | NUMBERS | OURS


def names(regression: bool) -> tuple[str, ...]:
    """The methods of a table that this package, and this machine, can carry out."""
    rows = (NUMBERS if regression else SIMPLE) | OURS
    return tuple(
        name
        for name, row in rows.items()
        if known(row.way)
        and not (regression and row.way in FOR_CLASSES)
        and (row.needs != "weights" or vision.pretrained_at_hand())
    )


def known(way: str | None) -> bool:
    """Whether `PredictorConfig` has that method; other people's code has none."""
    try:
        return way is None or bool(PredictorConfig(method=way))
    except ValueError:
        return False


def counted(start: GAN, problem: Problem, config: PredictorConfig) -> Callable[[int], object]:
    """The finetuning of an answer for some steps, to count its operations."""
    name = paced_by(config)

    def train(steps: int) -> object:
        fields: dict[str, Any] = {name: max(steps, 1)}
        return finetune(start, *problem.few, replace(config, **fields))

    return train


def paced_by(config: PredictorConfig) -> str:
    """The field that says how long it learns: of a method that is fitted at once, its student."""
    return "student_steps" if config.readout == "student" and not config.learns else "steps"
