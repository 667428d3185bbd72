"""Every suite, a file each: a module of this folder lists what it can make in `BENCHMARKS`."""

from collections.abc import Iterable, Mapping

from ssgan.benchmark.cells import Benchmark, Suite
from ssgan.config import InputError, constants_in, there_are


def benchmarks_in(package: str, path: Iterable[str]) -> dict[str, Benchmark]:
    """The benchmarks by name that the modules of a package list."""
    files = constants_in(package, path, "BENCHMARKS").values()
    return {suite.name: suite for benchmarks in files for suite in benchmarks}


SUITES = benchmarks_in(__name__, __path__)


def suite(name: str, short: bool = False, among: Mapping[str, Benchmark] = SUITES) -> Suite:
    """The suite of that name, or its short form.

    Parameters
    ----------
    name : str
        A key of `SUITES`.
    short : bool, default=False
        Whether the form is wanted that takes minutes.
    among : mapping of str to Benchmark, default=SUITES
        Where the name is looked up.

    Returns
    -------
    Suite
        Its cells are not run yet.

    Raises
    ------
    InputError
        For a name that there is not.

    Examples
    --------
    >>> suite("digits").measure
    'accuracy'
    >>> suite("digits", short=True).name
    'digits-quick'
    """
    if name not in among:
        raise InputError(f"no benchmark {name!r}{there_are(name, among)}")
    return among[name].suite(short)
