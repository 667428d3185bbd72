"""Loading of what a training left in a directory: a GAN, or a model that was finetuned from one."""

from pathlib import Path

from ssgan.config import InputError
from ssgan.models import pretraining
from ssgan.models.gan import GAN
from ssgan.prediction.predictor import Predictor, load_predictor
from ssgan.runs.run import Run


def load(
    path: str | Path, device: str | None = None, checkpoint: str | None = None
) -> GAN | Predictor:
    """Load what `pretrain` or `finetune` has left in a directory.

    Parameters
    ----------
    path : str or Path
        The directory.
    device : str, optional
        Where to put it: "cpu", "cuda" or "cuda:1"; by default the best that there is.
    checkpoint : {"last", "best"}, optional
        Of a GAN the last intact checkpoint, which is the default, or that of the lowest distance
        between generated samples and those of the training. A model has one state alone.

    Returns
    -------
    GAN or Predictor
        A GAN comes without its training samples, which `GAN.training_samples` reads again.

    Raises
    ------
    FileNotFoundError
        If there is no run, no such checkpoint yet, or a finetuning that has not ended.
    InputError
        If the directory holds neither, or a checkpoint is named for a model.

    Examples
    --------
    >>> import numpy, ssgan, tempfile
    >>> x = numpy.random.default_rng(0).normal(size=(40, 3))
    >>> with tempfile.TemporaryDirectory() as path:
    ...     gan = ssgan.pretrain(x, run=f"{path}/gan", steps=2, batch=8, width=2, latent=4)
    ...     model = ssgan.finetune(gan, x, x[:, 0], method="probe", run=f"{path}/model")
    ...     ssgan.load(f"{path}/gan"), ssgan.load(f"{path}/model")
    (<GAN of vectors (3,): gan, ...>, Predictor(regression by probe, from 40 labels))
    """
    kind = Run.open(path).config.get("kind")
    if kind == "gan":
        return pretraining.load(path, device, checkpoint or "last")
    if kind != "predictor":
        raise InputError(
            f"{path} holds a run of kind {kind!r}, expected a GAN or a model: give the directory "
            "that `pretrain` or `finetune` was given as `run`"
        )
    if checkpoint is not None:
        raise InputError(
            f"{path} holds a model, which has one state alone: leave checkpoint={checkpoint!r} out"
        )
    return load_predictor(path, device)
