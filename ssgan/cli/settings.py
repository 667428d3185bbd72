"""Settings from a TOML file and from flags, which beat it; and what `--dry-run` prints."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ssgan.config import InputError

if TYPE_CHECKING:
    from ssgan.data import Codec, Data


def settings(file: Path | None, **flags: Any) -> dict[str, Any]:
    """The fields of a config: those of the TOML file, and over them the flags that were given."""
    fields: dict[str, Any] = {}
    if file is not None:
        try:
            fields = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{file} is no TOML file: {error}") from error
    return fields | {name: value for name, value in flags.items() if value is not None}


def show_json(value: Any) -> None:
    """Print a value as JSON on stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def about_data(data: "Data") -> dict[str, Any]:
    """What a dry run says of a data set."""
    return {
        "source": data.source,
        "options": data.options,
        "kind": data.kind,
        "rows": len(data.x),
        "test_rows": 0 if data.x_test is None else len(data.x_test),
        "shape": list(data.x.shape[1:]),
        "unreadable": len(data.quarantine),
        "fingerprint": data.fingerprint,
    }


def about_codec(codec: "Codec") -> dict[str, Any]:
    return {"kind": codec.kind, "shape": list(codec.shape)}


def about_split(split: Mapping[str, Any]) -> dict[str, Any]:
    """A split without its long lists."""
    return {name: split[name] for name in split if name not in ("indices", "values")}
