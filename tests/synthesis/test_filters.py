"""Filters: exact counts after them, and a report of what each dropped."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch

from ssgan.models.config import GANConfig
from ssgan.models.pretraining import pretrain
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.finetune import finetune
from ssgan.synthesis import (
    FILTERS,
    Confidence,
    Context,
    Langevin,
    NearDuplicates,
    Rejection,
    filter_named,
    filter_samples,
    select_samples,
)
from ssgan.synthesis.context import SKETCH_WIDTH, distinct
from ssgan.synthesis.filters import MAX_EXAMPLES
from ssgan.synthesis.filters.rejection import acceptance
from tests.examples import KINDS, LABELS, SMALL, N, same, trained


@pytest.fixture(scope="module")
def context():
    gan, rows = pretrain(KINDS["vectors"](), SMALL, labels=LABELS), KINDS["vectors"]()
    model = finetune(gan, rows, LABELS, PredictorConfig(method="probe", calibrate=False))
    return Context(gan, (0, 1), model, rows, LABELS)


@pytest.mark.parametrize("name", FILTERS)
def test_each_filter_reports_what_it_dropped_class_by_class(name, context):
    samples = context.gan.sample(60, 3)
    indices = np.arange(60) % 2
    left = filter_samples(samples, indices, [filter_named(name)], context)
    assert sum(left.dropped[name].values()) == 60 - len(left.labels)
    assert len(left.samples) == len(left.labels)
    assert same(
        left.samples, filter_samples(samples, indices, [filter_named(name)], context).samples
    )


def test_copies_of_training_rows_are_dropped(context):
    left = filter_samples(context.samples, LABELS, [NearDuplicates()], context)
    assert left.dropped["near-duplicates"] == {0: 12, 1: 12}
    assert len(left.labels) == 0


def test_copies_of_rows_that_only_the_gan_learnt_from_are_dropped(context):
    few = replace(context, samples=context.samples[:4], indices=LABELS[:4])
    assert len(filter_samples(context.samples, LABELS, [NearDuplicates()], few).labels) == 0
    alone = Context(context.gan, (0, 1))
    assert len(filter_samples(context.samples, LABELS, [NearDuplicates()], alone).labels) == 0


def test_rows_that_are_given_and_learnt_from_count_once(context):
    assert len(context.rows) == N  # else each would lie at 0 from its nearest other one
    twice = torch.tensor([[3.0, 1.0], [2.0, 0.0], [3.0, 1.0]])
    assert distinct(twice).tolist() == [[3.0, 1.0], [2.0, 0.0]]


def test_many_features_are_compared_along_random_axes_that_keep_distances():
    gan, x = trained("images"), KINDS["images"]()
    sketches = Context(gan, (0, 1), samples=x).sketches
    features = gan.apply(gan.encode, Context(gan, (0, 1), samples=x).rows)
    assert features.shape[1] <= SKETCH_WIDTH
    np.testing.assert_array_equal(sketches, features.numpy())
    fewer = torch.from_numpy(Context(gan, (0, 1), samples=x, sketch_width=32).sketches)
    assert fewer.shape[1] == 32
    away = ~torch.eye(N, dtype=torch.bool)
    share = (torch.cdist(fewer, fewer) / torch.cdist(features, features))[away]
    assert share.mean() == pytest.approx(1, abs=0.1)
    assert share.min() > 0.4


class OfOneClass:
    """A predictor that knows one class only."""

    def predict_proba(self, samples):
        return np.ones((len(samples), 1))


@pytest.fixture(scope="module")
def clusters():
    """A GAN of 8 clusters on a circle after 300 steps, and its rows."""
    draw = np.random.default_rng(0)
    angles = 2 * np.pi * draw.integers(0, 8, 600) / 8
    x = 2 * np.stack([np.cos(angles), np.sin(angles)], 1) + draw.normal(0, 0.1, (600, 2))
    gan = pretrain(x, GANConfig(steps=300, batch=32, width=4, latent=8))
    return Context(gan, (0,), OfOneClass(), x)


def test_langevin_raises_the_critics_scores_a_good_part_of_the_way_to_real_ones(clusters):
    samples = clusters.gan.sample(400, 5)
    moved = filter_samples(samples, np.zeros(400, int), [Langevin()], clusters).samples
    before, after, real = (
        clusters.gan.scores(rows).mean() for rows in (samples, moved, clusters.samples)
    )
    assert after - before > 0.4 * (real - before)


@pytest.mark.parametrize("given", [Langevin(), Rejection()])
def test_what_a_critic_drives_does_not_depend_on_the_scale_of_its_scores(clusters, given):
    critic = deepcopy(clusters.gan.discriminator)
    with torch.no_grad():
        critic.head.weight *= 8
        critic.head.bias *= 8
    louder = replace(clusters, gan=replace(clusters.gan, discriminator=critic))
    samples, indices = clusters.gan.sample(60, 5), np.zeros(60, int)
    one, other = (filter_samples(samples, indices, [given], k).samples for k in (clusters, louder))
    np.testing.assert_allclose(one, other, atol=1e-3)


def test_langevin_after_another_filter_is_refused_as_it_would_undo_it(context):
    with pytest.raises(ValueError, match="langevin makes other samples .* put it first"):
        select_samples(context, np.array([1, 1]), [Confidence(0.9), Langevin()])
    alone = replace(context, model=None)
    assert (
        len(select_samples(alone, np.array([1, 1]), [Langevin(), NearDuplicates(0.0)]).labels) == 2
    )


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([0, -1, 1], "indices of classes from 0 to 1, got -1: leave out"),
        ([0, 2, 1], "from 0 to 1, got 2"),
        ([0, 1], r"each of 3 samples, the index of its class, got int64 of shape \(2,\)"),
        ([0.0, 1.0, 0.0], "got float64 of shape"),
    ],
)
def test_indices_that_are_no_classes_of_the_samples_are_refused(context, indices, message):
    with pytest.raises(ValueError, match=message):
        filter_samples(context.samples[:3], np.array(indices), [NearDuplicates()], context)


def test_the_first_samples_that_a_filter_drops_are_kept_to_be_looked_at(context):
    left = filter_samples(context.samples, LABELS, [NearDuplicates()], context)
    assert np.allclose(left.examples["near-duplicates"], context.samples[:MAX_EXAMPLES], atol=1e-3)
    none = filter_samples(
        context.gan.sample(20), np.zeros(20, int), [NearDuplicates(below=0.0)], context
    )
    assert not none.examples


def test_the_surer_a_sample_is_to_be_real_the_likelier_it_stays():
    chances = acceptance(np.array([0.0, 1.0, 2.0, 5.0]), 0.5)
    assert (np.diff(chances) > 0).all()
    assert chances[-1] == pytest.approx(1)


def test_exactly_as_many_come_as_were_asked_for_after_filters(context):
    alone = replace(context, model=None)  # the GAN's own classes: no predictor says others
    found = select_samples(alone, np.array([3, 5]), [NearDuplicates()])
    assert found.labels.tolist() == [0] * 3 + [1] * 5


def test_what_never_passes_is_refused(context):
    with pytest.raises(ValueError, match="of class 0 passed, 2 were asked for: loosen"):
        select_samples(context, np.array([2, 0]), [NearDuplicates(1e9)])


def test_filters_that_lack_what_they_compare_with_say_so():
    alone = Context(replace(trained("vectors"), packed=None), (0, 1))
    for given, message in ((NearDuplicates(), "give 2 or more"), (Confidence(), "classifier")):
        with pytest.raises(ValueError, match=message):
            filter_samples(alone.gan.sample(5), np.zeros(5, int), [given], alone)
    with pytest.raises(ValueError, match="no filter 'none'"):
        filter_named("none")
