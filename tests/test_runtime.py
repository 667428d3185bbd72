"""Where things run, and in which precision."""

import pytest
import torch
from torch import nn

from ssgan.runtime import Runtime, runtime

CPU = Runtime("cpu", bfloat16=False)


def test_small_samples_run_in_float32_on_a_processor():
    assert runtime("cpu", (1, 16, 16)) == CPU
    assert runtime("cpu", (5000,)) == CPU


@pytest.mark.parametrize("fast", [True, False])
def test_large_images_run_in_bfloat16_where_the_processor_is_made_for_it(fast, monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: fast)
    assert runtime("cpu", (3, 32, 32)) == Runtime("cpu", bfloat16=fast)


def test_without_a_device_the_best_there_is_is_taken():
    best = "cuda" if torch.cuda.is_available() else "cpu"
    assert runtime(None, (3,)).device == best


@pytest.mark.parametrize("device", ["tpu", "gpu", "cpux"])
def test_unknown_devices_are_refused(device):
    with pytest.raises(ValueError, match=f"expected device 'cpu' or 'cuda', got '{device}'"):
        runtime(device, (3,))


@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_a_gpu_that_is_not_there_is_refused(device, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=f"no CUDA GPU.*requested device '{device}': use 'cpu'"):
        runtime(device, (3,))


@pytest.mark.parametrize(("bfloat16", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_products_run_in_the_precision_of_the_runtime(bfloat16, dtype):
    with Runtime("cpu", bfloat16).autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype


def test_convolutions_are_laid_out_channels_last_and_values_stay():
    network = nn.Sequential(nn.Conv2d(2, 3, 4))
    before = network[0].weight.detach().clone()
    placed = CPU.place(network)
    assert placed[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(placed[0].weight, before)
    images = torch.rand(2, 2, 4, 4)
    assert CPU.batch(images).is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(CPU.batch(images), images)


def test_other_networks_and_samples_stay_as_they_are():
    assert CPU.place(nn.Linear(2, 3)).weight.is_contiguous()
    rows = torch.rand(3, 2)
    assert CPU.batch(rows) is rows
