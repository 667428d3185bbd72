"""Samples in the containers of other libraries, and what is said where they are ambiguous."""

import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pytest
import scipy.sparse
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, TensorDataset

from ssgan.config import InputTypeError
from ssgan.data import check, fit_codec, from_memory, read

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (6, 8, 10), dtype=np.uint8)
TABLE = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "x"], "d": ["2020-01-01", "2020-02-01", ""]})
TABLE["d"] = TABLE["d"].replace("", None)


class Pairs(Dataset):
    """A torch data set of (sample, label)."""

    def __init__(self, samples, labels):
        self.samples, self.labels = samples, labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, row):
        return self.samples[row], self.labels[row]


class Rows:
    """What a data set of Hugging Face can do: rows by number, names, features."""

    def __init__(self, columns):
        self.columns, self.column_names, self.features = columns, list(columns), columns

    def __len__(self):
        return len(next(iter(self.columns.values())))

    def __getitem__(self, row):
        if row >= len(self):
            raise IndexError(row)
        return {name: values[row] for name, values in self.columns.items()}

    def to_pandas(self):
        return pd.DataFrame(self.columns)


def test_a_list_of_pil_images_is_images():
    data = read([Image.fromarray(image) for image in IMAGES])
    np.testing.assert_array_equal(data.x, IMAGES)
    mixed = [Image.fromarray(IMAGES[0]), Image.fromarray(IMAGES[1, :4])]
    with pytest.raises(ValueError, match=r"several sizes .*: 10 x 4, 10 x 8; .*size=64"):
        read(mixed)
    assert read(mixed, size=4).x.shape == (2, 4, 4)
    assert read(mixed, size=(4, 6), mode="rgb").x.shape == (2, 4, 6, 3)


@pytest.mark.parametrize("wrap", [np.asarray, torch.from_numpy, Image.fromarray])
def test_a_torch_data_set_brings_samples_and_labels(wrap):
    data = read(Pairs([wrap(image) for image in IMAGES], [0, 1, 0, 1, 0, 1]))
    np.testing.assert_array_equal(np.asarray(data.x), IMAGES)
    assert data.y.tolist() == [0, 1, 0, 1, 0, 1]
    assert from_memory(Pairs(IMAGES, [0] * 6), y=[1] * 6).y.tolist() == [1] * 6


def test_a_data_loader_is_its_batches_below_each_other():
    pairs = TensorDataset(torch.from_numpy(IMAGES), torch.arange(6))
    data = read(DataLoader(pairs, batch_size=4))
    np.testing.assert_array_equal(data.x, IMAGES)
    assert data.y.tolist() == list(range(6))
    alone = read(DataLoader(torch.from_numpy(IMAGES), batch_size=4))
    assert (len(alone), alone.y) == (6, None)


FRAMES = [
    polars.from_pandas(TABLE),
    polars.from_pandas(TABLE).lazy(),
    pa.Table.from_pandas(TABLE),
    pa.RecordBatch.from_pandas(TABLE),
    Rows(TABLE.to_dict("list")),
    TABLE.convert_dtypes(dtype_backend="pyarrow"),
    TABLE,
    [TABLE[:2], TABLE[2:]],
]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__name__)
def test_tables_of_all_libraries_are_the_same_table(frame, tmp_path):
    TABLE.to_csv(tmp_path / "t.csv", index=False)
    expected = read(tmp_path / "t.csv").x
    found = read(frame).x
    assert found["a"].tolist() == [1, 2, 3]
    assert found["b"].tolist() == ["x", "y", "x"]
    assert found["d"].dtype.kind == expected["d"].dtype.kind == "M"
    assert found["d"].isna().tolist() == [False, False, True]
    codec = fit_codec(read(frame))
    assert codec.shape == fit_codec(expected).shape


def test_pictures_of_a_hugging_face_data_set_bring_their_labels():
    images = [Image.fromarray(image) for image in IMAGES]
    data = read(Rows({"image": images, "label": [0, 1] * 3}))
    np.testing.assert_array_equal(data.x, IMAGES)
    assert data.y.tolist() == [0, 1] * 3
    with pytest.raises(ValueError, match="pictures in left, right: take one"):
        read(Rows({"left": images, "right": images}))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (scipy.sparse.eye_array(2000).tocsr(), r"2000 x 2000 .*toarray\(\) \(31 MiB"),
        (torch.eye(3).to_sparse(), "sparse matrix of 3 x 3"),
        (5, "expected a numpy array, .* got int"),
        (Pairs([(1, 2, 3)], [0]).samples[0][0], "got int"),
        ([Image.fromarray(IMAGES[0]), IMAGES[0]], "PIL images alone"),
        (DataLoader([], batch_size=1), "at least one batch"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_remedy(x, message):
    with pytest.raises(ValueError, match=message):
        read(x)


@pytest.mark.parametrize(
    "shape", [(20, 12, 1000), (20, 2, 64), (20, 1, 64), (20, 6, 20), (20, 8, 8, 4), (20, 4, 8, 8)]
)
def test_axes_that_may_be_signals_or_volumes_are_said(shape):
    x = RNG.normal(size=shape)
    with pytest.warns(
        UserWarning, match="are taken for images; if they are (signals|volumes), mod"
    ):
        assert read(x).kind == "images"
    assert read(x, modality="image").kind == "images"
    data = read(x, modality="vector")
    assert (data.kind, data.x.shape) == ("vectors", (20, np.prod(shape[1:])))
    assert data.options == {"modality": "vector"}


@pytest.mark.parametrize("shape", [(5, 28, 28), (5, 32, 24), (5, 8, 8, 3), (5, 1, 28, 28)])
def test_axes_of_images_are_images(shape):
    assert read(RNG.normal(size=shape)).kind == "images"
    assert read(np.zeros((5, 8, 8, 4), np.uint8)).kind == "images"


def test_a_modality_decides():
    rows = RNG.normal(size=(5, 3))
    assert list(read(rows, modality="table").x) == ["x0", "x1", "x2"]
    frame = pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})
    assert read(frame, modality="vectors").x.tolist() == [[1, 0.5], [2, 1.5]]
    with pytest.raises(ValueError, match="vectors are numbers"):
        read(TABLE, modality="vector")
    with pytest.raises(
        ValueError, match=r"expected images .*, got rows \(N, F\), of shape \(5, 3\)"
    ):
        read(rows, modality="image")


def test_modalities_that_samples_do_not_have_are_refused_with_a_sentence():
    with pytest.raises(ValueError, match=r"expected texts \(N,\), got images"):
        read(IMAGES, modality="text")
    with pytest.raises(ValueError, match="no modality 'sound'; there are image, signal, table, t"):
        read(IMAGES, modality="sound")


def test_columns_are_dropped():
    data = read(TABLE, drop="b")
    assert (list(data.x), data.options) == (["a", "d"], {"drop": ["b"]})
    with pytest.raises(ValueError, match="no column 'bb' to drop: did you mean 'b'"):
        read(TABLE, drop=("bb",))
    with pytest.raises(ValueError, match="columns are dropped from tables"):
        read(IMAGES, drop="a")


def test_an_unknown_option_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match="no option sise of read: did you mean size"):
        read(IMAGES, sise=3)


def test_an_empty_name_is_refused():
    with pytest.raises(ValueError, match="the name of the data set is empty"):
        read("")


def test_a_name_that_is_nearly_one_is_told():
    with pytest.raises(FileNotFoundError, match="did you mean 'digits'"):
        read("digit")


def test_what_is_neither_file_nor_folder_is_refused():
    with pytest.raises(ValueError, match="/dev/null is neither a file nor a folder"):
        read("/dev/null")


def test_an_identifier_in_memory_is_said():
    frame = pd.DataFrame({"name": [f"n{row}" for row in range(120)], "x": range(120)})
    with pytest.warns(
        UserWarning, match="column 'name' is text with 120 values in 120 rows, .*--drop name"
    ):
        read(frame)
    assert list(read(frame, drop="name").x) == ["x"]


def test_flat_images_and_films_are_said():
    rows = RNG.integers(0, 256, (20, 64))
    with pytest.warns(UserWarning, match="flat images, .*--image-shape 8,8. says so"):
        assert read(rows).kind == "vectors"
    assert read(rows, image_shape=(8, 8)).kind == "images"
    assert read(rows, modality="vector").kind == "vectors"
    with pytest.warns(UserWarning, match=r"taken for a table; .*--image-shape 8,8,3"):
        read(pd.DataFrame(RNG.integers(0, 256, (20, 192))))
    with pytest.warns(UserWarning, match="taken for volumes; if they are images of other than"):
        assert read(RNG.normal(size=(20, 10, 32, 32))).kind == "volumes"


def test_more_channels_than_values_are_said():
    data = read(RNG.normal(size=(20, 100, 3)), modality="signal")
    with pytest.warns(UserWarning, match=r"100 channels of 3 values: give x.transpose\(0, 2, 1\)"):
        assert fit_codec(data).channels == 100


def test_masked_and_structured_arrays_and_records_keep_what_they_say():
    rows = np.ma.masked_array([[1, 2], [3, 4]], mask=[[False, True], [False, False]])
    with pytest.raises(ValueError, match="row 0 holds NaN"):
        fit_codec(read(rows))
    assert read(np.ma.masked_array(rows.data)).x.tolist() == [[1, 2], [3, 4]]
    table = read(np.array([(1, b"x"), (2, b"y")], dtype=[("a", "i4"), ("b", "S1")])).x
    assert table.to_dict("list") == {"a": [1, 2], "b": ["x", "y"]}
    given, missing = read([{"a": 1, "b": "x"}, {"a": 2, "b": None}]).x["b"]
    assert given == "x"
    assert pd.isna(missing)  # None in pandas 2, NaN in the text of pandas 3


def test_digits_beside_gaps_are_kept_in_tables_of_arrow(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table(
        {"a": pa.array([2**53 + 1, None]), "b": pa.array([2**64 - 1, None], pa.uint64())}
    )
    parquet.write_table(table, tmp_path / "a.PARQUET")
    for source in (table, tmp_path / "a.PARQUET"):
        found = read(source).x
        assert (found["a"][0], found["b"][0]) == (2**53 + 1, 2**64 - 1)


def test_text_that_writes_numbers_in_memory_is_said():
    with pytest.warns(UserWarning, match="column 'a' is text that writes numbers, as '0,5'"):
        read(pd.DataFrame({"a": [f"{row},5" for row in range(120)], "b": [0, 1] * 60}))


def test_a_single_axis_is_refused_with_what_to_do():
    with pytest.raises(ValueError, match=r"samples along the first axis.*reshape\(-1, 1\)"):
        read(np.zeros(5))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.array(3.0), "expected samples in rows, got a single float64"),
        (torch.zeros(4, 3).to(torch.float8_e4m3fn), "a tensor of torch.float8_e4m3fn: make it one"),
        (pd.DataFrame({"a": ["\ud800", "b"]}, dtype=object), "no values of a table"),
    ],
)
def test_what_holds_no_samples_is_refused(given, message):
    with pytest.raises(InputTypeError, match=message):
        check(from_memory(given))
