"""Two domains of other sizes, colours and ranges become tensors of one shape."""

import numpy as np
import pandas as pd
import pytest
import torch

from ssgan.adaptation.domains import make_domains
from ssgan.adaptation.frames import fit_both_codecs
from ssgan.codecs import from_json
from ssgan.config import InputError
from ssgan.data import from_memory

Y = np.arange(24) % 2


def pictures(shape, seed=0, dtype=np.uint8):
    return np.random.default_rng(seed).integers(0, 256, (24, *shape)).astype(dtype)


def tensors(source, target, frame="pad"):
    data = [from_memory(x) for x in (source, target)]
    codecs, words = fit_both_codecs(*data, frame)
    return *(c.expand(c.pack(d.x)) for c, d in zip(codecs, data, strict=True)), codecs, words


def test_small_images_are_padded_with_black_and_never_stretched():
    small, large = pictures((8, 10)), pictures((16, 16), 1)
    one, other, _, words = tensors(small, large)
    assert one.shape == other.shape == (24, 1, 16, 16)
    inside = torch.from_numpy(small).float() * (2 / 255) - 1
    assert torch.equal(one[:, 0, 4:12, 3:13], inside)
    rest = one.clone()
    rest[:, :, 4:12, 3:13] = -1
    assert (rest == -1).all()
    assert words == "source: 8 x 10 grey, padded to 16 x 16; target: 16 x 16 grey"


def test_each_side_may_be_the_larger_in_the_other_domain():
    one, other, _, _ = tensors(pictures((8, 16)), pictures((16, 8), 1))
    assert one.shape == other.shape == (24, 1, 16, 16)


def test_greys_become_colours_and_come_back():
    grey, colours = pictures((8, 8)), pictures((8, 8, 3), 1)
    one, other, codecs, words = tensors(grey, colours)
    assert one.shape == other.shape == (24, 3, 8, 8)
    assert torch.equal(one[:, 0], one[:, 1]) and torch.equal(one[:, 0], one[:, 2])
    assert np.array_equal(codecs[0].decode(one), grey)
    assert np.array_equal(codecs[1].decode(other), colours)
    assert words == "source: 8 x 8 grey, as rgb; target: 8 x 8 rgb"


def test_transparency_is_opaque_where_it_is_new():
    one, other, codecs, _ = tensors(pictures((8, 8)), pictures((8, 8, 4), 1))
    assert one.shape == other.shape == (24, 4, 8, 8)
    assert (one[:, 3] == 1).all()
    assert np.array_equal(codecs[0].decode(one), pictures((8, 8)))


def test_padded_images_come_back_and_their_codec_is_kept_as_json():
    small = pictures((9, 8))
    one, _, (codec, _), _ = tensors(small, pictures((16, 16, 3), 1))
    assert np.array_equal(codec.decode(one), small)
    assert from_json(codec.to_json()) == codec
    assert codec.shape == (3, 16, 16)


def test_pixels_of_one_dtype_have_one_range():
    """Trap: source and target normalised by constants of their own differ for no reason."""
    dark, light = pictures((8, 8), 0, np.float32) / 510, pictures((8, 8), 1, np.float32) / 255
    one, other, _, _ = tensors(dark, light)
    values = np.concatenate([dark, light])
    low, high = values.min(), values.max()
    for found, raw in ((one, dark), (other, light)):
        expected = 2 * (raw - low) / (high - low) - 1
        assert np.abs(found[:, 0].numpy() - expected).max() < 1 / 255 + 1e-6


def squares(side, size):
    """A bright square of a size in the middle of dark images."""
    x = np.zeros((24, side, side), np.uint8)
    first = (side - size) // 2
    x[:, first : first + size, first : first + size] = 255
    return x


def test_a_fitted_frame_makes_what_is_shown_as_large_as_in_the_other_domain():
    one, other, codecs, words = tensors(squares(12, 8), squares(32, 16), "fit")
    assert one.shape == other.shape
    assert codecs[0].scaled == (24, 24)  # twice as large
    lit = [(x > 0).sum((1, 2, 3)).float().mean() for x in (one, other)]
    assert abs(lit[0] / lit[1] - 1) < 0.15
    assert "scaled to 24 x 24" in words


def test_a_fitted_frame_keeps_within_the_frame():
    codecs = tensors(squares(12, 2), squares(32, 30), "fit")[2]
    assert codecs[0].scaled == (32, 32)


def test_images_of_one_size_are_not_fitted():
    assert tensors(squares(32, 8), squares(32, 16), "fit")[2][0].scaled is None


def test_vectors_and_tables_have_one_scale_of_both_domains():
    source, target = np.zeros((24, 2)) + [0.0, 1.0], np.zeros((24, 2)) + [4.0, 3.0]
    one, other, codecs, _ = tensors(source, target)
    assert codecs[0] == codecs[1]
    assert torch.equal(one, -torch.ones(24, 2)) and torch.equal(other, torch.ones(24, 2))
    frames = [pd.DataFrame({"a": np.arange(24.0), "b": list(text * 12)}) for text in ("xy", "yz")]
    one, other, codecs, _ = tensors(frames[0], frames[1][["b", "a"]])
    assert codecs[0] == codecs[1]
    assert one.shape == other.shape == (24, 1 + 3)  # three levels in all


REFUSED = {
    "kinds": (
        from_memory(pictures((8, 8)), Y),
        from_memory(np.zeros((24, 3))),
        "the source holds images, the target vectors: both domains must be of one modality",
    ),
    "few": (
        from_memory(pictures((8, 8)), Y),
        from_memory(pictures((8, 8), 1)[:10]),
        "a target of 10 samples does not say what its domain is like: give 20 or more, or predict "
        "them with a model of the source",
    ),
    "unlabeled": (
        from_memory(pictures((8, 8))),
        from_memory(pictures((8, 8), 1)),
        "the source memory holds no labels to learn from: give a labelled data set",
    ),
    "equal": (
        from_memory(pictures((8, 8)), Y),
        from_memory(pictures((8, 8))),
        "source and target hold the same samples, so there is nothing to adapt: finetune on them, "
        "or give another target",
    ),
    "columns": (
        from_memory(np.zeros((24, 3)), Y),
        from_memory(np.zeros((24, 4))),
        "samples of the source have 3 numbers, those of the target 4: give both the same",
    ),
    "names": (
        from_memory(pd.DataFrame({"a": Y, "b": Y, "c": Y}), Y),
        from_memory(pd.DataFrame({"a": Y + 1, "b": Y, "d": Y})),
        "columns that only one of both tables has: 'c', 'd': leave them out with drop (--drop), or "
        "name the column of labels with target (--target)",
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_domains_are_refused(why):
    source, target, words = REFUSED[why]
    with pytest.raises(InputError) as refusal:
        make_domains(source, target)
    assert str(refusal.value) == words


def test_no_label_of_the_target_is_read():
    source = from_memory(np.random.default_rng(0).normal(size=(24, 3)), Y)
    x = np.random.default_rng(1).normal(size=(24, 3))
    with_labels, without = from_memory(x, ["spam"] * 24), from_memory(x)
    one, other = make_domains(source, with_labels), make_domains(source, without)
    assert one.labels() == other.labels()
    assert one.data == other.data
