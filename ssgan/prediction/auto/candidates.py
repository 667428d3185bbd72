"""What "auto" weighs: ordinary models, graphs and self-training, and one training by steps."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from math import prod

from ssgan.models.gan import GAN
from ssgan.prediction.baselines import suitable_kinds
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.labels import Labeled
from ssgan.prediction.resolve import has_views, resolve_config

LINEAR = ("logistic", "ridge")
Kind = tuple[str, str]  # an ordinary model or a method, and the readout that it is fitted on


@dataclass(frozen=True)
class Candidate:
    """A model that is held out beside others."""

    name: str
    config: PredictorConfig
    prior: float = 0.0  # its weight in the average where nothing is known of these samples

    @property
    def ordinary(self) -> bool:
        """Whether it is a model fitted on the samples alone."""
        return self.config.method == "on-features" and self.config.readout == "samples"


def fitted_candidates(gan: GAN, config: PredictorConfig, rows: Labeled) -> tuple[Candidate, ...]:
    """What is fitted at once: a kind of model, a graph or self-training, on each readout."""
    base = config.readout or "all"
    readouts = ["samples"]
    if base != "samples":
        readouts += ["samples+all", "all" if base in ("samples+all", "student") else base]
    if base == "student":
        readouts.append("student")
    kinds = suitable_kinds(rows.classes, (len(rows.packed), prod(gan.codec.shape)), usual=False)
    if rows.classes > config.auto.boosted_classes:
        kinds.pop("boosting", None)
    configs = {}
    for readout in readouts:
        names = [n for n in kinds if readout == "samples" or n in (*LINEAR, "svm")]
        names += ["k-nn"] if readout == "student" else []
        for name in names:
            model = replace(config, method="on-features", baseline=name, readout=readout)
            configs[name, readout] = model
        for name in unlabeled_methods(base, readout, rows):
            configs[name, readout] = replace(config, method=name, readout=readout)
    prior = prior_weights(configs)
    return tuple(
        Candidate(f"{kind} on {readout}", candidate_config, prior.get((kind, readout), 0.0))
        for (kind, readout), candidate_config in configs.items()
    )


def unlabeled_methods(base: str, readout: str, rows: Labeled) -> tuple[str, ...]:
    """What learns from unlabeled samples at once; a student has learnt from all of them already."""
    if rows.unlabeled is None:
        return ()
    taught = rows.classes and base != "student" and readout in ("samples", "samples+all")
    return ("graph", "self-training") if taught else ("graph",)


def stepped_candidate(gan: GAN, config: PredictorConfig, rows: Labeled) -> Candidate | None:
    """The training that learns from unlabeled samples, where those have views."""
    if rows.unlabeled is None or not has_views(gan, config, rows) or not config.unlabeled:
        return None
    graph = rows.classes and config.distils
    method = "consistency+propagation" if graph else "consistency"
    return Candidate(method, resolve_config(replace(config, method=method), gan, rows))


def prior_weights(kinds: Collection[Kind]) -> dict[Kind, float]:
    """Equal weights of a few candidates of different kinds, which are seldom all far off."""
    numbers = ("ridge", "samples") in kinds
    usual = [("logistic", "samples"), ("forest", "samples"), ("svm", "samples+all")]
    usual += [("ridge", "samples"), ("ridge", "samples+all")]
    usual += [] if numbers else [("graph", "samples+all")]
    if ("svm", "student") in kinds:
        usual = [("svm", "samples+all")]
        usual += [(kind, "student") for kind in ("logistic", "svm", "graph")]
    members = [kind for kind in usual if kind in kinds] or list(kinds)[:1]
    return dict.fromkeys(members, 1 / len(members))
