"""Make, filter, judge: what is asked for, what is judged, and what is handed over."""

from dataclasses import replace

import numpy as np
import pytest

import ssgan
from ssgan.models.pretraining import pretrain
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.finetune import finetune
from ssgan.synthesis import Context, NearDuplicates, Plan, Request, Verdict, augment
from ssgan.synthesis.augment import context_for, propose
from ssgan.synthesis.blocks import make_blocks
from tests import examples
from tests.examples import same


@pytest.mark.parametrize(
    ("request_", "counts"),
    [
        (Request(n=7), None),
        (Request(n=7, balance=True), [3, 2, 2]),
        (Request(per_class=4), [4, 4, 4]),
        (Request(counts={"b": 2}), [0, 2, 0]),
        (Request(n=3, counts={"b": 2, "c": 1}), [0, 2, 1]),
        (Request(strategy="auto"), [0, 2, 4]),
        (Request(strategy="minority"), [0, 0, 4]),
        (Request(strategy="not minority"), [0, 2, 0]),
    ],
)
def test_counts_are_those_that_were_asked_for(request_, counts):
    context = Context(None, ("a", "b", "c"), indices=np.repeat([0, 1, 2, -1], [5, 3, 1, 9]))
    found = request_.class_counts(context)
    assert counts == (None if found is None else found.tolist())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "expected one of n, per_class and strategy"),
        ({"n": 3, "per_class": 2}, "expected one of n, per_class and strategy"),
        ({"counts": {"a": 1}, "strategy": "auto"}, "expected one of n, per_class and strategy"),
        ({"per_class": 0}, "expected a number of samples of 1 or more, got 0"),
        ({"per_class": 1.5}, "expected whole numbers of samples, got 1.5 for 'per_class'"),
        ({"per_class": 2, "balance": True}, "balance goes with n"),
    ],
)
def test_a_number_is_said_once_and_is_one(fields, message):
    with pytest.raises(ValueError, match=message):
        Request(**fields)


@pytest.fixture(scope="module")
def context():
    """Of a GAN that knows classes, and a model that knows better what its samples look like."""
    rows = examples.images()
    gan = pretrain(rows, examples.SMALL, labels=examples.LABELS)
    seen = gan.sample(100, 1)
    bright = seen[:, :4].mean((1, 2)) > seen[:, 4:].mean((1, 2))
    model = finetune(
        gan, seen, bright.astype(np.int16), PredictorConfig(method="probe", calibrate=False)
    )
    return context_for(gan, model, (rows, examples.LABELS))


@pytest.mark.parametrize("filters", [(), ("near-duplicates",), ("langevin",)])
def test_the_model_labels_what_a_conditional_gan_makes_with_filters_and_without(context, filters):
    request = Request(n=40, balance=True, filters=filters)
    (block,) = make_blocks(context, request, np.array([20, 20]))
    assert block.labels.tolist() == [0] * 20 + [1] * 20
    assert (context.model.predict(block.samples) == block.labels).all()
    assert block.labels.dtype == np.int16


def test_every_block_has_its_share_of_every_class(context):
    blocks = [*make_blocks(context, Request(n=24), np.array([23, 1]), block=10)]
    assert [len(block.labels) for block in blocks] == [7, 9, 8]
    assert np.bincount(np.concatenate([block.labels for block in blocks])).tolist() == [23, 1]


def proposal(context, answer, ratio=None, block=10_000, **fields):
    """Samples with a verdict of one's own."""
    found = propose(context, Request(**fields), plan=Plan(repeats=1), block=block)
    return replace(found, verdict=replace(found.verdict, answer=answer, ratio=ratio))


@pytest.mark.parametrize(
    ("answer", "ratio", "allowed"),
    [("helps", 0.5, 12), ("helps", 5.0, 20), ("no evidence", None, 0), ("hurts", None, 0)],
)
def test_as_many_are_allowed_for_a_real_row_as_help(context, answer, ratio, allowed):
    assert proposal(context, answer, ratio, per_class=10).allowed == allowed


def test_only_judged_samples_are_allowed_but_all_can_be_taken(context):
    found = proposal(context, "helps", 5.0, per_class=10, block=10)
    assert (found.total, found.allowed, found.tally.kept) == (20, 10, 10)
    (part,) = found.blocks(10)
    assert same(part.samples, found.first.samples)
    assert [len(block.labels) for block in found.blocks(20)] == [10, 10]
    assert found.tally.kept == 20


def test_the_gate_hands_over_what_the_proposal_allows_and_its_verdict(context):
    gan, model, real = context.gan, context.model, (context.samples, context.indices)
    more, labels, verdict = augment(gan, model, 30, labeled=real, balance=True)
    found = propose(context, Request(n=30, balance=True))
    assert isinstance(verdict, Verdict)
    assert verdict == found.verdict
    assert (verdict.metric, verdict.rows) == ("balanced accuracy", len(examples.LABELS))
    assert len(more) == len(labels) == found.allowed
    assert (more.shape[1:], labels.dtype) == (context.samples.shape[1:], np.int16)


def test_samples_that_a_proposal_allows_come_with_their_labels(context):
    found = proposal(context, "helps", 5.0, per_class=10)
    gan, model = context.gan, context.model
    ungated = augment(gan, model, per_class=10, gate=False)
    (block,) = found.blocks(found.allowed)
    assert same(block.samples, ungated[0]) and same(block.labels, ungated[1])


def test_filters_may_be_named_or_given(context):
    gan, model, real = context.gan, context.model, (context.samples, context.indices)
    named, given = (
        augment(gan, model, 6, labeled=real, filters=[one], gate=False)
        for one in ("near-duplicates", NearDuplicates())
    )
    assert same(named[0], given[0])


def test_the_gate_of_a_regression_hands_over_nothing():
    gan, x = examples.trained("vectors"), examples.vectors()
    model = finetune(gan, x, examples.NUMBERS, PredictorConfig(method="probe", calibrate=False))
    more, labels, verdict = augment(gan, model, 5, labeled=(x, examples.NUMBERS))
    assert (more.shape, labels.shape, labels.dtype) == ((0, 3), (0,), np.float64)
    assert (verdict.answer, verdict.metric, verdict.rows) == ("no evidence", "error reduction", 24)


@pytest.mark.parametrize("fields", [{"n": 3}, {"strategy": "auto", "gate": False}])
def test_labelled_rows_are_asked_for_where_the_model_does_not_hold_them(context, fields):
    with pytest.raises(ValueError, match=r"does not hold the rows .*: give labeled=\(x, y\)"):
        augment(context.gan, context.model, **fields)


def test_unknown_fields_are_refused(context):
    with pytest.raises(ValueError, match="no setting balanced"):
        ssgan.augment(context.gan, context.model, 3, balanced=True)
