"""A modality is one file: a codec dropped into the package is all that a new one needs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import ssgan

VOLUME = '''
"""Volumes of voxels (N, D, H, W, 1), each side a multiple of 4."""

import dataclasses
from typing import Any, ClassVar

import numpy as np
import torch

from ssgan.codecs.codec import architecture_for, as_array, axes_and_dtype, gaussian, sheet_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class VolumeCodec:
    sides: tuple[int, ...]

    kind: ClassVar[str] = "volumes"
    form: ClassVar[str] = "volumes (N, D, H, W, 1)"
    formats: ClassVar[tuple[str, ...]] = (".npz", ".npy")
    numeric: ClassVar[bool] = True
    resizable: ClassVar[bool] = False
    transforms: ClassVar[tuple[str, ...]] = ("noise",)
    symmetries: ClassVar[tuple[str, ...]] = ()
    augmentations: ClassVar[tuple[str, ...]] = ()
    natural: ClassVar[tuple[str, ...]] = ("noise",)

    @classmethod
    def claims(cls, raw, shape=None):
        return shape is None and not hasattr(raw, "columns") and axes_and_dtype(raw)[0] == 5

    @classmethod
    def fit(cls, raw, shape=None):
        return cls(sides=tuple(raw.shape[1:4]))

    @classmethod
    def from_json(cls, fields):
        return cls(sides=tuple(fields["sides"]))

    @property
    def shape(self):
        return (1, *self.sides)

    @property
    def raw_shape(self):
        return (*self.sides, 1)

    @property
    def architecture(self):
        return architecture_for(self.shape)

    def pack(self, raw):
        return torch.from_numpy(np.ascontiguousarray(as_array(raw)[..., 0], np.float32))[:, None]

    def expand(self, packed):
        return packed * 2 - 1

    def decode(self, x):
        return ((x.float().clamp(-1, 1) + 1) / 2)[:, 0, ..., None].numpy()

    def activate(self, output, rng):
        return output.float().tanh()

    def log_likelihood(self, output, x, rng):
        return gaussian(x, output.tanh())

    def pictures(self, raw):
        """The slice in the middle."""
        return (as_array(raw)[:, self.sides[0] // 2] * 255).astype(np.uint8)

    def preview(self, raw, columns=8):
        return ".png", sheet_of(self.pictures(raw), columns)

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "sides": list(self.sides)}


CODEC = VolumeCodec
'''

STORY = """
import sys

import numpy as np
import torch

torch.set_num_threads(1)
from ssgan.cli import main

rng = np.random.default_rng(0)
y = np.arange(40) % 2
x = rng.random((40, 8, 8, 8, 1), dtype=np.float32) / 2
x[y == 1, :4] += 0.5
np.savez("scans.npz", x=x, y=y)


def ssgan(line):
    try:
        sys.argv = ["ssgan", *line.split()]
        main()
    except SystemExit as end:
        if end.code:
            raise


for model in ("gan", "vae"):
    ssgan(f"pretrain scans.npz --run {model} --model {model} --steps 2 --width 2 --quiet")
ssgan("sample gan -n 3 --out made.npz --quiet")
ssgan("features gan scans.npz --out features.npy --quiet")
ssgan("finetune gan --labels scans.npz --per-class 10 --method probe --out model --quiet")
ssgan("finetune gan --labels scans.npz --per-class 10 --steps 2 --out tuned --quiet")
ssgan("report gan")
ssgan("report model")
made = np.load("made.npz")["x"]
if made.shape != (3, 8, 8, 8, 1) or made.dtype != np.float32:
    raise SystemExit(f"samples {made.shape} of {made.dtype}")
if np.load("features.npy").shape[0] != 40:
    raise SystemExit("not a row of features for each sample")
"""


def run(program, package, folder):
    environment = os.environ | {"PYTHONPATH": str(package), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env=environment, timeout=120
    )


def test_a_codec_file_is_all_that_a_new_modality_needs(tmp_path):
    package = tmp_path / "package"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(ssgan.__file__).parent, package / "ssgan", ignore=ignored)
    (package / "ssgan" / "codecs" / "volume.py").write_text(VOLUME)
    done = run(STORY, package, tmp_path)
    assert not done.returncode, done.stderr
    assert [p.suffix for p in (tmp_path / "gan" / "samples").iterdir()] == [".png"]
    for name in ("gan", "model"):
        assert "<img" in (tmp_path / name / "report.html").read_text()
