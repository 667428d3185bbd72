"""`ssgan sample` in blocks: the same bytes as in one, few rows at once, nothing half-written."""

import errno
import io
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from ssgan.cli import ssgan, writing
from ssgan.cli.sample import write_sampled
from ssgan.models.pretraining import load, pretrain
from ssgan.synthesis.sampling import ConditionList, condition_list, sample_blocks
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
        pretrain(made(), examples.SMALL, labels=NAMES, run=home / f"{kind}-classes")
    pretrain(examples.vectors(), examples.SMALL, labels=examples.NUMBERS, run=home / "numbers")
    return home


def in_blocks(run, out, count=None, texts=None, per_class=None, seed=0):
    """Samples of a run in blocks of BLOCK, under the conditions of these texts if any."""
    gan, conditions = load(run), None
    if texts is not None:
        conditions = condition_list(gan, texts, count, per_class)
    total = conditions.count if conditions else count
    write_sampled(gan, out, total, seed=seed, conditions=conditions, block=BLOCK)


def whole(suffix, x, **named):
    """The bytes of a file, or files by name, that are written of all samples at once."""
    stream = io.BytesIO()
    if suffix == ".npy":
        np.save(stream, x)
    elif suffix == ".npz":
        np.savez(stream, x=x, **{name: writing.plain_array(y) for name, y in named.items()})
    else:
        frame = x if isinstance(x, pd.DataFrame) else writing.table_of_arrays(x=x)
        frame = frame.assign(**named)
        save = frame.to_csv if suffix == ".csv" else frame.to_parquet
        save(stream, index=False)
    return stream.getvalue()


@pytest.mark.parametrize("count", [1, 2 * BLOCK, 3 * BLOCK + 2])
@pytest.mark.parametrize(("kind", "suffix"), CASES)
def test_blocks_give_the_bytes_of_the_whole(runs, tmp_path, kind, suffix, count):
    out = tmp_path / f"s{suffix}"
    in_blocks(runs / kind, out, count, seed=3)
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


@pytest.mark.parametrize("asked", [(None, [], 6), (1, ["bright below", "up"], None)])
@pytest.mark.parametrize(("kind", "suffix"), [("images", ".npz"), ("table", ".csv")])
def test_labels_come_in_blocks_as_well(runs, tmp_path, kind, suffix, asked):
    out = tmp_path / f"s{suffix}"
    in_blocks(runs / f"{kind}-classes", out, *asked)
    labels = ["bright below"] * 6 + ["up"] * 6 if asked[2] else ["bright below"]
    gan = load(runs / f"{kind}-classes")
    labels = gan.condition.decode(np.array([gan.classes.index(label) for label in labels]))
    x = gan.sample(len(labels), 0, labels)
    assert out.read_bytes() == whole(suffix, x, **{"y" if suffix == ".npz" else "label": labels})


def test_numbers_are_asked_for_in_blocks(runs, tmp_path):
    in_blocks(runs / "numbers", tmp_path / "s.csv", 2 * BLOCK + 1, ["0.5", "1"])
    labels = np.resize([0.5, 1.0], 2 * BLOCK + 1)
    x = load(runs / "numbers").sample(len(labels), 0, labels)
    assert (tmp_path / "s.csv").read_bytes() == whole(".csv", x, label=labels)


def test_images_by_class_are_numbered_on_over_the_blocks(runs, tmp_path):
    in_blocks(runs / "images-classes", tmp_path / "s", 3 * BLOCK, ["up"])
    assert [folder.name for folder in (tmp_path / "s").iterdir()] == ["up"]
    gan = load(runs / "images-classes")
    for number, image in enumerate(gan.sample(3 * BLOCK, 0, "up")):
        file = tmp_path / "s" / "up" / f"{number:05d}.png"
        assert np.array_equal(np.asarray(Image.open(file)), image)


@pytest.mark.parametrize("each", [None, 4])
def test_labels_of_a_span_are_those_of_all(each):
    found = ConditionList(np.array(["a", "b", "c"]), 12, each)
    every = found.labels(0, 12).tolist()
    assert every == (["a", "b", "c"] * 4 if each is None else sorted(["a", "b", "c"] * 4))
    assert [*found.labels(0, 5), *found.labels(5, 12)] == every
    assert found.counts() == {"a": 4, "b": 4, "c": 4}


def test_classes_that_do_not_come_are_not_counted():
    assert ConditionList(np.array(["a", "b", "a"]), 2, None).counts() == {"a": 1, "b": 1}
    assert ConditionList(np.array(["a", "b", "a"]), 4, None).counts() == {"a": 3, "b": 1}


@pytest.mark.parametrize(("count", "width"), [(1, "<U1"), (2, "<U3")])
def test_text_is_as_wide_as_the_widest_label_that_comes(tmp_path, count, width):
    blocks = [(np.zeros((1, 2)), {"y": np.array([y], object)}) for y in ("a", "bcd")[:count]]
    writing.stream_arrays(tmp_path / "s.npz", count, blocks)
    with np.load(tmp_path / "s.npz") as arrays:
        assert arrays["y"].dtype == np.dtype(width)


class Counting:
    """A GAN of numbers from 0 on that keeps how many were made at once."""

    class codec:
        decode = staticmethod(np.asarray)

    def __init__(self):
        self.sizes = []

    def generate(self, n, seed, start, labels):
        self.sizes.append(n)
        return torch.arange(start, start + n)


def test_no_more_than_a_block_is_made_at_once():
    gan = Counting()
    blocks = [x for x, _ in sample_blocks(gan, 5 * BLOCK + 1, block=BLOCK)]
    assert gan.sizes == [BLOCK] * 5 + [1]
    assert np.concatenate(blocks).tolist() == [*range(5 * BLOCK + 1)]


@pytest.mark.parametrize("columns", [1, 4])
def test_a_row_group_holds_no_more_than_its_cells(tmp_path, columns):
    import pyarrow.parquet as pq

    frames = [pd.DataFrame(np.full((4, columns), float(k))) for k in range(6)]
    frames = [frame.set_axis([f"x{c}" for c in range(columns)], axis=1) for frame in frames]
    writing.stream_table(iter(frames), tmp_path / "s.parquet", rows=10, cells=20)
    file = pq.ParquetFile(tmp_path / "s.parquet")
    sizes = [file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)]
    assert sizes == ([10, 10, 4] if columns == 1 else [5, 5, 5, 5, 4])
    assert pd.read_parquet(tmp_path / "s.parquet")["x0"].tolist() == sorted([0, 1, 2, 3, 4, 5] * 4)


def test_text_may_come_after_a_group_of_missing_values(tmp_path):
    frames = [pd.DataFrame({"a": np.array(v, object)}) for v in ([None, None], ["b", None])]
    writing.stream_table(iter(frames), tmp_path / "s.parquet", rows=2)
    values = pd.read_parquet(tmp_path / "s.parquet")["a"].tolist()
    assert values[2] == "b" and all(pd.isna(value) for value in (*values[:2], values[3]))


class Stopping:
    """A GAN that fails in its third block."""

    def __init__(self, gan, error):
        self.gan, self.error = gan, error
        self.codec, self.data, self.condition = gan.codec, gan.data, gan.condition

    def generate(self, n, seed, start, labels):
        if start >= 2 * BLOCK:
            raise self.error
        return self.gan.generate(n, seed, start, labels)


@pytest.mark.parametrize(("kind", "suffix"), CASES)
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "disk full")])
def test_what_stops_half_way_leaves_what_was_there(runs, tmp_path, kind, suffix, error):
    out = tmp_path / "out" / f"s{suffix}"
    out.parent.mkdir()
    if suffix:
        out.write_bytes(b"precious")
    with pytest.raises(type(error)):
        write_sampled(Stopping(load(runs / kind), error), out, 30, block=BLOCK)
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
