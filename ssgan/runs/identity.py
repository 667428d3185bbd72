"""Whether a directory is free for a run, or holds the very run that is asked for."""

import json
import os
from pathlib import Path
from typing import Any

from ssgan.runs.manifest import MANIFEST
from ssgan.runs.storage import UNFINISHED


def refuse_occupied(path: Path) -> None:
    """A FileExistsError for a file, and for a directory of something that is no run."""
    if path.exists() and not path.is_dir():
        raise FileExistsError(f"{path} is a file, not a directory: choose another for the run")
    names = sorted(os.listdir(path)) if path.exists() else []
    ours = (UNFINISHED, MANIFEST)  # what a killed claim leaves
    if strangers := [name for name in names if not name.startswith(ours)]:
        raise FileExistsError(
            f"{path} holds {strangers[0]} but no config.json, so it is not a run: choose a "
            "directory that is new or empty"
        )


def refuse_another(
    path: Path, stored: dict[str, Any], wanted: dict[str, Any], growing: tuple[str, ...]
) -> None:
    """A FileExistsError that names the first settings of `wanted` that `path` has otherwise."""
    ours, theirs = _leaves(wanted), _leaves(stored)
    differences = [
        f"holds {_shown(name, theirs)}, asked {_shown(name, ours)}"
        + (f" ({'.'.join(name)} can only grow)" if ".".join(name) in growing else "")
        for name in dict.fromkeys([*ours, *theirs])
        if not _agree(name, theirs, ours, growing)
    ]
    if differences:
        more = f"; and {len(differences) - 3} more" if len(differences) > 3 else ""
        raise FileExistsError(
            f"{path}: {'; '.join(differences[:3])}{more}: choose another directory or the same "
            "settings"
        )


Leaves = dict[tuple[str, ...], Any]  # values of nested dictionaries by their keys


def _leaves(value: Any, name: tuple[str, ...] = ()) -> Leaves:
    """The values of a nested mapping by their dotted names, in parts."""
    if not isinstance(value, dict) or not value:
        return {name: value}
    return {
        inner: leaf
        for key, child in value.items()
        for inner, leaf in _leaves(child, (*name, key)).items()
    }


def _agree(name: tuple[str, ...], stored: Leaves, wanted: Leaves, growing: tuple[str, ...]) -> bool:
    """Whether a setting is the same in both, or may be larger in what is wanted."""
    if name not in stored or name not in wanted:
        return False
    grown = ".".join(name) in growing and isinstance(stored[name], int | float)
    if grown and isinstance(wanted[name], int | float):
        return bool(wanted[name] >= stored[name])
    return bool(stored[name] == wanted[name])


def _shown(name: tuple[str, ...], leaves: Leaves) -> str:
    """ "seed=0", or "no seed"; long values are cut."""
    if name not in leaves:
        return f"no {'.'.join(name)}"
    text = json.dumps(leaves[name], ensure_ascii=False)
    return f"{'.'.join(name)}={text if len(text) <= 60 else text[:57] + '...'}"
