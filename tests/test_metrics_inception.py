import builtins

import pytest
import torch

from ssgan.metrics import frechet_distance, inception, kernel_distance
from ssgan.metrics.inception import rgb
from ssgan.randomness import Draw


def features():
    draw = Draw(("test",))
    return draw("x").normal(400, 20).double(), draw("y").normal(400, 20).double() * 1.2 + 0.3


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
