"""Checkpoints: directories of safetensors, JSON and the hashes of both, one for each saved step.

    step-00001000/
        state.safetensors   every tensor that the next step depends on
        state.json          everything else that it depends on
        manifest.json       format, step, size and sha256 of the two, and marks: which earlier
                            steps are wanted beside it, {"best": {"step": 500, "distance": 1.2}};
                            and the sha256 of all that

Nothing is a pickle: reading a checkpoint executes nothing, whoever wrote it.
"""

import hashlib
import json
import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from ssgan.config import InputError
from ssgan.runs.manifest import seal
from ssgan.runs.storage import (
    REPLACED,
    parse_object,
    plain,
    read_object,
    remove_directory,
    write_directory,
)

FORMAT = 1  # readers refuse what they do not know
KEPT = 2  # checkpoints: the newest and one to fall back to, besides those that they mark
TENSORS, STATE, MANIFEST = "state.safetensors", "state.json", "manifest.json"
Marks = Mapping[str, Mapping[str, Any]]  # name of a mark: {"step": ., and what it is marked for}
NAME = re.compile(rf"step-(\d{{8,}})({re.escape(REPLACED)})?")


@dataclass(frozen=True)
class Checkpoint:
    """What was saved at a step: named tensors (on the CPU) and the JSON state beside them."""

    step: int
    tensors: dict[str, Tensor]
    state: dict[str, Any]
    marks: Marks


def save(
    directory: Path,
    step: int,
    tensors: dict[str, Tensor],
    state: dict[str, Any],
    marks: Marks | None = None,
) -> None:
    """Write the checkpoint of `step`; keep it, the one before it and those that they mark.

    Marks are names of steps, each JSON with the key "step", at most the step that is saved.
    Later checkpoints than `step` go too: they belong to a course that was left. Values that are
    not finite are a ValueError, because such a checkpoint would never be loaded; what the disk
    refuses is an OSError. In both cases the checkpoints from before are as they were.
    """
    files = _contents(step, tensors, state, marks or {})
    write_directory(directory / f"step-{step:08d}", files)
    entries = _entries(directory)
    newest = {step, *sorted({number for number, _ in entries if number < step})[1 - KEPT :]}
    marked = {
        mark for number, path in entries if number in newest for mark in _marked(path, number)
    }
    keep = newest | {number for number in marked if number < step}
    for number, path in entries:
        outdated = path.suffix == REPLACED and path.with_suffix("").exists()
        if number not in keep or outdated:
            remove_directory(path)


def load(directory: Path, step: int | None = None) -> Checkpoint | None:
    """The newest intact checkpoint (or that of `step`); None where nothing was saved.

    Intact means: the sha256 of every file is that of the manifest, and every value is finite.
    Damaged checkpoints are skipped with a UserWarning that names the file and what is wrong with
    it; a ValueError where all are damaged, a FileNotFoundError where `step` is not there.
    """
    entries = [entry for entry in _entries(directory) if step in (None, entry[0])]
    if step is not None and not entries:
        raise FileNotFoundError(
            f"{directory} has no checkpoint of step {step}: choose one of {steps(directory)}"
        )
    damages: list[str] = []
    for number, path in entries:
        try:
            checkpoint = _read(path, number)
        except PermissionError:  # not damage: the file may be intact, for others
            raise
        except (ValueError, OSError) as error:
            damages.append(str(error))
            continue
        for damage in damages:
            warnings.warn(f"{damage}; using step {number} instead", UserWarning, stacklevel=3)
        return checkpoint
    if damages:
        raise InputError(
            f"no checkpoint in {directory} is intact ({'; '.join(damages)}): restore one from a "
            "backup, or choose another directory to start again"
        )
    return None


def load_marked(directory: Path, name: str) -> Checkpoint | None:
    """The checkpoint that the newest intact one marks; None where nothing was saved.

    A FileNotFoundError where there is no such mark; a ValueError where what it marks is damaged.
    """
    newest = load(directory)
    if newest is None:
        return None
    if name not in newest.marks:
        raise FileNotFoundError(
            f"{directory} marks no checkpoint as the {name}, as none was judged: load the last one"
        )
    step = int(newest.marks[name]["step"])
    return newest if step == newest.step else load(directory, step)


def steps(directory: Path) -> list[int]:
    """Steps at which there are checkpoints, ascending; whether they are intact `load` tells."""
    return sorted({step for step, _ in _entries(directory)})


def _entries(directory: Path) -> list[tuple[int, Path]]:
    """Steps and directories of the checkpoints, in the order in which they are to be tried."""
    names = sorted(os.listdir(directory)) if directory.is_dir() else []  # "x", "x.replaced"
    matches = [match for name in names if (match := NAME.fullmatch(name))]
    entries = [(int(match[1]), directory / match[0]) for match in matches]
    return sorted(entries, key=lambda entry: -entry[0])  # stable: a replaced one comes second


def _marked(path: Path, step: int) -> list[int]:
    """The steps that a checkpoint marks; none if its manifest is damaged: it is not used then."""
    try:
        return [int(mark["step"]) for mark in _read_manifest(path / MANIFEST, step)[1].values()]
    except (ValueError, OSError):
        return []


def _contents(
    step: int, tensors: dict[str, Tensor], state: dict[str, Any], marks: Marks
) -> dict[str, bytes]:
    """Names and contents of the files of a checkpoint, the manifest last."""
    if step < 0:
        raise InputError(f"a checkpoint's step must be 0 or more, not {step}")
    # A copy each: names may share memory (tied weights), which safetensors refuses.
    copies = {
        name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()
    }
    if wrong := not_finite(copies):
        raise InputError(
            f"step {step} is not saved, {wrong} holds NaN or infinity: go back to the checkpoint "
            "before, with a smaller learning rate"
        )
    files = {
        TENSORS: safetensors.torch.save(copies),
        STATE: json.dumps(plain(state, "state")).encode(),
    }
    entries = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
    }
    manifest = {"format": FORMAT, "step": int(step), "files": entries}
    if marks:
        manifest["marks"] = plain(marks, "marks")
    sealed = manifest | {"sha256": seal(manifest)}
    return {**files, MANIFEST: json.dumps(sealed).encode()}


def _read(directory: Path, step: int) -> Checkpoint:
    """The checkpoint in `directory`; a ValueError names the file in which it is damaged."""
    expected, marks = _read_manifest(directory / MANIFEST, step)
    contents = {name: _verified(directory / name, **entry) for name, entry in expected.items()}
    try:
        tensors = safetensors.torch.load(contents[TENSORS])
    except (SafetensorError, ValueError, RuntimeError, KeyError) as error:
        raise InputError(f"{directory / TENSORS} is damaged: {error}") from error
    if wrong := not_finite(tensors):
        raise InputError(f"{directory / TENSORS} is damaged: {wrong} holds NaN or infinity")
    return Checkpoint(step, tensors, parse_object(contents[STATE], directory / STATE), marks)


def _read_manifest(path: Path, step: int) -> tuple[dict[str, dict[str, Any]], Marks]:
    """Size and hash of each file, and the marks."""
    manifest = read_object(path)
    files = manifest.get("files")
    if not isinstance(files, dict) or set(files) != {TENSORS, STATE}:
        raise InputError(f"{path} is damaged: it must name {TENSORS} and {STATE} and nothing else")
    for entry in files.values():
        if not isinstance(entry, dict) or set(entry) != {"bytes", "sha256"}:
            raise InputError(f"{path} is damaged: each file must have its bytes and its sha256")
    if manifest.get("format") != FORMAT:
        raise InputError(
            f"{path} is of format {manifest.get('format')!r}, this version of ssgan reads {FORMAT}"
        )
    if set(manifest) - {"marks", "sha256"} != {"format", "step", "files"}:
        raise InputError(f"{path} is damaged: it has entries of no manifest, or lacks some")
    if manifest["step"] != step:
        raise InputError(f"{path} is damaged: it is not that of step {step}")
    marks = manifest.get("marks", {})
    if not isinstance(marks, dict) or not all(_is_mark(mark, step) for mark in marks.values()):
        raise InputError(f"{path} is damaged: each mark must have a step of at most {step}")
    if "sha256" in manifest and manifest["sha256"] != seal(manifest):  # the first had none
        raise InputError(f"{path} is damaged: its sha256 is not that of its content")
    return files, marks


def _is_mark(mark: Any, newest: int) -> bool:
    """Whether a mark names a step up to the newest one."""
    step = mark.get("step") if isinstance(mark, dict) else None
    return isinstance(step, int) and 0 <= step <= newest


def _verified(path: Path, bytes: int, sha256: str) -> bytes:
    """The contents of a file that has this size and this hash."""
    size = path.stat().st_size if path.is_file() else None
    if size != bytes:
        fault = (
            "is missing" if size is None else f"is damaged: it has {size:,} bytes, not {bytes:,}"
        )
        raise InputError(f"{path} {fault}")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise InputError(f"{path} is damaged: its sha256 is not that of the manifest")
    return data


def not_finite(tensors: dict[str, Tensor]) -> str | None:
    """The name of the first tensor that holds NaN or infinity, quoted, if there is one."""
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            return repr(name)
    return None
