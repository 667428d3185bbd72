"""The methods of finetuning, one a file: the table is made of the files of this folder.

A file is named after its method ("k_plus_one" is "k-plus-one") and has one constant, METHOD.
"""

import pkgutil
from importlib import import_module

from ssgan.prediction.method import Method

METHODS: dict[str, Method] = {
    module.name.replace("_", "-"): import_module(f"{__name__}.{module.name}").METHOD
    for module in pkgutil.iter_modules(__path__)
}
FITTED = tuple(name for name, method in METHODS.items() if method.fit)  # at once
STEPPED = tuple(name for name, method in METHODS.items() if method.loss)  # by steps
