"""Signals and volumes with every objective and model: the laws of all trainings hold for them."""

from functools import cache

import numpy as np
import pytest

from ssgan import evaluate, finetune, load, pretrain
from ssgan.data import from_memory
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import pretraining
from ssgan.models.student.config import StudentConfig
from ssgan.models.student.natural import natural
from ssgan.objectives import OBJECTIVES, objective
from ssgan.training.runner import finish
from tests.examples import LABELS, SELDOM, SMALL, N, assert_same_course, quick, same

FEWER = {"wgan": {"first": 2, "updates": 2}}  # its hundreds of critic updates would take long


@cache
def samples(kind, seed=0):
    """Samples whose first or second half is larger, by class: signals (N, 2, 18) or voxels."""
    draw = np.random.default_rng(seed)
    if kind == "signals":
        x = draw.normal(size=(N, 2, 18)).cumsum(2)
        x[LABELS == 0, :, :9] += 6
        return from_memory(x, LABELS, modality="signal")
    x = draw.random((N, 8, 7, 9))
    x[LABELS == 0, :4] += 1
    return from_memory(x > 0.8, LABELS)


@cache
def trained(kind):
    return pretrain(samples(kind), SMALL)


def encoded(kind):
    codec = trained(kind).codec
    return codec.expand(codec.pack(samples(kind).x))


MODELS = [("vae-gan", "hinge"), ("vae", "relativistic")]
# what asks of a network nothing else than the objectives beside it
ALIKE = [("gan", name) for name in OBJECTIVES if name not in ("relativistic", "wgan", "wgan-gp")]
TRAINED = [("signals", *one) for one in [*MODELS, *(("gan", name) for name in OBJECTIVES)]]
TRAINED = [
    pytest.param(*one, marks=pytest.mark.slow if one[1:] in ALIKE else ()) for one in TRAINED
]
# convolutions in three axes: what differentiates the critic once, and twice
TRAINED += [("volumes", *one) for one in [*MODELS, ("gan", "hinge"), ("gan", "wgan-gp")]]
each_kind = pytest.mark.parametrize("kind", ["signals", "volumes"])


@pytest.mark.parametrize(("kind", "model", "name"), TRAINED)
def test_a_training_that_was_stopped_goes_on_to_the_same_bits(kind, model, name, tmp_path):
    config = GANConfig(
        **{"steps": 4, "batch": 6, "width": 2, "latent": 4, "model": model},
        objective=objective(name, **FEWER.get(name, {})),
    )
    finish(pretraining(samples(kind), config, run=tmp_path / "whole", options=SELDOM))
    training = pretraining(samples(kind), config, run=tmp_path / "stopped", options=SELDOM)
    while next(training).step < 2:
        pass
    with pytest.raises(KeyboardInterrupt):
        training.throw(KeyboardInterrupt())
    gan = finish(pretraining(samples(kind), config, run=tmp_path / "stopped", options=SELDOM))
    assert_same_course(tmp_path / "whole", tmp_path / "stopped")
    again = load(tmp_path / "stopped")
    assert same(again.sample(3), gan.sample(3))
    assert again.sample(3).shape == (3, *samples(kind).x.shape[1:])
    assert same(again.features(samples(kind).x), gan.features(samples(kind).x))
    assert again.codec == gan.codec


METHODS = ("probe", "svm", "graph", "propagation", "consistency", "k-plus-one", "baseline", "auto")


@each_kind
@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_from_few_labels_of_them(kind, method, tmp_path):
    few = np.where(np.arange(N) < 12, LABELS, -1)
    # a student of volumes is learnt below
    readout = {"readout": "all"} if (method, kind) == ("auto", "volumes") else {}
    config = quick(method, steps=2, batch=6, calibrate=False, **readout)
    model = finetune(trained(kind), samples(kind).x, few, config, run=tmp_path)
    shares = model.predict_proba(samples(kind).x)
    assert shares.shape == (N, 2)
    assert np.allclose(shares.sum(1), 1)
    assert same(load(tmp_path).predict_proba(samples(kind).x), shares)


@each_kind
def test_a_student_learns_from_their_views(kind):
    student = StudentConfig(steps=2, batch=6)
    config = quick("probe", readout="student", student=student, calibrate=False)
    model = finetune(trained(kind), samples(kind).x, LABELS, config)
    assert set(model.codec.natural) <= set(natural(model.codec, encoded(kind)))
    assert len(model.predict(samples(kind).x)) == N


@each_kind
def test_generated_ones_are_measured(kind):
    many = np.concatenate([samples(kind, seed).x for seed in range(1, 23)])
    found = evaluate(trained(kind), many)
    distances = [value for name, value in found.items() if name.startswith(("frechet", "kernel"))]
    assert distances
    assert np.isfinite(distances).all()
