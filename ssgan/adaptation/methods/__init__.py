"""The methods of adaptation, one a file: the table is made of the files of this folder.

A file is named after its method ("source_only" is "source-only") and has one constant, METHOD.
"""

import pkgutil
from importlib import import_module

from ssgan.adaptation.method import AdaptationMethod

METHODS: dict[str, AdaptationMethod] = {
    module.name.replace("_", "-"): import_module(f"{__name__}.{module.name}").METHOD
    for module in pkgutil.iter_modules(__path__)
}
