"""Two processes at once on one directory: is one refused, and is nothing lost?

    python -m benchmarks.faults.together      # 43 trials, some minutes; writes together.csv

Each trial makes a directory, and two processes that begin at the same moment:

    write and write    the same training twice. One ends it or both do, one after the other; whoever
                       is refused is told that somebody is writing. What is left is, to the bit,
                       what one alone leaves.
    write and read     a training, and somebody who loads, uses and reports it again and again. He
                       sees a whole state, or that there is none yet; never damage.
    read and read      two who report and sample one run.
    write and forget   a training, and `ssgan forget` again and again.
"""

import multiprocessing
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

import ssgan
from benchmarks.faults.directories import tiny
from ssgan.config import InputError
from ssgan.models.forget import forget
from ssgan.prediction.config import PredictorConfig, SearchConfig
from ssgan.report import report
from ssgan.runs.run import Run

RESULT = Path(__file__).with_name("together.csv")
STEPPED = ("consistency", "k-plus-one", "propagation", "supervised")
METHODS = ("auto", "baseline", "graph", "knn", "on-features", "probe", "svm", *STEPPED)
BRIEF = SearchConfig(folds=2, repeats=1, steps=4, values=2, trees=5)
CONFIG = ssgan.GANConfig(steps=40, batch=8, width=2, latent=4)
LIMIT = 300  # seconds of a trial
Act = Callable[[Path], Any]
FORK = multiprocessing.get_context("fork")


def pretrain(run: Path) -> None:
    """Train a GAN with many checkpoints."""
    ssgan.pretrain(tiny().vectors, CONFIG, run=run, log_every=2)


def finetune(method: str) -> Act:
    """Train a model by a method, of the GAN beside it."""

    def act(run: Path) -> None:
        data, gan = tiny(), ssgan.load(run.with_name("gan"))
        y = np.where(np.arange(len(data.classes)) < 30, data.classes, -1)
        steps = 4 if method in STEPPED else None
        config = PredictorConfig(method=method, steps=steps, search=BRIEF)
        ssgan.finetune(gan, data.vectors, y, config, run=run)

    return act


def read(run: Path) -> None:
    """Load, use and report what is there."""
    found, x = ssgan.load(run), tiny().vectors
    found.predict(x) if hasattr(found, "targets") else found.sample(3)
    report(run)


def outputs(run: Path) -> list[Any]:
    """What a directory gives."""
    found, x = ssgan.load(run), tiny().vectors
    if hasattr(found, "targets"):
        return [found.predict(x).tolist(), found.predict_proba(x).tolist()]
    return [np.asarray(found.sample(5)).tolist(), found.features(x).tolist()]


def carry_out(act: Act, run: Path, gate: Any, told: Any, again: Any) -> None:
    """Do something when the gate opens, again and again where there is `again`; tell how it was."""
    gate.wait()
    said, done = [], 0
    while True:
        try:
            act(run)
            done += 1
        except (InputError, OSError) as error:
            said.append(f"{type(error).__name__}: {error}")
        except Exception as error:  # the question is whether there is any
            said.append(f"traceback: {type(error).__name__}: {error}")
        if again is None or again.is_set():
            break
        time.sleep(0.01)
    told.put((done, sorted(set(said))))


def both(first: Act, second: Act, run: Path, repeated: bool) -> list[tuple[int, list[str]]]:
    """(how often it went well, what was said) of two processes that begin at the same moment."""
    gate, over = FORK.Barrier(2), FORK.Event()
    queues = [FORK.Queue(), FORK.Queue()]
    ends = [None, over if repeated else None]
    processes = [
        FORK.Process(target=carry_out, args=(act, run, gate, told, end))
        for act, told, end in zip((first, second), queues, ends, strict=True)
    ]
    for process in processes:
        process.start()
    found = [queues[0].get(timeout=LIMIT)]
    over.set()
    found.append(queues[1].get(timeout=LIMIT))
    for process in processes:
        process.join()
    return found


def is_plain(said: str) -> bool:
    """Whether somebody was told that another writes, or that there is nothing whole yet."""
    allowed = ("BlockingIOError", "is not finished", "no checkpoint", "not a run directory")
    return any(words in said for words in allowed)


def wrong_with(run: Path, alone: list[Any], found: list[tuple[int, list[str]]]) -> str:
    """What went wrong in a trial; "" for nothing."""
    said = [line for _, lines in found for line in lines if not is_plain(line)]
    if said:
        return said[0]
    if not any(done for done, _ in found):
        return "nobody went through: " + "; ".join(line for _, lines in found for line in lines)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Run.open(run).check()
    if caught:
        return str(caught[0].message)
    if left := [path.name for path in run.rglob(".unfinished*")]:
        return f"{left[0]} is left behind"
    return "" if outputs(run) == alone else "the outputs are not those of one alone"


def trials(home: Path) -> list[tuple[str, str, Act, Act, bool]]:
    """(kind, what, first act, second act, whether the second is repeated) of 43 trials."""
    made: list[tuple[str, str, Act, Act, bool]] = []
    for method in METHODS:
        write = finetune(method)
        made.append(("write and write", method, write, write, False))
        made.append(("write and write", f"{method} again", write, write, False))
        made.append(("write and read", method, write, read, True))
    for number in range(4):
        made.append(("write and write", f"pretrain {number}", pretrain, pretrain, False))
        made.append(("write and read", f"pretrain {number}", pretrain, read, True))
    made.append(("read and read", "pretrain", read, read, True))
    made.append(("write and forget", "pretrain", pretrain, lambda run: forget(run), True))
    return made


def trial(home: Path, number: int, one: tuple[str, str, Act, Act, bool], alone: Any) -> str:
    """What went wrong in one of them; "" for nothing."""
    kind, _, first, second, repeated = one
    run = home / f"run-{number}"
    if kind == "read and read":
        first(run) if first is not read else pretrain(run)
    return wrong_with(run, alone, both(first, second, run, repeated))


@click.command()
@click.option("--out", default=RESULT, type=click.Path(path_type=Path), help="The table.")
def main(out: Path) -> None:
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        home, alone, rows = Path(folder), {}, []
        pretrain(home / "gan")
        for number, one in enumerate(trials(home)):
            name = one[1].split()[0]
            if name not in alone:
                lone = home / "gan" if name == "pretrain" else home / f"alone-{name}"
                if name != "pretrain":
                    finetune(name)(lone)
                alone[name] = outputs(lone)
            began = time.perf_counter()
            wrong = trial(home, number, one, alone[name])
            row = {"number": number, "kind": one[0], "what": one[1], "right": not wrong}
            wrong = wrong.replace(f"{home}/", "")
            rows.append(row | {"wrong": wrong, "seconds": round(time.perf_counter() - began, 1)})
            click.echo(f"{number} {one[0]}, {one[1]}: {wrong or 'right'}")
    pd.DataFrame(rows).to_csv(out, index=False)
    click.echo(f"{sum(row['right'] for row in rows)} of {len(rows)} right")


if __name__ == "__main__":
    main()
