"""Every suite, a file each: a module of this folder lists what it can make in `BENCHMARKS`."""

import pkgutil
from collections.abc import Iterable, Mapping
from importlib import import_module

from ssgan.benchmark.cells import Benchmark, Suite
from ssgan.config import InputError


def benchmarks_in(package: str, path: Iterable[str]) -> dict[str, Benchmark]:
    """The benchmarks by name that the modules of a package list."""
    modules = [import_module(f"{package}.{info.name}") for info in pkgutil.iter_modules(path)]
    return {one.name: one for module in modules for one in module.BENCHMARKS}


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
        raise InputError(f"no benchmark {name!r}; there are {', '.join(among)}")
    return among[name].suite(short)
