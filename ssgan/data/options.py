"""How a data set is read: the options of `ssgan.data.read`, checked."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ssgan.codecs import CODECS, Json
from ssgan.config import InputError, there_are

MODES = {"grey": 1, "rgb": 3, "rgba": 4}  # how pictures are read: number of channels
MODE_NAMES = {"l": "grey", "gray": "grey", "colour": "rgb", "color": "rgb"}
BITS = (8, 16)  # of a deep grey pixel: at least, at most


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """What the user says of a data set; see `ssgan.data.read` for the meaning of each."""

    data_dir: str | Path | None = None
    size: int | tuple[int, int] | None = None
    target: str | None = None
    text: str | None = None
    image_shape: tuple[int, ...] | None = None
    modality: str | None = None
    length: int | None = None
    mode: str | None = None
    bits: int | None = None
    na: tuple[str, ...] = ()
    unlabeled: Any = None
    drop: tuple[str, ...] = ()
    spare: tuple[str, ...] = ()
    header: bool = True

    def __post_init__(self) -> None:
        for name in ("na", "drop", "spare"):
            value = getattr(self, name)
            object.__setattr__(self, name, (value,) if isinstance(value, str) else tuple(value))
        for name in ("size", "image_shape"):
            if isinstance(value := getattr(self, name), list):
                object.__setattr__(self, name, tuple(value))
        if self.modality is not None:
            kind_named(self.modality)
        if self.length is not None and self.length < 2:
            raise InputError(f"expected a length of 2 values or more, got {self.length!r}")
        if self.mode is not None:
            object.__setattr__(self, "mode", mode_named(self.mode))
        if self.bits is not None and not BITS[0] <= self.bits <= BITS[1]:
            raise InputError(f"expected bits from {BITS[0]} to {BITS[1]}, got {self.bits!r}")

    @property
    def raw(self) -> tuple[str, ...]:
        """Columns that are left as they stand in a file: those left out, and that of texts."""
        left_out = (*self.drop, *self.spare)
        return left_out if self.text is None else (*left_out, self.text)

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "ReadOptions":
        """Options by name; InputError for one that there is not, with the nearest name."""
        known = [field.name for field in fields(cls)]
        for name in options:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
                raise InputError(f"there is no option {name} of read: {hint}")
        return cls(**{name: value for name, value in options.items() if value is not None})

    def to_json(self) -> dict[str, Json]:
        """Those that were given, but for the place of named data sets; `of` takes them back."""
        options = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "data_dir" and value != field.default:
                options[field.name] = list(value) if isinstance(value, tuple) else value
        return options


def kind_named(modality: str) -> str:
    """The key of `ssgan.codecs.CODECS` for the name of a modality: "images" for "image"."""
    known = {kind.rstrip("s"): kind for kind in CODECS}
    if (kind := known.get(modality.rstrip("s"))) is not None:
        return kind
    raise InputError(f"there is no modality {modality!r}{there_are(modality, known)}")


def mode_named(mode: str) -> str:
    """ "grey", "rgb" or "rgba" for any of their names."""
    name = MODE_NAMES.get(mode.lower(), mode.lower())
    if name not in MODES:
        raise InputError(f"there is no mode {mode!r} of pictures{there_are(mode, MODES)}")
    return name
