"""Few labels: tables of methods side by side on the same draws of the same data.

A cell is one method on one draw of the labels. One pretraining serves all cells of its GAN seed;
its seconds stand in each row that rests on it.
"""

import functools
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from ssgan.benchmark import measuring
from ssgan.benchmark.methods import METHODS, Answer, Settings, counted, names, paced_by
from ssgan.benchmark.problems import Problem, data_of, few_of, score
from ssgan.benchmark.reporting import ELSEWHERE
from ssgan.benchmark.results import Value
from ssgan.benchmark.runner import Suite
from ssgan.data import digest
from ssgan.models.gan import GAN, GANConfig, load, pretrain
from ssgan.models.student import StudentConfig, distil
from ssgan.prediction.finetuning import PredictorConfig
from ssgan.runs.run import Run
from ssgan.runs.storage import read_object, write_whole

Made = TypeVar("Made")
WAIT = 0.5  # seconds between two looks whether somebody else has ended
OTHERS = 3  # draws of the methods that are not main ones


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The key of a row."""

    data: str
    labels: int  # in all
    method: str  # of METHODS
    gan_seed: int
    label_seed: int


@dataclass(frozen=True, kw_only=True)
class Need:
    """The GAN that cells share."""

    data: str
    config: GANConfig
    trained: bool  # or with its first weights
    student: StudentConfig | None = None  # of it, which cells share


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of the README: data, labels, draws, and the settings of all its rows."""

    name: str
    about: str
    data: str  # for `problems.data_of`
    labels: tuple[int, ...]  # in all
    draws: tuple[tuple[int, int], ...]  # seeds of GAN and labels
    others: int = OTHERS  # draws of the methods that are not main ones
    measure: str = "accuracy"  # or "mae", "rmse"
    gan: GANConfig = GANConfig()
    student: StudentConfig | None = None  # one for all cells of a GAN; None: each trains its own
    settings: Settings = field(default_factory=dict)
    methods: tuple[str, ...] | None = None  # None: all that apply
    without: tuple[str, ...] = ()  # but these
    timed: bool = True  # rows that are trained run alone, on all threads
    device: str | None = None
    data_dir: Path | None = None
    home: str = "{data}-gan-{seed}-{config}"  # the directory of a GAN's run
    flops: bool = True  # whether they are counted, which takes some seconds a method

    @property
    def regression(self) -> bool:
        return self.measure != "accuracy"


def cells(table: Table) -> tuple[Cell, ...]:
    """The cells of a table: main methods on all draws, those without networks on one GAN's."""
    first: dict[int, int] = {}
    for gan_seed, label_seed in table.draws:
        first.setdefault(label_seed, gan_seed)
    few = set(table.draws[: table.others])
    methods = names(table.regression) if table.methods is None else table.methods
    return tuple(
        Cell(data=table.data, labels=labels, method=name, gan_seed=gan, label_seed=draw)
        for labels in table.labels
        for gan, draw in table.draws
        for name in methods
        if name not in table.without
        and (METHODS[name].main or (gan, draw) in few)
        and (METHODS[name].needs in ("networks", "gan") or first[draw] == gan)
    )


def suite_of(table: Table) -> Suite:
    """The suite that makes a table."""
    return Suite(
        name=table.name,
        about=table.about,
        cells=cells(table),
        solve=functools.partial(solve, table),
        measure=table.measure,
        lower=table.regression,
        by=("method",) if len(table.labels) == 1 else ("labels", "method"),
        needs=functools.partial(needs, table),
        prepare=functools.partial(prepare, table),
        timed=functools.partial(timed, table),
    )


def timed(table: Table, cell: Cell) -> bool:
    """Whether a cell trains a network, in a table whose seconds are compared."""
    return table.timed and METHODS[cell.method].trains


def needs(table: Table, cell: Cell) -> Need | None:
    """The trained GAN of a cell; those with first weights are made where they are used."""
    method, config = METHODS[cell.method], replace(table.gan, seed=cell.gan_seed)
    shared = student_of(table, cell)
    if method.needs == "gan" or shared:
        return Need(data=table.data, config=config, trained=method.needs == "gan", student=shared)
    return None


def student_of(table: Table, cell: Cell) -> StudentConfig | None:
    """The student that a cell shares with others of its GAN, if it does."""
    if table.student is None or not METHODS[cell.method].distils:
        return None
    return replace(table.student, seed=cell.gan_seed)


def home(table: Table, seed: int, work: Path) -> Path:
    """The run directory of a table's GAN."""
    told = json.dumps(replace(table.gan, seed=seed).to_json(), sort_keys=True)
    config = sha256(told.encode()).hexdigest()[:8]
    return work / table.home.format(data=table.data, seed=seed, config=config)


def home_of_student(table: Table, need: Need, work: Path) -> Path:
    """The run directory of the student that cells share."""
    path = home(table, need.config.seed, work)
    told = sha256(repr(need.student).encode()).hexdigest()[:8]
    return path.with_name(f"{path.name}-{'student' if need.trained else 'twin'}-{told}")


def prepare(table: Table, need: Need, work: Path) -> None:
    """Train what cells share, a GAN and its student, or wait for who is at it already."""
    if need.trained:
        alone(functools.partial(prepare_gan, table, need, work))
    if need.student:
        prepared(table, need, work)


def alone(make: Callable[[], Made]) -> Made:
    """What `make` gives once nobody else is writing where it writes."""
    while True:
        try:
            return make()
        except BlockingIOError:
            time.sleep(WAIT)


def prepared(table: Table, need: Need, work: Path) -> GAN:
    """A GAN that cells share, with its student if they share one, which is trained or loaded."""
    seed, device = need.config.seed, table.device
    gan = untrained(table.data, table.data_dir, need.config, device)
    if need.trained:
        gan = replace(load(home(table, seed, work), device=device), packed=gan.packed)
    if need.student is None:
        return gan
    run = home_of_student(table, need, work)
    return alone(functools.partial(distil, gan, None, need.student, run=run))


def prepare_gan(table: Table, need: Need, work: Path) -> None:
    """Pretrain, or take up a pretraining that was stopped, and note which code began it."""
    path = home(table, need.config.seed, work)
    data = data_of(table.data, table.data_dir)
    note = path.with_name(f"{path.name}.json")
    if not path.exists() or not note.exists():
        train = functools.partial(counting_gan, table, need.config)
        steps = {"steps": need.config.steps}
        flops = measuring.flops_of_steps(train, steps) if table.flops else 0
        about = {"source": measuring.source(), "flops": flops}
        write_whole(note, json.dumps(about).encode())
    pretrain(data, need.config, run=path, device=table.device)


def counting_gan(table: Table, config: GANConfig, steps: measuring.Steps) -> object:
    data = data_of(table.data, table.data_dir)
    return pretrain(data, replace(config, steps=steps["steps"]), device=table.device)


@functools.lru_cache(maxsize=2)
def untrained(data: str, data_dir: Path | None, config: GANConfig, device: str | None) -> GAN:
    """A GAN with its first weights, and the packed rows of its data."""
    return pretrain(data_of(data, data_dir), replace(config, steps=0), device=device)


def start_of(table: Table, cell: Cell, work: Path) -> GAN | None:
    """The network that a cell's method starts from."""
    if METHODS[cell.method].needs not in ("networks", "gan"):
        return None
    config = replace(table.gan, seed=cell.gan_seed)
    first = Need(data=table.data, config=config, trained=False)
    return prepared(table, needs(table, cell) or first, work)


def problem_of(table: Table, cell: Cell, start: GAN | None = None) -> Problem:
    """The few labels of a cell."""
    data = data_of(table.data, table.data_dir)
    return Problem(data, few_of(data, cell.labels, cell.label_seed), start)


def solve(table: Table, cell: Cell, work: Path) -> dict[str, Value]:
    """Run a method and score it on the test rows, whose labels nothing else looks at."""
    method, start = METHODS[cell.method], start_of(table, cell, work)
    problem = problem_of(table, cell, start)
    began = time.perf_counter()
    answer = method.answer(problem, table.settings, cell.label_seed)
    seconds = time.perf_counter() - began
    about = pretrained(table, cell, work) if method.needs == "gan" else {}
    gan_seconds = float(about.get("seconds", 0.0))
    shared, seen = distilled(table, cell, work)
    seconds += shared
    config = answer.config
    return {
        "split": digest(problem.labeled)[:12],
        table.measure: score(problem, answer.guesses, table.measure),
        "seconds": round(seconds, 2),
        "gan_seconds": round(gan_seconds, 1),
        "total_seconds": round(seconds + gan_seconds, 2),
        "samples_seen": answer.samples + seen + int(about.get("samples", 0)),
        "flops": cost(table, cell, problem, answer, work) + int(about.get("flops", 0)),
        "league": ELSEWHERE if method.needs == "weights" else "own data",
        "way": "" if config is None else config.method,
        "steps": 0 if config is None or not config.learns else config.steps or 0,
        "gan_source": str(about.get("source", "")),
    }


def pretrained(table: Table, cell: Cell, work: Path) -> dict[str, Any]:
    """What the GAN of a cell cost (seconds, samples, operations), and which code began it."""
    path = home(table, cell.gan_seed, work)
    config = replace(table.gan, seed=cell.gan_seed)
    critic = sum(map(config.objective.critic_steps, range(config.steps)))
    about = read_object(path.with_name(f"{path.name}.json"))
    return about | {"seconds": seconds_of(path), "samples": config.batch * critic}


def distilled(table: Table, cell: Cell, work: Path) -> tuple[float, int]:
    """Seconds and samples of the student that a cell shares with others."""
    need = needs(table, cell)
    if need is None or need.student is None:
        return 0.0, 0
    return seconds_of(home_of_student(table, need, work)), need.student.steps * need.student.batch


def cost(table: Table, cell: Cell, problem: Problem, answer: Answer, work: Path) -> int:
    """Operations of a finetuning, and of the courses that were compared before; 0 for other
    people's code."""
    if not table.flops or answer.config is None or problem.start is None:
        return 0
    courses = (answer.config, *answer.compared)
    start = problem.start
    if shared := student_of(table, cell):  # counted as if this cell had trained it
        config = replace(table.gan, seed=cell.gan_seed)
        start = untrained(table.data, table.data_dir, config, table.device)
        courses = tuple(of_own_student(course, shared) for course in courses)
    return sum(counted_once(table, replace(problem, start=start), c, work) for c in courses)


def of_own_student(config: PredictorConfig, student: StudentConfig) -> PredictorConfig:
    """The config of a finetuning that would train that student itself."""
    return replace(
        config,
        student_steps=student.steps,
        student_batch=student.batch,
        student_views=student.views,
    )


def counted_once(table: Table, problem: Problem, config: PredictorConfig, work: Path) -> int:
    """Operations of one finetuning, the same for all of its settings."""
    labels, told = len(problem.labeled), replace(config, seed=0).to_json()
    named = [table.data, labels, table.gan.to_json(), told, measuring.source()]
    name = sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()
    path = work / "flops" / f"{name[:16]}.json"
    if not path.exists() and problem.start is not None:
        train = functools.partial(counted, problem.start, problem, config)
        flops = measuring.flops_of_steps(train, paced_by(config))
        write_whole(path, json.dumps({"flops": flops}).encode())
    return int(read_object(path)["flops"])


def seconds_of(run: str | Path) -> float:
    """How long the training of a run took, all its parts where it was stopped and taken up."""
    spent, last = 0.0, 0.0
    for line in Run.open(run).metrics():
        now = float(line.get("seconds") or last)
        spent, last = spent + (now - last if now >= last else now), now
    return spent


def pairs(gans: Sequence[int] | None, draws: int) -> tuple[tuple[int, int], ...]:
    """Seeds of GAN and labels: each GAN with every draw, or draw i with GAN i."""
    if gans is None:
        return tuple((i, i) for i in range(draws))
    return tuple((gan, draw) for gan in gans for draw in range(draws))
