"""A GAN of both domains under a head for the source's labels."""

import numpy as np
import pytest
import torch

import ssgan
from ssgan.adaptation.domains import make_domains
from ssgan.adaptation.methods.pretrained import together
from ssgan.data import from_memory
from ssgan.runtime import Runtime
from tests.adaptation.test_adapt import KINDS, Y, model_of

CPU = Runtime("cpu", False)


@pytest.mark.parametrize("kind", KINDS)
def test_samples_of_both_domains_are_put_together_as_networks_see_them(kind):
    source, target = KINDS[kind]
    domains = make_domains(from_memory(source, Y), from_memory(target))
    both = together(domains)
    expected = torch.cat([side.encoded(CPU)[0] for side in (domains.source, domains.target)])
    assert len(both) == 80
    torch.testing.assert_close(both.encoded(CPU)[0], expected, rtol=0, atol=1e-6)


def test_the_gan_of_a_model_has_seen_both_domains_and_is_opened_as_any_other(tmp_path):
    model_of("images", "pretrained", run=tmp_path)
    gan = ssgan.load(tmp_path / "gan", device="cpu")
    assert gan.data["rows"] == 80
    assert "labels" not in gan.data
    assert gan.sample(3).shape == (3, 12, 12, 3)


def test_the_trunk_under_the_head_is_that_of_the_gan(tmp_path):
    """Where nothing is learnt from the labels."""
    model = model_of("vectors", "pretrained", run=tmp_path, rate=1e-12, decay=0.0)
    gan = ssgan.load(tmp_path / "gan", device="cpu")
    for found, expected in zip(
        model.network.trunk.parameters(), gan.trunk.parameters(), strict=True
    ):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    found = model.features(KINDS["vectors"][1])
    assert np.allclose(found, gan.features(KINDS["vectors"][1]), atol=1e-3)
