"""Pairs of samples that show the same in two domains, of a model of method "cogan"."""

from pathlib import Path
from typing import Any

from ssgan.adaptation.config import AdaptConfig
from ssgan.adaptation.coupled import coupled_networks, listed_pairs
from ssgan.codecs import from_json
from ssgan.config import InputError
from ssgan.models.stored import SOURCE_CODEC, stored_body, stored_codec
from ssgan.runs.run import Run
from ssgan.runs.storage import understood
from ssgan.runtime import runtime
from ssgan.training.state import unpack_parts


def holds_pairs(path: str | Path) -> bool:
    """Whether a directory holds a model that pairs can be sampled from."""
    return (Path(path) / SOURCE_CODEC).is_file() and Run.open(path).config["kind"] == "predictor"


def sample_pairs(
    path: str | Path, n: int, seed: int = 0, device: str | None = None
) -> tuple[Any, Any]:
    """Pairs of new samples, each of one noise: the first of the source, the second of the target.

    Parameters
    ----------
    path : str or Path
        The directory of a model that `adapt` made by method "cogan".
    n : int
        How many pairs; fewer are the first of more.
    seed : int, default=0
        Which pairs.
    device : str, optional
        "cpu", "cuda" or "cuda:1"; by default the best that there is.

    Returns
    -------
    tuple
        Samples in the form of the source, and in that of the target, as many of both.

    Raises
    ------
    InputError
        For a model of another method.
    FileNotFoundError
        If there is no run, or no checkpoint in it yet.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np, ssgan
    >>> x = np.random.default_rng(0).normal(size=(40, 3))
    >>> fields = {"method": "cogan", "steps": 2, "batch": 8, "width": 2}
    >>> with tempfile.TemporaryDirectory() as path:
    ...     model = ssgan.adapt(x, x[:, 0] > 0, x + 1, run=path, **fields)
    ...     source, target = ssgan.sample_pairs(path, 5)
    >>> source.shape, target.shape
    ((5, 3), (5, 3))
    """
    if n < 0:
        raise InputError(f"expected a number of pairs of 0 or more, got {n}")
    run = Run.open(path)
    if not holds_pairs(run.path):
        raise InputError(
            f"{path} holds no pairs of generators: give the directory of a model that was adapted "
            "by method 'cogan'"
        )
    saved = run.trained()
    target, body = stored_codec(run), stored_body(run)
    with understood(run.path / SOURCE_CODEC):
        source = from_json(run.read_object(SOURCE_CODEC))
    with understood(run.path / "config.json"):
        config = AdaptConfig().changed(run.config["adaptation"]["config"])
        outputs = len(run.config["labels"]["classes"] or ()) or 1
    on = runtime(device, target.shape)
    generators = coupled_networks(target, body, outputs, config.seed)[0]
    generators = on.place(generators).requires_grad_(False).eval()
    unpack_parts({"mean_generators": generators}, saved.tensors, {})
    pairs = listed_pairs(generators, (source, target), n, seed, on)
    return source.decode(pairs[0]), target.decode(pairs[1])
