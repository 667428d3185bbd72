"""Names of the methods of finetuning, which are those of the files of two folders."""

from pathlib import Path

from ssgan.config import names_in

METHOD_FILES = Path(__file__).with_name("methods")
FITTED = names_in(METHOD_FILES / "fitted")  # at once
STEPPED = names_in(METHOD_FILES / "stepped")  # by steps of training
ALONE = ("gan-bert", "supervised")  # of these, those that do not go together with others
TOGETHER = tuple(name for name in STEPPED if name not in ALONE)
