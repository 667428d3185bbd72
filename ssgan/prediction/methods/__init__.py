"""The methods of finetuning, one a file of the folders `fitted` and `stepped`: the table of them.

A file is named after its method ("k_plus_one" is "k-plus-one") and has one constant, METHOD.
"""

from ssgan.config import constants_in
from ssgan.prediction.method import Method
from ssgan.prediction.methods import fitted, stepped

METHODS: dict[str, Method] = {
    name: method
    for folder in (fitted, stepped)
    for name, method in constants_in(folder.__name__, folder.__path__, "METHOD").items()
}
