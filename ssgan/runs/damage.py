"""Whether the files of a run directory are those that were written, by its manifest."""

import warnings
from pathlib import Path

from ssgan.config import InputError
from ssgan.runs.log import LOG, lines_up_to
from ssgan.runs.manifest import file_sha256, read_manifest, sha256

SHOWN = ("samples/", "quarantine.csv", "diagnosis.json")  # people look at them, nothing is made
RESTORE = (
    "restore it from a backup, train again in another directory, or remove manifest.json to use "
    "the directory unchecked"
)


def check_files(directory: Path) -> None:
    """Compare every file with the manifest, as `Run.check` says; warns at the caller of that."""
    manifest = read_manifest(directory)
    if manifest is None:
        warnings.warn(
            f"{directory} is older than manifests, so damage of its files cannot be seen",
            UserWarning,
            stacklevel=4,
        )
        return
    damages = {name: damage for name in manifest.files if (damage := damage_of(directory, name))}
    if log_is_damaged(directory):
        damages[LOG] = f"{directory / LOG} is damaged up to the newest checkpoint"
    for name, damage in damages.items():
        if name.startswith((*SHOWN, LOG)):
            warnings.warn(
                f"{damage}: nothing else depends on it; restore it from a backup, or do without it",
                UserWarning,
                stacklevel=4,
            )
    if harmful := [
        damage for name, damage in damages.items() if not name.startswith((*SHOWN, LOG))
    ]:
        raise InputError(f"{'; '.join(harmful)}: {RESTORE}")


def damage_of(directory: Path, name: str) -> str | None:
    """What is wrong with a file; None for nothing."""
    while True:
        manifest = read_manifest(directory)
        now = file_sha256(directory / name)
        if manifest is None or now in manifest.allowed(name):
            return None
        if read_manifest(directory) == manifest:
            return f"{directory / name} is {'missing' if now is None else 'damaged'}"


def log_is_damaged(directory: Path) -> bool:
    """Whether the recorded lines of the log are not those that were recorded."""
    while True:
        manifest = read_manifest(directory)
        if manifest is None or manifest.metrics is None:
            return False
        lines = lines_up_to(directory / LOG, manifest.metrics["step"])
        if sha256(lines) == manifest.metrics["sha256"]:
            return False
        if read_manifest(directory) == manifest:
            return True
