"""`ssgan predict`: labels for samples, with probabilities."""

from pathlib import Path
from typing import Any

import click

from ssgan.cli import options
from ssgan.cli.options import note


@options.command(
    "predict",
    click.argument("model", type=options.PATH),
    click.argument("data"),
    options.out,
    options.part,
    *options.reading,
    *options.encoding,
    options.strict,
    options.device,
)
def predict(
    *,
    model: Path,
    data: str,
    out: Path,
    part: str | None,
    device: str | None,
    quiet: bool,
    **reading: Any,
) -> None:
    """Predict the labels of DATA with MODEL, into a .csv or .parquet file.

    Columns: file or row; prediction; for classes, the probability of each; for numbers, lower and
    upper: the true number lies between them nine times out of ten. Images are resized,
    and the target of a table is left out, as when the GAN was trained.

    \b
    Example:
      ssgan predict model photos/ --out predictions.csv
    """
    from ssgan.cli import writing
    from ssgan.cli.samples import read_for_model
    from ssgan.data.selection import select_part
    from ssgan.prediction.loading import load_predictor

    writing.check_suffix(out, writing.TABLES, "predictions")
    predictor = load_predictor(model, device, options.named_encoder(reading))
    selection = select_part(read_for_model(predictor, data, reading), part)
    place, first, last = writing.own_part(out, len(selection.x))
    writing.write_table(table(predictor, selection.rows(first, last)), place)
    note(f"{out} holds predictions for {len(selection.x)} rows", quiet)


def table(predictor: Any, selection: Any) -> Any:
    """A data frame with a row for each sample."""
    import pandas as pd

    columns = {**selection.names, "prediction": predictor.predict(selection.x)}
    if predictor.classes is not None:
        probabilities = predictor.predict_proba(selection.x)
        names = [f"probability_{name}" for name in predictor.classes]
        columns |= dict(zip(names, probabilities.T, strict=True))
    elif predictor.intervals is not None:
        columns["lower"], columns["upper"] = predictor.predict_interval(selection.x).T
    return pd.DataFrame(columns)
