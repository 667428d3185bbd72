"""Names of the methods of adaptation, which are those of the files of a folder, and of frames."""

from pathlib import Path

from ssgan.config import names_in

FRAMES = ("pad", "fit")
METHOD_NAMES = names_in(Path(__file__).with_name("methods"))
