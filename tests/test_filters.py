"""Filters: exact counts after them, and a report of what each dropped."""

import numpy as np
import pytest
from examples import KINDS, LABELS, SMALL, same, trained

from ssgan.finetuning import PredictorConfig
from ssgan.gan import pretrain
from ssgan.predictor import finetune
from ssgan.synthesis import FILTERS, Confidence, Known, NearDuplicates, filtered, selected, stream
from ssgan.synthesis.filters import EXAMPLES, acceptance, filter_named


@pytest.fixture(scope="module")
def known():
    gan, rows = pretrain(KINDS["vectors"](), SMALL, LABELS), KINDS["vectors"]()
    model = finetune(gan, rows, LABELS, PredictorConfig(method="probe"))
    return Known(gan, (0, 1), model, rows, LABELS)


@pytest.mark.parametrize("name", FILTERS)
def test_each_filter_reports_what_it_dropped_class_by_class(name, known):
    samples = known.gan.sample(60, 3)
    indices = np.arange(60) % 2
    left = filtered(samples, indices, [filter_named(name)], known)
    assert sum(left.report[name].values()) == 60 - len(left.labels)
    assert len(left.samples) == len(left.labels)
    assert same(left.samples, filtered(samples, indices, [filter_named(name)], known).samples)


def test_copies_of_training_rows_are_dropped(known):
    left = filtered(known.samples, LABELS, [NearDuplicates()], known)
    assert left.report["near-duplicates"] == {0: 12, 1: 12}
    assert len(left.labels) == 0


def test_the_first_samples_that_a_filter_drops_are_kept_to_be_looked_at(known):
    left = filtered(known.samples, LABELS, [NearDuplicates()], known)
    assert np.allclose(left.examples["near-duplicates"], known.samples[:EXAMPLES], atol=1e-3)
    none = filtered(known.gan.sample(20), np.zeros(20, int), [NearDuplicates(below=0.0)], known)
    assert not none.examples


def test_the_surer_a_sample_is_to_be_real_the_likelier_it_stays():
    chances = acceptance(np.array([0.0, 1.0, 2.0, 5.0]), 0.5)
    assert (np.diff(chances) > 0).all()
    assert chances[-1] == pytest.approx(1)


def test_exactly_as_many_come_as_were_asked_for_after_filters(known):
    found = selected(known, np.array([3, 5]), [NearDuplicates()])
    assert found.labels.tolist() == [0] * 3 + [1] * 5


def test_what_never_passes_is_refused(known):
    with pytest.raises(ValueError, match="of class 0 passed, 2 were asked for: loosen"):
        selected(known, np.array([2, 0]), [NearDuplicates(1e9)])


def test_a_stream_gives_as_many_in_blocks(known):
    blocks = [*stream(known, np.array([5, 4]), block=4)]
    assert [len(b.labels) for b in blocks] == [4, 4, 1]
    assert np.concatenate([b.labels for b in blocks]).tolist() == [0] * 5 + [1] * 4


def test_filters_that_lack_what_they_compare_with_say_so():
    alone = Known(trained("vectors"), (0, 1))
    for given, message in ((NearDuplicates(), "give 2 or more"), (Confidence(), "classifier")):
        with pytest.raises(ValueError, match=message):
            filtered(alone.gan.sample(5), np.zeros(5, int), [given], alone)
    with pytest.raises(ValueError, match="no filter 'none'"):
        filter_named("none")
