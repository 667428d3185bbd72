"""The labels of the source, its images translated so that they look like those of the target.

As Hoffman et al. 2018, "CyCADA", without its second critic: what is learnt from are images of
`ssgan.translate`, which are in the directory "translator" of the model.
"""

from collections.abc import Generator
from dataclasses import replace

from ssgan.adaptation.config import AdaptConfig
from ssgan.adaptation.domains import Domains
from ssgan.adaptation.method import AdaptationMethod, TrainingPlace, training
from ssgan.adaptation.translation.translate import KIND, training_translator, translated_domain
from ssgan.models.stored import TRANSLATOR_PLACE
from ssgan.prediction.network import Network
from ssgan.runs.run import Run
from ssgan.training.runner import Progress


def learn(
    domains: Domains, config: AdaptConfig, place: TrainingPlace
) -> Generator[Progress, None, Network]:
    """Train the translation, then the classifier on what it makes of the source."""
    settings, run = replace(config.translation, seed=config.seed), None
    if place.run:
        identity = {"format": 1, "kind": KIND, "config": settings.to_json()}
        identity |= {"data": dict(domains.data)}
        run = Run.claim(place.run.path / TRANSLATOR_PLACE, identity, growing=())
    sides = domains.source, domains.target
    translator = yield from training_translator(sides, settings, place.runtime, run, place.options)
    translated = replace(domains, source=translated_domain(translator, domains.source))
    return (yield from training()(translated, config, place))


METHOD = AdaptationMethod(learn=learn, steps=1000, images=True, uses=("translation",))
