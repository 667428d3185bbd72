"""The methods of translation, one a file: the table is made of the files of this folder.

A file is named after its method and has one constant, METHOD.
"""

from ssgan.adaptation.translation.method import TranslationMethod
from ssgan.config import constants_in

METHODS: dict[str, TranslationMethod] = constants_in(__name__, __path__, "METHOD")
