import pytest
import torch

from ssgan.metrics import class_coverage
from ssgan.randomness import Rng


def labelled(key, counts=(400, 40)):
    y = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    return Rng(("test", key)).normal(len(y), 4) + 10 * y[:, None], y


def test_an_honest_generator_covers_every_class_as_real_samples_do():
    found = class_coverage(*labelled("real"), *labelled("fake"))
    assert found.alarms == () and found.warning is None
    assert found.coverage == pytest.approx(found.real, abs=0.25)
    assert found.minority > 0.7


def test_a_class_that_is_one_sample_again_and_again_raises_the_alarm():
    fake, y = labelled("fake")
    fake[y == 1] = fake[y == 1][:1].clone()
    found = class_coverage(*labelled("real"), fake, y)
    assert found.alarms == (1,)
    assert "too little of class 1 (" in found.warning
    assert found.coverage[0] > 0.8 > 0.5 > found.minority


def test_a_class_that_is_never_or_hardly_generated_raises_the_alarm():
    fake, y = labelled("fake")
    keep = torch.cat([torch.arange(4), torch.arange(400, 440)])
    found = class_coverage(*labelled("real"), fake[keep], y[keep])
    assert found.alarms == (0,)
    found = class_coverage(*labelled("real"), fake[y == 0], y[y == 0])
    assert found.alarms == (1,) and found.coverage[1] == found.minority == 0


def test_samples_under_a_wrong_label_cover_nothing():
    fake, y = labelled("fake")
    assert class_coverage(*labelled("real"), fake, 1 - y).coverage == {0: 0, 1: 0}


def test_what_cannot_be_compared_is_refused_in_one_sentence():
    real, y = labelled("real")
    with pytest.raises(ValueError, match="at least 42 real samples of each class, class 1 has 40"):
        class_coverage(real, y, real, y, k=20)
    with pytest.raises(ValueError, match="class 2, of which there is no real one"):
        class_coverage(real, y, real, y + 1)
    with pytest.raises(ValueError, match="got 439 labels of 440 real"):
        class_coverage(real, y[1:], real, y)
    with pytest.raises(ValueError, match="a bound in"):
        class_coverage(real, y, real, y, bound=0)
