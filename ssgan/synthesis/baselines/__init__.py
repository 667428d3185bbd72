"""What synthetic samples have to beat, a file each: what is ordinarily added to labelled rows.

A new one is a module here whose constant BASELINE maps `LabeledRows` to an augmenter, or to None
where it is not for such rows; its name is that of the module.
"""

from importlib import import_module
from pkgutil import iter_modules

from ssgan.synthesis.labeled_rows import GateBaseline

BASELINES: dict[str, GateBaseline] = {
    module.name: import_module(f"{__name__}.{module.name}").BASELINE
    for module in iter_modules(__path__)
}
