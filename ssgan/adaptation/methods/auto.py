"""Several methods, of which that is taken whose predictions of the target say most.

No label of the target is asked. The rule is one number, `information` of `ssgan.adaptation.scores`:
how much the samples tell of their predicted class. What each method has of it, and its soft
neighbourhood density, are kept in `choice-of-method.json`, so that the choice can be judged.
"""

import json
from collections.abc import Generator
from dataclasses import replace

from torch import nn

from ssgan.adaptation.config import AdaptConfig
from ssgan.adaptation.domains import Domains, calibration_samples
from ssgan.adaptation.method import AdaptationMethod, TrainingPlace
from ssgan.adaptation.scores import CHOICE, density, information
from ssgan.models.inference import apply
from ssgan.prediction.network import Network
from ssgan.runs.run import Run
from ssgan.runtime import Runtime
from ssgan.training.runner import Progress
from ssgan.training.state import pack_parts

Scores = dict[str, float]


def learn(
    domains: Domains, config: AdaptConfig, place: TrainingPlace
) -> Generator[Progress, None, Network]:
    """Train every candidate, each in a run of its own, and keep the best."""
    from ssgan.adaptation.methods import METHODS  # of which this is one

    networks: dict[str, Network] = {}
    scores: dict[str, Scores] = {}
    for name in config.candidates:
        settings = replace(config, method=name, steps=config.steps or METHODS[name].steps)
        run = place.run and candidate_run(place.run, settings, domains)
        networks[name] = yield from METHODS[name].learn(domains, settings, replace(place, run=run))
        scores[name] = label_free_scores(networks[name], domains, settings, place.runtime)
    best = best_of(scores)
    if place.run:
        place.run.write(CHOICE, json.dumps({"chosen": best, "scores": scores}) + "\n")
        place.run.save(config.steps or 1, *pack_parts({"mean": networks[best]}))
    return networks[best]


def candidate_run(run: Run, config: AdaptConfig, domains: Domains) -> Run:
    """The run of one candidate, below that of the choice."""
    metadata = {"format": 1, "kind": "candidate", "config": config.to_json()}
    path = run.path / "candidates" / config.method
    return Run.claim(path, metadata | {"labels": domains.labels()})


def label_free_scores(
    network: nn.Module, domains: Domains, config: AdaptConfig, on: Runtime
) -> Scores:
    """What the predictions of a network for samples of the target are like."""
    samples = calibration_samples(domains.target, config.seed).samples
    network.eval()
    probabilities = apply(network, samples, domains.codec, on).double().softmax(1)
    return {"information": information(probabilities), "density": density(probabilities)}


def best_of(scores: dict[str, Scores]) -> str:
    """The candidate of the most information, the first of several."""
    return max(scores, key=lambda name: scores[name]["information"])


USES = ("candidates", "weight", "teacher")
METHOD = AdaptationMethod(learn=learn, steps=1, numbers=False, uses=USES)
