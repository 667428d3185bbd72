"""Data sets: from memory, from files, by name; their fingerprints; checks of what they hold."""

import gzip
import json
import sys
import types

import numpy as np
import pandas as pd
import pytest
import torch

from ssgan.data import Data, available, check, fit_codec, from_memory, read

IMAGES = np.arange(3 * 8 * 8, dtype=np.uint8).reshape(3, 8, 8)


@pytest.mark.parametrize(
    ("x", "kind", "form"),
    [
        (IMAGES, "images", np.ndarray),
        (torch.from_numpy(IMAGES), "images", torch.Tensor),
        (list(IMAGES), "images", np.ndarray),
        (list(torch.from_numpy(IMAGES)), "images", torch.Tensor),
        (IMAGES.reshape(3, 64) / 255, "vectors", np.ndarray),
        ([[1, 2], [3, 4]], "vectors", np.ndarray),
        (torch.zeros(3, 2), "vectors", torch.Tensor),
        (pd.DataFrame({"a": [1, 2]}), "table", pd.DataFrame),
        ([pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]})], "table", pd.DataFrame),
        (pd.Series([1, 2], name="a"), "table", pd.DataFrame),
        (np.array([["a", 1], ["b", 2]], object), "table", np.ndarray),
        ([["a", 1], ["b", 2]], "table", np.ndarray),
    ],
)
def test_the_kind_of_samples_is_told_by_their_form(x, kind, form):
    data = from_memory(x)
    assert data.kind == kind
    assert isinstance(data.x, form)
    assert len(data) == len(x)
    assert data.source == "memory"
    assert fit_codec(data).kind == kind


def test_flat_images_are_images_where_their_shape_is_given():
    data = from_memory(IMAGES.reshape(3, 64), image_shape=(8, 8))
    assert data.kind == "images"
    assert fit_codec(data).shape == (1, 8, 8)


def test_what_has_been_read_is_read_as_it_is():
    data = from_memory(IMAGES)
    assert read(data) is data
    assert read(IMAGES).x is IMAGES


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (IMAGES, {"y": [1, 2]}, "3 samples but 2 labels"),
        (IMAGES, {"y_test": [1, 2]}, "0 test samples but 2 labels"),
        (IMAGES[:0], {}, "at least one sample"),
        ([IMAGES[0], IMAGES[0, 1:]], {}, r"got \[\(7, 8\), \(8, 8\)\]: resize them first"),
    ],
)
def test_samples_and_labels_that_do_not_fit_are_refused(x, options, message):
    with pytest.raises(ValueError, match=message):
        from_memory(x, **options)


def test_the_fingerprint_sees_samples_dtypes_and_names_but_no_labels():
    base = Data(kind="images", x=IMAGES, names=["a", "b", "c"])
    assert (
        base.fingerprint
        == Data(kind="images", x=IMAGES.copy(), y=[1, 2, 3], names=["a", "b", "c"]).fingerprint
    )
    table = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    others = [
        *(from_memory(IMAGES), from_memory(IMAGES + 1), from_memory(IMAGES.astype(int))),
        *(from_memory(table), from_memory(table.astype({"a": "int8"})), from_memory(table[::-1])),
        *(from_memory(table.rename(columns={"a": "c"})), from_memory(table[["b", "a"]])),
    ]
    assert len({data.fingerprint for data in (base, *others)}) == len(others) + 1


def test_the_fingerprint_of_a_tensor_is_that_of_its_array():
    assert from_memory(IMAGES).fingerprint == from_memory(torch.from_numpy(IMAGES)).fingerprint


# Array files


@pytest.mark.parametrize(
    ("arrays", "parts"),
    [
        (
            {"x_train": IMAGES, "y_train": [1, 2, 3], "x_test": IMAGES[:1], "y_test": [4]},
            "x y x_test y_test",
        ),
        ({"x_train": IMAGES, "captions": ["a", "b", "c"]}, "x"),
        ({"x": IMAGES, "y": [1, 2, 3]}, "x y"),
        ({"pictures": IMAGES}, "x"),
    ],
)
def test_arrays_of_an_npz_are_found_by_name(tmp_path, arrays, parts):
    np.savez(tmp_path / "a.npz", **arrays)
    data = read(tmp_path / "a.npz")
    np.testing.assert_array_equal(data.x, IMAGES)
    found = [name for name in ("x", "y", "x_test", "y_test") if getattr(data, name) is not None]
    assert found == parts.split()
    assert data.source == str(tmp_path / "a.npz")


def idx_bytes(array):
    sides = b"".join(side.to_bytes(4, "big") for side in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sides + array.astype(np.uint8).tobytes()


def test_idx_files_bring_labels_and_test_part(tmp_path):
    labels = np.array([1, 2, 3], np.uint8)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(IMAGES)))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(labels))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx_bytes(IMAGES[:1]))
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(labels[:1])))
    data = read(tmp_path / "train-images-idx3-ubyte.gz")
    np.testing.assert_array_equal(data.x, IMAGES)
    assert data.y.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(data.x_test, IMAGES[:1])
    assert data.y_test.tolist() == [1]


def test_idx_numbers_of_other_kinds_are_big_endian(tmp_path):
    head = bytes([0, 0, 0x0D, 2]) + (2).to_bytes(4, "big") * 2
    (tmp_path / "rows.idx").write_bytes(head + np.arange(4, dtype=">f4").tobytes())
    data = read(tmp_path / "rows.idx")
    assert data.kind == "vectors"
    assert data.x.tolist() == [[0, 1], [2, 3]]
    assert data.x.dtype == np.float32


def test_npy_is_samples_alone(tmp_path):
    np.save(tmp_path / "a.npy", IMAGES.reshape(3, 64))
    assert read(tmp_path / "a.npy", modality="vector").kind == "vectors"
    assert read(tmp_path / "a.npy", image_shape=(8, 8)).kind == "images"


def spoiled(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    return tmp_path / name


def npz_bytes(tmp_path, **arrays):
    np.savez(tmp_path / "whole.npz", **arrays)
    return (tmp_path / "whole.npz").read_bytes()


ARRAY_REFUSALS = [
    ("a.npz", b"", "is not a whole .npz file"),
    ("a.npz", b"PK\x03\x04 nonsense", "is not a whole .npz file"),
    ("a.npy", b"\x93NUMPY nonsense", "is not a whole .npy file"),
    ("a.npy", b"", "is not a whole .npy file"),
    ("a.idx", b"", "first four bytes"),
    ("a.idx", bytes([0, 0, 8, 3, 0]), "ends within its header"),
    ("a.idx", idx_bytes(IMAGES)[:-1], r"holds less than the 192 bytes of its shape \(3, 8, 8\)"),
    ("a.idx", idx_bytes(IMAGES) + b"x", "holds more than the 192 bytes"),
    ("a.idx.gz", b"nonsense", "cannot be read as idx"),
    ("a.idx.gz", gzip.compress(idx_bytes(IMAGES), mtime=0)[:-9], "cannot be read as idx"),
    ("a.xlsx", b"x", "is of no kind that can be read: expected a folder, .npz"),
]


@pytest.mark.parametrize(("name", "content", "message"), ARRAY_REFUSALS)
def test_files_that_are_damaged_are_refused(tmp_path, name, content, message):
    with pytest.raises(ValueError, match=message):
        read(spoiled(tmp_path, name, content))


def test_archives_that_hold_something_else_are_refused(tmp_path):
    whole = npz_bytes(tmp_path, x=IMAGES)
    with pytest.raises(ValueError, match="is not a whole .npz file"):
        read(spoiled(tmp_path, "cut.npz", whole[: len(whole) // 2]))
    with pytest.raises(ValueError, match="holds Python objects, which can run code"):
        read(spoiled(tmp_path, "o.npz", npz_bytes(tmp_path, x=np.array([{}], object))))
    with pytest.raises(ValueError, match="holds the arrays 'a', 'b': expected x_train"):
        read(spoiled(tmp_path, "n.npz", npz_bytes(tmp_path, a=IMAGES, b=IMAGES)))


def test_a_path_that_is_not_there_is_refused_with_what_there_is(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file, folder or data set 'nothing'.*digits"):
        read("nothing", data_dir=tmp_path)


# Sizes


@pytest.mark.parametrize(
    ("shape", "size", "found"),
    [
        ((2, 28, 28), 32, (2, 32, 32)),
        ((2, 28, 28, 3), (16, 24), (2, 16, 24, 3)),
        ((2, 3, 28, 30), 8, (2, 3, 8, 8)),
        ((2, 8, 8), 8, (2, 8, 8)),
    ],
)
def test_images_of_an_array_are_resized(tmp_path, shape, size, found):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    np.savez(tmp_path / "a.npz", x_train=pixels, x_test=pixels[:1])
    data = read(tmp_path / "a.npz", size=size)
    assert data.x.shape == found
    assert data.x_test.shape == (1, *found[1:])
    assert data.x.dtype == np.uint8
    assert read(data.source, **json.loads(json.dumps(data.options))).fingerprint == data.fingerprint


def test_resizing_keeps_constant_images_and_floats(tmp_path):
    np.save(tmp_path / "a.npy", np.full((2, 9, 5), 0.25))
    np.testing.assert_allclose(read(tmp_path / "a.npy", size=4).x, np.full((2, 4, 4), 0.25))


@pytest.mark.parametrize("size", [0, -3, 10**6, (4, 4, 4), (0, 4)])
def test_sizes_that_make_no_sense_are_refused(tmp_path, size):
    np.save(tmp_path / "a.npy", IMAGES)
    with pytest.raises(ValueError, match="expected a size of 1 to 4096 pixels"):
        read(tmp_path / "a.npy", size=size)


def test_options_of_another_kind_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", IMAGES)
    np.save(tmp_path / "v.npy", np.zeros((3, 2)))
    with pytest.raises(ValueError, match="a target column is for tables"):
        read(tmp_path / "a.npy", target="age")
    with pytest.raises(ValueError, match="a size is for images, .* holds rows"):
        read(tmp_path / "v.npy", size=8)
    with pytest.raises(ValueError, match="a size is for images, wine holds a data frame"):
        read("wine", size=8)


# Names


def test_the_digits_come_with_scikit_learn():
    data = read("digits")
    assert data.x.shape == (1000, 8, 8)
    assert data.x_test.shape == (797, 8, 8)
    assert data.x.dtype == np.uint8
    assert (data.x.min(), data.x.max()) == (0, 255)
    assert sorted(set(data.y)) == list(range(10))
    assert data.source == "digits"
    assert data.fingerprint == read("digits").fingerprint


@pytest.mark.parametrize(
    ("name", "rows", "columns", "labels"),
    [
        ("breast-cancer", 569, 30, {"malignant", "benign"}),
        ("wine", 178, 13, {"class_0", "class_1", "class_2"}),
        ("diabetes", 442, 10, None),
    ],
)
def test_bundled_tables_know_their_target(name, rows, columns, labels):
    data = read(name)
    assert data.x.shape == (rows, columns)
    assert data.options == {"target": "target"}
    assert labels is None or set(data.y) == labels
    assert read(data.source, **data.options).fingerprint == data.fingerprint


def test_named_data_sets_are_found_in_the_data_directory(tmp_path, monkeypatch):
    np.savez(tmp_path / "mnist.npz", x_train=IMAGES, y_train=[1, 2, 3])
    np.savez(tmp_path / "own.npz", x_train=IMAGES[:2])
    table = pd.DataFrame({"age": [1, 2], "income": ["a", "b"]})
    table.to_csv(tmp_path / "adult.csv", index=False)
    table[:1].to_csv(tmp_path / "adult-test.csv", index=False)
    assert read("mnist", data_dir=tmp_path).y.tolist() == [1, 2, 3]
    monkeypatch.setenv("SSGAN_DATA", str(tmp_path))
    assert len(read("own")) == 2
    data = read("adult")
    assert data.y.tolist() == ["a", "b"]
    assert data.y_test.tolist() == ["a"]
    assert list(data.x_test) == ["age"]
    states = {name: (state, where) for name, state, where in available()}
    assert states["digits"] == ("bundled", "scikit-learn")
    assert states["mnist"] == ("ready", str(tmp_path / "mnist.npz"))
    assert states["own"][0] == "ready"
    assert states["cifar10"] == ("to download", str(tmp_path / "cifar10.npz"))
    assert states["covertype-15k"] == ("missing", str(tmp_path / "covertype-15k.csv"))
    assert "adult-test" not in states


def test_a_data_set_that_cannot_be_had_says_where_to_put_it(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="put it at .*covertype-15k.csv"):
        read("covertype-15k", data_dir=tmp_path)

    def no_network(*_):
        raise OSError("no route to host\nand more")

    monkeypatch.setattr("ssgan.data.images.vision.download", no_network)
    message = r"cannot be downloaded \(no route to host\): put it at .*usps.npz"
    with pytest.raises(FileNotFoundError, match=message):
        read("usps", data_dir=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == []


def test_a_download_is_kept_in_the_data_directory(tmp_path, monkeypatch):
    calls = []

    class MNIST:
        def __init__(self, directory, train, download):
            calls.append(train)
            self.data = torch.from_numpy(IMAGES if train else IMAGES[:1])
            self.targets = [1, 2, 3] if train else [4]

    datasets = types.ModuleType("torchvision.datasets")
    datasets.MNIST = MNIST
    torchvision = types.ModuleType("torchvision")
    torchvision.datasets = datasets
    monkeypatch.setitem(sys.modules, "torchvision", torchvision)
    monkeypatch.setitem(sys.modules, "torchvision.datasets", datasets)
    for _ in range(2):
        data = read("mnist", data_dir=tmp_path / "new")
        assert data.y.tolist() == [1, 2, 3]
        assert data.y_test.tolist() == [4]
    assert calls == [True, False]


# Checks


def test_a_check_says_what_a_table_holds():
    table = pd.DataFrame(
        {
            "age": [*map(str, range(19)), "?"],
            "name": [f"n{row}" for row in range(20)],
            "same": [1] * 20,
            "rare": [1.5] + [None] * 19,
            "job": ["a", "b"] * 10,
        }
    )
    about = check(from_memory(table), target="job")
    assert about["kind"] == "table"
    assert (about["rows"], about["test_rows"], about["shape"]) == (20, 0, [4])
    assert about["columns"]["same"] == "int64"
    assert about["labels"] == {"a": 10, "b": 10}
    assert about["unlabeled"] == 0
    assert about["warnings"] == [
        "constant columns: same",
        "columns that are mostly missing: rare",
        "column 'age' has 1 '?' among numbers, taken as missing: say so with --na",
        "column 'name' is text with 20 values in 20 rows, like an identifier: leave it out with "
        "--drop name",
    ]
    assert json.loads(json.dumps(about)) == about


def test_a_check_says_what_images_hold():
    data = Data(kind="images", x=IMAGES, y=[1, 1, -1], quarantine=[("a.png", "the file is empty")])
    about = check(data)
    assert about["range"] == [0, 191]
    assert about["labels"] == {"1": 2}
    assert about["unlabeled"] == 1
    assert about["quarantine"] == [["a.png", "the file is empty"]]
    assert about["fingerprint"] == data.fingerprint
    assert about["warnings"] == [
        "all labels are 1: a classifier needs at least two classes",
        "1 files or lines could not be read whole",
    ]


def test_a_check_says_what_numbers_hold():
    about = check(from_memory(np.array([[1, 2.5], [1, np.nan]]), y=[0.5, 2.5]))
    assert about["labels"] == {"min": 0.5, "mean": 1.5, "max": 2.5}
    assert about["warnings"] == ["1 rows hold NaN or infinity", "constant columns: 0"]
    assert check(from_memory(IMAGES))["unlabeled"] is None


def test_a_check_of_a_target_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="there is no column 'x' to predict; there are 'a'"):
        check(from_memory(pd.DataFrame({"a": [1, 2]})), target="x")
    with pytest.raises(ValueError, match="a target column is for tables"):
        check(from_memory(IMAGES), target="x")
