"""Volumes and sounds from files and folders, series from .ts files, and what is wrong with them."""

import numpy as np
import pytest
from scipy.io import wavfile

from ssgan.data import read
from ssgan.data.volumes import read_binvox, read_nifti

nibabel = pytest.importorskip("nibabel")
RNG = np.random.default_rng(0)


def write_binvox(path, voxels):
    """Runs of at most 255 voxels in the order x, z, y (Min 2004)."""
    flat = voxels.transpose(0, 2, 1).ravel()
    cuts = np.flatnonzero(np.diff(flat)) + 1
    runs = []
    for part in np.split(flat, cuts):
        whole, rest = divmod(len(part), 255)
        runs += [(int(part[0]), n) for n in [255] * whole + [rest] * bool(rest)]
    x, y, z = voxels.shape
    head = f"#binvox 1\ndim {x} {z} {y}\ntranslate 0 0 0\nscale 1\ndata\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head.encode() + bytes(np.array(runs, np.uint8).ravel()))


def test_a_binvox_file_is_read_as_it_was_written(tmp_path):
    voxels = RNG.random((9, 8, 12)) > 0.5
    write_binvox(tmp_path / "a.binvox", voxels)
    assert np.array_equal(read_binvox(tmp_path / "a.binvox"), voxels)
    solid = np.ones((8, 8, 8), bool)
    write_binvox(tmp_path / "b.binvox", solid)
    assert np.array_equal(read(tmp_path / "b.binvox").x, solid[None])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"solid", "its header is not one"),
        (b"#binvox 1\ndim 8 8\ndata\n", "its header names no three sides"),
        (b"#binvox 1\ndim 8 8 8\ndata\n\x01\xff", "does not hold the 512 voxels of its header"),
        (b"#binvox 1\ndim 9999 9999 9999\ndata\n", "claims 999,700,029,999 voxels, more than"),
    ],
)
def test_a_binvox_file_that_is_none_is_refused(content, message, tmp_path):
    (tmp_path / "a.binvox").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read(tmp_path / "a.binvox")


def test_a_folder_of_volumes_has_the_classes_of_its_folders_and_a_test_part(tmp_path):
    for number, name in enumerate(["train/desk/0", "train/desk/1", "train/sofa/2", "test/sofa/3"]):
        write_binvox(tmp_path / f"{name}.binvox", np.eye(8) + number > RNG.random((8, 8, 8)) + 1)
    data = read(tmp_path)
    assert (data.kind, data.x.shape, data.x.dtype) == ("volumes", (3, 8, 8, 8), bool)
    assert (data.y.tolist(), data.y_test.tolist()) == (["desk", "desk", "sofa"], ["sofa"])
    assert data.names == ["train/desk/0.binvox", "train/desk/1.binvox", "train/sofa/2.binvox"]
    assert data.options == {"modality": "volume"}
    write_binvox(tmp_path / "train/sofa/9.binvox", np.ones((8, 8, 9), bool))
    with pytest.raises(ValueError, match="desk/0.binvox has 8 x 8 x 8 and .*9.binvox 8 x 8 x 9"):
        read(tmp_path)


def test_scans_of_a_nifti_file_are_read_moment_by_moment(tmp_path):
    scans = RNG.normal(size=(8, 9, 10, 5)).astype(np.float32)
    nibabel.save(nibabel.Nifti1Image(scans, np.eye(4)), tmp_path / "scans.nii.gz")
    data = read(tmp_path / "scans.nii.gz")
    assert (data.kind, data.x.shape) == ("volumes", (5, 8, 9, 10))
    np.testing.assert_array_equal(data.x[2], scans[..., 2])
    (tmp_path / "cut.nii").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="cannot be read as NIfTI"):
        read(tmp_path / "cut.nii")


def tone(path, rate=8000, length=100, channels=1, dtype=np.int16):
    """A sound whose largest value is half of what its type holds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    wave = np.sin(np.arange(length) / 3)[:, None].repeat(channels, 1)
    most = np.iinfo(dtype).max if np.dtype(dtype).kind == "i" else 1
    wavfile.write(path, rate, (wave * most / 2).astype(dtype).squeeze())


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32])
def test_sounds_lie_between_minus_1_and_1_whatever_they_are_stored_in(dtype, tmp_path):
    for name in ("one/a", "two/b"):
        tone(tmp_path / f"{name}.wav", dtype=dtype)
    data = read(tmp_path)
    assert (data.kind, data.x.shape, data.y.tolist()) == ("signals", (2, 100), ["one", "two"])
    np.testing.assert_allclose(data.x[0], np.sin(np.arange(100) / 3) / 2, atol=1e-4)


def test_unsigned_bytes_are_silent_at_128_and_stereo_has_two_channels(tmp_path):
    wavfile.write(tmp_path / "a.wav", 8000, np.full((50, 2), 128, np.uint8))
    data = read(tmp_path)
    assert data.x.shape == (1, 2, 50)
    assert not data.x.any()


def test_sounds_that_differ_in_length_or_rate_are_refused_with_a_remedy(tmp_path):
    tone(tmp_path / "a.wav")
    tone(tmp_path / "b.wav", length=90)
    with pytest.raises(ValueError, match=r"a.wav has 100 and b.wav 90: give length=... .--length"):
        read(tmp_path)
    assert read(tmp_path, length=95).x.shape == (2, 95)
    tone(tmp_path / "c.wav", rate=16000)
    with pytest.raises(ValueError, match="have 8000 and 16000 samples a second: convert them"):
        read(tmp_path, length=95)


def test_a_file_that_cannot_be_read_is_left_out_where_it_is_one_of_many(tmp_path):
    for number in range(100):
        tone(tmp_path / f"{number:03d}.wav", length=20)
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    data = read(tmp_path)
    assert len(data) == 100
    assert [file for file, _ in data.quarantine] == ["bad.wav"]
    with pytest.raises(ValueError, match="holds no .binvox, .nii, .nii.gz files"):
        read(tmp_path, modality="volume")


def test_other_sounds_are_read_or_name_the_extra_that_reads_them(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    wave = (np.sin(np.arange(200) / 3) / 2).astype(np.float32)
    soundfile.write(tmp_path / "a.flac", wave, 8000)
    np.testing.assert_allclose(read(tmp_path).x[0], wave, atol=1e-4)


HEAD = "@problemName tiny\n@timeStamps false\n@classLabel true up down\n# a comment\n@data\n"


def test_a_ts_file_brings_labels_and_the_test_part_that_lies_beside_it(tmp_path):
    (tmp_path / "T_TRAIN.ts").write_text(HEAD + "1,2,3:up\n3,2,1:down\n")
    (tmp_path / "T_TEST.ts").write_text(HEAD + "1,2,4:up\n")
    data = read(tmp_path / "T_TRAIN.ts")
    assert (data.kind, data.x.tolist()) == ("signals", [[1, 2, 3], [3, 2, 1]])
    assert (data.y.tolist(), data.x_test.tolist()) == (["up", "down"], [[1, 2, 4]])


def test_a_ts_file_may_have_channels_gaps_and_numbers_to_predict(tmp_path):
    (tmp_path / "a.ts").write_text("@targetLabel true\n@data\n1,2,3:4,?,6:0.5\n1,1,1:2,2,2:1.5\n")
    with pytest.warns(UserWarning, match="1 of 2 signals have gaps"):
        data = read(tmp_path / "a.ts")
    assert data.x.tolist() == [[[1, 2, 3], [4, 5, 6]], [[1, 1, 1], [2, 2, 2]]]
    assert (data.y.dtype, data.y.tolist()) == (np.float64, [0.5, 1.5])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2:up\n", "line 1 comes before @data: is it a .ts file"),
        (HEAD, "holds no signals after @data"),
        (HEAD + "1,x:up\n", "line 6 holds a value that is no number"),
        (HEAD + "up\n", "line 6 holds no values"),
        (HEAD + "1,2,3:up\n1,2:up\n", "lengths from 2 to 3: give length"),
        (HEAD.replace("false", "true") + "(0,1),(1,2):up\n", "values with timestamps"),
    ],
)
def test_a_ts_file_that_cannot_be_used_is_refused(text, message, tmp_path):
    (tmp_path / "a.ts").write_text(text)
    with pytest.raises(ValueError, match=message):
        read(tmp_path / "a.ts")


def test_without_nibabel_the_sentence_names_the_extra(tmp_path):
    def absent():
        raise ImportError("no module of that name")

    with pytest.raises(ValueError, match=r"install ssgan\[volumes\]"):
        read_nifti(tmp_path / "a.nii", absent)
