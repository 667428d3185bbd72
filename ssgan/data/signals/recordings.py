"""Signals from files: folders of WAV and other sound, and the .ts files of the UCR archive."""

import warnings
from pathlib import Path

import numpy as np
from scipy.io import wavfile

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data.files import RawParts
from ssgan.data.many_files import one_shape, read_samples
from ssgan.data.signals.lengths import CUT, equal_lengths, of_length

WAV, OTHERS = (".wav",), (".flac", ".ogg")
SOUND_SUFFIXES = (*WAV, *OTHERS)


def read_sound(path: Path) -> tuple[int, Array]:
    """Samples a second, and the sound as float32 in [-1, 1], (L,) or (C, L)."""
    if path.suffix.lower() in WAV:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # of chunks that are no sound
            rate, values = wavfile.read(path)
        if values.dtype.kind != "f":
            middle, reach = (128, 128) if values.dtype == np.uint8 else (0, -float(low_of(values)))
            values = (values.astype(np.float32) - middle) / reach
    else:
        rate, values = read_other(path)
    if not values.size:
        raise InputError("it holds no sound")
    return int(rate), np.ascontiguousarray(values.T.astype(np.float32))


def low_of(values: Array) -> int:
    """The lowest number of an array's dtype."""
    return int(np.iinfo(values.dtype).min)


def read_other(path: Path) -> tuple[int, Array]:
    """FLAC and Ogg by the package soundfile."""
    try:
        import soundfile
    except ImportError as error:
        raise ModuleNotFoundError(
            f"{path.suffix} files are read with the package soundfile, which is not there: install "
            "ssgan[signals], or convert them to .wav"
        ) from error
    try:
        values, rate = soundfile.read(path, dtype="float32")
    except soundfile.SoundFileError as error:
        raise InputError(str(error)) from error
    return rate, values


def read_recordings(root: Path, length: int | None) -> RawParts:
    """A folder of sounds of one rate, and of one length or brought to one.

    A longer one is cut at its end, a shorter one goes on with its last value.
    """
    rates: dict[str, int] = {}

    def read(path: Path) -> Array:
        rates[str(path)], values = read_sound(path)
        return values

    def alike(sounds: dict[str, Array]) -> dict[str, Array]:
        if len(different := sorted(set(rates.values()))) > 1:
            raise InputError(
                f"the sounds of {root} have {different[0]} and {different[1]} samples a second: "
                "convert them to one rate"
            )
        if length is not None:
            sounds = {file: of_length(sound, length) for file, sound in sounds.items()}
        one_shape(sounds, "sounds", CUT)
        return sounds

    return read_samples(root, SOUND_SUFFIXES, read, alike) | {"modality": "signal"}


def read_ts(path: Path, length: int | None) -> RawParts:
    """A .ts file of the UCR and UEA archives; NAME_TEST.ts beside NAME_TRAIN.ts is the test part.

    "?" is a missing value. Labels are text; numbers where the file says @targetlabel.
    """
    signals, labels = ts_lines(path)
    x = equal_lengths(signals, length)
    parts: RawParts = {"x": x[:, 0] if x.shape[1] == 1 else x, "y": labels, "modality": "signal"}
    test = path.with_name(path.name.replace("_TRAIN", "_TEST"))
    if test != path and test.is_file():
        signals, labels = ts_lines(test)
        others = equal_lengths(signals, length or x.shape[-1])
        parts |= {"x_test": others[:, 0] if others.shape[1] == 1 else others, "y_test": labels}
    return parts


def ts_lines(path: Path) -> tuple[list[Array], Array | None]:
    """The signals (C, L) of a .ts file, and their labels where it has any."""
    head: dict[str, list[str]] = {}
    signals: list[Array] = []
    labels: list[str] = []
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith(("#", "%")):
            continue
        if line.startswith("@"):
            name, *values = line[1:].split()
            head[name.lower()] = values
            continue
        if "data" not in head:
            raise InputError(f"{path}: line {number} comes before @data: is it a .ts file?")
        if head.get("timestamps", ["false"])[0].lower() == "true":
            raise InputError(f"{path} has values with timestamps: write values alone")
        values = line.split(":")
        if ends_with_label(head):
            labels.append(values.pop().strip())
        signals.append(channels_of_line(values, f"{path}: line {number}"))
    if not signals:
        raise InputError(f"{path} holds no signals after @data")
    numbers = head.get("targetlabel", ["false"])[0].lower() == "true"
    kind = np.float64 if numbers else object
    return signals, np.array(labels, dtype=kind) if labels else None


def ends_with_label(head: dict[str, list[str]]) -> bool:
    """Whether the lines of a .ts file end with a label."""
    kinds = ("classlabel", "targetlabel")
    return any(head.get(kind, ["false"])[0].lower() == "true" for kind in kinds)


def channels_of_line(parts: list[str], where: str) -> Array:
    """A line's channels (C, L); shorter ones go on with missing values."""
    try:
        rows = [
            np.array([np.nan if v.strip() == "?" else float(v) for v in part.split(",")])
            for part in parts
        ]
    except ValueError as error:
        raise InputError(f"{where} holds a value that is no number: {error}") from error
    if not rows:
        raise InputError(f"{where} holds no values")
    longest = max(map(len, rows))
    return np.stack([np.pad(row, (0, longest - len(row)), constant_values=np.nan) for row in rows])
