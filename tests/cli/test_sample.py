"""`ssgan sample` in blocks: the same bytes as in one, few rows at once, nothing half-written."""

import errno
import io
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image

from ssgan.cli import sample as command
from ssgan.cli import ssgan, writing
from ssgan.cli.sample import Asked
from ssgan.models.gan import GAN, load, pretrain
from tests import examples

BLOCK = 7
FORMS = {"images": (".npz", ".npy", ""), "vectors": (".npz", ".npy", ".csv", ".parquet")}
FORMS["table"] = (".csv", ".parquet")
CASES = [(kind, form) for kind, forms in FORMS.items() for form in forms]
NAMES = np.where(examples.LABELS, "bright below", "up")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run for every kind of sample, and one that knows classes for each."""
    home = tmp_path_factory.mktemp("runs")
    for kind, made in examples.KINDS.items():
        pretrain(made(), examples.SMALL, run=home / kind)
        pretrain(made(), examples.SMALL, NAMES, run=home / f"{kind}-classes")
    pretrain(examples.vectors(), examples.SMALL, examples.NUMBERS, run=home / "numbers")
    return home


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(command, "BLOCK", BLOCK)


def done(*words):
    result = CliRunner().invoke(ssgan, ["sample", *map(str, words), "--quiet"])
    assert result.exit_code == 0, result.output
    return result


def whole(suffix, x, **named):
    """The bytes of a file, or files by name, that are written of all samples at once."""
    stream = io.BytesIO()
    if suffix == ".npy":
        np.save(stream, x)
    elif suffix == ".npz":
        np.savez(stream, x=x, **{name: writing.plain_array(y) for name, y in named.items()})
    else:
        frame = x if isinstance(x, pd.DataFrame) else writing.framed(x=x)
        frame = frame.assign(**named)
        save = frame.to_csv if suffix == ".csv" else frame.to_parquet
        save(stream, index=False)
    return stream.getvalue()


@pytest.mark.parametrize("count", [1, 2 * BLOCK, 3 * BLOCK + 2])
@pytest.mark.parametrize(("kind", "suffix"), CASES)
def test_blocks_give_the_bytes_of_the_whole(runs, tmp_path, small, kind, suffix, count):
    out = tmp_path / f"s{suffix}"
    done(runs / kind, "-n", count, "--seed", 3, "--out", out)
    x = load(runs / kind).sample(count, 3)
    if suffix:
        assert out.read_bytes() == whole(suffix, x)
        return
    files = sorted(out.iterdir())
    assert [file.name for file in files] == [f"{k:05d}.png" for k in range(count)]
    for file, image in zip(files, x, strict=True):
        assert np.array_equal(np.asarray(Image.open(file)), image)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-n", 0], "Invalid value for '-n': 0 is not in the range x>=1."),
        (["--per-class", 0], "0 is not in the range x>=1."),
        (["-n", 5, "--per-class", 2], "-n and --per-class exclude each other: give one of them."),
        ([], "Missing option '-n', or --per-class: give one of them."),
    ],
)
def test_no_samples_and_two_counts_are_bad_input_and_nothing_is_written(
    runs, tmp_path, words, message
):
    words = ["sample", runs / "images-classes", *words, "--out", tmp_path / "s.npz"]
    result = CliRunner().invoke(ssgan, [*map(str, words)])
    assert result.exit_code == 2
    assert message in result.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("count", "told"), [(1, "1 sample"), (2, "2 samples")])
def test_one_sample_is_not_called_samples(runs, tmp_path, count, told):
    words = ["sample", runs / "vectors", "-n", count, "--out", tmp_path / "s.npy"]
    result = CliRunner().invoke(ssgan, [*map(str, words)])
    assert result.stderr.endswith(f"s.npy holds {told}\n")


@pytest.mark.parametrize(
    "words", [["--per-class", 6], ["-n", 1, "--label", "bright below", "--label", "up"]]
)
@pytest.mark.parametrize(("kind", "suffix"), [("images", ".npz"), ("table", ".csv")])
def test_labels_come_in_blocks_as_well(runs, tmp_path, small, kind, suffix, words):
    out = tmp_path / f"s{suffix}"
    done(runs / f"{kind}-classes", *words, "--out", out)
    labels = ["bright below"] * 6 + ["up"] * 6 if "--per-class" in words else ["bright below"]
    gan = load(runs / f"{kind}-classes")
    labels = gan.condition.decode(np.array([gan.classes.index(label) for label in labels]))
    x = gan.sample(len(labels), 0, labels)
    assert out.read_bytes() == whole(suffix, x, **{"y" if suffix == ".npz" else "label": labels})


def test_numbers_are_asked_for_in_blocks(runs, tmp_path, small):
    words = ["-n", 2 * BLOCK + 1, "--label", "0.5", "--label", "1", "--out", tmp_path / "s.csv"]
    done(runs / "numbers", *words)
    labels = np.resize([0.5, 1.0], 2 * BLOCK + 1)
    x = load(runs / "numbers").sample(len(labels), 0, labels)
    assert (tmp_path / "s.csv").read_bytes() == whole(".csv", x, label=labels)


def test_images_by_class_are_numbered_on_over_the_blocks(runs, tmp_path, small):
    done(runs / "images-classes", "-n", 3 * BLOCK, "--label", "up", "--out", tmp_path / "s")
    assert [folder.name for folder in (tmp_path / "s").iterdir()] == ["up"]
    gan = load(runs / "images-classes")
    for number, image in enumerate(gan.sample(3 * BLOCK, 0, "up")):
        file = tmp_path / "s" / "up" / f"{number:05d}.png"
        assert np.array_equal(np.asarray(Image.open(file)), image)


@pytest.mark.parametrize("each", [None, 4])
def test_labels_of_a_span_are_those_of_all(each):
    asked = Asked(np.array(["a", "b", "c"]), 12, each)
    every = asked.labels(0, 12).tolist()
    assert every == (["a", "b", "c"] * 4 if each is None else sorted(["a", "b", "c"] * 4))
    assert [*asked.labels(0, 5), *asked.labels(5, 12)] == every
    assert asked.counts() == {"a": 4, "b": 4, "c": 4}


def test_classes_that_do_not_come_are_not_counted():
    assert Asked(np.array(["a", "b", "a"]), 2, None).counts() == {"a": 1, "b": 1}
    assert Asked(np.array(["a", "b", "a"]), 4, None).counts() == {"a": 3, "b": 1}
    words = np.array(["a", "bcd"], object)
    assert Asked(words, 1, None).dtype() == np.dtype("<U1")
    assert Asked(words, 2, None).dtype() == np.dtype("<U3")


@pytest.mark.parametrize(("kind", "suffix"), CASES)
def test_no_more_than_a_block_is_made_at_once(runs, tmp_path, monkeypatch, small, kind, suffix):
    sizes, usual = [], GAN.generate

    def counted(gan, n, *args):
        sizes.append(n)
        return usual(gan, n, *args)

    monkeypatch.setattr(GAN, "generate", counted)
    done(runs / kind, "-n", 5 * BLOCK + 1, "--out", tmp_path / f"s{suffix}")
    assert sizes == [BLOCK] * 5 + [1]


@pytest.mark.parametrize("columns", [1, 4])
def test_a_row_group_holds_no_more_than_its_numbers(tmp_path, monkeypatch, columns):
    import pyarrow.parquet as pq

    monkeypatch.setattr(writing, "GROUP", 10)
    monkeypatch.setattr(writing, "NUMBERS", 20)
    frames = [pd.DataFrame(np.full((4, columns), float(k))) for k in range(6)]
    frames = [frame.set_axis([f"x{c}" for c in range(columns)], axis=1) for frame in frames]
    writing.stream_table(iter(frames), tmp_path / "s.parquet")
    file = pq.ParquetFile(tmp_path / "s.parquet")
    sizes = [file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)]
    assert sizes == ([10, 10, 4] if columns == 1 else [5, 5, 5, 5, 4])
    assert pd.read_parquet(tmp_path / "s.parquet")["x0"].tolist() == sorted([0, 1, 2, 3, 4, 5] * 4)


def test_text_may_come_after_a_group_of_missing_values(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "GROUP", 2)
    frames = [pd.DataFrame({"a": np.array(v, object)}) for v in ([None, None], ["b", None])]
    writing.stream_table(iter(frames), tmp_path / "s.parquet")
    values = pd.read_parquet(tmp_path / "s.parquet")["a"].tolist()
    assert values[2] == "b" and all(pd.isna(value) for value in (*values[:2], values[3]))


@pytest.mark.parametrize(("kind", "suffix"), CASES)
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "disk full")])
def test_what_stops_half_way_leaves_what_was_there(
    runs, tmp_path, monkeypatch, small, kind, suffix, error
):
    out, usual = tmp_path / "out" / f"s{suffix}", GAN.generate
    out.parent.mkdir()
    if suffix:
        out.write_bytes(b"precious")

    def stopped(gan, n, seed, start, told):
        if start >= 2 * BLOCK:
            raise error
        return usual(gan, n, seed, start, told)

    monkeypatch.setattr(GAN, "generate", stopped)
    words = ["sample", str(runs / kind), "-n", "30", "--out", str(out)]
    assert CliRunner().invoke(ssgan, words).exit_code in (1, 130)
    assert [path.name for path in out.parent.iterdir()] == ([out.name] if suffix else [])
    assert not suffix or out.read_bytes() == b"precious"


PEAK = """
import re, sys
from ssgan.cli import ssgan
try:
    ssgan(sys.argv[1:])
finally:
    print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="asks Linux for the memory")
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_a_million_samples_take_no_more_memory_than_a_few(tmp_path, suffix):
    pretrain(np.random.default_rng(0).normal(size=(40, 16)), examples.SMALL, run=tmp_path / "run")
    peaks = []
    for count in (20_000, 1_000_000):
        out = tmp_path / f"s{suffix}"
        words = ["sample", tmp_path / "run", "-n", count, "--out", out, "--quiet"]
        told = subprocess.run(
            [sys.executable, "-c", PEAK, *map(str, words)], capture_output=True, check=True
        )
        peaks.append(int(told.stdout) / 1024)
    assert out.stat().st_size >= 16 * 8 * 1_000_000
    assert peaks[1] - peaks[0] < 60, peaks  # MB; all of them are 128
