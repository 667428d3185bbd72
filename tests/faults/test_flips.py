"""No damage of a run or model directory changes an output unseen, and none is a traceback."""

import copy
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from benchmarks.faults.directories import directories, tiny
from benchmarks.faults.flips import RESULT, flip, outcome
from ssgan.config import InputError
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import load, pretrain
from ssgan.networks import build, trunk
from ssgan.prediction.loading import load_predictor

SOME = ("gan-conditional", "model-baseline")  # quick to read


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The directories, what is read from each, and what it was before."""
    home = tmp_path_factory.mktemp("faults")
    reads = directories(home, tiny(), SOME)
    return home, reads, {name: reads[name](home / name) for name in SOME}


def test_the_committed_flips_changed_nothing_in_silence():
    rows = pd.read_csv(RESULT)
    assert len(rows) == 600 and rows.directory.nunique() == 10
    assert set(rows.outcome) <= {"refused", "warned", "same"}
    told = rows[rows.outcome != "same"]
    assert all(file.split("/")[0] in said for file, said in zip(told.file, told.said, strict=True))


@pytest.mark.parametrize("name", SOME)
def test_a_flipped_bit_of_any_file_is_told_of_or_changes_nothing(made, name):
    home, reads, before = made
    rng = np.random.default_rng(0)
    for path in sorted(p for p in (home / name).rglob("*") if p.is_file()):
        if path.name != "report.html" and path.stat().st_size:
            bit = int(rng.integers(8 * path.stat().st_size))
            flip(path, bit)
            what, said = outcome(home / name, reads[name], before[name])
            flip(path, bit)
            assert what in ("refused", "warned", "same"), (path, bit, said)


def leaves(value, at=()):
    """Where the entries of JSON are."""
    yield at
    inner = dict(enumerate(value[:1])) if isinstance(value, list) else value
    for key, child in inner.items() if isinstance(inner, dict) else ():
        yield from leaves(child, (*at, key))


def changed(value, at, new):
    """JSON with another entry at a place."""
    if not at:
        return new
    value = copy.deepcopy(value)
    inside = value
    for key in at[:-1]:
        inside = inside[key]
    if new == "nothing" and isinstance(inside, dict):
        del inside[at[-1]]
    else:
        inside[at[-1]] = new
    return value


@pytest.fixture
def unchecked(made, tmp_path):
    """A directory without its manifest, as one of an older version."""

    def copied(name):
        shutil.copytree(made[0] / name, tmp_path / name)
        (tmp_path / name / "manifest.json").unlink()
        return tmp_path / name

    return copied


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize(("seed", "new"), [*enumerate([None, "x", "nothing"])])
def test_no_wrong_entry_of_a_file_that_nothing_checks_is_a_traceback(
    made, unchecked, name, seed, new
):
    path, rng = unchecked(name), np.random.default_rng(seed)
    for file in sorted(path.glob("*.json")):
        whole = file.read_text()
        places = list(leaves(json.loads(whole)))
        place = places[rng.integers(len(places))]
        file.write_text(json.dumps(changed(json.loads(whole), place, new)))
        what, said = outcome(path, made[1][name], {})
        assert what != "traceback", (file.name, place, said)
        file.write_text(whole)


DEEP = '{"a":' * 400 + "1" + "}" * 400
DEEPER = "[" * 100_000


@pytest.mark.filterwarnings("ignore:.*older than manifests")
@pytest.mark.parametrize("text", ["[]", "null", "{}", "1", "", DEEP, DEEPER, '{"kind": []}'])
@pytest.mark.parametrize("file", ["codec.json", "config.json"])
@pytest.mark.parametrize("name", SOME)
def test_a_file_that_says_nothing_is_refused_in_a_sentence(unchecked, name, file, text):
    path = unchecked(name)
    (path / file).write_text(text)
    with pytest.raises(InputError) as refused:
        (load_predictor if name.startswith("model") else load)(path)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 500


@pytest.mark.filterwarnings("ignore:.*older than manifests")
@pytest.mark.parametrize(
    ("field", "size"), [("width", 10**9), ("depth", 10**7), ("latent", 10**13)]
)
def test_a_network_that_fits_no_machine_is_refused_before_it_is_made(unchecked, field, size):
    path = unchecked("gan-conditional")
    whole = json.loads((path / "config.json").read_text())
    whole["config"][field] = size
    (path / "config.json").write_text(json.dumps(whole))
    with pytest.raises(InputError, match=field):
        load(path)
    with pytest.raises(InputError, match=field):
        pretrain(tiny().vectors, GANConfig(steps=1, **{field: size}))


def test_the_weights_of_a_network_are_compared_with_the_memory_of_the_machine():
    with pytest.raises(InputError, match=r"width 200,000 has 20,480 GB of weights, this machine"):
        trunk((3,), 200_000)
    with pytest.raises(InputError, match="is too large to be made: give a smaller width"):
        trunk((3,), 10**12)
    with pytest.raises(InputError, match="depth of at most 1,000 layers, got 1,001"):
        build((3,), width=2, latent=2, depth=1001)


def test_damage_of_what_the_training_of_a_student_left_is_told_on_loading(tmp_path):
    directories(tmp_path, tiny(), ("model-student",))
    model = tmp_path / "model-student"
    student = [path for path in sorted((model / "student").rglob("*")) if path.is_file()]
    assert {"state.safetensors", "config.json"} <= {path.name for path in student}
    for path in student:
        flip(path, 4 * path.stat().st_size)
        with pytest.warns(UserWarning, match=r"student/.* damaged"):
            load_predictor(model)
        flip(path, 4 * path.stat().st_size)
