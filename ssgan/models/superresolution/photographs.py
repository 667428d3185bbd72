"""Pictures of any size, for what learns from parts of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data.images.folders import check_share, try_image
from ssgan.data.images.layouts import SUFFIXES
from ssgan.metrics.pictures import luma
from ssgan.randomness import Rng

Picture = Array  # uint8 (H, W) or (H, W, 3)


def read_pictures(source: str | Path) -> dict[str, Picture]:
    """The pictures of a file, or of a folder and those below it, by their names; uint8 (H, W, 3).

    Files that cannot be decoded are left out. Raises InputError if there are none, or more than
    1 % are bad.
    """
    root = Path(source)
    if not root.exists():
        raise FileNotFoundError(f"there is no file or folder {str(source)!r}: expected pictures")
    files = [root] if root.is_file() else sorted(p for p in root.rglob("*") if is_picture(p))
    names = {str(path.relative_to(root)) if root.is_dir() else path.name: path for path in files}
    if not names:
        raise InputError(f"{source} holds no pictures: expected {', '.join(SUFFIXES)} files")
    decoded = {name: try_image(as_colours, path) for name, path in names.items()}
    faults = [(name, fault) for name, fault in decoded.items() if isinstance(fault, str)]
    check_share(faults, len(decoded), root)
    return {name: fault for name, fault in decoded.items() if not isinstance(fault, str)}


def is_picture(path: Path) -> bool:
    """Whether a path is that of a picture which is not hidden."""
    return path.name.lower().endswith(SUFFIXES) and not path.name.startswith(".")


def as_colours(image: Image.Image) -> Picture:
    """An image as bytes (H, W, 3)."""
    return np.asarray(image.convert("RGB"))


def resize_picture(picture: Picture, height: int, width: int) -> Picture:
    """A picture of another size by bicubic interpolation, smoothed where it gets smaller."""
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC))


def crop_to_multiple(picture: Picture, scale: int) -> Picture:
    """A picture without the last rows and columns that `scale` leaves over."""
    height, width = (side // scale * scale for side in picture.shape[:2])
    return picture[:height, :width]


def shrink(picture: Picture, scale: int) -> Picture:
    """A picture `scale` times as small."""
    return resize_picture(picture, picture.shape[0] // scale, picture.shape[1] // scale)


@dataclass(frozen=True)
class Crops:
    """Pairs of squares of small pictures and of the large ones that these were made of.

    The luma of all pictures, one after the other, in bytes: so small that they stay in memory.
    """

    large: Tensor  # uint8 (all pixels,)
    small: Tensor
    starts: Tensor  # int64 (P, 2): where a picture begins in both
    sizes: Tensor  # int64 (P, 2): of the small ones, height and width
    scale: int
    side: int  # pixels of a square of the large pictures

    @classmethod
    def of(cls, pictures: Iterable[Picture], scale: int, side: int) -> "Crops":
        """Of pictures that hold a square; InputError where none does."""
        pairs: list[tuple[Array, Array]] = []
        for picture in pictures:
            whole = crop_to_multiple(np.asarray(picture), scale)
            if min(whole.shape[:2]) >= side:
                pairs.append((luma_bytes(whole), luma_bytes(shrink(whole, scale))))
        if not pairs:
            raise InputError(f"no picture has {side} pixels a side to learn from: give larger ones")
        larges, smalls = zip(*pairs, strict=True)
        starts = [np.cumsum([0, *(luma.size for luma in part)])[:-1] for part in (larges, smalls)]
        return cls(
            torch.from_numpy(np.concatenate([luma.ravel() for luma in larges])),
            torch.from_numpy(np.concatenate([luma.ravel() for luma in smalls])),
            torch.from_numpy(np.stack(starts, 1)),
            torch.tensor([luma.shape for luma in smalls]),
            scale,
            side,
        )

    def __len__(self) -> int:
        return len(self.sizes)

    def draw(self, n: int, rng: Rng) -> tuple[Tensor, Tensor]:
        """n small squares (n, 1, s, s) and their large ones (n, 1, S, S), in [0, 1].

        A picture is met as often as it has pixels; squares are mirrored and turned.
        """
        areas = self.sizes.prod(1).double()
        ends = (areas / areas.sum()).cumsum(0)
        pictures = torch.bucketize(rng("which").uniform(n).double(), ends[:-1], right=True)
        side = self.side // self.scale
        free = self.sizes[pictures] - side + 1
        corner = (rng("corner").uniform(n, 2).double() * free).long()
        small = cut_squares(
            self.small, self.starts[pictures, 1], self.sizes[pictures, 1], corner, side
        )
        width = self.scale * self.sizes[pictures, 1]
        large = cut_squares(
            self.large, self.starts[pictures, 0], width, self.scale * corner, self.side
        )
        how = rng("how").integers(8, n)
        return turn_and_mirror(small, how), turn_and_mirror(large, how)


def luma_bytes(picture: Picture) -> Array:
    """The luma of a picture as bytes."""
    return np.rint(luma(picture)).astype(np.uint8)


def cut_squares(pixels: Tensor, start: Tensor, width: Tensor, corner: Tensor, side: int) -> Tensor:
    """Squares (n, 1, side, side) of pictures that lie one after the other, in [0, 1]."""
    at = torch.arange(side)
    rows = (corner[:, 0, None] + at) * width[:, None]
    columns = corner[:, 1, None] + at
    index = start[:, None, None] + rows[:, :, None] + columns[:, None, :]
    return pixels[index][:, None].float() / 255


def turn_and_mirror(x: Tensor, how: Tensor) -> Tensor:
    """Squares each in one of its 8 positions."""
    chosen = how.view(-1, 1, 1, 1)
    x = torch.where(chosen % 2 > 0, x.flip(3), x)
    x = torch.where(chosen // 2 % 2 > 0, x.flip(2), x)
    return torch.where(chosen // 4 > 0, x.transpose(2, 3), x)


def digest_of(crops: Crops) -> dict[str, Any]:
    """What a run says of the pictures that it learns from."""
    from ssgan.data import digest

    return {"pictures": len(crops), "fingerprint": digest(crops.large.numpy())}
