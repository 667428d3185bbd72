"""How samples of two domains become tensors of one shape and one scale."""

from dataclasses import replace
from math import sqrt
from typing import Any

import torch
from torch import Tensor

from ssgan.codecs import CODECS, Codec
from ssgan.codecs.arrays import as_array
from ssgan.codecs.image import MODE_OF_CHANNELS, ImageCodec
from ssgan.config import InputError
from ssgan.data import Data, fit_codec
from ssgan.data.containers import stacked
from ssgan.data.selection import stack
from ssgan.models.domain import CALIBRATION

Codecs = tuple[Codec, Codec]


def fit_both_codecs(source: Data, target: Data, frame: str = "pad") -> tuple[Codecs, str]:
    """The codecs of both domains, and what was done so that they agree, in words."""
    if source.kind == "texts" or source.encoder or target.encoder:
        codec = fit_codec(both_under_encoder(source, target))
        return (codec, codec), "both domains are rows of one encoder"
    if CODECS[source.kind].resizable:
        return fit_image_codecs(source, target, frame)
    codec = fit_codec(stack(*in_one_form(source.x, target.x)), kind=source.kind)
    return (codec, codec), "both domains have one scale, that of all their samples"


def both_under_encoder(source: Data, target: Data) -> Data:
    """The samples of both domains with the encoder that one has, or both; InputError for two."""
    encoders = [data.encoder for data in (source, target) if data.encoder is not None]
    if len(encoders) == 2 and encoders[0] != encoders[1]:
        raise InputError(
            f"the source is encoded by {encoders[0].name!r}, the target by {encoders[1].name!r}: "
            "encode both by one network"
        )
    x = stack(*in_one_form(source.x, target.x))
    return replace(source, x=x, y=None, names=None, encoder=encoders[0] if encoders else None)


def in_one_form(source: Any, target: Any) -> tuple[Any, Any]:
    """Raw samples with columns in one order, or of one shape; InputError for those of two."""
    if hasattr(source, "columns"):
        return source, target[source.columns]
    source, target = as_array(source), as_array(target)
    if source.shape[1:] != target.shape[1:]:
        shapes = [" x ".join(map(str, samples.shape[1:])) for samples in (source, target)]
        raise InputError(
            f"samples of the source have {shapes[0]} numbers, those of the target {shapes[1]}: "
            "give both the same"
        )
    return source, target


def fit_image_codecs(source: Data, target: Data, frame: str) -> tuple[Codecs, str]:
    """Codecs of images in one frame: smaller ones are padded with black, never stretched; greys
    become colours where the others have some."""
    first, second = (
        ImageCodec.fit(stacked(data.x), data.options.get("image_shape"))
        for data in (source, target)
    )
    if first.dtype == second.dtype != "uint8":  # pixels of one unit have one range
        low, high = min(first.low, second.low), max(first.high, second.high)
        levels = max(first.levels, second.levels)
        first = replace(first, low=low, high=high, levels=levels)
        second = replace(second, low=low, high=high, levels=levels)
    sizes = [(codec.height, codec.width) for codec in (first, second)]
    sides = tuple(max(pair) for pair in zip(*sizes, strict=True))
    common = (max(first.channels, second.channels), sides[0], sides[1])
    framed = [padded_to(codec, common) for codec in (first, second)]
    words = [
        f"{'source' if not place else 'target'}: {describe_frame(framed[place])}"
        for place in (0, 1)
    ]
    if frame == "fit" and sizes[0] != sizes[1]:
        small = 0 if sizes[0] < sizes[1] else 1
        spreads = [extent(framed[0], source.x), extent(framed[1], target.x)]
        framed[small] = scale_in_frame(framed[small], spreads[1 - small] / spreads[small])
        words[small] = f"{('source', 'target')[small]}: {describe_frame(framed[small])}"
    return (framed[0], framed[1]), "; ".join(words)


def shared_codec(codec: Codec) -> Codec:
    """One for samples of both domains, from that of either: of images in the frame that both have,
    as bytes; what has no frame has one codec already."""
    if not isinstance(codec, ImageCodec):
        return codec
    channels, height, width = codec.frame or (codec.channels, codec.height, codec.width)
    return ImageCodec(
        height=height,
        width=width,
        channels=channels,
        layout="hw" if channels == 1 else "hwc",
        flat=False,
        container="numpy",
        dtype="uint8",
        low=0.0,
        high=255.0,
        levels=255,
    )


def padded_to(codec: ImageCodec, frame: tuple[int, int, int]) -> ImageCodec:
    """A codec whose images are padded to that frame; itself where they fill it."""
    return (
        codec
        if (codec.channels, codec.height, codec.width) == frame
        else replace(codec, frame=frame)
    )


def describe_frame(codec: ImageCodec) -> str:
    """What a codec does to its images, in words."""
    text = f"{codec.height} x {codec.width} {MODE_OF_CHANNELS[codec.channels]}"
    if codec.scaled:
        text += f", scaled to {codec.scaled[0]} x {codec.scaled[1]}"
    if codec.frame:
        channels, height, width = codec.frame
        text += f", padded to {height} x {width}" if (height, width) != codec.content else ""
        text += f", as {MODE_OF_CHANNELS[channels]}" if channels != codec.channels else ""
    return text


def extent(codec: ImageCodec, raw: Any) -> float:
    """How far what images show reaches from its centre, in pixels: the mean over images of the
    root mean squared distance of what differs from their edge. No label is asked."""
    x = codec.expand(codec.pack(raw[:CALIBRATION])).mean(1)
    weights = (x - edge_of(x, codec)).abs() + 1e-9
    total = weights.sum((1, 2))
    axes = [torch.arange(side, dtype=torch.float32) for side in x.shape[1:]]
    variance = torch.zeros(len(x))
    for share, cells in ((weights.sum(2), axes[0]), (weights.sum(1), axes[1])):
        mean = (share * cells).sum(1) / total
        variance += (share * (cells - mean[:, None]).square()).sum(1) / total
    return sqrt(float(variance.mean()))


def edge_of(x: Tensor, codec: ImageCodec) -> Tensor:
    """The middle grey (N, 1, 1) of the outermost pixels of each image itself."""
    (left, _, top, _), (height, width) = codec.border, codec.content
    content = x[:, top : top + height, left : left + width]
    edges = (content[:, 0], content[:, -1], content[:, :, 0], content[:, :, -1])
    return torch.cat(edges, 1).median(1).values[:, None, None]


def scale_in_frame(codec: ImageCodec, factor: float) -> ImageCodec:
    """The codec with its images larger or smaller by a factor, as far as the frame allows."""
    if codec.frame is None:
        return codec
    _, height, width = codec.frame
    most = min(height / codec.height, width / codec.width)
    factor = min(factor, most)
    sides = (max(1, round(codec.height * factor)), max(1, round(codec.width * factor)))
    return codec if sides == (codec.height, codec.width) else replace(codec, scaled=sides)
