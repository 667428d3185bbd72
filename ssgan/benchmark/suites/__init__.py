"""Every suite by name: what `ssgan benchmark` can make."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from ssgan.benchmark.fewlabel import Table, pairs, suite_of
from ssgan.benchmark.methods import Settings, names
from ssgan.benchmark.runner import Suite
from ssgan.benchmark.suites import (
    conditional,
    confidence,
    credit,
    gating,
    gaussians,
    generative,
    imbalance,
    memorising,
    natural,
    pace,
    stacked,
)
from ssgan.benchmark.suites import guarding as trials
from ssgan.benchmark.suites import measures as metric_suite
from ssgan.config import InputError
from ssgan.models.gan import GANConfig
from ssgan.models.student import StudentConfig

MNIST_GAN = GANConfig(steps=2000)
MNIST_STEPS: Settings = {"consistency+finetune": {"steps": 2500}, "auto": {"steps": 2500}}
MNIST: Settings = {"": {"mix": True}, **MNIST_STEPS}
CLOTHES = {"transforms": ("shift", "flip", "colour"), "mix": True}  # as a user states them
FASHION: Settings = {"": CLOTHES, "consistency": {"steps": 2500}, **MNIST_STEPS}
LARGE_GAN = GANConfig(steps=2000, body="residual", width=32, depth=2)
ROTATED: Settings = {
    "": {"transforms": ("shift", "cutout", "noise"), "align": True},  # a turn changes the label
    **{m: {"steps": 1500} for m in ("auto", "consistency", "consistency+finetune")},
}
SHORT = 100  # steps of a finetuning in the short form
FEWER = 5000  # labels there, at most
BOTH = ("consistency with K + 1", "GAN off: consistency with K + 1")  # on small tables only
GRAPHED = ("graph and consistency", "GAN off: graph and consistency")  # where no student pays
OWN = ("student's network from scratch, labels only",)  # where a student has one of its own
LEFT_OUT = (*BOTH, *GRAPHED, *OWN)
OF_LARGE = (
    "network from scratch, labels only",
    "linear probe, random trunk",
    "label spreading, random trunk",
    "GAN off: finetuned random trunk",
    "linear probe, discriminator",
    "label spreading on its features",
    "finetuned discriminator",
    *GRAPHED,
)
PROBES = (
    "linear probe, last depth, random trunk",
    "linear probe, random trunk",
    "GAN off: linear probe, distilled student",
    "linear probe, last depth",
    "linear probe, discriminator",
    "linear probe, distilled student",
)
CIFAR_GAN = GANConfig(steps=1000, body="resnet", width=48, batch=128, rate=2.5e-4)
CIFAR_STUDENT = StudentConfig(steps=4000, batch=600, views=4, rate=2e-3)
CIFAR: Settings = {
    "": {"batch": 64, "ratio": 14, "decay": 0.05, "ema": 0.998, "align": True},
    "finetune": {"steps": 1500},
}
CIFAR_STEPS = {4000: 6700, 250: 5800, 40: 3500}  # side by side in four minutes of an H100
OF_CIFAR = (
    "logistic regression",
    "simple model that the folds choose",
    *OWN,
    "linear probe, discriminator",
    "GAN off: linear probe, distilled student",
    "linear probe, distilled student",
    "GAN off: label spreading, distilled student",
    "label spreading, distilled student",
    "GAN off: finetuned student",
    "finetuned student",
    "GAN off: student and consistency",
    "student and consistency",
    "GAN off: auto",
    "auto",
)
SLOW = ("LabelSpreading, k = 7",)  # minutes on 60,000 rows, whatever is shortened
QUICK = "-quick"  # what the name of a smaller table ends with

DIGITS = Table(
    name="digits",
    about="bundled digits, 5 and 10 labels a class, 5 draws",
    data="digits",
    labels=(50, 100),
    draws=pairs(None, 5),
    others=5,
    gan=GANConfig(steps=400),
    without=(*GRAPHED, *OWN),
    settings={
        "finetune": {"steps": 300},
        "consistency": {"steps": 1200},
        "joint": {"steps": 400},
        "consistency+joint": {"steps": 400},
        "consistency+finetune": {"steps": 1200},
        "auto": {"steps": 1200},
    },
    timed=False,
    device="cpu",
)
TABLES = (
    DIGITS,
    Table(
        name="mnist-100",
        about="MNIST, 100 labels, 5 draws",
        data="mnist",
        labels=(100,),
        draws=pairs(None, 5),
        gan=MNIST_GAN,
        student=StudentConfig(),
        without=LEFT_OUT,
        settings=MNIST,
    ),
    Table(
        name="mnist-20",
        about="MNIST, 20 labels, 5 draws",
        data="mnist",
        labels=(20,),
        draws=pairs(None, 5),
        gan=MNIST_GAN,
        student=StudentConfig(),
        without=LEFT_OUT,
        settings=MNIST,
    ),
    *(
        Table(
            name=f"fashion-{labels}",
            about=f"Fashion-MNIST, {labels:,} labels, 5 draws",
            data="fashion-mnist",
            labels=(labels,),
            draws=pairs(None, 5),
            gan=MNIST_GAN,
            without=LEFT_OUT,
            settings=FASHION,
        )
        for labels in (100, 1000)
    ),
    *(
        Table(
            name=f"fashion-{labels}-large",
            about=f"Fashion-MNIST, {labels:,} labels, a residual network, 5 draws",
            data="fashion-mnist",
            labels=(labels,),
            draws=pairs(None, 5),
            gan=LARGE_GAN,
            methods=OF_LARGE,
            settings={"": CLOTHES, "consistency+finetune": {"steps": 4000}},
        )
        for labels in (100, 1000)
    ),
    Table(
        name="rotated-mnist",
        about="the angle of turned MNIST images, 50 labels, 5 draws, MAE in degrees",
        data="rotated-mnist",
        labels=(50,),
        draws=pairs(None, 5),
        measure="mae",
        gan=MNIST_GAN,
        without=LEFT_OUT,
        settings=ROTATED,
    ),
    Table(
        name="california",
        about="California housing, 100 labels, 5 draws, RMSE in 100,000 dollars",
        data="california",
        labels=(100,),
        draws=pairs(None, 5),
        others=5,
        measure="rmse",
        without=(*GRAPHED, *OWN),
        timed=False,
        device="cpu",
    ),
    *(
        Table(
            name=f"cifar10-{labels}",
            about=f"CIFAR-10, {labels:,} labels, 5 draws; for a GPU",
            data="cifar10",
            labels=(labels,),
            draws=pairs(None, 5),
            gan=CIFAR_GAN,
            student=CIFAR_STUDENT,
            methods=OF_CIFAR,
            settings={
                **CIFAR,
                "consistency+finetune": {"steps": CIFAR_STEPS[labels]},
                "auto": {"steps": CIFAR_STEPS[labels]},
            },
            flops=False,
        )
        for labels in (4000, 250, 40)
    ),
    Table(
        name="cifar10-probe",
        about="CIFAR-10, linear probes from all labels, 3 draws; for a GPU",
        data="cifar10",
        labels=(50_000,),
        draws=pairs(None, 3),
        gan=CIFAR_GAN,
        student=CIFAR_STUDENT,
        methods=PROBES,
        flops=False,
    ),
)


def quick(table: Table) -> Table:
    """A smaller table, of less training, in at most ten minutes on two cores."""
    small = table.data == "digits"
    draws = pairs((0,), 5) if small else pairs(None, 1)
    methods = table.methods or names(table.regression)
    gan, batches = replace(table.gan, steps=min(table.gan.steps, 1000)), {}
    student = table.student
    if student:
        student = replace(student, steps=SHORT, batch=min(student.batch, 128))
    if gan.body == "resnet":  # for a GPU
        gan, batches = replace(gan, steps=SHORT, width=8, batch=64), {"batch": 16, "ratio": 4}
    return replace(
        table,
        name=table.name + QUICK,
        about=f"a short form: {table.about}",
        labels=(min(table.labels[-1], FEWER),),
        draws=draws,
        gan=gan,
        student=student,
        flops=small and table.flops,  # counting takes as long as such courses
        methods=tuple(name for name in methods if small or name not in SLOW),
        settings={
            **{way: {**given, "steps": SHORT} for way, given in table.settings.items() if way},
            "": {"steps": SHORT, "student_steps": SHORT, **table.settings.get("", {}), **batches},
        },
    )


def few_labels(table: Table) -> Callable[[bool, Path | None], Suite]:
    def made(short: bool, data_dir: Path | None) -> Suite:
        return suite_of(replace(quick(table) if short else table, data_dir=data_dir))

    return made


CALIBRATED = tuple(t for t in TABLES if t.name in ("digits", "mnist-100"))
(PACED,) = (t for t in TABLES if t.name == "mnist-100")
IMAGES = {"objectives-mnist": "mnist", "objectives-fashion": "fashion-mnist"}
BY_CLASS = {"conditional-mnist": "mnist", "conditional-fashion": "fashion-mnist"}
SUITES: dict[str, Callable[[bool, Path | None], Suite]] = {
    **{table.name: few_labels(table) for table in TABLES},
    "gaussians": gaussians.gaussians,
    **{name: partial(generative.objectives, name, data) for name, data in IMAGES.items()},
    **{name: partial(conditional.conditional, name, data) for name, data in BY_CLASS.items()},
    "calibration": partial(confidence.calibration, CALIBRATED),
    pace.NAME: partial(pace.time_to_accuracy, PACED),
    "stacked-mnist": stacked.stacked_mnist,
    "cifar10-generation": natural.generation,
    "imbalance": imbalance.imbalance,
    "imbalance-credit": credit.credit,
    "guard": trials.guard,
    "gate": gating.gate,
    "memorising": memorising.memorising,
    "metric-suite": metric_suite.metric_suite,
}
ABOUT = {
    **{table.name: table.about for table in TABLES},
    "gaussians": gaussians.ABOUT,
    **{name: generative.about(data) for name, data in IMAGES.items()},
    **{name: conditional.about(data) for name, data in BY_CLASS.items()},
    "calibration": confidence.ABOUT,
    pace.NAME: pace.ABOUT,
    "stacked-mnist": stacked.ABOUT,
    "cifar10-generation": natural.ABOUT,
    "imbalance": imbalance.ABOUT,
    "imbalance-credit": credit.ABOUT,
    "guard": trials.ABOUT,
    "gate": gating.ABOUT,
    "memorising": memorising.ABOUT,
    "metric-suite": metric_suite.ABOUT,
}


def suite(name: str, short: bool = False, data_dir: Path | None = None) -> Suite:
    """The suite of that name, or its short form; ValueError for a name that there is not."""
    if name not in SUITES:
        raise InputError(f"no benchmark {name!r}; there are {', '.join(SUITES)}")
    return SUITES[name](short, data_dir)
