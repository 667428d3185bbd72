"""Learn from unlabeled samples with a GAN, then predict, and augment, from few labels.

    gan = ssgan.pretrain(images)                             # unlabeled
    model = ssgan.finetune(gan, few_images, few_labels)
    more, labels = ssgan.augment(gan, model, n=1000)         # labelled by the model, not judged

Names are imported when they are first used: `import ssgan` itself loads none of its dependencies.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.2.0"
__all__ = [
    "GANConfig",
    "PredictorConfig",
    "Run",
    "__version__",
    "augment",
    "data",
    "estimators",
    "evaluate",
    "finetune",
    "load",
    "metrics",
    "objectives",
    "pretrain",
]

if TYPE_CHECKING:
    from ssgan import data, estimators, metrics, objectives
    from ssgan.models.config import GANConfig
    from ssgan.models.pretraining import load, pretrain
    from ssgan.prediction.config import PredictorConfig
    from ssgan.prediction.evaluation import evaluate
    from ssgan.prediction.finetune import finetune
    from ssgan.runs.run import Run
    from ssgan.synthesis import augment
else:
    _MODULES = {"data", "estimators", "metrics", "objectives"}
    _HOMES = {
        "GANConfig": "models.config",
        "load": "models.pretraining",
        "pretrain": "models.pretraining",
        "PredictorConfig": "prediction.config",
        "evaluate": "prediction.evaluation",
        "finetune": "prediction.finetune",
        "Run": "runs",
        "augment": "synthesis",
    }

    def __getattr__(name: str) -> object:
        if name in _MODULES:
            return import_module(f"{__name__}.{name}")
        if name in _HOMES:
            return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted(__all__)
