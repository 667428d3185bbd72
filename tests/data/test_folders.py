"""Image folders: layouts, every kind of image, and files that are broken."""

import io
import re
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from ssgan.data import read
from ssgan.data.images.folders import threads_for
from ssgan.data.images.pictures import PictureHead

RNG = np.random.default_rng(0)


def picture(mode="RGB", size=(10, 8), seed=0):
    bands = {"L": 1, "RGB": 3, "RGBA": 4}.get(mode, 4)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], bands), dtype=np.uint8)
    image = Image.fromarray(pixels[..., 0] if bands == 1 else pixels)
    return image.convert({"CMYK": "RGB"}.get(mode, mode)).convert(mode)


def bytes_of(image, kind="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def put(root, files):
    """Write {name: image or bytes} below the root."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else bytes_of(content))
    return root


def bomb(side=9000):
    """A PNG of a few dozen bytes that claims side x side pixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    end = struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 9) + b"IDAT" + bytes(5) + end


LAYOUTS = [
    (["2.png", "10.png"], ["10.png", "2.png"], None, None),
    (
        ["b/1.png", "a/2.png", "a/x/3.png"],
        ["a/2.png", "a/x/3.png", "b/1.png"],
        ["a", "a", "b"],
        None,
    ),
    (["a/1.png", "b/1.png", "unlabeled/1.png"], None, ["a", "b", None], None),
    (["a/1.png", "b/1.png", "0.png"], ["0.png", "a/1.png", "b/1.png"], [None, "a", "b"], None),
    (["unlabeled/1.png", "2.png"], None, None, None),
    (["train/a/1.png", "train/b/1.png", "test/b/1.png"], None, ["a", "b"], ["b"]),
    (["train/1.png", "test/1.png"], ["train/1.png"], None, None),
    (["train/a/1.png", "unlabeled/1.png"], None, ["a", None], None),
    (["train/1.png", "plane/1.png"], None, ["plane", "train"], None),
]


@pytest.mark.parametrize(("files", "names", "labels", "test_labels"), LAYOUTS)
def test_labels_are_the_names_of_folders(tmp_path, files, names, labels, test_labels):
    data = read(put(tmp_path, {name: picture() for name in files}))
    assert names is None or data.names == names
    assert (None if data.y is None else data.y.tolist()) == labels
    assert (None if data.y_test is None else data.y_test.tolist()) == test_labels
    assert data.kind == "images"
    assert len(data.x) == len(data.names)
    if any(name.startswith("test/") for name in files):
        assert data.x_test.shape == (1, 8, 10, 3)


def test_a_folder_is_found_again_by_its_source_and_options(tmp_path):
    put(tmp_path, {f"{row}.png": picture(seed=row) for row in range(3)})
    data = read(tmp_path, size=(4, 6))
    again = read(data.source, **data.options)
    assert data.x.shape == (3, 4, 6, 3)
    assert again.fingerprint == data.fingerprint != read(tmp_path, size=4).fingerprint


def test_other_and_hidden_files_are_passed_over(tmp_path):
    files = {"1.png": picture(), "labels.csv": b"x", ".2.png": b"x", ".git/3.png": b"x"}
    assert read(put(tmp_path, files)).names == ["1.png"]


def test_a_linked_folder_is_read_and_a_loop_ends(tmp_path):
    put(tmp_path, {"root/a/1.png": picture(), "other/2.png": picture()})
    (tmp_path / "root" / "b").symlink_to(tmp_path / "other")
    (tmp_path / "root" / "a" / "loop").symlink_to(tmp_path / "root")
    with pytest.warns(UserWarning, match="no images are in 'a/loop' .a link to what is read"):
        assert read(tmp_path / "root").y.tolist() == ["a", "b"]


def test_pixels_of_a_png_are_kept_exactly(tmp_path):
    for mode in ("L", "RGB", "RGBA"):
        data = read(put(tmp_path / mode, {"a.png": picture(mode)}))
        np.testing.assert_array_equal(data.x[0], np.asarray(picture(mode)))


MODES = [
    ({"a.png": picture("L")}, ()),
    ({"a.png": picture("L").convert("1")}, ()),
    ({"a.png": picture("RGB")}, (3,)),
    ({"a.png": picture("RGB").quantize(8)}, (3,)),
    ({"a.png": picture("RGBA")}, (4,)),
    ({"a.png": picture("LA")}, (4,)),
    ({"a.jpg": bytes_of(picture("CMYK"), "JPEG")}, (3,)),
    ({"a.webp": bytes_of(picture("RGBA"), "WEBP", lossless=True)}, (4,)),
    ({"a.bmp": bytes_of(picture("RGB"), "BMP")}, (3,)),
    ({"a.png": picture("L"), "b.png": picture("RGB")}, (3,)),
    ({"a.png": picture("L"), "b.png": picture("RGBA"), "c.png": picture("RGBA")}, (4,)),
    ({"A.PNG": bytes_of(picture("L"), "JPEG")}, ()),
]


@pytest.mark.parametrize(("files", "channels"), MODES)
def test_channels_are_those_that_most_images_need(tmp_path, files, channels):
    data = read(put(tmp_path, files))
    assert data.x.shape == (len(files), 8, 10, *channels)
    assert data.x.dtype == np.uint8


def test_sixteen_bits_of_grey_are_scaled_to_eight(tmp_path):
    deep = Image.fromarray(np.array([[0, 256, 32768, 65535]] * 3, np.uint16))
    assert read(put(tmp_path, {"a.png": deep})).x[0, 0].tolist() == [0, 1, 128, 255]


def test_the_first_frame_of_an_animation_counts(tmp_path):
    frames = [Image.new("L", (6, 6), grey) for grey in (10, 200)]
    moving = bytes_of(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert set(np.unique(read(put(tmp_path, {"a.gif": moving})).x)) == {10}


def test_a_photograph_is_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = bytes_of(picture("RGB", (10, 8)), "PNG", exif=exif)
    data = read(put(tmp_path, {"a.png": turned}))
    np.testing.assert_array_equal(data.x[0], np.rot90(np.asarray(picture("RGB", (10, 8))), -1))


def test_images_of_several_sizes_need_a_size(tmp_path):
    put(tmp_path, {"a.png": picture(size=(10, 8)), "b.png": picture(size=(12, 30))})
    with pytest.raises(ValueError, match=r"several sizes .*: 10 x 8, 12 x 30; .*--size 64"):
        read(tmp_path)
    assert read(tmp_path, size=16).x.shape == (2, 16, 16, 3)


def test_a_size_scales_until_covered_and_crops_around_the_middle(tmp_path):
    wide = np.zeros((8, 24), np.uint8)
    wide[:, 4:20] = 255
    data = read(put(tmp_path, {"a.png": Image.fromarray(wide)}), size=4)
    assert data.x.shape == (1, 4, 4)
    assert (data.x == 255).all()


# Broken files

PNG = bytes_of(picture(size=(32, 32)))
JPEG = bytes_of(picture(size=(32, 32)), "JPEG")
BROKEN = [
    ("empty.png", b"", "the file is empty"),
    ("text.png", b"not an image at all", "no image of a known kind"),
    ("cut.jpg", JPEG[: len(JPEG) // 2], "truncated"),
    ("cut.png", PNG[: len(PNG) // 2], "truncated|cut|broken"),
    ("head.png", PNG[:20], "no image of a known kind|truncated|cut"),
    ("bomb.png", bomb(), "claims 9000 x 9000 pixels, more than 40 million"),
    ("bigger.png", bomb(10_000), "exceeds limit"),
    ("biggest.png", bomb(30_000), "exceeds limit"),
    ("scan.tiff", bytes_of(picture(), "TIFF"), "tiff files are not read: convert it to PNG"),
    ("post.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no image of a known kind"),
    ("none.png", None, "[Nn]o such file"),
]


def mostly_good(root, broken):
    files = {f"good/{row:03}.png": PNG for row in range(150)}
    return put(root, files | {name: content for name, content in broken if content is not None})


@pytest.mark.parametrize(("name", "content", "reason"), BROKEN)
def test_a_broken_image_is_listed_by_name_and_left_out(tmp_path, name, content, reason):
    mostly_good(tmp_path, [(name, content)])
    if content is None:
        (tmp_path / name).symlink_to(tmp_path / "nowhere.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = read(tmp_path)
    assert len(data.x) == 150
    assert name not in data.names
    [(listed, why)] = data.quarantine
    assert listed == name
    assert re.search(reason, why, re.IGNORECASE), why


def test_a_folder_with_too_many_broken_images_is_refused_by_name(tmp_path):
    mostly_good(tmp_path, [(f"bad{row:02}.png", b"x") for row in range(12)])
    with pytest.raises(ValueError) as refused:
        read(tmp_path)
    text = str(refused.value)
    assert "12 of 162 images" in text
    assert "more than 1 %" in text
    assert "bad00.png: it is no image" in text
    assert "bad09.png" in text
    assert "bad10.png" not in text
    assert "and 2 more" in text


def test_broken_images_of_the_test_part_are_left_out_too(tmp_path):
    files = {f"train/{row}.png": PNG for row in range(99)} | {"test/1.png": PNG, "test/2.png": b""}
    data = read(put(tmp_path, files))
    assert data.x_test.shape == (1, 32, 32, 3)
    assert [name for name, _ in data.quarantine] == ["test/2.png"]


@pytest.mark.parametrize("files", [{}, {"a.md": b"x"}, {"test/a.png": PNG}])
def test_a_folder_without_images_is_refused(tmp_path, files):
    put(tmp_path, files)
    if "test/a.png" in files:
        assert len(read(tmp_path)) == 1
    else:
        with pytest.raises(ValueError, match="holds no images: expected .png"):
            read(tmp_path)


def test_damaged_bytes_never_crash_the_reader(tmp_path):
    kinds = {"png": PNG, "jpg": JPEG, "webp": bytes_of(picture(size=(32, 32)), "WEBP")}
    kinds |= {"bmp": bytes_of(picture(size=(32, 32)), "BMP"), "gif": bytes_of(picture(), "GIF")}
    for row in range(150):
        suffix, content = list(kinds.items())[row % len(kinds)]
        damaged = bytearray(content)
        for place in RNG.integers(0, len(content), 3):
            damaged[place] = RNG.integers(256)
        put(tmp_path, {f"{row:03}.{suffix}": bytes(damaged[: RNG.integers(1, len(content))])})
    try:
        read(tmp_path, size=8)
    except ValueError as error:
        assert "cannot be read, more than 1 %" in str(error)


# Parts, and what is told from the files


def images_in(root, *names):
    return put(root, {name: picture(seed=row) for row, name in enumerate(names)})


PARTS = [
    (["train/a/1.png", "train/b/1.png", "val/a/1.png"], ["a", "b"], ["a"]),
    (["Train/a/1.png", "Train/b/1.png", "Validation/b/1.png"], ["a", "b"], ["b"]),
    (["training/a/1.png", "training/b/1.png", "testing/b/1.png"], ["a", "b"], ["b"]),
    (["pets/train/a/1.png", "pets/train/b/1.png", "pets/test/b/1.png"], ["a", "b"], ["b"]),
    (["train/a/1.png", "val/b/1.png", "unlabeled/1.png"], ["a", None], ["b"]),
]


@pytest.mark.parametrize(("files", "labels", "tested"), PARTS)
def test_parts_are_never_classes(tmp_path, files, labels, tested):
    data = read(images_in(tmp_path, *files))
    assert data.y.tolist() == labels
    assert data.y_test.tolist() == tested


def test_what_lies_beside_the_parts_is_left_out_and_said(tmp_path):
    images_in(tmp_path, "train/a/1.png", "train/b/1.png", "test/a/1.png", "0.png", "val/a/2.png")
    message = "left out are 1 images beside its parts; 1 images in 'val', as 'test' is held out"
    with pytest.warns(UserWarning, match=message):
        data = read(tmp_path)
    assert data.names == ["train/a/1.png", "train/b/1.png"]
    assert data.y_test.tolist() == ["a"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["train/a/1.png", "test/a/1.png", "cat/1.png"], "the parts 'train' and 'test', and besid"),
        (["test/a/1.png", "val/a/1.png"], "holds 'test' and 'val' but no 'train'"),
    ],
)
def test_parts_and_classes_side_by_side_are_refused(tmp_path, files, message):
    with pytest.raises(ValueError, match=message):
        read(images_in(tmp_path, *files))


@pytest.mark.parametrize("name", ["1.jfif", "1.JPE", "1.pjpeg", "photo", "1.jpg_large", "1.dat"])
def test_images_of_uncommon_names_are_read(tmp_path, name):
    content = bytes_of(picture(), "JPEG")
    assert read(put(tmp_path, {f"a/{name}": content, "b/2.jpg": content})).y.tolist() == ["a", "b"]


def test_a_class_without_images_is_said(tmp_path):
    put(tmp_path, {"a/1.png": picture(), "b/1.png": picture(), "c/1.raw": b"x", "c/2.raw": b"x"})
    with pytest.warns(UserWarning, match=r"no images are in 'c' \(.raw\)"):
        assert read(tmp_path).y.tolist() == ["a", "b"]


def deep(most):
    pixels = np.linspace(0, most, 256).reshape(16, 16).astype(np.uint16)
    return Image.fromarray(pixels)


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_deep_pixels_are_scaled_by_the_bits_that_they_use(tmp_path, bits):
    put(tmp_path, {"a.png": deep(2**bits - 1), "b.png": deep(2 ** (bits - 2))})
    with pytest.warns(UserWarning, match=f"2 pictures of 16 bits use {bits} of them"):
        data = read(tmp_path)
    assert len(np.unique(data.x[0])) == 256
    assert data.x[1].max() == 64
    assert data.options == {"bits": bits}
    assert read(tmp_path, **data.options).fingerprint == data.fingerprint
    assert read(tmp_path, bits=16).x.max() == (2**bits - 1) >> 8


def test_one_bright_image_among_deep_ones_is_said(tmp_path):
    files = {f"{row}.png": deep(4095) for row in range(3)} | {"hot.png": deep(65535)}
    with pytest.warns(UserWarning, match="half of the pictures of 16 bits use at most 12 of them"):
        read(put(tmp_path, files))
    assert len(np.unique(read(tmp_path, bits=12).x[0])) == 256


def test_a_few_images_with_transparency_are_put_on_white(tmp_path):
    clear = Image.new("RGBA", (10, 8), (0, 0, 0, 0))
    put(tmp_path, {f"{row}.png": picture() for row in range(3)} | {"clear.png": clear})
    with pytest.warns(UserWarning, match="1 of 4 pictures have transparency and are put on white"):
        data = read(tmp_path)
    assert data.x.shape == (4, 8, 10, 3)
    assert (data.x[data.names.index("clear.png")] == 255).all()
    assert read(tmp_path, mode="rgba").x.shape == (4, 8, 10, 4)


def test_a_little_colour_among_grey_is_said(tmp_path):
    put(tmp_path, {f"{row:02}.png": picture("L") for row in range(20)} | {"x.png": picture()})
    with pytest.warns(UserWarning, match="1 of 21 pictures have colour, .*--mode grey"):
        assert read(tmp_path).x.shape == (21, 8, 10, 3)


@pytest.mark.parametrize(
    ("mode", "channels"), [("grey", ()), ("L", ()), ("rgb", (3,)), ("colour", (3,)), ("RGBA", (4,))]
)
def test_a_mode_says_the_channels_of_all(tmp_path, mode, channels):
    put(tmp_path, {"a.png": picture("L"), "b.png": picture("RGBA"), "c.png": picture("RGB")})
    data = read(tmp_path, mode=mode)
    assert data.x.shape == (3, 8, 10, *channels)
    assert read(tmp_path, **data.options).fingerprint == data.fingerprint


def write_deep_colour(path, side=8):
    """A PNG of 16 bits a channel, which Pillow reads and does not write."""
    rows = np.random.default_rng(0).integers(0, 2**16, (side, side, 3)).astype(">u2")
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", side, side, 16, 2, 0, 0, 0),
        b"IDAT": zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows)),
        b"IEND": b"",
    }
    with path.open("wb") as stream:
        stream.write(b"\x89PNG\r\n\x1a\n")
        for kind, data in parts.items():
            checked = struct.pack(">I", zlib.crc32(kind + data))
            stream.write(struct.pack(">I", len(data)) + kind + data + checked)
    return (rows >> 8).astype(np.uint8)


def test_colour_of_16_bits_is_cut_and_counted(tmp_path):
    upper = write_deep_colour(tmp_path / "0.png")
    write_deep_colour(tmp_path / "1.png")
    Image.fromarray(upper).save(tmp_path / "2.png")
    with pytest.warns(UserWarning, match="2 of 3 pictures have colour of 16 bits a channel"):
        x = read(tmp_path).x
    assert np.array_equal(x[0], upper) and np.array_equal(x[0], x[2])


def parts_in(root, *folders):
    """The labels of both parts of a folder that holds an image in each of these."""
    images_in(root, *[f"{folder}/1.png" for folder in folders])
    data = read(root)
    return data.y.tolist(), None if data.y_test is None else data.y_test.tolist()


@pytest.mark.parametrize(
    ("train", "test"),
    [("train_images", "test_images"), ("Train1", "test1"), ("d/x/train", "d/x/Valid")],
)
def test_parts_are_told_by_the_start_of_their_name_and_at_any_depth(tmp_path, train, test):
    found = parts_in(tmp_path, f"{train}/a", f"{train}/b", f"{test}/b")
    assert found == (["a", "b"], ["b"])


def test_tests_that_are_classes_stay_classes(tmp_path):
    assert parts_in(tmp_path, "test1", "test2", "test3") == (["test1", "test2", "test3"], None)


def test_two_folders_that_may_be_one_part_are_refused(tmp_path):
    with pytest.raises(ValueError, match="'train' and 'train2', which may both be its part"):
        parts_in(tmp_path, "train/a", "train2/a", "test/a")


@pytest.mark.parametrize("name", ["Unlabeled", "unlabelled"])
def test_other_spellings_of_unlabeled_are_no_class(tmp_path, name):
    assert sorted(map(str, parts_in(tmp_path, "a", "b", name)[0])) == ["None", "a", "b"]


def test_folders_that_hold_the_same_folders_are_said(tmp_path):
    with pytest.warns(UserWarning, match="cat, dog are taken for the classes; each holds test, tr"):
        parts_in(tmp_path, "cat/train", "cat/test", "dog/train", "dog/test")


@pytest.mark.parametrize("only", ["test", "pictures"])
def test_an_only_class_that_holds_folders_is_said(tmp_path, only):
    with pytest.warns(
        UserWarning, match=f"folder {only} is taken for the only class; it holds c, d"
    ):
        parts_in(tmp_path, f"{only}/c", f"{only}/d")


def test_an_empty_folder_is_said_and_that_of_an_archive_passed_over(tmp_path):
    (tmp_path / "fox").mkdir()
    (tmp_path / "__MACOSX" / "a").mkdir(parents=True)
    with pytest.warns(UserWarning, match=r"no images are in 'fox' \(it is empty\)"):
        assert parts_in(tmp_path, "a", "b")[0] == ["a", "b"]


def test_pictures_of_floating_point_numbers_are_refused():
    with pytest.raises(ValueError, match="have no range: give arrays"):
        read([Image.fromarray(np.zeros((8, 8), np.float32))] * 2)


def test_threads_are_for_pictures_of_some_size():
    small, large = PictureHead(32, 32, 3), PictureHead(200, 200, 3)
    assert threads_for([small, small, large], cores=3) == 1
    assert threads_for([small, large, large], cores=3) == 3


def test_large_pictures_are_the_same_by_any_number_of_threads(tmp_path, monkeypatch):
    put(tmp_path, {f"{n}.png": picture(size=(120, 110), seed=n) for n in range(6)})
    found = []
    for count in (1, 3):
        monkeypatch.setattr("os.cpu_count", lambda count=count: count)
        found.append(read(tmp_path).x)
    assert np.array_equal(*found)
