"""The manifest of a run directory: the sha256 of each file that `Run.write` wrote.

    {"format": 1,
     "files": {"config.json": ["9f86..."]},        contents that the file may have
     "metrics": {"step": 50, "sha256": "60e0..."},  the lines of metrics.jsonl up to a step
     "sha256": "..."}                               of all that, as JSON with sorted keys

While a file is replaced the manifest allows the old content and the new one (null: no file), so
that a kill at any moment, and a reader at any moment, finds a content that is allowed. Checkpoints
have manifests of their own, and a report, which may be written again at any time, is in none.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ssgan.config import InputError
from ssgan.runs.storage import read_object, write_whole

MANIFEST = "manifest.json"
FORMAT = 1
ADOPTED = ("*.json", "*.safetensors", "*.csv", "samples/*")  # of a directory without a manifest
RESTORE = "restore it from a backup, or remove it to use the directory unchecked"
Allowed = tuple[str | None, ...]  # sha256 of each content that a file may have; None: no file


@dataclass(frozen=True)
class Manifest:
    """What the files of a directory should be."""

    files: Mapping[str, Allowed] = field(default_factory=dict)
    metrics: Mapping[str, Any] | None = None  # {"step": ., "sha256": .}

    def allowed(self, name: str) -> Allowed:
        """The contents that a file may have: no file where it is not listed."""
        return self.files.get(name, (None,))

    def allow(self, name: str, allowed: Allowed) -> "Manifest":
        """The same with other contents for a file; none at all: the file is not listed."""
        others = {key: value for key, value in self.files.items() if key != name}
        return replace(self, files={**others, **({name: allowed} if allowed else {})})


def read_manifest(directory: Path) -> Manifest | None:
    """The manifest of a directory; None where it has none, InputError for a damaged one."""
    path = directory / MANIFEST
    if not path.is_file():
        return None
    try:
        manifest = read_object(path)
    except InputError as error:
        raise InputError(f"{error}; {RESTORE}") from error
    if manifest.get("sha256") != seal(manifest):
        raise InputError(f"{path} is damaged: its sha256 is not that of its content; {RESTORE}")
    if manifest.get("format") != FORMAT:
        raise InputError(
            f"{path} is of format {manifest.get('format')!r}, this version of ssgan reads {FORMAT}"
        )
    files = {name: tuple(allowed) for name, allowed in manifest["files"].items()}
    return Manifest(files, manifest["metrics"])


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write the manifest of a directory, whole or not at all."""
    files = {name: list(allowed) for name, allowed in sorted(manifest.files.items())}
    content = {"format": FORMAT, "files": files, "metrics": manifest.metrics}
    text = json.dumps(content | {"sha256": seal(content)}, indent=1) + "\n"
    write_whole(directory / MANIFEST, text.encode())


def adopt(directory: Path) -> Manifest:
    """The manifest of a directory as it is; files of nested directories are not in it."""
    paths = [path for pattern in ADOPTED for path in sorted(directory.glob(pattern))]
    manifest = Manifest()
    for path in paths:
        if path.is_file() and path.name != MANIFEST:
            manifest = manifest.allow(path.relative_to(directory).as_posix(), (file_sha256(path),))
    return manifest


def seal(content: Mapping[str, Any]) -> str:
    """The sha256 of JSON, whatever the order of its keys and without its own "sha256"."""
    unsealed = {name: value for name, value in content.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(unsealed, sort_keys=True).encode()).hexdigest()


def sha256(data: bytes) -> str:
    """The sha256 of a content, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def file_sha256(path: Path) -> str | None:
    """The sha256 of a file; None where there is none."""
    return sha256(path.read_bytes()) if path.is_file() else None
