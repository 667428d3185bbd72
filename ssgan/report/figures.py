"""Pictures that are part of a page: plots as SVG, images as data URIs.

Plots hold numbers only, so no text of others gets into them, and take their colours from the page.
"""

import base64
import hashlib
import io
import re
from collections.abc import Mapping

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from PIL import Image

from ssgan.codecs.codec import Array

INK, ACCENT = "#010203", "#040506"  # stand for colours of the page until the SVG is written
COLOURS = {INK: "currentColor", ACCENT: "var(--accent)"}
POINTS = 300  # of a curve, at most
HISTOGRAM_BINS = 60  # of a histogram
DOTS = 600  # of a scatter plot, at most


def curve(name: str, steps: Array, values: Array) -> Markup:
    """The line of that name over the steps (N,), as SVG; a longer one as means of stretches."""
    stretches = np.array_split(np.arange(len(steps)), min(len(steps), POINTS))
    means = np.array([(steps[part[-1]], values[part].mean()) for part in stretches])
    figure, axes = empty_axes(3.0, 1.5)
    marker = "o" if len(means) == 1 else None
    axes.plot(means[:, 0], means[:, 1], color=ACCENT, linewidth=1.2, marker=marker, clip_on=False)
    axes.set_xlim(0, float(steps[-1]))
    return svg_of(figure, name)


def scatter(true: Array, predicted: Array) -> Markup:
    """Predicted over true numbers (N,) with the line on which they agree, as SVG."""
    figure, axes = empty_axes(4.0, 4.0)
    every = np.linspace(0, len(true) - 1, min(len(true), DOTS)).astype(np.int64)
    low = float(min(true.min(), predicted.min()))
    high = float(max(true.max(), predicted.max()))
    axes.plot([low, high], [low, high], color=INK, linewidth=0.8, alpha=0.5, clip_on=False)
    dots = axes.plot(true[every], predicted[every], "o", color=ACCENT, alpha=0.6, clip_on=False)
    dots[0].set(markersize=4, markeredgewidth=0)
    axes.set_aspect("equal")
    return svg_of(figure)


def reliability(stated: Array, true: Array, counts: Array) -> Markup:
    """Accuracy over confidence (K,), larger dots for more rows, and the line of both alike."""
    figure, axes = empty_axes(4.0, 4.0)
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, alpha=0.5)
    axes.plot(stated, true, color=ACCENT, linewidth=1.0, clip_on=False)
    for x, y, share in zip(stated, true, counts / counts.max(), strict=True):
        dot = axes.plot([x], [y], "o", color=ACCENT, clip_on=False)
        dot[0].set(markersize=3 + 7 * np.sqrt(share), markeredgewidth=0)
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    return svg_of(figure, "reliability")


def histogram(parts: Mapping[str, Array]) -> Markup:
    """Densities of numbers (N,) over each other: filled, dashed if there is a third, a line."""
    figure, axes = empty_axes(6.0, 2.2)
    every = np.concatenate(list(parts.values()))
    low, high = (float(edge) for edge in np.quantile(every, (0.001, 0.999)))
    edges = np.linspace(low, high if high > low else low + 1, HISTOGRAM_BINS + 1)
    first, *rest_of_parts = (
        np.histogram(values, edges, density=True)[0] for values in parts.values()
    )
    axes.stairs(first, edges, color=INK, fill=True, alpha=0.25)
    for heights in rest_of_parts[:-1]:
        axes.stairs(heights, edges, color=INK, linestyle="--")
    axes.stairs(rest_of_parts[-1], edges, color=ACCENT, linewidth=1.6)
    axes.set_yticks([])
    return svg_of(figure, "scores")


def interval(low: float, middle: float, high: float, seen: float, reach: float) -> Markup:
    """A gain with its interval between -reach and reach, as SVG; 0 and the smallest gain `seen`."""

    def at(value: float) -> str:
        return f"{100 + 100 * max(-1.0, min(1.0, value / reach)):.1f}"

    marks = "".join(
        f'<line x1="{at(x)}" x2="{at(x)}" y1="0" y2="14" stroke="currentColor" {look}/>'
        for x, look in ((0.0, 'opacity=".5"'), (seen, 'opacity=".4" stroke-dasharray="2 2"'))
    )
    return Markup(
        f'<svg viewBox="0 0 200 14" role="img" aria-label="{low:.2f} to {high:.2f}">{marks}'
        f'<line x1="{at(low)}" x2="{at(high)}" y1="7" y2="7" stroke="var(--accent)" '
        f'stroke-width="2"/><circle cx="{at(middle)}" cy="7" r="3.5" fill="var(--accent)"/></svg>'
    )


def empty_axes(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of that size in inches with sober axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    axes.spines[["left", "bottom"]].set_alpha(0.4)
    axes.tick_params(length=0, labelsize=8, labelcolor=INK)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    return figure, axes


def svg_of(figure: Figure, name: str = "") -> Markup:
    """A figure as an SVG element that stands in a page by itself; alike ones have names."""
    text = io.StringIO()
    unnamed = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(text, format="svg", transparent=True, metadata=unnamed)
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(
        r"<!--.*?-->|<defs>\s*<style.*?</defs>|<metadata>.*?</metadata>", "", svg, flags=re.S
    )
    svg = re.sub(r' (xmlns(:xlink)?|version|width|height)="[^"]*"', "", svg, count=5)
    for index, drawn_as in enumerate(dict.fromkeys(re.findall(r' id="([^"]+)"', svg))):
        svg = re.sub(rf'(["#]){re.escape(drawn_as)}(["\)])', rf"\1i{index}\2", svg)
    # matplotlib draws names at random; these are always the same, and unlike those of other plots.
    prefix = hashlib.sha256((name + svg).encode()).hexdigest()[:8]
    svg = re.sub(r'(["#])i(\d+)(["\)])', rf"\1i{prefix}-\2\3", svg)
    for stand_in, colour in COLOURS.items():
        svg = svg.replace(stand_in, colour)
    return Markup(re.sub(r"\s*\n\s*", "\n", svg))


def heat(shades: Array) -> str:
    """A matrix (K, K) of numbers from 0 to 1 as the URI of a picture, a pixel a number."""
    pixels = np.zeros((*shades.shape, 4), np.uint8)
    pixels[..., :3] = (59, 110, 165)
    pixels[..., 3] = np.rint(255 * shades.clip(0, 1))
    return image(pixels, most=len(pixels))


def image(pixels: NDArray[np.uint8], most: int = 128) -> str:
    """uint8 pixels (H, W, C) as the URI of a PNG, no side longer than `most`."""
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    if max(picture.size) > most:
        picture.thumbnail((most, most))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return data_uri(buffer.getvalue())


def png(content: bytes, most: int) -> str:
    """A PNG file as a URI, made smaller if a side is longer than `most`; OSError if it is none."""
    with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
        picture.load()
        if max(picture.size) <= most:
            return data_uri(content)
        pixels = picture.convert("RGBA" if "A" in picture.getbands() else "RGB")
        return image(np.asarray(pixels), most)


def data_uri(content: bytes) -> str:
    """A PNG as the address of an image in the page itself."""
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"
