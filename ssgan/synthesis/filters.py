"""Filters behind one interface: which of the samples that were drawn are kept, and why not.

    filtered(samples, labels, [NearDuplicates(), Confidence(0.8)], known)

A filter maps what was drawn to what it becomes (all but `Langevin`, which has to come first, leave
it) and a mask of what stays. They are applied in order, each to what the ones before it left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from ssgan.config import InputError
from ssgan.models.config import noise
from ssgan.models.gan import GAN
from ssgan.prediction.heads import linear_head
from ssgan.randomness import Rng
from ssgan.synthesis.known import Drawn as Drawn
from ssgan.synthesis.known import Known as Known
from ssgan.synthesis.known import sketched

Array = NDArray[Any]
EXAMPLES = 16  # samples that are kept of those that a filter dropped
PROBED = 1000  # real rows that say how far apart rows lie


class Filter(Protocol):
    """`apply` returns the samples, changed or not, and a mask (M,) of those that stay."""

    def apply(self, drawn: Drawn, rng: Rng) -> tuple[Drawn, Array]: ...


@dataclass(frozen=True)
class Rejection:
    """Discriminator rejection sampling (Azadi et al. 2019, "Discriminator Rejection Sampling").

    Scores become log odds by a logistic regression on real against drawn scores, so that any
    objective will do; `share` is the percentile of F that sets gamma (equation 8).
    """

    share: float = 0.8

    def __post_init__(self) -> None:
        within("share", self.share)

    def apply(self, drawn: Drawn, rng: Rng) -> tuple[Drawn, Array]:
        logits, _ = log_odds(drawn)
        keep = rng("rejection").numpy().random(len(logits)) < acceptance(logits, self.share)
        return drawn, keep


def log_odds(drawn: Drawn) -> tuple[Array, float]:
    """Log odds that drawn samples are real, (M,), and what a point of the critic's score adds.

    Only few objectives give scores that are log odds; a logistic regression of real against drawn
    ones makes them such for any. ValueError where there are no real rows.
    """
    real, fake = drawn.known.scores, drawn.scores
    scores = np.concatenate([real, fake])
    scale = float(scores.std()) or 1.0
    odds = LogisticRegression(class_weight="balanced").fit(
        scores[:, None] / scale, np.arange(len(scores)) < len(real)
    )
    return odds.decision_function(fake[:, None] / scale), float(odds.coef_[0, 0]) / scale


def acceptance(logits: Array, share: float) -> Array:
    """The chance (M,) that each sample stays, from log density ratios (M,) (equation 8)."""
    apart = np.minimum(logits - logits.max(), -1e-8)
    odds = apart - np.log(-np.expm1(apart))
    accepted: Array = 1 / (1 + np.exp(-np.clip(odds - np.quantile(odds, share), -50, 50)))
    return accepted


@dataclass(frozen=True)
class Langevin:
    """DDLS: noise moved along the discriminator's gradient (Che et al. 2020, algorithm 2).

    The energy of noise is |z|^2 / 2 - k D(G(z)), where k makes log odds of scores (`log_odds`): it
    is 20 and more for critics that are held smooth. Nothing is dropped. The samples are others
    than those that came, of the same classes, so it has to be the first filter.
    """

    steps: int = 20
    size: float = 0.02  # .1 and more drive digits away from real ones, .01 goes half the way

    def __post_init__(self) -> None:
        if self.steps < 1 or not self.size > 0:
            raise InputError(f"expected steps >= 1 and size > 0, got {self.steps}, {self.size}")

    def apply(self, drawn: Drawn, rng: Rng) -> tuple[Drawn, Array]:
        gan, parts = drawn.known.gan, []
        if gan.config.noise != "normal":
            raise InputError("DDLS needs a GAN whose noise is normal: this one's is uniform")
        worth = log_odds(drawn)[1]
        for number, rows in enumerate(torch.split(torch.arange(len(drawn.x)), 128)):
            given = self.asked(drawn.known, drawn.indices[rows.numpy()], rng("asked", number))
            parts.append(self.moved(gan, len(rows), given, worth, rng("block", number)))
        x = torch.cat(parts) if parts else drawn.x
        changed = replace(drawn, x=x, chances=None)
        if gan.classes is None:
            chances = changed.probabilities
            changed = replace(changed, indices=chances.argmax(1), chances=chances)
        return changed, np.ones(len(x), bool)

    def asked(self, known: Known, indices: Array, rng: Rng) -> tuple[Tensor, ...]:
        """What the networks are told of samples of these classes (M,), if anything."""
        gan = known.gan
        if gan.condition is None:
            return ()
        if gan.classes is None:
            told = gan.condition.sample(len(indices), rng)
        else:
            told = gan.asked(known.labels(indices), len(indices))
        return (told.to(gan.runtime.device),)

    def moved(
        self, gan: GAN, count: int, given: tuple[Tensor, ...], worth: float, rng: Rng
    ) -> Tensor:
        """Encoded samples (M, ...) of noise that went `steps` steps along the gradient."""
        on = Rng(rng.key, gan.runtime.device)
        z = noise(gan.config, count, on("noise"))
        for step in range(self.steps):
            with torch.enable_grad():
                z = z.detach().requires_grad_()
                score = gan.discriminator(
                    gan.codec.activate(gan.generator(z, *given).float(), on("activation")), *given
                )
                energy = z.square().sum() / 2 - worth * score.float().sum()
                (slope,) = torch.autograd.grad(energy, z)
            kick = on("kick", step).normal(*z.shape)
            z = z.detach() - self.size / 2 * slope + self.size**0.5 * kick
        with torch.inference_mode():
            made = gan.generator(z, *given).float()
            return gan.codec.activate(made, on("activation")).cpu()


@dataclass(frozen=True)
class Confidence:
    """Keeps what the predictor gives its class with a probability of `least` or more."""

    least: float = 0.8

    def __post_init__(self) -> None:
        within("least", self.least)

    def apply(self, drawn: Drawn, rng: Rng) -> tuple[Drawn, Array]:
        rows = np.arange(len(drawn.indices))
        return drawn, drawn.probabilities[rows, drawn.indices] >= self.least


@dataclass(frozen=True)
class Agreement:
    """Keeps what a linear head on the GAN's features, fitted on the real rows, finds alike.

    With a predictor at hand that must agree too.
    """

    def apply(self, drawn: Drawn, rng: Rng) -> tuple[Drawn, Array]:
        features, indices = drawn.known.labeled
        head = linear_head(features, indices, len(drawn.known.classes)).double()
        with torch.inference_mode():
            guess = head(torch.from_numpy(drawn.features).double()).argmax(1).numpy()
        keep = guess == drawn.indices
        if drawn.known.model is not None:
            keep &= drawn.probabilities.argmax(1) == drawn.indices
        return drawn, keep


@dataclass(frozen=True)
class Centroid:
    """Keeps what lies nearest to the centre of its class in feature space, and not too far.

    Not too far is the distance below which a share `within` of the class's real rows lies.
    """

    within: float = 0.95

    def __post_init__(self) -> None:
        within("within", self.within)

    def apply(self, drawn: Drawn, rng: Rng) -> tuple[Drawn, Array]:
        features, indices = drawn.known.labeled
        keep = np.zeros(len(drawn.indices), bool)
        found = np.unique(indices)
        centers = np.stack([features[indices == k].mean(0) for k in found])
        far = np.linalg.norm(drawn.features[:, None] - centers[None], axis=2)
        for place, index in enumerate(found):
            own = np.linalg.norm(features[indices == index] - centers[place], axis=1)
            mine = drawn.indices == index
            near = far[:, place] <= np.quantile(own, self.within)
            keep |= mine & near & (far.argmin(1) == place)
        return drawn, keep


@dataclass(frozen=True)
class NearDuplicates:
    """Drops what lies nearer to a real row than a share of how far those lie from each other.

    Real rows are all that the GAN learnt from, labelled or not, where they can be had, and those
    that are given. `below` is a share of the median distance of one to its nearest other one.
    """

    below: float = 0.25

    def __post_init__(self) -> None:
        if not self.below >= 0:
            raise InputError(f"expected below to be 0 or more, got {self.below}")

    def apply(self, drawn: Drawn, rng: Rng) -> tuple[Drawn, Array]:
        real = drawn.known.sketches
        near = NearestNeighbors(n_neighbors=1).fit(real)
        some = Rng(("probed",)).permutation(len(real))[:PROBED].numpy()
        apart = near.kneighbors(real[some], 2)[0][:, 1]  # the first is the row itself
        found = near.kneighbors(sketched(drawn.known.gan, drawn.packed))[0][:, 0]
        return drawn, found > self.below * np.median(apart)


FILTERS: dict[str, type[Filter]] = {
    "rejection": Rejection,
    "langevin": Langevin,
    "confidence": Confidence,
    "agreement": Agreement,
    "centroid": Centroid,
    "near-duplicates": NearDuplicates,
}


@dataclass(frozen=True)
class Filtered:
    """Raw samples (N, ...), labels (N,), and by filter and class how many it dropped."""

    samples: Any
    labels: Array
    report: Mapping[str, Mapping[Any, int]]
    examples: Mapping[str, Any] = field(default_factory=dict, repr=False)  # raw, of those dropped


def within(name: str, share: float) -> None:
    if not 0 <= share <= 1:
        raise InputError(f"expected {name} from 0 to 1, got {share}")


def filter_named(name: str) -> Filter:
    """The filter of that name with its defaults; ValueError for an unknown one."""
    if name not in FILTERS:
        raise InputError(f"no filter {name!r}; there are {', '.join(FILTERS)}")
    return FILTERS[name]()


def name_of(given: Filter) -> str:
    known = [name for name, kind in FILTERS.items() if type(given) is kind]
    return known[0] if known else type(given).__name__


@dataclass
class Sieve:
    """What filters dropped so far: by filter and class how many, and the first few samples."""

    classes: tuple[Any, ...]
    report: dict[str, dict[Any, int]] = field(default_factory=dict)
    dropped: dict[str, list[Tensor]] = field(default_factory=dict)  # encoded

    def note(self, name: str, lost: Drawn) -> None:
        counts = self.report.setdefault(name, dict.fromkeys(self.classes, 0))
        for index in lost.indices:
            counts[self.classes[index]] += 1
        held = self.dropped.setdefault(name, [])
        held.extend(lost.x[: EXAMPLES - len(held)])

    def examples(self, known: Known) -> dict[str, Any]:
        """Raw samples that each filter dropped, EXAMPLES at most."""
        return {
            name: known.gan.codec.decode(torch.stack(held))
            for name, held in self.dropped.items()
            if held
        }


def sifted(drawn: Drawn, filters: Sequence[Filter], rng: Rng, sieve: Sieve) -> Drawn:
    """What all filters leave; `sieve` takes note of what each drops.

    Raises ValueError for a `Langevin` that is not the first.
    """
    if any(isinstance(given, Langevin) for given in filters[1:]):
        raise InputError(
            "langevin makes other samples than those that filters before it chose: put it first"
        )
    for place, given in enumerate(filters):
        keep = np.ones(0, bool)
        if len(drawn.indices):
            drawn, keep = given.apply(drawn, rng("filter", place))
        sieve.note(name_of(given), drawn.take(~keep))
        drawn = drawn.take(keep)
    return drawn


def filtered(
    samples: Any, indices: Array, filters: Sequence[Filter], known: Known, seed: int = 0
) -> Filtered:
    """What filters leave of raw samples (N, ...) with class indices (N,).

    Raises ValueError for other than one index of a class for each sample.
    """
    x, indices = known.gan.codec.expand(known.gan.codec.pack(samples)), np.asarray(indices)
    last = len(known.classes) - 1
    if indices.shape != (len(x),) or indices.dtype.kind not in "iu":
        raise InputError(
            f"expected a whole number for each of {len(x)} samples, the index of its class, got "
            f"{indices.dtype} of shape {indices.shape}"
        )
    if len(x) and (indices.min() < 0 or indices.max() > last):
        wrong = indices[(indices < 0) | (indices > last)][0]
        raise InputError(
            f"expected indices of classes from 0 to {last}, got {wrong}: leave out samples "
            "without a class"
        )
    sieve = Sieve(known.classes)
    drawn = Drawn(x, indices, known)
    left = sifted(drawn, filters, Rng(("filters", seed)), sieve)
    names = np.array(known.classes)[left.indices]
    return Filtered(left.samples, names, sieve.report, sieve.examples(known))
