"""Data for a run or a model, in the form that it was trained on; what could not be read."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssgan.cli.options import note
from ssgan.codecs.image import MODE_OF_CHANNELS
from ssgan.data.selection import faults_of, read_as

if TYPE_CHECKING:
    from ssgan.data import Data
    from ssgan.models.gan import GAN
    from ssgan.prediction.predictor import Predictor


def read_for(model: "GAN | Predictor", source: str, reading: Mapping[str, Any]) -> "Data":
    """A data set in the form that a model takes: resized, and without its target, as then."""
    trained_on = getattr(model, "data", None) or getattr(model, "about", {})["gan"]
    channels = getattr(model.codec, "channels", None)
    if channels is not None and reading.get("mode") is None and Path(source).is_dir():
        reading = {**reading, "mode": MODE_OF_CHANNELS[channels]}
    data = read_as(trained_on["options"], source, reading)
    report_unreadable(data)
    return data


def report_unreadable(data: "Data") -> None:
    """Name the files that were left out, and the lines that were repaired."""
    for line in faults_of(data):
        note(f"warning: {line}")
