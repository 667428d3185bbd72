"""Single bits are flipped in run and model directories: is every change of an output told of?

    python -m benchmarks.faults.flips --flips 600      # some minutes; writes flips.csv beside this

Each row is a flip and what came of it:

    refused     a sentence that names what is wrong
    warned      the outputs came with a warning that names the file
    same        no output depends on this bit
    silent      an output changed and nothing was said
    traceback   an error that is no refusal
"""

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

import ssgan
from benchmarks.faults.directories import Outputs, directories, tiny

RESULT = Path(__file__).with_name("flips.csv")
REFUSALS = (ssgan.InputError, OSError)


def flip(path: Path, bit: int) -> None:
    """Flip a bit of a file."""
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def outcome(path: Path, outputs: Callable[[Path], Outputs], before: Outputs) -> tuple[str, str]:
    """What comes of a damaged directory, and what is said."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = outputs(path)
        except REFUSALS as error:
            return "refused", str(error)
        except Exception as error:  # the question is whether there is any
            return "traceback", f"{type(error).__name__}: {error}"
    said = "; ".join(str(warning.message) for warning in caught)
    if said:
        return "warned", said
    return ("same" if found == before else "silent"), ""


def flips(home: Path, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Rows of that many flips, drawn evenly over the files of ten directories."""
    made = directories(home, tiny())
    before = {name: outputs(home / name) for name, outputs in made.items()}
    files = [p for name in made for p in sorted((home / name).rglob("*")) if p.is_file()]
    files = [path for path in files if path.name != "report.html" and path.stat().st_size]
    rng = np.random.default_rng(seed)
    order = [path for _ in range(-(-count // len(files))) for path in rng.permutation(files)]
    for number, path in enumerate(order[:count]):
        name = path.relative_to(home).parts[0]
        bit = int(rng.integers(8 * path.stat().st_size))
        flip(path, bit)
        what, said = outcome(home / name, made[name], before[name])
        flip(path, bit)
        file = path.relative_to(home / name).as_posix()
        said = " ".join(said.replace(f"{home}/", "").split())[:200]
        row = {"number": number, "directory": name, "file": file, "bit": bit}
        yield row | {"outcome": what, "said": said}


@click.command()
@click.option("--flips", "count", default=600, show_default=True, help="How many.")
@click.option("--seed", default=0, show_default=True, help="Which ones.")
@click.option("--out", default=RESULT, type=click.Path(path_type=Path), help="The table.")
def main(count: int, seed: int, out: Path) -> None:
    home = Path(tempfile.mkdtemp())
    try:
        rows = pd.DataFrame(flips(home, count, seed))
    finally:
        shutil.rmtree(home)
    rows.to_csv(out, index=False)
    click.echo(rows.outcome.value_counts().to_string())


if __name__ == "__main__":
    main()
