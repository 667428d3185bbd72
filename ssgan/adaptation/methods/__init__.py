"""The methods of adaptation, one a file: the table is made of the files of this folder.

A file is named after its method ("source_only" is "source-only") and has one constant, METHOD.
"""

from ssgan.adaptation.method import AdaptationMethod
from ssgan.config import constants_in

METHODS: dict[str, AdaptationMethod] = constants_in(__name__, __path__, "METHOD")
