"""Names of the methods of finetuning, which are those of the files of three folders."""

from pathlib import Path

from ssgan.config import names_in

METHOD_FILES = Path(__file__).with_name("methods")
FITTED = names_in(METHOD_FILES / "fitted")  # at once
TOGETHER = names_in(METHOD_FILES / "stepped")  # by steps of training, one or several at once
STEPPED = tuple(sorted((*TOGETHER, *names_in(METHOD_FILES / "alone"))))
