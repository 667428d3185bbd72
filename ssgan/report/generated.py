"""What a GAN makes, to be looked at: by class, beside training rows, between noises, by score."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ssgan.codecs.arrays import as_table, sheet_of
from ssgan.codecs.codec import Codec
from ssgan.config import InputError
from ssgan.data import Data
from ssgan.data.selection import draw_some, read_again, take_samples
from ssgan.metrics.generation import squared_distances
from ssgan.metrics.spaces import space_of
from ssgan.models.gan import GAN
from ssgan.models.interpolation import interpolate
from ssgan.report.figures import histogram, png
from ssgan.report.heldout import HeldOutRows
from ssgan.report.quality import quality_part
from ssgan.report.training import TABLE_COLUMNS, cell_text, cut_short

CLASSES = 20  # that are shown, at most
EACH = 8  # samples of a class, and samples beside which neighbours are shown
OF_CAPTION = 4  # samples of a caption
NEAREST = 3
MAX_POOL = 10_000  # training rows among which neighbours are sought
PAIRS, STEPS = 4, 10  # of noises, and from one to the other
SCORED = 2000  # rows of every kind
MAX_SIDE = 1200  # pixels a side of a picture


def generated_part(gan: GAN | str, rows_given: HeldOutRows | None = None) -> dict[str, Any] | str:
    """What the page shows of the samples of a GAN, or why there is none.

    How good they are is measured on rows that are given, else on the test part of its data, else
    on training rows.
    """
    if isinstance(gan, str):
        return gan
    data = data_or_reason(gan)
    part: dict[str, Any] = {"by_class": classes_part(gan), "between": interpolation_part(gan)}
    part["captions"] = captions_part(gan)
    if isinstance(data, str):
        quality = quality_part(gan, rows_given.x, rows_given.which) if rows_given else None
        return part | {"reason": data, "scores": None, "quality": quality}
    train = gan.codec.pack(data.x)
    real, name = compared_rows(data, rows_given)
    part["quality"] = quality_part(gan, real, name)
    if gan.codec.telling:
        part["by_class"] = classes_part(gan, (data.x, train))
        near = real_neighbours_part(gan, (data.x, train))
    else:
        near = neighbours_part(gan, train)
    return part | {"near": near, "scores": score_part(gan, data)}


def compared_rows(data: Data, rows_given: HeldOutRows | None) -> tuple[Any, str]:
    """The rows with which samples are compared, and what they are called."""
    if rows_given:
        return rows_given.x, rows_given.which
    tested = data.x_test is not None and len(data.x_test)
    return (data.x_test, "test rows") if tested else (data.x, "training rows")


def data_or_reason(gan: GAN) -> Data | str:
    """The data set of a GAN as it was, its samples encoded if need be, or why there is none."""
    if gan.data["source"] == "memory":
        return "the data were given in memory, so there is nothing here to compare with"
    try:
        data = read_again(gan.data, gan.data["run"])
        gan.codec.pack(take_samples(data.x, np.arange(1)))  # an encoder may not be at hand
        return data
    except (OSError, InputError) as error:
        return str(error).removesuffix(".")


def show_packed(codec: Codec, packed: Tensor, columns: int) -> dict[str, Any]:
    """Packed rows as one picture, `columns` in a row, or as a table: header, rows, columns left."""
    return show_raw(codec, codec.decode(codec.expand(packed)), columns)


def show_raw(codec: Codec, samples: Any, columns: int) -> dict[str, Any]:
    """Raw samples as `show_packed` shows packed ones."""
    if (pictures := codec.pictures(samples)) is not None:
        return {"picture": png(sheet_of(pictures, columns), MAX_SIDE), "more": 0}
    frame = as_table(samples)
    cells = frame.iloc[:, :TABLE_COLUMNS]
    rows = [[cell_text(value) for value in row] for row in cells.itertuples(index=False)]
    header = [cut_short(str(name)) for name in cells.columns]
    return {"header": header, "rows": rows, "more": frame.shape[1] - len(header)}


def classes_part(gan: GAN, real: tuple[Any, Tensor] | None = None) -> list[dict[str, Any]]:
    """Samples of every class that the GAN can be asked for, the same noise for each.

    Of rows that nobody can look at, with `real` ones, raw and packed: the nearest of them.
    """
    pictures = []
    for name in (gan.classes or ())[:CLASSES]:
        packed = gan.codec.pack(gan.sample(EACH, labels=np.repeat(np.array([name]), EACH)))
        images = show_packed(gan.codec, packed, EACH)
        if real is not None:
            near, _ = nearest(gan, packed, real[1], 1)
            images = show_raw(gan.codec, take_samples(real[0], near[:, 0].numpy()), EACH)
        pictures.append({"name": str(name), **images})
    return pictures


def captions_part(gan: GAN) -> list[dict[str, Any]]:
    """Samples of some captions of the training, each seen in training as it stands."""
    condition, parts = gan.condition, dict[str, dict[str, Any]]()
    if condition is None or not condition.texts or gan.codec.telling:
        return []
    for text, row in zip(condition.texts, condition.examples(), strict=True):
        if text not in parts:
            packed = gan.codec.pack(gan.sample(OF_CAPTION, labels=np.tile(row, (OF_CAPTION, 1))))
            parts[text] = {"name": text, **show_packed(gan.codec, packed, OF_CAPTION)}
    return list(parts.values())


def real_neighbours_part(gan: GAN, real: tuple[Any, Tensor]) -> dict[str, Any]:
    """The training rows, raw and packed, that are nearest to samples that nobody can look at."""
    raw, train = real
    drawn_rows = torch.from_numpy(draw_some(len(train), MAX_POOL, "report", "rows"))
    near, name = nearest(gan, gan.codec.pack(gan.sample(EACH)), train[drawn_rows], NEAREST)
    rows = drawn_rows[near].flatten().numpy()
    kinds = [f"sample {1 + k}" for k in range(EACH) for _ in range(near.shape[1])]
    images = show_raw(gan.codec, take_samples(raw, rows), near.shape[1])
    facts = {"space": name, "pool": len(drawn_rows), "count": near.shape[1], "unseen": True}
    return images | facts | {"kinds": kinds}


def nearest(gan: GAN, packed: Tensor, train: Tensor, most: int) -> tuple[Tensor, str]:
    """Which training rows (N, K), packed, are nearest to packed samples; the name of the space."""
    space = space_of(gan.codec.expand(train))
    apart = squared_distances(space(gan.codec.expand(packed)), space(gan.codec.expand(train)))
    return apart.topk(min(most, len(train)), largest=False).indices, space.name


def neighbours_part(gan: GAN, train: Tensor) -> dict[str, Any]:
    """What the page shows of samples and their nearest training rows, packed (N, ...)."""
    rows, facts = rows_with_neighbours(gan, train)
    kinds = ["sample", *["nearest"] * facts["count"]] * EACH
    return show_packed(gan.codec, rows, 1 + facts["count"]) | facts | {"kinds": kinds}


def rows_with_neighbours(gan: GAN, train: Tensor) -> tuple[Tensor, dict[str, Any]]:
    """EACH samples, each before its nearest training rows, in a space of `metrics`; its name,
    the size of the pool and the number of neighbours."""
    train = train[torch.from_numpy(draw_some(len(train), MAX_POOL, "report", "rows"))]
    fake = gan.codec.pack(gan.sample(EACH))
    near, name = nearest(gan, fake, train, NEAREST)
    rows = torch.cat([torch.cat([fake[k : k + 1], train[near[k]]]) for k in range(len(fake))])
    return rows, {"space": name, "pool": len(train), "count": near.shape[1]}


def interpolation_part(gan: GAN) -> dict[str, Any] | None:
    """Pictures on the way from one noise to another, PAIRS rows of STEPS; None for others."""
    samples = gan.codec.decode(interpolate(gan, PAIRS, STEPS).cpu())
    if (pictures := gan.codec.pictures(samples)) is None:
        return None
    return {"picture": png(sheet_of(pictures, STEPS), MAX_SIDE), "more": 0}


def score_part(gan: GAN, data: Data) -> dict[str, Any] | None:
    """Histograms of the critic's scores; None where a model has no critic."""
    test = () if data.x_test is None or not len(data.x_test) else (("test rows", data.x_test),)
    kinds = (("training rows", data.x), *test, ("samples", gan.sample(SCORED)))
    try:
        scores = {name: gan.scores(draw_rows(x, name)) for name, x in kinds}
    except ValueError:
        return None
    means = [(name, f"{values.mean():.3g}", len(values)) for name, values in scores.items()]
    return {"plot": histogram({k: v.astype(np.float64) for k, v in scores.items()}), "means": means}


def draw_rows(rows: Any, name: str) -> Any:
    """At most SCORED of the rows, drawn."""
    order = draw_some(len(rows), SCORED, "report", name)
    return take_samples(rows if hasattr(rows, "iloc") else np.asarray(rows), order)
