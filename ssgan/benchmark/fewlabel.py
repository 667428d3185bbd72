"""Few labels: tables of methods side by side on the same labelled rows of the same data.

A cell is one method on one draw of the labels. One pretraining serves all cells of its GAN seed;
its seconds stand in each row that rests on it.
"""

import functools
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from ssgan.benchmark import measuring
from ssgan.benchmark.cells import Cell, Place, Suite
from ssgan.benchmark.methods import (
    CONTENDERS,
    Answer,
    Fields,
    contenders_for,
    finetune_for,
    steps_of,
)
from ssgan.benchmark.problems import Problem, choose_labelled, score_predictions
from ssgan.benchmark.reporting import ELSEWHERE
from ssgan.benchmark.results import Value
from ssgan.data import digest
from ssgan.models.config import GANConfig
from ssgan.models.gan import GAN
from ssgan.models.pretraining import load, pretrain
from ssgan.models.student.config import StudentConfig
from ssgan.models.student.training import distil
from ssgan.prediction.config import PredictorConfig
from ssgan.runs.run import Run
from ssgan.runs.storage import read_object, write_whole

Product = TypeVar("Product")
Counter = Callable[[Callable[[measuring.Steps], object], measuring.Steps], int]  # of operations


@dataclass(frozen=True, kw_only=True)
class Shared:
    """A GAN that cells share, and its student where they share one."""

    data: str
    config: GANConfig
    trained: bool  # or with its first weights
    student: StudentConfig | None = None  # of it, which cells share


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of few labels: data, labels, seeds, and the settings of all its methods."""

    name: str
    about: str
    data: str  # its name, for `Place.read`
    labels: tuple[int, ...]  # in all
    draws: tuple[tuple[int, int], ...]  # seeds of GAN and labels
    others: int = 3  # draws of the methods that are not main ones
    measure: str = "accuracy"  # or "mae", "rmse"
    gan: GANConfig = GANConfig()
    student: StudentConfig | None = None  # one for all cells of a GAN; None: each trains its own
    settings: Fields = field(default_factory=dict)
    methods: tuple[str, ...] | None = None  # None: all that apply
    without: tuple[str, ...] = ()  # but these
    timed: bool = True  # rows that are trained run alone, on all threads
    device: str | None = None
    home: str = "{data}-gan-{seed}-{config}"  # the directory of a GAN's run
    models: Mapping[str, str] = field(default_factory=dict)  # the directory of a method's model
    flops: Counter | None = measuring.flops_of_steps  # some seconds a method; None: not counted

    @property
    def regression(self) -> bool:
        """Whether numbers are predicted."""
        return self.measure != "accuracy"


def cells_of(table: Table) -> tuple[Cell, ...]:
    """The cells of a table: main methods on all draws, those without networks on one GAN's."""
    first: dict[int, int] = {}
    for gan_seed, label_seed in table.draws:
        first.setdefault(label_seed, gan_seed)
    few = set(table.draws[: table.others])
    methods = contenders_for(table.regression) if table.methods is None else table.methods
    return tuple(
        Cell(data=table.data, labels=labels, method=name, gan_seed=gan, label_seed=draw)
        for labels in table.labels
        for gan, draw in table.draws
        for name in methods
        if name not in table.without
        and (CONTENDERS[name].main or (gan, draw) in few)
        and (CONTENDERS[name].needs in ("networks", "gan") or first[draw] == gan)
    )


def suite_of(table: Table) -> Suite:
    """The suite that makes a table."""
    return Suite(
        name=table.name,
        about=table.about,
        cells=cells_of(table),
        solve=functools.partial(solve_cell, table),
        measure=table.measure,
        lower=table.regression,
        by=("method",) if len(table.labels) == 1 else ("labels", "method"),
        needs=functools.partial(shared_by, table),
        prepare=functools.partial(make_shared, table),
        timed=functools.partial(is_timed, table),
    )


def is_timed(table: Table, cell: Cell) -> bool:
    """Whether a cell trains a network, in a table whose seconds are compared."""
    return table.timed and CONTENDERS[cell.method].trains


def shared_by(table: Table, cell: Cell) -> Shared | None:
    """The trained GAN of a cell; those with first weights are made where they are used."""
    method, config = CONTENDERS[cell.method], replace(table.gan, seed=cell.gan_seed)
    shared = shared_student(table, cell)
    if method.needs == "gan" or shared:
        return Shared(data=table.data, config=config, trained=method.needs == "gan", student=shared)
    return None


def shared_student(table: Table, cell: Cell) -> StudentConfig | None:
    """The student that a cell shares with others of its GAN, if it does."""
    if table.student is None or not CONTENDERS[cell.method].distils:
        return None
    return replace(table.student, seed=cell.gan_seed)


def gan_directory(table: Table, seed: int, place: Place) -> Path:
    """The run directory of a table's GAN."""
    fields = json.dumps(replace(table.gan, seed=seed).to_json(), sort_keys=True)
    config = sha256(fields.encode()).hexdigest()[:8]
    return place.work / table.home.format(data=table.data, seed=seed, config=config)


def home_of_student(table: Table, need: Shared, place: Place) -> Path:
    """The run directory of the student that cells share."""
    path = gan_directory(table, need.config.seed, place)
    name = sha256(repr(need.student).encode()).hexdigest()[:8]
    return path.with_name(f"{path.name}-{'student' if need.trained else 'twin'}-{name}")


def make_shared(table: Table, need: Shared, place: Place) -> None:
    """Train what cells share, a GAN and its student, or wait for who is at it already."""
    if need.trained:
        wait_for_lock(functools.partial(make_gan, table, need, place))
    if need.student:
        load_shared(table, need, place)


def wait_for_lock(
    make: Callable[[], Product], wait: Callable[[float], None] = time.sleep
) -> Product:
    """What `make` gives once nobody else is writing where it writes; tried twice a second."""
    while True:
        try:
            return make()
        except BlockingIOError:
            wait(0.5)


def load_shared(table: Table, need: Shared, place: Place) -> GAN:
    """A GAN that cells share, with its student if they share one, which is trained or loaded."""
    seed, device = need.config.seed, table.device
    gan = untrained_gan(place, table.data, need.config, device)
    if need.trained:
        trained = load(gan_directory(table, seed, place), device=device)
        gan = replace(trained, packed=gan.packed, codec=gan.codec)  # which knows its encoder
    if need.student is None:
        return gan
    run = home_of_student(table, need, place)
    return wait_for_lock(functools.partial(distil, gan, None, need.student, run=run))


def make_gan(table: Table, need: Shared, place: Place) -> None:
    """Pretrain, or take up a pretraining that was stopped, and note which code began it."""
    path = gan_directory(table, need.config.seed, place)
    note = path.with_name(f"{path.name}.json")
    if not path.exists() or not note.exists():
        train = functools.partial(pretrain_for, table, need.config, place)
        steps = {"steps": need.config.steps}
        flops = table.flops(train, steps) if table.flops else 0
        record = {"source": measuring.code_hash(), "flops": flops}
        write_whole(note, json.dumps(record).encode())
    pretrain(place.read(table.data), need.config, run=path, device=table.device)


def pretrain_for(table: Table, config: GANConfig, place: Place, steps: measuring.Steps) -> object:
    """A pretraining for some steps, to count its operations."""
    data = place.read(table.data)
    return pretrain(data, replace(config, steps=steps["steps"]), device=table.device)


@functools.lru_cache(maxsize=2)
def untrained_gan(place: Place, data: str, config: GANConfig, device: str | None) -> GAN:
    """A GAN with its first weights, and the packed samples of its data."""
    return pretrain(place.read(data), replace(config, steps=0), device=device)


def start_of(table: Table, cell: Cell, place: Place) -> GAN | None:
    """The network that a cell's method starts from."""
    if CONTENDERS[cell.method].needs not in ("networks", "gan"):
        return None
    config = replace(table.gan, seed=cell.gan_seed)
    first = Shared(data=table.data, config=config, trained=False)
    return load_shared(table, shared_by(table, cell) or first, place)


def problem_of(table: Table, cell: Cell, place: Place, start: GAN | None = None) -> Problem:
    """The few labels of a cell."""
    data, directory = place.read(table.data), table.models.get(cell.method)
    run = place.work / directory if directory else None
    return Problem(data, choose_labelled(data, cell.labels, cell.label_seed), start, run)


def solve_cell(table: Table, cell: Cell, place: Place) -> dict[str, Value]:
    """Run a method and score it on the test rows, whose labels nothing else reads."""
    method, start = CONTENDERS[cell.method], start_of(table, cell, place)
    problem = problem_of(table, cell, place, start)
    began = time.perf_counter()
    answer = method.answer(problem, table.settings, cell.label_seed)
    seconds = time.perf_counter() - began
    cost = pretraining_cost(table, cell, place) if method.needs == "gan" else {}
    gan_seconds = float(cost.get("seconds", 0.0))
    shared, seen = distilling_cost(table, cell, place)
    seconds += shared
    config = answer.config
    return {
        "split": digest(problem.labeled)[:12],
        table.measure: score_predictions(problem, answer.predictions, table.measure),
        "seconds": round(seconds, 2),
        "gan_seconds": round(gan_seconds, 1),
        "total_seconds": round(seconds + gan_seconds, 2),
        "samples_seen": answer.samples + seen + int(cost.get("samples", 0)),
        "flops": finetuning_cost(table, cell, problem, answer, place) + int(cost.get("flops", 0)),
        "league": ELSEWHERE if method.needs == "weights" else "own data",
        "way": "" if config is None else config.method,
        "steps": 0 if config is None or not config.learns else config.steps or 0,
        "gan_source": str(cost.get("source", "")),
    }


def pretraining_cost(table: Table, cell: Cell, place: Place) -> dict[str, Any]:
    """What the GAN of a cell cost (seconds, samples, operations), and which code began it."""
    path = gan_directory(table, cell.gan_seed, place)
    config = replace(table.gan, seed=cell.gan_seed)
    critic = sum(map(config.objective.critic_steps, range(config.steps)))
    record = read_object(path.with_name(f"{path.name}.json"))
    return record | {"seconds": training_seconds(path), "samples": config.batch * critic}


def distilling_cost(table: Table, cell: Cell, place: Place) -> tuple[float, int]:
    """Seconds and samples of the student that a cell shares with others."""
    need = shared_by(table, cell)
    if need is None or need.student is None:
        return 0.0, 0
    seen = need.student.steps * need.student.batch
    return training_seconds(home_of_student(table, need, place)), seen


def finetuning_cost(
    table: Table, cell: Cell, problem: Problem, answer: Answer, place: Place
) -> int:
    """Operations of a finetuning, and of the trainings that were compared before; 0 for other
    people's code."""
    if not table.flops or answer.config is None or problem.start is None:
        return 0
    trainings = (answer.config, *answer.compared)
    start = problem.start
    if shared := shared_student(table, cell):  # counted as if this cell had trained it
        config = replace(table.gan, seed=cell.gan_seed)
        start = untrained_gan(place, table.data, config, table.device)
        trainings = tuple(of_own_student(training, shared) for training in trainings)
    return sum(counted_once(table, replace(problem, start=start), c, place) for c in trainings)


def of_own_student(config: PredictorConfig, student: StudentConfig) -> PredictorConfig:
    """The config of a finetuning that would train that student itself."""
    settings = replace(
        config.student, steps=student.steps, batch=student.batch, views=student.views
    )
    return replace(config, student=settings)


def counted_once(table: Table, problem: Problem, config: PredictorConfig, place: Place) -> int:
    """Operations of one finetuning, the same for all of its settings."""
    labels, fields = len(problem.labeled), replace(config, seed=0).to_json()
    named = [table.data, labels, table.gan.to_json(), fields, measuring.code_hash()]
    name = sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()
    path = place.work / "flops" / f"{name[:16]}.json"
    if not path.exists() and problem.start is not None and table.flops:
        train = functools.partial(finetune_for, problem.start, problem, config)
        flops = table.flops(train, steps_of(config))
        write_whole(path, json.dumps({"flops": flops}).encode())
    return int(read_object(path)["flops"])


def training_seconds(run: str | Path) -> float:
    """How long the training of a run took, all its parts where it was stopped and taken up."""
    spent, last = 0.0, 0.0
    for line in Run.open(run).metrics():
        now = float(line.get("seconds") or last)
        spent, last = spent + (now - last if now >= last else now), now
    return spent


def seed_pairs(gans: Sequence[int] | None, draws: int) -> tuple[tuple[int, int], ...]:
    """Seeds of GAN and labels: each GAN with every draw, or draw i with GAN i."""
    if gans is None:
        return tuple((i, i) for i in range(draws))
    return tuple((gan, draw) for gan in gans for draw in range(draws))
