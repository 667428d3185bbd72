"""The methods of translation, one a file: the table is made of the files of this folder.

A file is named after its method and has one constant, METHOD.
"""

import pkgutil
from importlib import import_module

from ssgan.adaptation.translation.method import TranslationMethod

METHODS: dict[str, TranslationMethod] = {
    module.name: import_module(f"{__name__}.{module.name}").METHOD
    for module in pkgutil.iter_modules(__path__)
}
