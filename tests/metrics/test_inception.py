import builtins
import sys

import pytest
import torch

from ssgan.metrics import frechet_distance, inception, kernel_distance
from ssgan.metrics.inception import rgb
from ssgan.randomness import Rng, seeded


def features():
    rng = Rng(("test",))
    return rng("x").normal(400, 20).double(), rng("y").normal(400, 20).double() * 1.2 + 0.3


@pytest.mark.filterwarnings("ignore")
def test_distances_agree_with_torch_fidelity():
    fid = pytest.importorskip("torch_fidelity.metric_fid")
    kid = pytest.importorskip("torch_fidelity.metric_kid")
    x, y = features()
    ours = [{"mu": side.mean(0).numpy(), "sigma": side.T.cov().numpy()} for side in (x, y)]
    theirs = fid.fid_statistics_to_metric(*ours, False)["frechet_inception_distance"]
    assert frechet_distance(x, y) == pytest.approx(theirs, rel=1e-3)
    assert kernel_distance(x, y) == pytest.approx(mmd(kid, x, y), rel=1e-3)


def mmd(kid, x, y):
    settings = {"kid_kernel": "poly", "kid_kernel_poly_degree": 3}
    settings |= {"kid_kernel_poly_gamma": None, "kid_kernel_poly_coef0": 1}
    return kid.kernel_mmd(x.numpy(), y.numpy(), **settings)


@pytest.mark.filterwarnings("ignore")
def test_distances_agree_with_torchmetrics():
    fid = pytest.importorskip("torchmetrics.image.fid")
    kid = pytest.importorskip("torchmetrics.image.kid")
    x, y = features()
    theirs = fid._compute_fid(x.mean(0), x.T.cov(), y.mean(0), y.T.cov())
    assert frechet_distance(x, y) == pytest.approx(float(theirs), rel=1e-3)
    assert kernel_distance(x, y) == pytest.approx(float(kid.poly_mmd(x, y)), rel=1e-3)


def test_images_that_are_not_bytes_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"expected uint8 images .* got torch.float32"):
        inception(torch.zeros(9, 3, 8, 8), torch.zeros(9, 3, 8, 8), tmp_path)


def test_weights_that_are_not_there_are_named(tmp_path):
    x = torch.zeros(9, 1, 8, 8, dtype=torch.uint8)
    with pytest.raises(FileNotFoundError, match=r"weights.pth is not there: put torch-fidelity"):
        inception(x, x, tmp_path / "weights.pth")


def test_without_torch_fidelity_the_extra_is_named(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("torch_fidelity"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    (tmp_path / "weights.pth").touch()
    x = torch.zeros(9, 1, 8, 8, dtype=torch.uint8)
    with pytest.raises(ImportError, match=r"pip install 'ssgan\[fidelity\]'"):
        inception(x, x, tmp_path / "weights.pth")


def test_grey_images_have_three_equal_channels():
    x = torch.arange(8, dtype=torch.uint8).reshape(2, 1, 2, 2)
    assert torch.equal(rgb(x), torch.cat([x, x, x], 1))


@pytest.mark.filterwarnings("ignore")
def test_features_are_those_of_torch_fidelity_for_the_weights_that_are_given(tmp_path, monkeypatch):
    fidelity = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")
    kind, path = fidelity.FeatureExtractorInceptionV3, tmp_path / "weights.pth"
    with monkeypatch.context() as patch, seeded(Rng(("weights",))):
        patch.setattr(kind, "load_state_dict", lambda self, state: None)
        torch.save({}, path)
        untrained = kind("any", ["2048"], feature_extractor_weights_path=str(path)).eval()
    torch.save(untrained.state_dict(), path)
    rng = Rng(("images",)).numpy()
    real, fake = (
        torch.from_numpy(rng.integers(0, 256, (3, c, 20, 20), dtype="uint8")) for c in (3, 1)
    )
    seen = []
    module = sys.modules["ssgan.metrics.inception"]  # its function has the same name
    for name in ("frechet_distance", "kernel_distance"):
        monkeypatch.setattr(module, name, lambda *sides: seen.append(sides) or 0.0)
    found = inception(real, fake, path, reference="test", chunk=2)
    assert set(found) == {"frechet_inception_3_test", "kernel_inception_3_test"}
    with torch.inference_mode():
        for side, images in zip(seen[0], (real, fake.expand(-1, 3, -1, -1)), strict=True):
            torch.testing.assert_close(side, untrained(images.contiguous())[0])
