"""Several processes at one training: two equal one."""

import json
import shutil

import click
import numpy as np
import pandas as pd
import pytest
import safetensors.torch
import torch

import ssgan
from ssgan.cli.options import together
from ssgan.cli.writing import own_part
from ssgan.models.pretraining import pretrain
from ssgan.runs.run import Run
from tests import ranked

MOST = {"float64": 1e-10, "float32": 1e-5}  # relative distance after all steps; of a gradient


def job(out, *asked):
    """Two ranks that train every case; what they keep is in files."""
    ranks = ranked.start(["-m", "tests.ranked", str(out), *asked])
    ends = [process.communicate(timeout=500) for process in ranks]
    assert [process.returncode for process in ranks] == [0, 0], ends
    return out


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return job(tmp_path_factory.mktemp("ranks"), "float64", "3", "float32", "1")


@pytest.fixture
def dtype(request):
    """The default precision, for one test."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, request.param))
    yield request.param
    torch.set_default_dtype(before)


def distance(one, other):
    """The largest difference between weights, or moments of an optimiser, relative to the largest.

    A bias that no loss depends on is moved by rounding alone, so it is no measure for itself.
    """
    assert one.keys() == other.keys()
    scales, gaps = {}, {}
    for name, value in one.items():
        part = "/".join(name.split("/")[::2]) if "optimizer" in name else "weights"
        scales[part] = max(scales.get(part, 1e-12), float(value.abs().max()))
        gaps[part] = max(gaps.get(part, 0.0), float((value - other[name]).abs().max()))
    return max(gaps[part] / scales[part] for part in gaps)


def check(out, dtype, name, steps):
    """Both ranks end alike to the bit, and as one process does."""
    one, other = (safetensors.torch.load_file(out / f"{dtype} {name} {rank}") for rank in (0, 1))
    assert all(torch.equal(one[key], other[key]) for key in one)
    assert distance(ranked.train(name, steps), one) <= MOST[dtype]


@pytest.mark.parametrize("name", ranked.CASES)
@pytest.mark.parametrize("dtype", ["float64"], indirect=True)
def test_two_ranks_train_what_one_does(trained, dtype, name):
    check(trained, dtype, name, 3)


@pytest.mark.parametrize("name", ranked.CASES)
@pytest.mark.parametrize("dtype", ["float32"], indirect=True)
def test_two_ranks_have_the_gradient_of_one(trained, dtype, name):
    check(trained, dtype, name, 1)


@pytest.fixture(scope="module")
def answers(trained):
    return [json.loads((trained / f"answers {rank}").read_text()) for rank in (0, 1)]


def test_only_the_first_rank_keeps_a_run(answers):
    assert "checkpoints" in answers[0]["files"]
    assert answers[1]["files"] == []


def test_a_run_may_go_on_with_another_number_of_ranks(trained, answers, tmp_path):
    saved = Run.open(trained / "run 0").load()
    for rank in (0, 1):
        own = safetensors.torch.load_file(trained / f"checkpoint {rank}")
        assert own.keys() == saved.tensors.keys()
        assert all(torch.equal(value, own[name]) for name, value in saved.tensors.items())
        assert answers[rank]["state"] == [2, saved.state, saved.marks]
        assert answers[rank]["none"] is None
    shutil.copytree(trained / "run 0", tmp_path / "run")
    whole = pretrain(ranked.PICTURES, ranked.SETTINGS.changed({"steps": 4}))
    on = pretrain(ranked.PICTURES, ranked.SETTINGS.changed({"steps": 4}), run=tmp_path / "run")
    assert Run.open(tmp_path / "run").steps() == [2, 4]
    assert np.abs(whole.sample(50).astype(float) - on.sample(50)).mean() < 1


def test_a_model_of_two_ranks_is_one_and_is_taken_up_by_all(trained, answers):
    kept = ssgan.load(trained / "model").predict_proba(ranked.PICTURES)
    for answer in answers:
        for predictions in answer["predictions"]:
            np.testing.assert_array_equal(np.float32(predictions), np.float32(kept))


def test_each_rank_writes_its_part_of_the_samples(trained, tmp_path):
    names = sorted(path.name for path in (trained / "rows.parquet").iterdir())
    assert names == ["part-00000-of-00002.parquet", "part-00001-of-00002.parquet"]
    ranked.sample(tmp_path / "rows.parquet")
    parts, whole = (pd.read_parquet(at / "rows.parquet") for at in (trained, tmp_path))
    assert len(whole) == 5
    pd.testing.assert_frame_equal(parts, whole)


def test_several_processes_write_parquet_only(monkeypatch, tmp_path):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(click.BadParameter, match="ends in .parquet"):
        own_part(tmp_path / "rows.csv", 5)


def test_other_commands_run_in_one_process(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(click.UsageError, match="report runs in one process"), together("report"):
        pass


def test_ranks_with_other_data_are_refused_by_all(answers):
    words = "data.sha256 is 'a' on rank 0 and 'b' on rank 1"
    assert all(answer["data"].endswith(words) for answer in answers)


def test_batch_norm_is_refused_on_several_ranks(answers):
    assert all("which 2 ranks divide" in answer["norms"] for answer in answers)


def test_a_signal_to_one_rank_stops_all(answers):
    assert [answer["stopped"] for answer in answers] == ["SystemExit(130)", "KeyboardInterrupt()"]
    assert all(answer["goes on"] for answer in answers)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64"], indirect=True)
def test_after_fifty_steps_two_ranks_are_where_one_is(tmp_path, dtype):
    out = job(tmp_path, dtype, "50")
    for name in ranked.CASES:
        check(out, dtype, name, 50)
