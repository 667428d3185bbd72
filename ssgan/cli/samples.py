"""Samples for a run or a model, in the form that it was trained on; what could not be read."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssgan.cli.options import note
from ssgan.codecs.image import MODE_OF_CHANNELS
from ssgan.config import InputError
from ssgan.data import encoded, read, read_labels
from ssgan.data.encoders import reading_size
from ssgan.data.labels.split import leave_learnt_out
from ssgan.data.options import kind_named
from ssgan.data.selection import faults_of, read_as, select_part

if TYPE_CHECKING:
    from ssgan.data import Data
    from ssgan.data.selection import Selection
    from ssgan.models.gan import GAN
    from ssgan.prediction.predictor import Predictor


def read_for_model(model: "GAN | Predictor", source: str, reading: Mapping[str, Any]) -> "Data":
    """A data set in the form that a model takes: resized, and without its target, as then.

    What samples with axes of their own are, the model says; another modality is refused.
    """
    codec = model.codec
    if (modality := reading.get("modality")) is None and len(codec.shape) > 1:
        reading = {**reading, "modality": codec.kind}
    elif modality is not None and kind_named(modality) not in (
        codec.kind,
        getattr(codec, "raw", ""),
    ):
        raise InputError(
            f"modality {modality!r} was named, the model takes {codec.form}: leave it out"
        )
    trained_on = getattr(model, "data", None) or getattr(model, "about", {})["gan"]
    channels = getattr(codec, "channels", None)
    if channels is not None and reading.get("mode") is None and Path(source).is_dir():
        reading = {**reading, "mode": MODE_OF_CHANNELS[channels]}
    data = read_as(trained_on["options"], source, reading)
    report_unreadable(data)
    return data


def read_encoded(source: str, reading: Mapping[str, Any], encoder: Any) -> "Data":
    """A data set whose samples an encoder makes rows of, pictures in the size that it takes."""
    if encoder is None:
        return read(source, **reading)
    size = {} if reading["size"] else reading_size(source, encoder)
    return encoded(read(source, **{**reading, **size}), encoder)


def rows_to_judge(
    run: Path, model: "GAN | Predictor", source: str, reading: Mapping[str, Any]
) -> "tuple[str, Selection]":
    """Where the rows lie by which a model or a GAN is judged, and which they are.

    `reading` has the options of `read`, and "labels" and "part".
    """
    reading = dict(reading)
    labels, part = reading.pop("labels"), reading.pop("part")
    data = read_for_model(model, source, reading)
    if labels is not None:
        meant = {"na": reading["na"], "no_label": reading["unlabeled"]}
        data = replace(data, y=read_labels(labels, data, **meant))
    return data.source, labelled_rows(run, data, part, labelled=hasattr(model, "targets"))


def labelled_rows(run: Path, data: "Data", part: str | None, labelled: bool) -> "Selection":
    """The rows of a part; without one the test part, else all that the model did not learn from.

    A GAN, which is not `labelled`, is compared with rows without their labels.
    """
    selection = select_part(data, part)
    if part is None and selection.part == "all":
        selection = leave_learnt_out(run, data, selection)
    if labelled and selection.y is None:
        raise InputError(
            f"{data.source} holds no labels to compare with: name their column with --target, "
            "give them with --labels, or give a labelled data set"
        )
    return selection if labelled else replace(selection, y=None)


def report_unreadable(data: "Data") -> None:
    """Name the files that were left out, and the lines that were repaired."""
    for line in faults_of(data):
        note(f"warning: {line}")
