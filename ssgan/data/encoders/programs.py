"""Frozen networks from files: PyTorch programs, TorchScript, ONNX, and torchvision's by name.

file            what it is                          what it brings
.pt2            a program of `torch.export`         network and weights
.pt, .ts        TorchScript                         network and weights
.onnx           ONNX, run by onnxruntime            network and weights
NAME + weights  a model of torchvision              its weights: .pth or .safetensors

A program is code: it is run only where the user names its file. Plain weights are read without
running any.
"""

import hashlib
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from ssgan.config import InputError
from ssgan.data.images import vision

Shape = tuple[int | None, ...]  # of what a program takes; None: any size
PROGRAMS = {".pt2": "archive_format", ".pt": "constants.pkl", ".ts": "constants.pkl", ".onnx": ""}
WEIGHTS = (".pth", ".pt", ".safetensors")
FORMS = (
    "expected a program .pt2 (torch.export), .pt or .ts (TorchScript) or .onnx, a directory of a "
    "sentence encoder, or the name of a model of torchvision with its weights"
)


@dataclass(frozen=True)
class Program:
    """A frozen network in a file; it is read when it is first called, in every process anew.

    Attributes
    ----------
    path : Path
        The file; the name of a model of torchvision where there are weights.
    weights : Path, optional
        The file of the weights.
    """

    path: Path
    weights: Path | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "weights": self.weights}

    def __call__(self, x: Tensor) -> Any:
        return self.opened[0](x)

    @property
    def shape(self) -> Shape | None:
        """Of the tensor that it takes, as far as its file says; None where it says nothing."""
        return self.opened[1]

    @cached_property
    def opened(self) -> tuple[Callable[[Tensor], Any], Shape | None]:
        """The program, ready to be called, and the shape that it takes where it says so."""
        if self.weights is not None:
            return vision.backbone(str(self.path), read_weights(self.weights)), None
        check_program(self.path)
        opener = {".pt2": open_exported, ".onnx": open_onnx}.get(self.path.suffix, open_script)
        return opener(self.path)

    @cached_property
    def sha256(self) -> str:
        """Of the file of the weights."""
        return sha256_of([self.weights or self.path])


def sha256_of(paths: Sequence[Path]) -> str:
    """The sha256 of files below each other."""
    sha = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(2**20):
                sha.update(block)
    return sha.hexdigest()


def program_of(source: str | Path, weights: str | Path | None = None) -> Program:
    """The program that a user names; InputError for what is none."""
    path = Path(source)
    if weights is not None:
        if path.suffix in PROGRAMS:
            raise InputError(f"{path.name} brings its own weights: leave those of {weights} out")
        if Path(weights).suffix not in WEIGHTS:
            raise InputError(f"expected weights {', '.join(WEIGHTS)}, got {weights}")
        if not Path(weights).is_file():
            raise FileNotFoundError(f"there is no file of weights {weights}")
        return Program(path, Path(weights))
    if path.suffix in PROGRAMS:
        if not path.is_file():
            raise FileNotFoundError(f"there is no encoder {path}: give the file of a program")
        return Program(path.resolve())
    if path.suffix in WEIGHTS:
        raise InputError(
            f"{path} holds weights and no network: name the model that they are of, as "
            f"--encoder resnet18 --encoder-weights {path}"
        )
    if vision.has_model(str(source)):
        raise InputError(
            f"{source} is a network without weights: give the file of its weights "
            "(--encoder-weights)"
        )
    raise InputError(f"{FORMS}; got {source}")


def check_program(path: Path) -> None:
    """InputError for a file that is not what its suffix says, before any of it is run."""
    entry = PROGRAMS[path.suffix]
    if not entry:
        return
    names = zipfile.ZipFile(path).namelist() if zipfile.is_zipfile(path) else []
    if entry not in {Path(name).name for name in names}:
        description = "a program of torch.export" if path.suffix == ".pt2" else "TorchScript"
        raise InputError(
            f"{path} is no program: expected {description}, saved whole and not its weights"
        )


@contextmanager
def refusing_damage(path: Path) -> Iterator[None]:
    """InputError for a file that cannot be read, whatever the library that reads it raises."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # libraries have no common class for what is damaged
        why = " ".join(str(error).split())[:200]
        raise InputError(f"{path} is damaged, or of another kind: {why}") from error


def open_exported(path: Path) -> tuple[Callable[[Tensor], Any], Shape | None]:
    """A program of `torch.export`, and the shape that it takes."""
    with refusing_damage(path), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given buffer is not writable")  # torch before 2.11
        program = torch.export.load(path)
    inputs = program.graph_signature.user_inputs
    if len(inputs) != 1:
        raise InputError(f"{path} takes {len(inputs)} inputs, expected one tensor")
    node = next(node for node in program.graph.nodes if node.name == inputs[0])
    shape = tuple(side if isinstance(side, int) else None for side in node.meta["val"].shape)
    return program.module(), shape


def open_script(path: Path) -> tuple[Callable[[Tensor], Any], Shape | None]:
    """TorchScript, which does not say which shape it takes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch wants to see .pt2 instead
        opened: Any = torch.jit
        with refusing_damage(path):
            script = opened.load(str(path), map_location="cpu")  # it has no types
    return script.eval(), None


def onnx_session(path: Path) -> Any:
    """A session of onnxruntime on the processor."""
    try:
        import onnxruntime
    except ImportError as error:
        raise InputError(
            f"{path.name} is run by the package onnxruntime, which is not there: install "
            "ssgan[onnx], or give a program .pt2"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common class
        raise InputError(f"{path} is no program: {' '.join(str(error).split())[:200]}") from error


def open_onnx(path: Path) -> tuple[Callable[[Tensor], Any], Shape | None]:
    """An ONNX program of one input, and the shape that it takes."""
    session = onnx_session(path)
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise InputError(f"{path} takes {len(inputs)} inputs, expected one tensor")
    name = inputs[0].name
    shape = tuple(side if isinstance(side, int) else None for side in inputs[0].shape)

    def run(x: Tensor) -> list[Tensor]:
        outputs = session.run(None, {name: x.numpy()})
        return [torch.from_numpy(np.asarray(part)) for part in outputs]

    return run, shape or None


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a file of weights, by name; nothing in it is run."""
    if path.suffix == ".safetensors":
        with refusing_damage(path):
            return load_file(path)
    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # unpickling fails in many ways, without weights_only in worse ones
        raise InputError(
            f"{path} holds more than weights, or none: save model.state_dict()"
        ) from error
    if not isinstance(tensors, dict) or not all(isinstance(v, Tensor) for v in tensors.values()):
        raise InputError(f"{path} holds no weights by name: save model.state_dict()")
    return tensors


def weights_sha256(network: nn.Module) -> str:
    """The sha256 of the weights of a network in memory, by name, and of how it is built."""
    sha = hashlib.sha256(repr(network).encode())
    for name, tensor in sorted(network.state_dict().items()):
        sha.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        sha.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return sha.hexdigest()
