"""Settings from a TOML file and from flags, which beat it; and what `--dry-run` prints."""

import json
import tomllib
from pathlib import Path
from typing import Any

import click

from ssgan.config import InputError


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
