"""Pictures of any kind and size as pixels of one form: upright, 8 bits, 1, 3 or 4 channels."""

import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data.images.resizing import height_and_width, scale_and_crop
from ssgan.data.options import BITS, MODES, ReadOptions

ORIENTATION = 0x0112  # the EXIF entry that says how the camera was held
PILLOW = {1: "L", 3: "RGB", 4: "RGBA"}
SEE_THROUGH = 0.5  # share of pictures with transparency from which all are read with it
ODD = 0.1  # share of pictures in colour below which a user may have meant grey
WHITE = (255, 255, 255, 255)


@dataclass(frozen=True)
class PictureHead:
    """What is known of a picture before its pixels are used."""

    height: int
    width: int
    channels: int  # 1 for grey, 4 with transparency, else 3
    brightest: int = 0  # of a grey picture of 16 bits; 0 for others
    cut: bool = False  # a colour picture of 16 bits a channel, of which decoders keep 8


@dataclass(frozen=True)
class PictureForm:
    """The one form that all pictures of a data set are brought to."""

    height: int
    width: int
    channels: int
    bits: int = BITS[1]  # that pixels of 16 bits use

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.height, self.width, self.channels


def inspect_picture(image: Image.Image) -> PictureHead:
    """The head of a picture: by its header alone, but for grey of 16 bits."""
    if image.mode == "F":
        raise InputError("pictures of floating-point numbers have no range: give arrays in [0, 1]")
    width, height = image.size
    stored_as = str(getattr(image, "tile", ""))  # how the file holds pixels, until they are read
    if image.getexif().get(ORIENTATION) in (5, 6, 7, 8):
        width, height = height, width
    brightest = int(np.asarray(image).max()) if image.mode.startswith("I") else 0
    cut = "16B" in stored_as and not image.mode.startswith("I")
    return PictureHead(height, width, channels_of(image), brightest, cut)


def channels_of(image: Image.Image) -> int:
    """1 for grey, 4 with transparency, else 3."""
    if image.has_transparency_data:
        return 4
    return 1 if image.mode in ("1", "L", "I", "F") or image.mode.startswith("I;16") else 3


def common_form(heads: Iterable[PictureHead], options: ReadOptions) -> PictureForm:
    """The form for pictures of these heads: that of the options, and else what suits most.

    Sizes must be one, without a size. A few pictures with transparency do not give it to all, and
    16 bits are cut to the 8 that matter; both are said.
    """
    heads = list(heads)
    height, width = common_size(heads, options.size)
    deepest = max(head.brightest for head in heads)
    if cut := sum(head.cut for head in heads):
        warn_of_pictures(
            f"{cut} of {len(heads)} pictures have colour of 16 bits a channel and are read with 8: "
            "give arrays (.npy) where the others matter"
        )
    bits = options.bits or max(BITS[0], deepest.bit_length() if deepest else BITS[1])
    if deepest and options.bits is None and bits < BITS[1]:
        warn_of_pictures(
            f"{sum(head.brightest > 0 for head in heads)} pictures of 16 bits use {bits} of them,"
            f" up to {deepest}: they are read as such; bits=16 (--bits 16) keeps the whole range"
        )
    usual = int(np.median([head.brightest for head in heads if head.brightest] or [0]))
    if options.bits is None and bits == BITS[1] and 0 < usual < 2**12:
        warn_of_pictures(
            f"half of the pictures of 16 bits use at most {usual.bit_length()} of them, up to "
            f"{usual}: bits={usual.bit_length()} (--bits {usual.bit_length()}) keeps their levels"
        )
    return PictureForm(height, width, common_channels(heads, options.mode), bits)


def common_size(heads: Sequence[PictureHead], size: Any) -> tuple[int, int]:
    """(height, width): the size asked for, or the only one."""
    if size is not None:
        return height_and_width(size)
    sizes = sorted({(head.height, head.width) for head in heads})
    if len(sizes) > 1:
        examples = ", ".join(f"{width} x {height}" for height, width in sizes[:5])
        more = f", ... ({len(sizes)} in all)" if len(sizes) > 5 else ""
        raise InputError(
            f"the images have several sizes (width x height): {examples}{more}; "
            "give one to bring them to, as size=64 (--size 64)"
        )
    return sizes[0]


def common_channels(heads: Sequence[PictureHead], mode: str | None) -> int:
    """The number of channels of all: that of the mode, or what suits most pictures."""
    if mode is not None:
        return MODES[mode]
    counts = Counter(head.channels for head in heads)
    if counts[4] >= SEE_THROUGH * len(heads):
        return 4
    if counts[4]:
        warn_of_pictures(
            f"{counts[4]} of {len(heads)} pictures have transparency and are put on white; "
            "mode='rgba' (--mode rgba) reads all with it"
        )
    coloured = counts[3] + counts[4]
    if 0 < coloured < ODD * len(heads):
        warn_of_pictures(
            f"{coloured} of {len(heads)} pictures have colour, so all are read with it; "
            "mode='grey' (--mode grey) reads all without"
        )
    return 3 if coloured else 1


def warn_of_pictures(message: str) -> None:
    """A warning that names the caller's line."""
    warnings.warn(message, UserWarning, stacklevel=5)


def pixels_of(image: Image.Image, form: PictureForm) -> Array:
    """The first frame's pixels (H, W, C) as seen by a viewer, decoded to the end."""
    image.load()
    if image.getexif().get(ORIENTATION):  # else it would be a copy
        image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits of grey: `convert` would cut, not scale
        deep = np.asarray(image).astype(np.int64) >> (form.bits - BITS[0])
        image = Image.fromarray(deep.clip(0, 255).astype("u1"))
    if image.has_transparency_data and form.channels < 4:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, WHITE), image)
    elif image.mode == "P":
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode != PILLOW[form.channels]:
        image = image.convert(PILLOW[form.channels])
    if image.size != (form.width, form.height):
        image = scale_and_crop(image, (form.height, form.width))
    return np.asarray(image).reshape(form.shape)


def array_of(images: Sequence[Image.Image], options: ReadOptions) -> Array:
    """Pictures as uint8 pixels (N, H, W), or (N, H, W, C) with 3 or 4 channels."""
    form = common_form(map(inspect_picture, images), options)
    pixels = np.stack([pixels_of(image, form) for image in images])
    return pixels[..., 0] if form.channels == 1 else pixels
