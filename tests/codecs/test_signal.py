"""Signals as tensors: scales, gaps, lengths, pictures, and what is refused."""

import numpy as np
import pandas as pd
import pytest
import torch

from ssgan.codecs.signal import SignalCodec, draw_curves
from ssgan.data import fit_codec, from_memory


def test_a_channel_has_one_scale_so_that_shapes_stay_what_they_are():
    raw = np.array([[[0.0, 2.0], [5.0, 5.0]], [[4.0, 2.0], [5.0, 5.0]]])
    codec = fit_codec(raw, "signals")
    assert (codec.mean, codec.deviation) == ((2.0, 5.0), (2**0.5, 1.0))
    assert codec.pack(raw)[0, 0].tolist() == pytest.approx([-(2**0.5), 0])
    found = codec.decode(torch.full((1, *codec.shape), 9.0))
    assert found.tolist() == [[[4, 4], [5, 5]]]  # within the range seen


@pytest.mark.parametrize(
    ("length", "padded"), [(2, 8), (8, 8), (24, 24), (96, 96), (144, 144), (275, 288), (8192, 8192)]
)
def test_lengths_are_padded_so_that_8_to_15_values_are_left(length, padded):
    codec = fit_codec(np.random.default_rng(0).normal(size=(3, length)), "signals")
    assert codec.shape == (1, padded)
    x = codec.activate(torch.ones(2, 1, padded), None)
    assert x.sum((1, 2)).tolist() == [length, length]


def test_signals_are_only_what_a_user_says_are_some():
    rows = np.zeros((5, 30))
    assert not SignalCodec.claims(rows)
    assert from_memory(rows).kind == "vectors"
    assert from_memory(rows, modality="signal").kind == "signals"
    with pytest.raises(ValueError, match=r"expected signals \(N, L\) or \(N, C, L\), got images"):
        from_memory(np.zeros((5, 8, 8, 3)), modality="signal")


def test_gaps_are_filled_by_straight_lines_and_ends_go_on():
    rows = np.array([[np.nan, 1.0, np.nan, np.nan, 4.0], [0.0, 0.0, 0.0, 9.0, np.nan]])
    with pytest.warns(UserWarning, match="2 of 2 signals have gaps, 4 values in all: they were f"):
        data = from_memory(rows, modality="signal")
    assert data.x.tolist() == [[1, 1, 2, 3, 4], [0, 0, 0, 9, 9]]
    with pytest.raises(ValueError, match="signal 1 holds no value: leave it out"):
        from_memory(np.array([[[1.0, 2.0]], [[np.nan, np.nan]]]), modality="signal")


def test_columns_of_a_table_are_the_values_in_their_order():
    frame = pd.DataFrame({"b": [1, 2], "a": [3.5, 4.5], "y": ["p", "q"]})
    data = from_memory(frame, modality="signal", target="y")
    assert (data.kind, data.x.tolist(), data.y.tolist()) == (
        *("signals", [[1, 3.5], [2, 4.5]]),
        ["p", "q"],
    )
    with pytest.raises(ValueError, match="column 'y' is none: name the column of labels with --ta"):
        from_memory(frame, modality="signal")


def test_several_lengths_are_brought_to_one_that_is_named():
    signals = [np.arange(3.0), np.arange(5.0)]
    with pytest.raises(ValueError, match=r"lengths from 3 to 5: give length=... \(--length\)"):
        from_memory(signals, modality="signal")
    data = from_memory(signals, modality="signal", length=4)
    assert data.x.tolist() == [[0, 1, 2, 2], [0, 1, 2, 3]]
    assert from_memory(np.eye(5), modality="signal", length=3).x.shape == (5, 3)
    with pytest.raises(ValueError, match="a length is for signals"):
        from_memory(np.eye(5), length=3)
    with pytest.raises(ValueError, match="a length of 2 values or more, got 1"):
        from_memory(np.eye(5), modality="signal", length=1)
    uneven = [np.zeros((2, 4)), np.zeros((3, 4))]
    with pytest.raises(ValueError, match="signals of as many channels each"):
        from_memory(uneven, modality="signal")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (np.zeros((2, 31)), r"expected signals of shape \(30,\), got float64 \(31,\): cut or pad"),
        (np.full((2, 30), np.inf), "row 0 holds infinity"),
        (np.full((2, 30), "a"), "expected signals of shape"),
    ],
)
def test_signals_unlike_the_fitted_ones_are_refused(raw, message):
    with pytest.raises(ValueError, match=message):
        fit_codec(np.random.default_rng(0).normal(size=(3, 30)), "signals").pack(raw)


def test_a_picture_is_the_curve_of_a_signal():
    flat, rising = np.zeros((1, 1, 50)), np.linspace(-4, 4, 50)[None, None]
    line = (draw_curves(flat)[0] != 255).any(2)
    assert line.sum(0).max() <= 2
    assert line[23:25].any(0).all()
    places = (draw_curves(rising)[0] != 255).any(2).argmax(0)
    assert places[0] == 46
    assert places[-1] == 0
    assert (np.diff(places) <= 0).all()
    codec = fit_codec(np.random.default_rng(0).normal(size=(3, 2, 300)), "signals")
    suffix, content = codec.preview(codec.decode(torch.zeros(3, *codec.shape)))
    assert (suffix, content[:4]) == (".png", b"\x89PNG")
