"""The methods of finetuning, one a file of the folders `fitted` and `stepped`: the table of them.

A file is named after its method ("k_plus_one" is "k-plus-one") and has one constant, METHOD.
"""

from importlib import import_module

from ssgan.prediction.method import Method
from ssgan.prediction.names import FITTED, STEPPED


def load_method(folder: str, name: str) -> Method:
    """The METHOD of a file."""
    file = name.replace("-", "_")
    method: Method = import_module(f"{__name__}.{folder}.{file}").METHOD
    return method


METHODS: dict[str, Method] = {
    **{name: load_method("fitted", name) for name in FITTED},
    **{name: load_method("stepped", name) for name in STEPPED},
}
