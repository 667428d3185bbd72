"""The tables of few labels: digits, MNIST, Fashion-MNIST, CIFAR-10, and two regressions."""

from dataclasses import replace
from functools import partial

from ssgan.benchmark.cells import Benchmark, Suite
from ssgan.benchmark.fewlabel import Table, seed_pairs, suite_of
from ssgan.benchmark.methods import Fields, contenders_for
from ssgan.models.config import GANConfig
from ssgan.models.student.config import StudentConfig

MNIST_GAN = GANConfig(steps=2000)
MNIST_STEPS: Fields = {"consistency+propagation": {"steps": 2500}, "auto": {"steps": 2500}}
MNIST: Fields = {"": {"mix": True}, **MNIST_STEPS}
CLOTHES = {"transforms": ("shift", "flip", "colour"), "mix": True}  # as a user states them
FASHION: Fields = {"": CLOTHES, "consistency": {"steps": 2500}, **MNIST_STEPS}
LARGE_GAN = GANConfig(steps=2000, architecture="residual", width=32, depth=2)
ROTATED: Fields = {
    "": {"transforms": ("shift", "cutout", "noise"), "align": True},  # a turn changes the label
    **{m: {"steps": 1500} for m in ("auto", "consistency", "consistency+propagation")},
}
SHORT_STEPS = 100  # of a finetuning in the short form
SHORT_LABELS = 5000  # there, at most
BOTH = ("consistency with K + 1", "GAN off: consistency with K + 1")  # on small tables only
GRAPH_ROWS = ("graph and consistency", "GAN off: graph and consistency")  # where no student pays
STUDENT_SCRATCH = ("student's network from scratch, labels only",)  # where it has none
LEFT_OUT = (*BOTH, *GRAPH_ROWS, *STUDENT_SCRATCH)
OF_LARGE = (
    "network from scratch, labels only",
    "linear probe, random trunk",
    "label spreading, random trunk",
    "GAN off: finetuned random trunk",
    "linear probe, discriminator",
    "label spreading on its features",
    "finetuned discriminator",
    *GRAPH_ROWS,
)
PROBES = (
    "linear probe, last depth, random trunk",
    "linear probe, random trunk",
    "GAN off: linear probe, distilled student",
    "linear probe, last depth",
    "linear probe, discriminator",
    "linear probe, distilled student",
)
CIFAR_GAN = GANConfig(steps=1000, architecture="resnet", width=48, batch=128, rate=2.5e-4)
CIFAR_STUDENT = StudentConfig(steps=4000, batch=600, views=4, rate=2e-3)
CIFAR: Fields = {
    "": {"batch": 64, "ratio": 14, "decay": 0.05, "ema": 0.998, "align": True},
    "propagation": {"steps": 1500},
}
CIFAR_STEPS = {4000: 6700, 250: 5800, 40: 3500}  # side by side in four minutes of an H100
OF_CIFAR = (
    "logistic regression",
    "simple model that the folds choose",
    *STUDENT_SCRATCH,
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

DIGITS = Table(
    name="digits",
    about="bundled digits, 5 and 10 labels a class, 5 draws",
    data="digits",
    labels=(50, 100),
    draws=seed_pairs(None, 5),
    others=5,
    gan=GANConfig(steps=400),
    without=(*GRAPH_ROWS, *STUDENT_SCRATCH),
    settings={
        "propagation": {"steps": 300},
        "consistency": {"steps": 1200},
        "k-plus-one": {"steps": 400},
        "consistency+k-plus-one": {"steps": 400},
        "consistency+propagation": {"steps": 1200},
        "auto": {"steps": 1200},
    },
    timed=False,
    device="cpu",
)
MNIST_100 = Table(
    name="mnist-100",
    about="MNIST, 100 labels, 5 draws",
    data="mnist",
    labels=(100,),
    draws=seed_pairs(None, 5),
    gan=MNIST_GAN,
    student=StudentConfig(),
    without=LEFT_OUT,
    settings=MNIST,
)
FEW_LABEL_TABLES = (
    DIGITS,
    MNIST_100,
    replace(MNIST_100, name="mnist-20", about="MNIST, 20 labels, 5 draws", labels=(20,)),
    *(
        Table(
            name=f"fashion-{labels}",
            about=f"Fashion-MNIST, {labels:,} labels, 5 draws",
            data="fashion-mnist",
            labels=(labels,),
            draws=seed_pairs(None, 5),
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
            draws=seed_pairs(None, 5),
            gan=LARGE_GAN,
            methods=OF_LARGE,
            settings={"": CLOTHES, "consistency+propagation": {"steps": 4000}},
        )
        for labels in (100, 1000)
    ),
    Table(
        name="rotated-mnist",
        about="the angle of turned MNIST images, 50 labels, 5 draws, MAE in degrees",
        data="rotated-mnist",
        labels=(50,),
        draws=seed_pairs(None, 5),
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
        draws=seed_pairs(None, 5),
        others=5,
        measure="rmse",
        without=(*GRAPH_ROWS, *STUDENT_SCRATCH),
        timed=False,
        device="cpu",
    ),
    *(
        Table(
            name=f"cifar10-{labels}",
            about=f"CIFAR-10, {labels:,} labels, 5 draws; for a GPU",
            data="cifar10",
            labels=(labels,),
            draws=seed_pairs(None, 5),
            gan=CIFAR_GAN,
            student=CIFAR_STUDENT,
            methods=OF_CIFAR,
            settings={
                **CIFAR,
                "consistency+propagation": {"steps": CIFAR_STEPS[labels]},
                "auto": {"steps": CIFAR_STEPS[labels]},
            },
            flops=None,
        )
        for labels in (4000, 250, 40)
    ),
    Table(
        name="cifar10-probe",
        about="CIFAR-10, linear probes from all labels, 3 draws; for a GPU",
        data="cifar10",
        labels=(50_000,),
        draws=seed_pairs(None, 3),
        gan=CIFAR_GAN,
        student=CIFAR_STUDENT,
        methods=PROBES,
        flops=None,
    ),
)


def shorten(table: Table) -> Table:
    """A smaller table, of less training, in at most ten minutes on two cores."""
    small = table.data == "digits"
    draws = seed_pairs((0,), 5) if small else seed_pairs(None, 1)
    methods = table.methods or contenders_for(table.regression)
    gan, batches = replace(table.gan, steps=min(table.gan.steps, 1000)), {}
    student = table.student
    if student:
        student = replace(student, steps=SHORT_STEPS, batch=min(student.batch, 128))
    if gan.architecture == "resnet":  # for a GPU
        gan, batches = replace(gan, steps=SHORT_STEPS, width=8, batch=64), {"batch": 16, "ratio": 4}
    fewer = {"steps": SHORT_STEPS}
    return replace(
        table,
        labels=(min(table.labels[-1], SHORT_LABELS),),
        draws=draws,
        gan=gan,
        student=student,
        flops=table.flops if small else None,  # counting takes as long as such trainings
        methods=tuple(name for name in methods if small or name not in SLOW),
        settings={
            **{way: {**fields, **fewer} for way, fields in table.settings.items() if way},
            "": {
                **fewer,
                "student": {"steps": SHORT_STEPS},
                **table.settings.get("", {}),
                **batches,
            },
        },
    )


def few_labels(table: Table, short: bool) -> Suite:
    """The suite of a table."""
    return suite_of(shorten(table) if short else table)


BENCHMARKS = tuple(Benchmark(t.name, t.about, partial(few_labels, t)) for t in FEW_LABEL_TABLES)
