"""Checkpoints survive kills, full disks and damage, or say what is wrong with them."""

import errno
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import textwrap

import pytest
import safetensors.torch
import torch

from ssgan.runs import checkpoints
from ssgan.runs.checkpoints import load, load_marked, save, steps
from ssgan.runs.storage import sweep
from tests.runs.test_storage import Faults, names

DTYPES = [
    *(torch.float64, torch.float32, torch.float16, torch.bfloat16),
    *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
]


def tensors(step, size=8):
    return {"weight": torch.full((size,), float(step)), "count": torch.tensor(step)}


def saved(directory, *numbers):
    for step in numbers:
        save(directory, step, tensors(step), {"step": step})
    return directory


def assert_holds(directory, step):
    """The newest intact checkpoint is that of `step`, unharmed."""
    checkpoint = load(directory)
    assert checkpoint.step == step and checkpoint.state == {"step": step}
    assert checkpoint.tensors.keys() == tensors(step).keys()
    assert all(torch.equal(checkpoint.tensors[k], v) for k, v in tensors(step).items())


def flip(path, bit):
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def forge(directory, step, files):
    """A checkpoint with these contents and the right hashes, as an attacker can write it."""
    target = directory / f"step-{step:08d}"
    target.mkdir(parents=True)
    entries = {}
    for name, data in files.items():
        entries[name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        with open(target / os.path.basename(name), "wb") as file:
            file.write(data)
    manifest = {"format": 1, "step": step, "files": entries}
    (target / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_values_shapes_and_dtypes_come_back(tmp_path, dtype):
    values = torch.tensor([[0, 1, 1], [1, 0, 1]]).to(dtype)
    some = {"a": values, "empty": values[:0], "other empty": values[:, :0], "one": values[0, 1]}
    save(tmp_path, 7, some, {})
    back = load(tmp_path).tensors
    assert back.keys() == some.keys()
    for name, tensor in some.items():
        assert back[name].dtype == dtype and back[name].shape == tensor.shape
        assert torch.equal(back[name], tensor)


def test_tensors_that_share_memory_or_are_not_contiguous_come_back(tmp_path):
    base = torch.arange(24.0).reshape(2, 3, 2, 2)
    some = {
        "all": base,
        "again": base,
        "part": base[1],
        "turned": base.permute(3, 1, 0, 2),
        "channels last": base.to(memory_format=torch.channels_last),
        "parameter": torch.nn.Parameter(base),
    }
    save(tmp_path, 0, some, {})
    back = load(tmp_path).tensors
    assert all(torch.equal(back[name], tensor) for name, tensor in some.items())
    back["all"].zero_()
    assert torch.equal(back["again"], base)
    assert not back["parameter"].requires_grad


def test_a_state_comes_back_bit_for_bit(tmp_path):
    state = {"rate": 0.1 + 0.2, "best": float("inf"), "big": 2**70, "ü": ["\udcff", None, True]}
    save(tmp_path, 1, {}, state)
    assert load(tmp_path).state == state


def test_a_state_that_json_would_change_is_refused(tmp_path):
    with pytest.raises(TypeError, match="state.groups has the key 0"):
        save(tmp_path, 1, {}, {"groups": {0: 1}})
    assert names(tmp_path) == []


def test_nothing_saved_is_none(tmp_path):
    assert load(tmp_path) is None and load(tmp_path / "missing") is None
    assert steps(tmp_path / "missing") == []


def test_the_newest_two_are_kept(tmp_path):
    saved(tmp_path, 0, 10, 20, 99_999_999, 100_000_000)
    assert steps(tmp_path) == [99_999_999, 100_000_000]
    assert names(tmp_path) == ["step-100000000", "step-99999999"]
    assert_holds(tmp_path, 100_000_000)


def test_a_checkpoint_of_a_step_is_loaded_by_its_step(tmp_path):
    saved(tmp_path, 10, 20)
    assert load(tmp_path, 10).state == {"step": 10}
    with pytest.raises(FileNotFoundError, match=r"no checkpoint of step 15.*\[10, 20\]"):
        load(tmp_path, 15)


def test_going_back_drops_the_course_that_was_left(tmp_path):
    saved(tmp_path, 10, 20, 15)
    assert steps(tmp_path) == [10, 15]
    assert_holds(tmp_path, 15)


def test_saving_a_step_again_replaces_it(tmp_path):
    saved(tmp_path, 10, 20)
    save(tmp_path, 20, tensors(5), {"step": 5})
    assert names(tmp_path) == ["step-00000010", "step-00000020"]
    assert load(tmp_path).state == {"step": 5}


def test_a_checkpoint_of_which_only_the_replaced_one_is_left_counts(tmp_path):
    saved(tmp_path, 10, 20)
    os.rename(tmp_path / "step-00000020", tmp_path / "step-00000020.replaced")
    assert steps(tmp_path) == [10, 20]
    assert_holds(tmp_path, 20)
    saved(tmp_path, 30)
    assert names(tmp_path) == ["step-00000020.replaced", "step-00000030"]
    saved(tmp_path, 40)
    assert names(tmp_path) == ["step-00000030", "step-00000040"]


def marked(directory, best, *numbers):
    for step in numbers:
        mark = {"best": {"step": best, "distance": 0.1 + 0.2}}
        save(directory, step, tensors(step), {"step": step}, mark)


def test_marked_checkpoints_are_kept_until_the_newest_two_mark_others(tmp_path):
    saved(tmp_path, 10)
    marked(tmp_path, 20, 20, 30, 40, 50)
    assert steps(tmp_path) == [20, 40, 50]
    assert load_marked(tmp_path, "best").step == 20
    assert load(tmp_path).marks == {"best": {"step": 20, "distance": 0.1 + 0.2}}
    marked(tmp_path, 60, 60)
    assert steps(tmp_path) == [20, 50, 60]  # 50 may yet be the one to fall back to
    marked(tmp_path, 60, 70, 80)
    assert steps(tmp_path) == [60, 70, 80]


def test_what_a_damaged_checkpoints_predecessor_marks_is_still_there(tmp_path):
    marked(tmp_path, 10, 10, 20, 30)
    marked(tmp_path, 40, 40)
    flip(tmp_path / "step-00000040" / "state.json", 8)
    with pytest.warns(UserWarning, match="using step 30 instead"):
        assert load_marked(tmp_path, "best").step == 10


def test_a_mark_that_is_not_there_is_refused_and_nothing_saved_is_none(tmp_path):
    assert load_marked(tmp_path, "best") is None
    saved(tmp_path, 1)
    with pytest.raises(FileNotFoundError, match="marks no checkpoint as the best.*the last one"):
        load_marked(tmp_path, "best")


@pytest.mark.parametrize("wrong", [[], {"best": 1}, {"best": {}}, {"best": {"step": 3}}])
@pytest.mark.parametrize("value", ["1", None])
def test_wrong_marks_are_damage(tmp_path, wrong, value):
    marked(tmp_path, 1, 1, 2)
    path = tmp_path / "step-00000002" / "manifest.json"
    wrong = wrong if value is None else {"best": {"step": value}}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"marks": wrong}))
    with pytest.warns(UserWarning, match="manifest.json is damaged: each mark.*using step 1"):
        assert_holds(tmp_path, 1)
    marked(tmp_path, 3, 3)
    assert steps(tmp_path) == [2, 3]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_weights_that_are_not_finite_are_never_saved(tmp_path, value, dtype):
    saved(tmp_path, 1)
    wrong = {"fine": torch.ones(3), "critic.weight": torch.tensor([1.0, value], dtype=dtype)}
    with pytest.raises(ValueError, match=r"step 2 is not saved, 'critic.weight' holds NaN or inf"):
        save(tmp_path, 2, wrong, {})
    assert steps(tmp_path) == [1]


def test_weights_that_are_not_finite_are_never_loaded(tmp_path):
    saved(tmp_path, 1)
    weights = safetensors.torch.save({"w": torch.tensor([float("nan")])})
    forge(tmp_path, 2, {"state.safetensors": weights, "state.json": b"{}"})
    with pytest.warns(UserWarning, match=r"step-00000002.*'w' holds NaN.*using step 1 instead"):
        assert_holds(tmp_path, 1)


def test_a_negative_step_is_refused(tmp_path):
    with pytest.raises(ValueError, match="0 or more, not -1"):
        save(tmp_path, -1, {}, {})


@pytest.mark.parametrize("name", ["state.safetensors", "state.json", "manifest.json"])
def test_every_flipped_bit_is_detected_and_the_one_before_is_used(tmp_path, name):
    path = saved(tmp_path, 1, 2) / "step-00000002" / name
    intact = path.read_bytes()
    bits = range(8 * len(intact))
    for bit in random.Random(0).sample(bits, min(400, len(bits))):
        flip(path, bit)
        with pytest.warns(UserWarning, match="(?s)step-00000002.*using step 1 instead"):
            assert load(tmp_path).step == 1
        path.write_bytes(intact)
    assert_holds(tmp_path, 2)


@pytest.mark.parametrize("name", ["state.safetensors", "state.json", "manifest.json"])
def test_every_truncation_is_detected_and_the_one_before_is_used(tmp_path, name):
    path = saved(tmp_path, 1, 2) / "step-00000002" / name
    intact = path.read_bytes()
    for length in range(0, len(intact), 3):
        path.write_bytes(intact[:length])
        with pytest.warns(UserWarning, match=f"{name}.*using step 1 instead"):
            assert load(tmp_path).step == 1
    path.unlink()
    with pytest.warns(UserWarning, match=f"{name} is missing"):
        assert_holds(tmp_path, 1)


def test_a_damaged_checkpoint_is_replaced_when_training_gets_there_again(tmp_path):
    saved(tmp_path, 1, 2)
    flip(tmp_path / "step-00000002" / "state.safetensors", 900)
    with pytest.warns(UserWarning):
        assert_holds(tmp_path, 1)
    saved(tmp_path, 2)
    assert_holds(tmp_path, 2)
    assert steps(tmp_path) == [1, 2]


def test_all_damaged_is_an_error_that_names_them(tmp_path):
    saved(tmp_path, 1, 2)
    for step in (1, 2):
        (tmp_path / f"step-0000000{step}" / "manifest.json").unlink()
    with pytest.raises(ValueError, match="intact.*step-00000002.*missing.*step-00000001.*restore"):
        load(tmp_path)


def test_an_asked_step_that_is_damaged_is_an_error_although_others_are_intact(tmp_path):
    saved(tmp_path, 1, 2)
    flip(tmp_path / "step-00000002" / "state.json", 8)
    with pytest.raises(ValueError, match="step-00000002"):
        load(tmp_path, 2)


@pytest.mark.parametrize("name", ["../state.json", "/tmp/state.json", "..", "other.json"])
def test_a_manifest_with_other_names_is_refused(tmp_path, name):
    files = {"state.safetensors": safetensors.torch.save({}), name: b"{}"}
    if name == "..":
        files = {"state.safetensors": files["state.safetensors"]}
    forge(tmp_path, 1, files)
    if name == "..":
        path = tmp_path / "step-00000001" / "manifest.json"
        manifest = json.loads(path.read_text())
        manifest["files"][".."] = {"bytes": 0, "sha256": ""}
        path.write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match="must name state.safetensors and state.json and nothing"):
        load(tmp_path)


def header(text):
    return len(text).to_bytes(8, "little") + text


HOSTILE = {
    "a header that claims 2**60 bytes": (2**60).to_bytes(8, "little") + b"{}",
    "a header cut off": safetensors.torch.save({"a": torch.ones(3)})[:20],
    "tensors beyond the end": header(b'{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}'),
    "an unknown dtype": header(b'{"a":{"dtype":"X9","shape":[1],"data_offsets":[0,1]}}') + b"1",
    "a wrong shape": header(b'{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,1]}}') + b"1",
    "a dtype of half bytes": header(b'{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}')
    + b"1",
    "a header nested 10,000 deep": header(b'{"a":' * 10_000 + b"}" * 10_000),
    "a pickle": b"\x80\x04cos\nsystem\n(S'exit 9'\ntR.",
    "nothing": b"",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_with_the_right_hash_is_only_damage(tmp_path, case):
    saved(tmp_path, 1)
    forge(tmp_path, 2, {"state.safetensors": HOSTILE[case], "state.json": b"{}"})
    with pytest.warns(UserWarning, match="state.safetensors is damaged"):
        assert_holds(tmp_path, 1)


@pytest.mark.parametrize("text", [b"[" * 10_000 + b"]" * 10_000, b"3", b"{'a': 1}"])
def test_a_hostile_state_with_the_right_hash_is_only_damage(tmp_path, text):
    forge(tmp_path, 2, {"state.safetensors": safetensors.torch.save({}), "state.json": text})
    with pytest.raises(ValueError, match="state.json is damaged"):
        load(tmp_path)


@pytest.mark.parametrize(
    "change",
    [{"format": 2}, {"format": None}, {"step": 3}, {"more": 1}, {"files": []}, {"files": None}],
)
def test_a_manifest_that_says_something_else_is_refused(tmp_path, change):
    path = saved(tmp_path, 2) / "step-00000002" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValueError, match=r"manifest\.json"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("code", "lasting"),
    [
        (errno.ENOSPC, True),
        (errno.EIO, False),
        (errno.EACCES, True),
        pytest.param(errno.ENOSPC, False, marks=pytest.mark.slow),
        pytest.param(errno.EIO, True, marks=pytest.mark.slow),
        pytest.param(errno.EACCES, False, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("step", [2, 3], ids=["again", "new"])
def test_a_disk_that_refuses_any_call_leaves_a_loadable_checkpoint(
    tmp_path, monkeypatch, code, lasting, step
):
    with monkeypatch.context() as patch:
        clean = Faults(patch)
        saved(tmp_path / "clean", 1)
    for first in range(1, clean.count + 3):
        directory = saved(tmp_path / str(first), 1, 2)
        with monkeypatch.context() as patch:
            Faults(patch, first, code, lasting)
            try:
                saved(directory, step)
            except OSError as error:
                assert os.strerror(code) in str(error) and "bytes" in str(error)
                assert str(directory / f"step-0000000{step}") in str(error)
        assert load(directory).step in (2, step)
        assert_holds(directory, load(directory).step)
        sweep(directory)
        assert all(name.startswith("step-") for name in names(directory))
        saved(directory, 3)
        assert_holds(directory, 3)


def test_old_checkpoints_that_cannot_be_deleted_stay_without_harm(tmp_path, monkeypatch):
    saved(tmp_path, 1, 2)
    monkeypatch.setattr(checkpoints, "remove_directory", lambda path: None)
    saved(tmp_path, 3)
    assert steps(tmp_path) == [1, 2, 3]
    assert_holds(tmp_path, 3)


KILLED = """
    import os, signal, sys
    from pathlib import Path
    import torch
    torch.set_num_threads(1)
    from ssgan.runs.checkpoints import save
    os.fsync = os.fstat  # as in conftest.py

    def deadly(name):
        call = getattr(os, name)
        def killing(*args, **kwargs):
            global left
            left -= 1
            if left < 0:
                if name == "write":  # half of it gets there
                    call(args[0], args[1][: len(args[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **kwargs)
        setattr(os, name, killing)

    def write(directory, step):
        values = {"weight": torch.full((8,), float(step)), "count": torch.tensor(step)}
        save(directory, step, values, {"step": step}, {"best": {"step": min(step, 2)}})

    for step in (2, 3):
        for left in range(1000):
            directory = Path(sys.argv[1], str(step), str(left))
            write(directory, 1)
            write(directory, 2)
            child = os.fork()
            if not child:
                for name in ("mkdir", "open", "write", "fsync", "rename", "unlink", "rmdir"):
                    deadly(name)
                write(directory, step)
                os._exit(0)
            if os.waitpid(child, 0)[1] == 0:
                break
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Directories by the step that was being saved, each for a call at which that was killed."""
    folder = tmp_path_factory.mktemp("killed")
    program = [sys.executable, "-c", textwrap.dedent(KILLED), str(folder)]
    subprocess.run(program, check=True, timeout=240)
    return folder


@pytest.mark.parametrize("step", [2, 3], ids=["again", "new"])
def test_a_kill_at_any_call_of_a_save_leaves_a_loadable_checkpoint(killed, step):
    trials = sorted((killed / str(step)).iterdir())
    assert len(trials) > 20
    for directory in trials:
        assert_holds(directory, max(steps(directory)))
        assert max(steps(directory)) in (2, step)
        assert load_marked(directory, "best").state == {"step": 2}
        saved(directory, 3)
        assert_holds(directory, 3)


def test_a_kill_at_any_time_of_a_save_leaves_a_loadable_checkpoint(tmp_path):
    endless = """
        import itertools, sys, torch
        from pathlib import Path
        from ssgan.runs.checkpoints import save
        for step in itertools.count(1):
            values = {"weight": torch.full((300_000,), float(step)), "count": torch.tensor(step)}
            save(Path(sys.argv[1]), step, values, {"step": step})
            print(step, flush=True)
    """
    program = [sys.executable, "-c", textwrap.dedent(endless), str(tmp_path)]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as process:
        told = [int(process.stdout.readline()) for _ in range(20)]
        process.send_signal(signal.SIGKILL)
        told += [int(line) for line in process.stdout.read().split()]
    checkpoint = load(tmp_path)
    assert checkpoint.step >= told[-1] and checkpoint.state == {"step": checkpoint.step}
    assert torch.equal(checkpoint.tensors["weight"], torch.full((300_000,), float(checkpoint.step)))


def test_a_flipped_bit_of_a_manifest_never_changes_what_is_marked(tmp_path):
    save(tmp_path, 1, tensors(1), {"step": 1})
    save(tmp_path, 2, tensors(2), {"step": 2}, {"best": {"step": 1, "distance": 0.25}})
    path = tmp_path / "step-00000002" / "manifest.json"
    for bit in range(0, 8 * path.stat().st_size, 5):
        flip(path, bit)
        with pytest.warns(UserWarning, match="manifest.json is .*using step 1"):
            assert_holds(tmp_path, 1)
        flip(path, bit)
    assert_holds(tmp_path, 2)


def test_a_manifest_without_a_sha256_is_of_an_older_version_and_loads(tmp_path):
    marked(tmp_path, 1, 1, 2)
    path = tmp_path / "step-00000002" / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["sha256"]
    path.write_text(json.dumps(manifest))
    assert_holds(tmp_path, 2)
