"""Make, filter, judge: synthetic samples with the gate's verdict on them.

    more, labels, verdict = augment(gan, model, n=1000, labeled=(x, y))
    more, labels = augment(gan, model, n=1000, gate=False)  # not judged

`propose` is behind both, and behind the command line: samples block by block, of which the first
is judged, and how many of them may be used.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, overload

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.config import InputError, from_settings
from ssgan.data.encoders import encode_samples
from ssgan.data.labels.split import read_split
from ssgan.data.selection import read_again, take_samples
from ssgan.models.gan import GAN
from ssgan.models.pretraining import load
from ssgan.prediction.loading import load_predictor
from ssgan.prediction.predictor import Predictor
from ssgan.randomness import Rng
from ssgan.synthesis.blocks import (
    BLOCK_SAMPLES,
    Tally,
    concatenate,
    make_blocks,
    samples_of_any_class,
)
from ssgan.synthesis.classifiers import default_classifiers, default_regressors
from ssgan.synthesis.context import Context, Synthetic
from ssgan.synthesis.gate.candidates import assess
from ssgan.synthesis.gate.judges import linear_judge
from ssgan.synthesis.gate.plan import NUMBER_METRIC, Plan
from ssgan.synthesis.gate.verdict import Verdict
from ssgan.synthesis.requests import Request


class JudgedSamples(NamedTuple):
    """Samples that the gate allows, their labels, and its verdict.

    Parameters
    ----------
    samples : array or DataFrame (M, ...)
        Raw; none unless the verdict is "helps", and no more for a real row than help.
    labels : ndarray (M,)
    verdict : Verdict
        What the gate found, and in `verdict.advice` what to do.

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.synthesis import JudgedSamples, Verdict
    >>> found = Verdict(answer="no evidence", candidate=None, smallest=4.0, rows=300,
    ...                 metric="accuracy", alpha=0.002, score=90.0, comparisons=())
    >>> samples, labels, verdict = JudgedSamples(np.empty((0, 3)), np.empty(0), found)
    >>> len(samples), verdict.answer
    (0, 'no evidence')
    """

    samples: Any
    labels: Array
    verdict: Verdict


@dataclass(frozen=True)
class Proposal:
    """Synthetic samples block by block, the verdict on the first, and a tally of all so far."""

    request: Request
    context: Context
    first: Synthetic
    others: Iterator[Synthetic]
    total: int  # samples in all blocks
    verdict: Verdict
    tally: Tally

    @property
    def allowed(self) -> int:
        """Samples that were found to help: as many for a real row as in the candidate that does."""
        if self.verdict.answer != "helps":
            return 0
        return min(len(self.first.labels), round((self.verdict.ratio or 0) * self.verdict.rows))

    def blocks(self, count: int) -> Iterator[Synthetic]:
        """So many samples: all, or some of the first block, which alone was judged."""
        if count == self.total:
            return itertools.chain([self.first], self.others)
        labels = self.first.labels
        rows = Rng(("written", self.request.seed)).numpy().permutation(len(labels))[:count]
        rows.sort()  # by class, as they came
        part = Synthetic(take_samples(self.first.samples, rows), labels[rows])
        return iter([part] if count else [])

    def to_json(self, count: int) -> dict[str, Any]:
        """The verdict, and how many samples there were, of which `count` are used."""
        return self.verdict.to_json() | {"written": count, "samples": self.tally.to_json()}


@overload
def augment(
    gan: GAN,
    model: Predictor,
    n: int | None = ...,
    *,
    gate: Literal[False],
    labeled: tuple[Any, Any] | None = ...,
    **fields: Any,
) -> tuple[Any, Array]: ...


@overload
def augment(
    gan: GAN,
    model: Predictor,
    n: int | None = ...,
    *,
    gate: bool = ...,
    labeled: tuple[Any, Any] | None = ...,
    **fields: Any,
) -> JudgedSamples: ...


def augment(
    gan: GAN,
    model: Predictor,
    n: int | None = None,
    *,
    gate: bool = True,
    labeled: tuple[Any, Any] | None = None,
    **fields: Any,
) -> tuple[Any, Array] | JudgedSamples:
    """Synthetic samples, labelled by a finetuned predictor, and judged before they are used.

    Twice as many are generated, and of every class those stay that the model is surest of. Classes
    come as often as the generator makes them, unless a field says otherwise. Regression keeps
    every sample; its gate asks whether they lower the error of a regressor.

    Parameters
    ----------
    gan : GAN
        It makes the samples.
    model : Predictor
        It labels them.
    n : int, default=None
        Samples in all, 1 or more.
    gate : bool, default=True
        Whether it is tested that the samples help a classifier, as `ssgan augment` does. Only where
        they do are they handed over, no more for a real row than were found to help. With False
        all of them are, untested.
    labeled : (array or DataFrame (R, ...), array (R,)), default=None
        Real rows with their labels, to judge by and for filters and strategies. A model that the
        command line made, and that was loaded, knows them itself.
    **fields
        Of `ssgan.synthesis.Request`: `counts`, `balance`, `per_class`, `strategy`, `filters`,
        `seed`, and `classifier`: what the samples are to help.

    Returns
    -------
    samples : array or DataFrame (n, ...)
        Raw, in the form of the GAN's data, sorted by class.
    labels : ndarray (n,)
        In the dtype of the labels that the model learnt from.
    verdict : Verdict
        Not with `gate=False`: `verdict.answer` is "helps", "no evidence" or "hurts", and
        `verdict.advice` says what to do in one sentence.

    Raises
    ------
    InputError
        For numbers below 1, unknown classes and counts that do not add up, for counts of a
        regression, for a class that the GAN does not make, and where labelled rows are missing.

    Notes
    -----
    The test is a paired one over folds of the labelled rows (see `ssgan.synthesis.gate`). It needs
    several hundred of them to see a gain of few points.

    Examples
    --------
    >>> import numpy as np, ssgan
    >>> x = np.random.default_rng(0).normal(size=(40, 3))
    >>> gan = ssgan.pretrain(x, ssgan.GANConfig(steps=2, batch=8, width=2, latent=4))
    >>> few = gan.sample(8)
    >>> y = np.where(few[:, 2] > np.median(few[:, 2]), "high", "low")
    >>> model = ssgan.finetune(gan, few, y, ssgan.PredictorConfig(method="probe", calibrate=False))
    >>> more, labels, verdict = ssgan.augment(gan, model, 4, labeled=(few, y))
    >>> len(more), verdict.answer
    (0, 'no evidence')
    >>> more, labels = ssgan.augment(gan, model, 4, balance=True, gate=False)
    >>> more.shape, labels.tolist()
    ((4, 3), ['high', 'high', 'low', 'low'])
    """
    request = from_settings(Request, {"n": n, **fields})
    needed = gate or request.filters or request.strategy is not None
    if needed and labeled is None:
        labeled = labeled_rows(model)
    context = context_for(gan, model, labeled)
    if not gate:
        counts = request.class_counts(context)
        (block,) = make_blocks(context, request, counts, None)
        return block.samples, block.labels
    proposal = propose(context, request)
    blocks = [*proposal.blocks(proposal.allowed)]
    if not blocks:
        none = model.targets.decode(np.empty(0, np.int64))
        return JudgedSamples(gan.sample(0), none, proposal.verdict)
    labels = np.concatenate([block.labels for block in blocks])
    return JudgedSamples(concatenate([b.samples for b in blocks]), labels, proposal.verdict)


def load_pair(
    run: str | Path, model: str | Path, device: str | None = None, encoder: Any = None
) -> tuple[GAN, Predictor]:
    """The GAN and the predictor that was finetuned on it; InputError for one of other data."""
    gan = load(run, device, encoder=encoder)
    predictor = load_predictor(model, device, encoder)
    if predictor.about["gan"]["fingerprint"] != gan.data["fingerprint"]:
        raise InputError(f"{model} was finetuned on a GAN of other data than {run}: give that one")
    return gan, predictor


def labeled_rows(model: Predictor) -> tuple[Any, Array]:
    """The raw rows (R, ...) that a model of a directory learnt from, and their labels (R,)."""
    if "run" not in model.about:
        raise InputError(
            "this model does not hold the rows that it learnt from: give labeled=(x, y), or "
            "gate=False for samples that are not judged"
        )
    path = Path(model.about["run"])
    split = read_split(path)
    data = read_again(split["data"], path)
    samples = take_samples(data.x, np.asarray(split["indices"], np.int64))
    return encode_samples(model.codec, samples), model.targets.decode(np.asarray(split["values"]))


def context_for(gan: GAN, model: Predictor, labeled: tuple[Any, Any] | None = None) -> Context:
    """What filters and the gate may ask, of a predictor and labelled rows."""
    classes = tuple(model.classes or ())
    if labeled is None:
        return Context(gan, classes, model)
    samples, labels = encode_samples(gan.codec, labeled[0]), labeled[1]
    if not classes:
        numbers = np.asarray(model.targets.encode(labels), np.float64)
        return Context(gan, classes, model, samples, numbers=numbers)
    return Context(gan, classes, model, samples, np.asarray(model.targets.encode(labels), np.int64))


def propose(
    context: Context, request: Request, *, plan: Plan | None = None, block: int = BLOCK_SAMPLES
) -> Proposal:
    """Make samples, filter and judge them.

    Parameters
    ----------
    context : Context
        The GAN, the predictor that labels samples, and real rows to judge by.
    request : Request
        How many, and what they have to pass.
    plan : Plan, default=None
        How often the gate tests, and how surely; by default by balanced accuracy where the request
        is by class, else by accuracy, of numbers by the error; with its seed.
    block : int, default=10000
        Samples that are in memory at once; the first so many are judged.

    Returns
    -------
    Proposal
        `blocks(allowed)` are the samples that may be used.

    Raises
    ------
    InputError
        As `augment`.
    """
    tally = Tally()
    metric = "balanced accuracy" if request.by_class else "accuracy"
    metric = metric if context.classes else NUMBER_METRIC
    plan = plan or Plan(metric=metric, seed=request.seed)
    counts = request.class_counts(context)
    blocks = tally.over(make_blocks(context, request, counts, block))
    first = next(blocks)
    names = [
        filter_ if isinstance(filter_, str) else type(filter_).__name__
        for filter_ in request.filters
    ]
    classifiers, why = request.classifier, None
    if classifiers is None and plan.judge is linear_judge:
        usual = default_classifiers if context.classes else default_regressors
        classifiers, why = usual(context.gan.codec)
    candidates = {" + ".join(names) or "gan": first}
    class_counts = None
    if counts is not None and context.classes:
        class_counts = np.bincount(context.places(first.labels), minlength=len(context.classes))
        candidates = {
            name: samples_of_any_class(context, request, len(first.labels)) for name in candidates
        }
    verdict = assess(
        context, candidates, plan=plan, classifiers=classifiers, class_counts=class_counts
    )
    verdict = replace(verdict, why=why)
    return Proposal(request, context, first, blocks, request.total(counts), verdict, tally)
