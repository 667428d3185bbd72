"""The methods of the few-label tables: a line each.

A method is a function from a problem and a seed to an answer, and what it rests on. Which methods a
table has is for `suites.fewlabel` to say.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ssgan.benchmark import baselines, sentences, series
from ssgan.benchmark.measuring import Steps
from ssgan.benchmark.problems import Problem
from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data.images import vision
from ssgan.models.gan import GAN
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.finetune import finetune
from ssgan.prediction.heldout.crossvalidation import TRAINING_FOLDS
from ssgan.prediction.methods import METHODS
from ssgan.prediction.names import FITTED, STEPPED
from ssgan.prediction.predictor import Predictor
from ssgan.prediction.resolve import without_unused

Fields = Mapping[str, Mapping[str, Any]]  # of PredictorConfig, by its method; "" is for all
Needs = Literal["rows", "networks", "gan", "weights"]


@dataclass(frozen=True)
class Answer:
    """Predictions (N,) of the test rows, and what it took to learn."""

    predictions: Array
    samples: int  # rows that were learnt from, each as often as it was
    config: PredictorConfig | None = None  # as the model was made in the end
    compared: tuple[PredictorConfig, ...] = ()  # trainings before that, to choose it by
    model: Predictor | None = None


@dataclass(frozen=True)
class Contender:
    """A method of a table, and what it rests on besides labels and samples."""

    answer: Callable[[Problem, Fields, int], Answer]  # given settings and a seed
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
        settings = self.settings or {}
        if settings.get("readout") != "student":
            return False
        return bool(settings.get("student", {}).get("steps", 1))

    @property
    def trains(self) -> bool:
        """Whether it takes steps of training, or an encoder is distilled for it."""
        return self.distils or (self.way is not None and self.way not in FITTED)


def from_baseline(predict: Callable[[Problem, int], Array], needs: Needs = "rows") -> Contender:
    """A method of other people's code."""

    def answer(problem: Problem, settings: Fields, seed: int) -> Answer:
        return Answer(predict(problem, seed), len(problem.labeled))

    return Contender(answer, needs)


def finetuning_contender(trained: bool, main: bool = False, **settings: Any) -> Contender:
    """`finetune` with these settings, on the GAN or on its untrained twin."""
    way: str = settings["method"]

    def answer(problem: Problem, table: Fields, seed: int) -> Answer:
        if problem.start is None:
            raise InputError(f"method {way!r} starts from a network: there is none")
        config = config_for(contender, table, seed)
        model = finetune(problem.start, *problem.few, config, run=problem.run)
        used = replace(model.config, seed=seed)
        predictions, before = model.predict(problem.data.x_test), short_trainings(model, config)
        trainings = (used, *before)
        if isinstance(problem.start, GAN) and problem.start.student:  # counted where it was made
            trainings = tuple(with_student(training, 0) for training in trainings)
        seen = samples_seen(trainings, len(problem.labeled), len(problem.data.x))
        return Answer(predictions, seen, used, before, model)

    contender = Contender(answer, "gan" if trained else "networks", settings, main)
    return contender


def config_for(contender: Contender, table: Fields, seed: int) -> PredictorConfig:
    """The config of a method of `finetune` with those settings of a table that it has a use for."""
    settings = contender.settings or {}
    common = {**table.get("", {}), **table.get(contender.way or "", {}), **settings}
    config = PredictorConfig.from_json({"seed": seed, "calibrate": False, **common})
    return without_unused(config)


def short_trainings(model: Predictor, config: PredictorConfig) -> tuple[PredictorConfig, ...]:
    """The trainings on folds that "auto" chose by; what is fitted at once is left out.

    They share a student, which is the first one's where the chosen model does not read it.
    """
    choice = model.choice
    if choice is None:
        return ()
    max_steps = config.search.steps
    short = replace(config, steps=min(max_steps, config.steps or max_steps), readout=choice.readout)
    shortened = [replace(short, method=name) for name in stepwise(choice.means)]
    trainings = [with_student(training, 1) for training in TRAINING_FOLDS * shortened]
    if shortened and model.config.readout != choice.readout:
        trainings[0] = shortened[0]
    return tuple(trainings)


def with_student(config: PredictorConfig, steps: int) -> PredictorConfig:
    """The config with so many updates of the student."""
    return replace(config, student=replace(config.student, steps=steps))


def stepwise(names: Iterable[str]) -> Iterator[str]:
    """Those of some methods, and simple models, that take steps."""
    return (name for name in names if set(name.split("+")) <= set(STEPPED))


def samples_seen(trainings: Sequence[PredictorConfig], labels: int, rows: int) -> int:
    """Samples that trainings go through, labelled and not, of so many in all."""
    of_students = [c.student.steps * c.student.batch for c in trainings if c.distils]
    distilled = max(of_students, default=0)
    return distilled + sum(samples_in(training, labels, rows) for training in trainings)


def samples_in(config: PredictorConfig, labels: int, rows: int) -> int:
    """Samples that a training goes through once it has its features, of `labels` and all `rows`."""
    if config.members:
        return sum(samples_in(member.config, labels, rows) for member in config.members)
    if not config.learns:
        method = METHODS.get(config.method)
        return min(rows, labels + method.reads) if method and method.reads else labels
    unlabeled = sum(METHODS[name].ratio(config) for name in config.learns)
    each = 1 + (unlabeled if config.unlabeled else 0)
    return round((config.steps or 0) * config.batch * each)


CLASSIFIERS = {
    "logistic regression": from_baseline(baselines.logistic_regression),
    "RBF-SVM": from_baseline(baselines.rbf_svm),
    "LabelSpreading, k = 7": from_baseline(baselines.label_spreading),
    "SelfTraining, logistic regression": from_baseline(baselines.self_training),
    "pretrained ResNet-18 + logistic regression": from_baseline(
        baselines.elsewhere_pretrained, "weights"
    ),
}
REGRESSORS = {
    "ridge regression": from_baseline(baselines.ridge_regression),
    "gradient boosting": from_baseline(baselines.gradient_boosting),
    "nearest neighbours": from_baseline(baselines.nearest_neighbours),
}
OF_SIGNALS = {  # rows of tables that name them
    "1-NN, Euclidean": from_baseline(series.euclidean),
    "1-NN, DTW": from_baseline(series.time_warped),
    "ROCKET, ridge regression": from_baseline(series.rocket),
}
LABELS_ONLY: dict[str, Any] = {"method": "propagation", "unlabeled": 0.0}
FROM_STUDENT = {"method": "consistency+propagation", "readout": "student"}
STUDENT_ALONE = {
    "method": "propagation",
    "unlabeled": 0.0,
    "readout": "student",
    "student": {"steps": 0},
}
FROM_GAN = {"method": "consistency+propagation", "readout": "all"}
OURS = {
    "simple model that the folds choose": finetuning_contender(False, True, method="baseline"),
    "network from scratch, labels only": finetuning_contender(False, True, **LABELS_ONLY),
    "student's network from scratch, labels only": finetuning_contender(
        False, True, **STUDENT_ALONE
    ),
    "linear probe, last depth, random trunk": finetuning_contender(
        False, method="probe", readout="last"
    ),
    "linear probe, random trunk": finetuning_contender(False, method="probe"),
    "k-NN, random trunk": finetuning_contender(False, method="knn"),
    "label spreading, random trunk": finetuning_contender(False, method="graph"),
    "margin probe, random trunk": finetuning_contender(False, method="svm"),
    "GAN off: finetuned random trunk": finetuning_contender(False, method="propagation"),
    "GAN off: consistency": finetuning_contender(False, method="consistency"),
    "GAN off: student and consistency": finetuning_contender(False, True, **FROM_STUDENT),
    "GAN off: graph and consistency": finetuning_contender(False, False, **FROM_GAN),
    "GAN off: K + 1": finetuning_contender(False, method="k-plus-one"),
    "GAN off: auto": finetuning_contender(False, method="auto"),
    "GAN off: consistency with K + 1": finetuning_contender(False, method="consistency+k-plus-one"),
    "GAN off: linear probe, distilled student": finetuning_contender(
        False, method="probe", readout="student"
    ),
    "GAN off: k-NN, distilled student": finetuning_contender(
        False, method="knn", readout="student"
    ),
    "GAN off: label spreading, distilled student": finetuning_contender(
        False, method="graph", readout="student"
    ),
    "GAN off: finetuned student": finetuning_contender(
        False, method="propagation", readout="student"
    ),
    "linear probe, last depth": finetuning_contender(True, method="probe", readout="last"),
    "linear probe, discriminator": finetuning_contender(True, method="probe"),
    "linear probe, distilled student": finetuning_contender(
        True, method="probe", readout="student"
    ),
    "k-NN, discriminator": finetuning_contender(True, method="knn"),
    "k-NN, distilled student": finetuning_contender(True, method="knn", readout="student"),
    "label spreading on its features": finetuning_contender(True, method="graph"),
    "label spreading, distilled student": finetuning_contender(
        True, method="graph", readout="student"
    ),
    "margin probe, discriminator": finetuning_contender(True, method="svm"),
    "finetuned discriminator, labels only": finetuning_contender(True, **LABELS_ONLY),
    "finetuned discriminator": finetuning_contender(True, method="propagation"),
    "finetuned student": finetuning_contender(True, method="propagation", readout="student"),
    "consistency": finetuning_contender(True, method="consistency"),
    "student and consistency": finetuning_contender(True, True, **FROM_STUDENT),
    "graph and consistency": finetuning_contender(True, False, **FROM_GAN),
    "K + 1": finetuning_contender(True, True, method="k-plus-one"),
    "consistency with K + 1": finetuning_contender(True, method="consistency+k-plus-one"),
    "auto": finetuning_contender(True, True, method="auto"),
}
OF_TEXTS = {  # likewise
    "logistic regression of rows": from_baseline(sentences.of_rows),
    "logistic regression of words": from_baseline(sentences.of_words),
    "GAN off: self-training with quotas": finetuning_contender(False, method="self-training"),
    "self-training with quotas": finetuning_contender(True, method="self-training"),
    "GAN-BERT without its generator": finetuning_contender(False, method="gan-bert", unlabeled=0.0),
    "GAN-BERT": finetuning_contender(False, method="gan-bert"),
}
FOR_CLASSES = [name for name in FITTED if not METHODS[name].numbers]  # left out for numbers
CONTENDERS = CLASSIFIERS | REGRESSORS | OF_SIGNALS | OF_TEXTS | OURS


def twin_of(name: str) -> str | None:
    """The method that differs from one of a GAN in the first weights alone; None if none does."""
    method = OURS.get(name)
    if method is None or method.needs != "gan":
        return None
    twins = (n for n, m in OURS.items() if m.settings == method.settings and m.needs == "networks")
    return next(twins, None)


def contenders_for(regression: bool) -> tuple[str, ...]:
    """The methods of a table that this package, and this machine, can carry out."""
    rows = (REGRESSORS if regression else CLASSIFIERS) | OURS
    return tuple(
        name
        for name, row in rows.items()
        if not (regression and row.way in FOR_CLASSES)
        and (row.needs != "weights" or vision.pretrained_at_hand())
    )


def finetune_for(start: GAN, problem: Problem, config: PredictorConfig, steps: Steps) -> object:
    """The finetuning of an answer for some steps, to count its operations."""
    config = replace(config, steps=steps.get("steps", config.steps))
    return finetune(start, *problem.few, with_student(config, steps.get("student", 0)))


def steps_of(config: PredictorConfig) -> Steps:
    """How long a finetuning learns: its own "steps", and those of its "student"."""
    settings = {"steps": config.steps or 1} if config.learns else {}
    return settings | ({"student": config.student.steps} if config.distils else {})
