"""GAN-BERT's losses by exact values, its twin, and that it is no worse than chance."""

from math import log

import numpy as np
import pytest
import torch

from ssgan.config import InputError
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import pretrain
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.finetune import finetune
from ssgan.prediction.fitting import make_task
from ssgan.prediction.labels import labeled
from ssgan.prediction.loading import load_predictor
from ssgan.prediction.methods.alone.gan_bert import (
    NOISE,
    RowGenerator,
    RowJudge,
    fooling,
    real_and_fake,
)
from ssgan.prediction.resolve import resolve_config
from tests.examples import KINDS, LABELS, quick, trained

F, CLASSES = 16, 3


def blobs(count, seed):
    """Rows (N, F) of three classes, each six units along an axis of its own, and their classes."""
    draw, y = np.random.default_rng(seed), np.arange(count) % CLASSES
    x = draw.normal(size=(count, F))
    x[np.arange(count), y] += 6
    return x.astype(np.float32), y


def outputs_of(*generated):
    """Outputs (N, 4) whose softmax has these probabilities of the last class."""
    p = torch.tensor(generated)
    return torch.stack([*[torch.zeros(len(p))] * 3, (3 * p / (1 - p)).log()], 1)


def test_the_discriminator_pays_for_real_rows_called_generated_and_the_other_way_round():
    terms = real_and_fake(outputs_of(0.25, 0.5, 0.75), 2)
    assert terms["real"].item() == pytest.approx(-(log(0.75) + log(0.5)) / 2, rel=1e-5)
    assert terms["fake"].item() == pytest.approx(-log(0.75), rel=1e-5)


def test_the_generator_pays_for_being_found_out_and_for_other_mean_units():
    hidden = torch.tensor([[1.0, 0.0], [3.0, 0.0]])
    terms = fooling(outputs_of(0.75, 0.5), hidden, torch.tensor([0.0, 2.0]))
    assert terms["fooling"].item() == pytest.approx(-(log(0.25) + log(0.5)) / 2, rel=1e-5)
    assert terms["matching"].item() == pytest.approx((2**2 + 2**2) / 2)


def test_a_class_is_one_of_k_and_never_the_generated_one():
    network, rows = RowJudge(5, 3), torch.randn(4, 5)
    hidden, every = network.both(rows)
    assert (hidden.shape, every.shape) == ((4, 5), (4, 4))
    assert torch.equal(network(rows), every[:, :3])
    assert RowGenerator(5)(torch.rand(2, NOISE)).shape == (2, 5)


def task_of(**settings):
    gan, config = trained("vectors"), PredictorConfig(method="gan-bert", steps=3, **settings)
    rows = labeled(gan, KINDS["vectors"]()[:8], LABELS[:8], None, 0)
    return make_task(gan, resolve_config(config, gan, rows), rows)


def test_its_twin_is_the_same_discriminator_without_losses_of_unlabeled_rows():
    whole, twin = task_of(), task_of(unlabeled=0.0)
    assert (len(whole.losses), len(twin.losses)) == (1, 0)
    for one, other in zip(
        whole.learner.network.parameters(), twin.learner.network.parameters(), strict=True
    ):
        assert torch.equal(one, other)


def test_it_goes_with_no_other_method():
    with pytest.raises(InputError, match="no method 'gan-bert.consistency'"):
        PredictorConfig(method="gan-bert+consistency")


def test_a_directory_gives_the_same_model_and_a_stopped_training_the_same_course(tmp_path):
    gan, x = trained("vectors"), KINDS["vectors"]()
    config = quick("gan-bert", steps=4, batch=4, calibrate=False)
    model = finetune(gan, x[:8], LABELS[:8], config, run=tmp_path / "a", log_every=2)
    assert np.array_equal(model.predict_proba(x), load_predictor(tmp_path / "a").predict_proba(x))
    part = quick("gan-bert", steps=2, batch=4, calibrate=False)
    assert part.learns == ("gan-bert",)


@pytest.mark.parametrize("seed", range(3))
def test_it_is_far_above_chance_where_classes_lie_apart_and_not_far_below_its_twin(seed):
    """A joint head that reads its classes wrongly falls below chance."""
    (x, y), (x_test, y_test) = blobs(240, seed), blobs(300, 100 + seed)
    gan = pretrain(x, GANConfig(steps=0, batch=16, width=2, latent=4))
    scores = {}
    for name, weight in (("whole", 1.0), ("twin", 0.0)):
        config = PredictorConfig(
            method="gan-bert", steps=150, batch=12, calibrate=False, unlabeled=weight, seed=seed
        )
        model = finetune(gan, x[:12], y[:12], config)
        scores[name] = float((model.predict(x_test) == y_test).mean())
    assert scores["whole"] > 0.5
    assert scores["whole"] > scores["twin"] - 0.1
