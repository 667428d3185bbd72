"""Laws of all codecs, on real and on generated samples, and what each refuses."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from ssgan.data import codec_from_json, fit_codec
from ssgan.randomness import Rng

RNG = np.random.default_rng(0)
N = 60


def holes(column, missing=None):
    column = column.copy()
    column[::7] = missing
    return column


def frame():
    whole = pd.Series(RNG.integers(-5, 50, N))
    real = pd.Series(RNG.normal(size=N))
    words = pd.Series(RNG.choice(["a", "bb", "c d", "é"], N))
    days = pd.Series(pd.Timestamp("2020-02-01") + pd.to_timedelta(RNG.integers(0, 900, N), "D"))
    levels = ["é", "zz", "c d", "bb", "a"]
    return pd.DataFrame(
        {
            "int8": whole.astype("int8"),
            "uint64": pd.Series(RNG.integers(0, 2**64 - 1, N, dtype=np.uint64)),
            "int64": pd.Series(RNG.integers(-(2**63), 2**63 - 1, N)),
            "Int64": holes(whole.astype("Int64"), pd.NA),
            "float32": real.astype("float32"),
            "Float64": holes(real.astype("Float64"), pd.NA),
            "float missing": holes(real),
            "two decimals": pd.Series(RNG.lognormal(3, 1, N).round(2)),
            "zeros": real.where(real > 0.5, 0.0),
            "double[pyarrow]": holes(real.astype("double[pyarrow]"), pd.NA),
            "bool": whole > 20,
            "boolean": holes((whole > 20).astype("boolean"), pd.NA),
            "bool or None": holes((whole > 20).astype(object)),
            "str": words.astype("str"),
            "str missing": holes(words.astype("str")),
            "string": holes(words.astype("string"), pd.NA),
            "text": holes(words.astype(object)),
            "text nan": holes(words.astype(object), np.nan),
            "string[pyarrow]": words.astype("string[pyarrow]"),
            "mixed": pd.Series([1, "a"] * (N // 2), dtype=object),
            "integers or None": holes(whole.astype(object)),
            "category": holes(words.astype("category")),
            "ordered": pd.Series(pd.Categorical(words, levels, ordered=True)),
            "category of integers": whole.astype("category"),
            "identifier": pd.Series([f"user {row}" for row in range(N)]),
            "day": days,
            "day missing": holes(days, pd.NaT),
            "zone": holes(days.dt.tz_localize("Europe/Berlin").dt.as_unit("s"), pd.NaT),
            "difference": holes(days - days.min(), pd.NaT),
            "constant": pd.Series([7] * N),
            "constant or missing": holes(pd.Series([7.5] * N)),
            "one word": pd.Series(["x"] * N),
            "one day": pd.Series([days[0]] * N),
            "nothing": pd.Series([np.nan] * N),
            "no text": pd.Series([None] * N, dtype="str"),
            5: whole,
        }
    )


TABLE = frame()
IMAGES = {
    "grey": RNG.integers(0, 256, (N, 8, 8), dtype=np.uint8),
    "odd": RNG.integers(0, 256, (N, 7, 9), dtype=np.uint8),
    "colour": RNG.integers(0, 256, (N, 12, 10, 3), dtype=np.uint8),
    "transparent": RNG.integers(0, 256, (N, 8, 8, 4), dtype=np.uint8),
    "one channel": RNG.integers(0, 256, (N, 28, 28, 1), dtype=np.uint8),
    "whole floats": RNG.integers(0, 17, (N, 8, 8)).astype(np.float64),
    "binary": RNG.random((N, 8, 8)) > 0.5,
    "integers": RNG.integers(-3, 200, (N, 8, 8)),
    "tensor": torch.from_numpy(RNG.integers(0, 256, (N, 3, 8, 8), dtype=np.uint8)),
}
VOLUMES = {
    "voxels": RNG.random((N, 8, 8, 8)) > 0.5,
    "odd voxels": RNG.integers(0, 256, (N, 7, 9, 12), dtype=np.uint8),
    "colour voxels": RNG.integers(0, 256, (N, 6, 8, 8, 3), dtype=np.uint8),
    "voxel tensor": torch.from_numpy(RNG.integers(0, 9, (N, 2, 8, 8, 8))),
}
SIGNALS = {
    "whole signals": RNG.integers(-9, 9, (N, 30)),
    "signals": RNG.normal(size=(N, 100)).cumsum(1),
    "signals of channels": RNG.normal(size=(N, 3, 40)).astype(np.float32) * [[1], [9], [0]] + 5,
    "signal tensor": torch.from_numpy(RNG.normal(size=(N, 2, 9)).astype(np.float32)),
}
EXACT = {
    **IMAGES,
    **VOLUMES,
    "whole signals": SIGNALS["whole signals"],
    "words": TABLE[["str missing", "ordered", "bool", "boolean", "identifier", "mixed"]],
    "objects": TABLE[["str", 5, "text"]].to_numpy(dtype=object),
    "counts": RNG.integers(0, 9, (N, 5)),
    "flags": RNG.random((N, 5)) > 0.5,
}
CLOSE = {
    "float images": RNG.random((N, 8, 8), dtype=np.float32) * 3 - 1,
    "float tensor": torch.from_numpy(RNG.random((N, 8, 8))),
    "vectors": RNG.normal(size=(N, 5)) * [1, 1e6, 1e-6, 1, 0] + [0, 1e9, 0, 1, 4],
    "grey voxels": RNG.random((N, 8, 6, 8)),
    **{name: raw for name, raw in SIGNALS.items() if name != "whole signals"},
    "vector tensor": torch.from_numpy(RNG.normal(size=(N, 5)).astype(np.float32)),
}
ALL = {**EXACT, **CLOSE, "table": TABLE}
CODECS = {n: fit_codec(raw, "signals" if n in SIGNALS else None) for n, raw in ALL.items()}
GRIDS = ("images", "volumes")
each = pytest.mark.parametrize("name", ALL)


def same(found, expected):
    if isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(found, expected)
    else:
        assert type(found) is type(expected)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


def generated(codec, n=40, seed=0):
    """Samples as from an untrained generator, large outputs among them."""
    rng = Rng(("test", seed))
    output = 4 * rng("output").normal(n, *codec.shape)
    return codec.decode(codec.activate(output, rng("noise")))


@pytest.mark.parametrize("name", EXACT)
def test_decode_undoes_expand_and_pack(name):
    codec, raw = CODECS[name], EXACT[name]
    same(codec.decode(codec.expand(codec.pack(raw))), raw)


@pytest.mark.parametrize("name", CLOSE)
def test_decode_undoes_expand_and_pack_within_half_a_level(name):
    codec, raw = CODECS[name], CLOSE[name]
    found = codec.decode(codec.expand(codec.pack(raw)))
    assert type(found) is type(raw)
    assert found.dtype == raw.dtype
    rows, expected = np.asarray(found, float), np.asarray(raw, float)
    axis = 0 if codec.kind == "vectors" else None
    reach = expected.max(axis) - expected.min(axis)
    assert (np.abs(rows - expected) <= reach / (509 if codec.kind in GRIDS else 1e6)).all()


def test_decode_undoes_expand_and_pack_for_columns_of_every_dtype():
    codec = CODECS["table"]
    found = codec.decode(codec.expand(codec.pack(TABLE)))
    for name in TABLE:
        column, back = TABLE[name], found[name]
        if column.dtype.kind in "iuf" and len(column.dropna()):
            values, decoded = column.dropna().astype(float), back.dropna().astype(float)
            reach = values.max() - values.min()
            assert list(values.index) == list(decoded.index)
            assert (values - decoded).abs().max() <= 1e-5 * reach, name
        else:
            pd.testing.assert_series_equal(back, column)


@each
def test_generated_samples_have_the_form_of_real_ones(name):
    raw, found = ALL[name], generated(CODECS[name])
    assert type(found) is type(raw)
    assert len(found) == 40
    assert tuple(found.shape[1:]) == tuple(raw.shape[1:])
    if isinstance(raw, pd.DataFrame):
        pd.testing.assert_series_equal(found.dtypes, raw.dtypes)
    else:
        assert found.dtype == raw.dtype
    if not isinstance(raw, pd.DataFrame) and name not in ("objects",):
        low, high = (0, 255) if CODECS[name].kind == "images" else (raw.min(), raw.max())
        if found.dtype not in (np.uint8, torch.uint8):
            low, high = raw.min(), raw.max()
        assert low <= found.min() <= found.max() <= high


@pytest.mark.parametrize("name", TABLE.columns)
def test_generated_columns_stay_in_the_domain_of_real_ones(name):
    real, found = TABLE[name], generated(CODECS["table"], 200)[name]
    assert real.isna().any() == found.isna().any()
    assert real.isna().all() == found.isna().all()
    present, real = found.dropna(), real.dropna()
    if real.dtype.kind in "iufMm":
        assert ((real.min() <= present) & (present <= real.max())).all()
    elif name == "integers or None":
        assert all(type(value) is int for value in present)
    else:
        assert set(map(repr, present)) <= set(map(repr, real))


def test_generated_numbers_keep_the_grain_of_real_ones():
    found = generated(CODECS["table"], 200)
    assert (found["day"] == found["day"].dt.normalize()).all()
    assert (found["two decimals"] == found["two decimals"].round(2)).all()
    assert (found["zeros"] == 0).mean() > 0.3
    assert set(found["bool"]) == {True, False}


@each
def test_a_codec_is_itself_again_from_json(name):
    codec = CODECS[name]
    again = codec_from_json(json.loads(json.dumps(codec.to_json(), allow_nan=False)))
    assert again == codec
    assert torch.equal(again.pack(ALL[name]).nan_to_num(9), codec.pack(ALL[name]).nan_to_num(9))


@each
def test_activated_output_has_the_shape_of_samples_and_carries_gradients(name):
    codec = CODECS[name]
    output = Rng(("output",)).normal(5, *codec.shape).requires_grad_()
    x = codec.activate(output, Rng(("noise",)))
    (x**2).sum().backward()
    assert x.shape == output.shape
    assert x.dtype == torch.float32
    assert torch.isfinite(output.grad).all()
    assert output.grad.abs().sum() > 0


@each
def test_samples_are_small_finite_float32(name):
    codec = CODECS[name]
    packed = codec.pack(ALL[name])
    x = codec.expand(packed)
    assert len(packed) == N
    assert packed.dtype == (torch.uint8 if codec.kind in GRIDS else torch.float32)
    assert x.dtype == torch.float32
    assert x.shape == (N, *codec.shape)
    assert torch.isfinite(x).all()
    if codec.kind not in ("vectors", "signals"):
        assert x.abs().max() <= 1


@each
def test_packing_a_part_is_a_part_of_packing_all(name):
    codec, raw = CODECS[name], ALL[name]
    part = raw.iloc[10:13] if isinstance(raw, pd.DataFrame) else raw[10:13]
    whole = codec.pack(raw)[10:13]
    assert torch.equal(codec.pack(part).nan_to_num(9), whole.nan_to_num(9))


@each
def test_no_samples_are_packed_and_decoded_as_none(name):
    codec, raw = CODECS[name], ALL[name]
    none = codec.decode(torch.empty(0, *codec.shape))
    assert len(none) == 0
    assert len(codec.expand(codec.pack(raw[:0]))) == 0
    if isinstance(raw, pd.DataFrame):
        pd.testing.assert_series_equal(none.dtypes, raw.dtypes)


@each
def test_samples_that_are_not_finite_are_not_decoded(name):
    x = torch.zeros(3, *CODECS[name].shape)
    x[1].view(-1)[0] = torch.nan
    with pytest.raises(ValueError, match="row 1 holds NaN"):
        CODECS[name].decode(x)


def test_activation_is_a_pure_function_of_output_and_draw():
    codec = CODECS["table"]
    output = Rng(("output",)).normal(5, *codec.shape)
    first, again = (codec.activate(output, Rng(("noise",))) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, codec.activate(output, Rng(("other",))))


FIT_REFUSALS = [
    (np.full((3, 8, 8), np.nan), {}, "row 0 holds NaN", ValueError),
    (np.zeros((3, 8, 8, 2)), {}, "with 1, 3 or 4 channels", ValueError),
    (np.zeros((3, 8, 8, 8, 9)), {}, "expected volumes .* with 1 to 4 channels", ValueError),
    (np.zeros((0, 8, 8, 8)), {}, "at least one volume", ValueError),
    (np.full((3, 8, 8, 8), np.inf), {}, "finite voxels, row 0 holds infinity", ValueError),
    (np.zeros((3, 8), complex), {"kind": "signals"}, "signals that are numbers", TypeError),
    (np.array([[1, np.nan]]), {"kind": "signals"}, "row 0 holds NaN", ValueError),
    (np.zeros((0, 8)), {"kind": "signals"}, "at least one", ValueError),
    (np.zeros((3, 0, 8)), {}, "expected images", ValueError),
    (np.zeros((0, 8, 8)), {}, "at least one image", ValueError),
    (np.zeros((3, 64)), {"kind": "images"}, "flat images need image_shape", ValueError),
    (np.zeros((3, 64)), {"image_shape": (8, 9)}, "has 72 values, the samples have 64", ValueError),
    (np.zeros((3, 8, 8), complex), {}, "expected pixels that are numbers", TypeError),
    (np.zeros(3), {}, "got an array of shape", ValueError),
    (np.zeros((3, 2), complex), {}, "expected numbers or text, got complex", TypeError),
    (
        np.zeros((3, 2)),
        {"kind": "sounds"},
        "expected kind images, signals, table, texts, vectors",
        ValueError,
    ),
    (np.array([[1, np.inf]]), {}, "row 0 holds infinity", ValueError),
    (np.zeros((0, 3)), {}, "at least one", ValueError),
    (np.array([["a"]]), {"kind": "vectors"}, "pass a data frame", TypeError),
    ({"a": 1}, {}, "got dict", TypeError),
    ([], {}, "empty list", ValueError),
    ([np.zeros((8, 8)), np.zeros((9, 8))], {}, "expected samples of one shape", ValueError),
    (pd.DataFrame({"a": []}), {}, "at least one row", ValueError),
    (pd.DataFrame({"a": [1, 1]}), {}, "all columns are constant", ValueError),
    (pd.DataFrame({"a": [1, np.inf]}), {}, "column 'a': row 1 is infinite", ValueError),
    (pd.DataFrame([[1, 2]], columns=["a", "a"]), {}, "several columns are named 'a'", ValueError),
    (pd.DataFrame({("a", "b"): [1, 2]}), {}, "column names that are text", TypeError),
    (pd.DataFrame({"a": [1j, 2]}), {}, "column 'a': holds complex128", TypeError),
    (pd.DataFrame({"a": [(1, 2), (3,)]}), {}, "column 'a': expected text or num.*tuple", TypeError),
]


@pytest.mark.parametrize(("raw", "options", "message", "error"), FIT_REFUSALS)
def test_samples_that_no_codec_takes_are_refused(raw, options, message, error):
    with pytest.raises(error, match=message):
        fit_codec(raw, **options)


def test_a_codec_of_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="expected a codec of kind"):
        codec_from_json({"kind": "sounds"})


def test_encoded_samples_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"expected encoded samples of shape \(3,\), got \(4,\)"):
        fit_codec(np.eye(3)).decode(torch.zeros(2, 4))
