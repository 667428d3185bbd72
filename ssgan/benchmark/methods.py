"""The methods of the few-label tables: a line each.

A method is a function from a problem and a seed to an answer, and what it rests on. Which rows a
table has is for `suites` to say; a way of learning that `PredictorConfig` does not know is left
out of them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ssgan.benchmark import baselines
from ssgan.benchmark.measuring import Steps
from ssgan.benchmark.problems import Array, Problem
from ssgan.config import InputError
from ssgan.data import vision
from ssgan.models.gan import GAN
from ssgan.prediction.crossvalidation import FOLDS, SHORT
from ssgan.prediction.finetuning import FADED, FITTED, LEARNT, UNLABELED_SHARE, PredictorConfig
from ssgan.prediction.labels import GRAPH
from ssgan.prediction.predictor import Predictor, finetune

Settings = Mapping[str, Mapping[str, Any]]  # of PredictorConfig, by its method; "" is for all
Needs = Literal["rows", "networks", "gan", "weights"]


@dataclass(frozen=True)
class Answer:
    """Guesses (N,) of the test rows, and what it took to learn."""

    guesses: Array
    samples: int  # rows that were learnt from, each as often as it was
    config: PredictorConfig | None = None  # as the model was made in the end
    compared: tuple[PredictorConfig, ...] = ()  # courses before that, to choose it by
    model: Predictor | None = None


@dataclass(frozen=True)
class Row:
    """A row of a table, and what it rests on besides labels and rows."""

    answer: Callable[[Problem, Settings, int], Answer]  # given settings and a seed
    needs: Needs = "rows"  # "networks" are those of the GAN with their first weights
    settings: Mapping[str, Any] | None = None  # of its PredictorConfig; None without one
    main: bool = False  # runs on every draw of a table; others on the first few

    @property
    def way(self) -> str | None:
        """The method of its PredictorConfig."""
        return None if self.settings is None else str(self.settings["method"])

    @property
    def distils(self) -> bool:
        """Whether a student is trained for it."""
        asked = self.settings or {}
        return asked.get("readout") == "student" and asked.get("student_steps") != 0

    @property
    def trains(self) -> bool:
        """Whether it takes steps of training, or an encoder is distilled for it."""
        return self.distils or (self.way is not None and self.way not in FITTED)


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
            raise InputError(f"method {way!r} starts from a network: there is none")
        common = {**table.get("", {}), **table.get(way, {}), **settings}
        config = PredictorConfig(seed=seed, **{"calibrate": False, **common})
        model = finetune(problem.start, *problem.few, config)
        used = replace(model.config, seed=seed)
        guesses, before = model.predict(problem.data.x_test), compared(model, config)
        courses = (used, *before)
        if isinstance(problem.start, GAN) and problem.start.student:  # counted where it was made
            courses = tuple(replace(course, student_steps=0) for course in courses)
        seen = samples(courses, len(problem.labeled), len(problem.data.x))
        return Answer(guesses, seen, used, before, model)

    return Row(answer, "gan" if trained else "networks", settings, main)


def compared(model: Predictor, asked: PredictorConfig) -> tuple[PredictorConfig, ...]:
    """The courses on folds that "auto" chose by; what is fitted at once is left out.

    They share a student, which is the first one's where the chosen model does not read it.
    """
    choice = model.about.get("choice")
    if choice is None:
        return ()
    short = replace(asked, steps=min(SHORT, asked.steps or SHORT), readout=choice["readout"])
    learnt = [replace(short, method=name) for name in learning(choice["verdict"]["means"])]
    courses = [replace(course, student_steps=1) for course in FOLDS * learnt]
    if learnt and model.config.readout != choice["readout"]:
        courses[0] = learnt[0]
    return tuple(courses)


def learning(names: Iterable[str]) -> Iterator[str]:
    """Those of some methods, and simple models, that take steps."""
    return (name for name in names if set(name.split("+")) <= set(LEARNT))


def samples(courses: Sequence[PredictorConfig], labels: int, rows: int) -> int:
    """Rows that courses go through, labelled and not, of so many in all."""
    read = [c.student_steps * c.student_batch for c in courses if c.readout == "student"]
    distilled = max(read, default=0)
    return distilled + sum(passed(course, labels, rows) for course in courses)


def passed(config: PredictorConfig, labels: int, rows: int) -> int:
    """Rows that a course goes through once it has its features."""
    if not config.learns:
        return min(rows, labels + GRAPH) if config.method == "spread" else labels
    taught = config.ratio * len({*config.learns} & {"consistency", "joint"})
    graph = UNLABELED_SHARE if "finetune" in config.learns else 0
    each = 1 + (graph * (FADED if taught else 1) + taught if config.unlabeled else 0)
    return round((config.steps or 0) * config.batch * each)


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
UNTAUGHT = {"method": "finetune", "unlabeled": 0.0, "readout": "student", "student_steps": 0}
GRAPHED = {"method": "consistency+finetune", "readout": "all"}
OURS = {
    "simple model that the folds choose": ours(False, True, method="simple"),
    "network from scratch, labels only": ours(False, True, method="finetune", unlabeled=0.0),
    "student's network from scratch, labels only": ours(False, True, **UNTAUGHT),
    "linear probe, last depth, random trunk": ours(False, method="probe", readout="last"),
    "linear probe, random trunk": ours(False, method="probe"),
    "k-NN, random trunk": ours(False, method="knn"),
    "label spreading, random trunk": ours(False, method="spread"),
    "margin probe, random trunk": ours(False, method="svm"),
    "GAN off: finetuned random trunk": ours(False, method="finetune"),
    "GAN off: consistency": ours(False, method="consistency"),
    "GAN off: student and consistency": ours(False, True, **TAUGHT),
    "GAN off: graph and consistency": ours(False, False, **GRAPHED),
    "GAN off: K + 1": ours(False, method="joint"),
    "GAN off: auto": ours(False, method="auto"),
    "GAN off: consistency with K + 1": ours(False, method="consistency+joint"),
    "GAN off: linear probe, distilled student": ours(False, method="probe", readout="student"),
    "GAN off: k-NN, distilled student": ours(False, method="knn", readout="student"),
    "GAN off: label spreading, distilled student": ours(False, method="spread", readout="student"),
    "GAN off: finetuned student": ours(False, method="finetune", readout="student"),
    "linear probe, last depth": ours(True, method="probe", readout="last"),
    "linear probe, discriminator": ours(True, method="probe"),
    "linear probe, distilled student": ours(True, method="probe", readout="student"),
    "k-NN, discriminator": ours(True, method="knn"),
    "k-NN, distilled student": ours(True, method="knn", readout="student"),
    "label spreading on its features": ours(True, method="spread"),
    "label spreading, distilled student": ours(True, method="spread", readout="student"),
    "margin probe, discriminator": ours(True, method="svm"),
    "finetuned discriminator, labels only": ours(True, method="finetune", unlabeled=0.0),
    "finetuned discriminator": ours(True, method="finetune"),
    "finetuned student": ours(True, method="finetune", readout="student"),
    "consistency": ours(True, method="consistency"),
    "student and consistency": ours(True, True, **TAUGHT),
    "graph and consistency": ours(True, False, **GRAPHED),
    "K + 1": ours(True, True, method="joint"),
    "consistency with K + 1": ours(True, method="consistency+joint"),
    "auto": ours(True, True, method="auto"),
}
FOR_CLASSES = ("svm",)  # ways of learning that numbers have no use for
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


def counted(start: GAN, problem: Problem, config: PredictorConfig, steps: Steps) -> object:
    """The finetuning of an answer for some steps, to count its operations."""
    fields: dict[str, Any] = dict(steps)
    return finetune(start, *problem.few, replace(config, **fields))


def paced_by(config: PredictorConfig) -> Steps:
    """How long a finetuning learns, by field: its own steps, and its student's."""
    paced = {"steps": config.steps or 1} if config.learns else {}
    return paced | ({"student_steps": config.student_steps} if config.readout == "student" else {})
