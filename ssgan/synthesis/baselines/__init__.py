"""What synthetic samples have to beat, a file each: what is ordinarily added to labelled rows.

A new one is a module here whose constant BASELINE maps `LabeledRows` to an augmenter, or to None
where it is not for such rows; its name is that of the module.
"""

from ssgan.config import constants_in
from ssgan.synthesis.gate.labeled_rows import GateBaseline

BASELINES: dict[str, GateBaseline] = constants_in(__name__, __path__, "BASELINE")
