"""A mistyped name is refused with the one that was meant, wherever names are given."""

import pytest

import ssgan
from ssgan.benchmark.suites import suite
from ssgan.config import InputError, there_are
from ssgan.data.options import ReadOptions
from ssgan.models.recipes import recipe
from ssgan.transforms.batch import Augmentation

MISTYPED = {
    "self-trainng": lambda: ssgan.PredictorConfig(method="self-trainng"),
    "dannn": lambda: ssgan.AdaptConfig(method="dannn"),
    "cyclegann": lambda: ssgan.TranslateConfig(method="cyclegann"),
    "relativstic": lambda: ssgan.GANConfig(objective="relativstic"),
    "stack-gan": lambda: ssgan.GANConfig(model="stack-gan"),
    "resdiual": lambda: ssgan.GANConfig(architecture="resdiual"),
    "rotatoin": lambda: ssgan.GANConfig(selfsupervision="rotatoin"),
    "adaptve": lambda: Augmentation(schedule="adaptve"),
    "cutuot": lambda: ssgan.AdaptConfig(transforms=("cutuot",)),
    "r3-gan": lambda: recipe("r3-gan"),
    "sample": lambda: ssgan.PredictorConfig(readout="sample"),
    "adaptatoin": lambda: suite("adaptatoin"),
    "singal": lambda: ReadOptions(modality="singal"),
    "RGBB": lambda: ReadOptions(mode="RGBB"),
    "source_only": lambda: ssgan.AdaptConfig(method="source_only"),
}


@pytest.mark.parametrize("name", MISTYPED)
def test_a_mistyped_name_is_refused_with_the_one_that_was_meant(name):
    with pytest.raises(InputError, match=r"did you mean '[\w-]+'\? There are "):
        MISTYPED[name]()


def test_a_name_that_is_like_none_has_all_listed():
    assert there_are("x", ["dann", "cdan"]) == "; there are dann, cdan"
    assert there_are("Dan_", {"dann": 1}) == ": did you mean 'dann'? There are dann"
