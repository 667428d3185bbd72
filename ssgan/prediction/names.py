"""Names of the methods of finetuning, which are those of the files of two folders."""

from pathlib import Path

from ssgan.config import names_in

FOLDER = Path(__file__).with_name("methods")
FITTED = names_in(FOLDER / "fitted")  # at once
STEPPED = names_in(FOLDER / "stepped")  # by steps of training
