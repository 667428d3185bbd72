"""Objects on their way to another process."""

import copy
import pickle

import numpy as np
import pytest
import torch

from ssgan.models.config import GANConfig
from ssgan.models.pretraining import pretrain
from ssgan.models.transport import parcel, parcel_content, usable_device
from ssgan.prediction.finetune import finetune
from ssgan.runtime import Runtime
from tests.examples import quick

SMALL = GANConfig(steps=2, batch=8, width=2, latent=4)
IMAGES = np.random.default_rng(0).integers(0, 255, (20, 9, 8)).astype(np.uint8)
LABELS = np.arange(20) % 2


@pytest.fixture(scope="module")
def gan():
    return pretrain(IMAGES, SMALL)


def sent(thing):
    return pickle.loads(pickle.dumps(thing))


def test_a_gan_that_was_sent_is_the_same(gan):
    there = sent(gan)
    np.testing.assert_array_equal(there.features(IMAGES), gan.features(IMAGES))
    np.testing.assert_array_equal(there.sample(3, seed=1), gan.sample(3, seed=1))
    assert (there.config, there.codec, there.data) == (gan.config, gan.codec, gan.data)
    assert torch.equal(there.training_samples(), gan.training_samples())
    assert not any(p.requires_grad for p in there.discriminator.parameters())


@pytest.mark.parametrize("method", ["propagation", "probe", "svm", "graph"])
def test_a_predictor_that_was_sent_is_the_same(gan, method):
    model = finetune(gan, IMAGES, LABELS, quick(method, steps=2))
    there = sent(model)
    np.testing.assert_array_equal(there.predict_proba(IMAGES), model.predict_proba(IMAGES))
    assert there.predict(IMAGES).dtype == LABELS.dtype


def test_what_is_sent_holds_safetensors_and_none_of_torch_own_pickles(gan):
    data = pickle.dumps(gan)
    assert b"F32" in data
    assert b"_rebuild_tensor_v2" not in data
    weights = sum(p.numel() for n in (gan.generator, gan.discriminator) for p in n.parameters())
    assert len(data) < 4 * weights + IMAGES.nbytes + 20_000


def test_a_deep_copy_is_the_object_itself(gan):
    assert copy.deepcopy(gan) is gan
    model = finetune(gan, IMAGES, LABELS, quick("probe"))
    assert copy.deepcopy([model])[0] is model


def test_weights_that_are_tied_stay_tied_in_value():
    tied = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Linear(3, 3))
    tied[1].weight = tied[0].weight
    there = parcel_content(parcel(tied), Runtime("cpu", bfloat16=False))
    assert torch.equal(there[1].weight, tied[0].weight)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.bfloat16, torch.int64, torch.float32])
def test_tensors_keep_their_dtype(dtype):
    tensor = torch.arange(6).reshape(2, 3).t().to(dtype)
    there = parcel_content(parcel(tensor), Runtime("cpu", bfloat16=False))
    assert there.dtype == dtype
    assert torch.equal(there, tensor)


def test_a_gpu_that_is_not_there_becomes_the_processor(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert usable_device(Runtime("cuda:1", bfloat16=True)) == Runtime("cpu", bfloat16=False)
    assert usable_device(Runtime("cpu", bfloat16=True)) == Runtime("cpu", bfloat16=True)
