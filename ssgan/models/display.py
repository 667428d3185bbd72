"""Samples of a GAN to look at: as HTML, and as a figure."""

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ssgan.codecs.codec import Codec

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PLOTTED_COLUMNS = 8  # of a table that are drawn


def html(samples: Any, codec: Codec) -> str:
    """A few raw samples as HTML: a sheet of pictures, or the head of a table."""
    suffix, content = codec.preview(samples)
    if suffix == ".png":
        data = base64.b64encode(content).decode()
        return f'<img alt="generated samples" src="data:image/png;base64,{data}">'
    return str(pd.read_csv(io.BytesIO(content)).round(3).to_html(index=False))


def figure(samples: Any, codec: Codec) -> "Figure":
    """Raw samples as a figure: a sheet of pictures, or how the first columns are distributed."""
    from matplotlib.figure import Figure

    suffix, content = codec.preview(samples)
    if suffix == ".png":
        drawn = Figure(figsize=(6, 6), layout="constrained")
        axes = drawn.subplots()
        axes.imshow(png_pixels(content), cmap="gray")
        axes.set_axis_off()
        return drawn
    frame = samples if isinstance(samples, pd.DataFrame) else pd.DataFrame(np.asarray(samples))
    names = list(frame.columns[:PLOTTED_COLUMNS])
    drawn = Figure(
        figsize=(3 * min(len(names), 4), 2.4 * -(-len(names) // 4)), layout="constrained"
    )
    for place, name in enumerate(names, start=1):
        axes = drawn.add_subplot(-(-len(names) // 4), min(len(names), 4), place)
        axes.set_title(str(name))
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            axes.hist(column.dropna().to_numpy(float), bins=20)
        else:
            counts = column.astype(str).value_counts().head(10)
            axes.barh(list(counts.index), counts.to_numpy())
    return drawn


def png_pixels(content: bytes) -> Any:
    """The pixels of a PNG."""
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(content)))
