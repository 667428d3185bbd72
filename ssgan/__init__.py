"""Learn from unlabeled samples with a GAN, then predict, and augment, from few labels.

    gan = ssgan.pretrain(images)                             # unlabeled
    model = ssgan.finetune(gan, few_images, few_labels)
    more, labels, verdict = ssgan.augment(gan, model, 1000, labeled=(few_images, few_labels))

Names are imported when they are first used: `import ssgan` itself loads none of its dependencies.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = [
    "AdaptConfig",
    "AutoConfig",
    "GAN",
    "GANConfig",
    "InputError",
    "Predictor",
    "PredictorConfig",
    "Run",
    "SearchConfig",
    "SharesConfig",
    "StudentConfig",
    "TranslateConfig",
    "UpscaleConfig",
    "Upscaler",
    "__version__",
    "adapt",
    "augment",
    "data",
    "estimators",
    "evaluate",
    "finetune",
    "load",
    "metrics",
    "objectives",
    "pretrain",
    "sample_pairs",
    "train_upscaler",
    "translate",
]

if TYPE_CHECKING:
    from ssgan import data, estimators, metrics, objectives
    from ssgan.adaptation.adapt import adapt
    from ssgan.adaptation.config import AdaptConfig
    from ssgan.adaptation.pairs import sample_pairs
    from ssgan.adaptation.translation.config import TranslateConfig
    from ssgan.adaptation.translation.translate import translate
    from ssgan.config import InputError, __version__
    from ssgan.models.config import GANConfig
    from ssgan.models.gan import GAN
    from ssgan.models.pretraining import pretrain
    from ssgan.models.student.config import StudentConfig
    from ssgan.models.superresolution.config import UpscaleConfig
    from ssgan.models.superresolution.training import train_upscaler
    from ssgan.models.superresolution.upscaler import Upscaler
    from ssgan.prediction.config import PredictorConfig
    from ssgan.prediction.evaluation import evaluate
    from ssgan.prediction.finetune import finetune
    from ssgan.prediction.loading import load
    from ssgan.prediction.predictor import Predictor
    from ssgan.prediction.search import AutoConfig, SearchConfig, SharesConfig
    from ssgan.runs.run import Run
    from ssgan.synthesis import augment
else:
    _MODULES = {"data", "estimators", "metrics", "objectives"}
    _HOMES = {
        "AdaptConfig": "adaptation.config",
        "adapt": "adaptation.adapt",
        "sample_pairs": "adaptation.pairs",
        "TranslateConfig": "adaptation.translation.config",
        "translate": "adaptation.translation.translate",
        "InputError": "config",
        "__version__": "config",
        "GAN": "models.gan",
        "GANConfig": "models.config",
        "StudentConfig": "models.student.config",
        "UpscaleConfig": "models.superresolution.config",
        "Upscaler": "models.superresolution.upscaler",
        "pretrain": "models.pretraining",
        "train_upscaler": "models.superresolution.training",
        "Predictor": "prediction.predictor",
        "PredictorConfig": "prediction.config",
        "AutoConfig": "prediction.search",
        "SearchConfig": "prediction.search",
        "SharesConfig": "prediction.search",
        "evaluate": "prediction.evaluation",
        "finetune": "prediction.finetune",
        "load": "prediction.loading",
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
