"""The methods of finetuning: the table of them.

One is a file of the folder `fitted`, `stepped`, or `alone` where it takes steps but goes together
with no other. The file is named after it ("k_plus_one" is "k-plus-one") and has one constant,
METHOD.
"""

from types import ModuleType

from ssgan.config import constants_in
from ssgan.prediction.method import Method
from ssgan.prediction.methods import alone, fitted, stepped


def methods_in(folder: ModuleType) -> dict[str, Method]:
    """The methods of a folder by name."""
    return constants_in(folder.__name__, folder.__path__, "METHOD")


TAKING_STEPS = methods_in(stepped) | methods_in(alone)
METHODS = methods_in(fitted) | dict(sorted(TAKING_STEPS.items()))
