"""Pretraining: what a GAN gives, and that a run is a pure function of data, config and seed."""

import io
import json
import os
import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from ssgan.config import InputError
from ssgan.data import Data, from_memory, read
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import load, pretrain, pretraining
from ssgan.objectives import OBJECTIVES, NonSaturating, Relativistic, objective
from ssgan.randomness import Rng
from ssgan.runs.manifest import read_manifest
from ssgan.runs.run import Run
from ssgan.training.runner import finish
from tests.examples import (
    KINDS,
    LABELS,
    OFTEN,
    SELDOM,
    SMALL,
    N,
    assert_same_course,
    course,
    same,
    trained,
)

each = pytest.mark.parametrize("kind", KINDS)


def weights(gan):
    networks = (gan.generator, gan.discriminator, gan.readout)
    return [t for network in networks for t in network.state_dict().values()]


def equal(a, b):
    return all(torch.equal(x, y) for x, y in zip(weights(a), weights(b), strict=True))


# Samples


@each
@pytest.mark.parametrize("n", [0, 1, 5, 64])
def test_as_many_samples_come_as_were_asked_for_in_the_form_of_the_data(kind, n):
    samples, raw = trained(kind).sample(n), KINDS[kind]()
    assert type(samples) is type(raw)
    assert samples.shape == (n, *raw.shape[1:])
    if kind == "table":
        assert samples.dtypes.equals(raw.dtypes)
        assert set(samples["job"]) <= {"cook", "smith"}
    else:
        assert samples.dtype == raw.dtype


def test_more_samples_than_are_made_at_once_come_too():
    assert trained("vectors").sample(1001).shape == (1001, 3)


@each
def test_fewer_samples_are_the_first_of_more(kind):
    more = trained(kind).sample(1003, seed=5)
    assert same(trained(kind).sample(7, seed=5), more[:7])
    part = trained(kind).generate(4, seed=5, start=998)
    assert same(
        trained(kind).codec.decode(part),
        more.iloc[998:1002].reset_index(drop=True) if kind == "table" else more[998:1002],
    )


@each
def test_another_seed_gives_other_samples_and_the_same_gives_the_same(kind):
    gan = trained(kind)
    assert same(gan.sample(9, seed=1), gan.sample(9, seed=1))
    assert not same(gan.sample(9, seed=1), gan.sample(9, seed=2))
    assert same(gan.sample(9, seed=np.int64(1)), gan.sample(9, seed=1))


def test_a_negative_number_of_samples_is_refused():
    with pytest.raises(ValueError, match="of 0 or more, got -1"):
        trained("vectors").sample(-1)


def test_samples_differ_from_one_another():
    assert len(np.unique(trained("images").sample(20), axis=0)) == 20


# Features and scores


@each
def test_features_are_finite_float32_and_standardised_over_the_training_rows(kind):
    features = trained(kind).features(KINDS[kind]())
    assert features.dtype == np.float32
    assert len(features) == N
    np.testing.assert_allclose(features.mean(0), 0, atol=1e-4)
    deviations = features.std(0)
    assert ((abs(deviations - 1) < 1e-3) | (deviations < 1e-3)).all()
    assert (deviations > 0.5).mean() > 0.5


@each
def test_what_a_row_gives_does_not_depend_on_the_rows_beside_it(kind):
    gan, x = trained(kind), KINDS[kind]()
    whole, scores = gan.features(x), gan.scores(x)
    for rows in ([0], [5, 0, 23], list(range(7, 20))):
        some = x.iloc[rows] if kind == "table" else x[rows]
        np.testing.assert_array_equal(gan.features(some), whole[rows])
        np.testing.assert_array_equal(gan.scores(some), scores[rows])
    assert scores.shape == (N,)


def test_more_rows_than_a_block_give_what_they_give_alone():
    gan, x = trained("vectors"), np.tile(KINDS["vectors"](), (11, 1))
    np.testing.assert_array_equal(gan.features(x)[N * 10 :], gan.features(x[:N]))


def test_features_of_no_rows_are_no_rows():
    gan = trained("vectors")
    assert gan.features(KINDS["vectors"]()[:0]).shape == (0, len(gan.readout.center))


def test_samples_of_another_form_are_refused():
    with pytest.raises(ValueError, match="expected rows of 3 numbers"):
        trained("vectors").features(np.zeros((2, 4)))


# The result is a function of data, config and seed


@each
def test_the_same_seed_gives_the_same_weights_and_another_does_not(kind):
    x = KINDS[kind]()
    assert equal(trained(kind), pretrain(x, SMALL))
    assert not equal(trained(kind), pretrain(x, replace(SMALL, seed=1)))


@each
def test_the_same_call_writes_the_same_bytes(kind, tmp_path):
    for name in ("a", "b"):
        pretrain(KINDS[kind](), SMALL, run=tmp_path / name)
    names = [p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file()]
    assert len(names) >= 7
    for name in names:
        a, b = (tmp_path / "a" / name).read_bytes(), (tmp_path / "b" / name).read_bytes()
        assert a == b or str(name) in ("metrics.jsonl", "manifest.json"), name  # hold seconds
    a, b = (read_manifest(tmp_path / which) for which in ("a", "b"))
    assert a.files == b.files and a.metrics["step"] == b.metrics["step"] == SMALL.steps
    assert_same_course(tmp_path / "a", tmp_path / "b")


def test_training_moves_all_weights_and_zero_steps_leave_the_first_ones():
    untrained, gan = pretrain(KINDS["vectors"](), replace(SMALL, steps=0)), trained("vectors")
    assert not any(
        torch.equal(a, b)
        for a, b in zip(untrained.generator.parameters(), gan.generator.parameters(), strict=True)
    )
    again = pretrain(KINDS["vectors"](), replace(SMALL, steps=0))
    assert equal(untrained, again)
    np.testing.assert_allclose(untrained.features(KINDS["vectors"]()).mean(0), 0, atol=1e-4)


@each
def test_global_random_states_are_neither_read_nor_changed(kind):
    x = KINDS[kind]()
    torch.manual_seed(1)
    np.random.seed(1)
    random.seed(1)
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    gan = pretrain(x, SMALL)
    gan.sample(3)
    gan.features(x)
    gan.scores(x)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.random.get_state()[1].tolist() == states[1]
    assert random.getstate() == states[2]
    assert equal(gan, trained(kind))


class Sealed:
    """Labels that must not be read: they have a length, and nothing else."""

    def __len__(self):
        return N

    def __getattribute__(self, name):
        raise AssertionError(f"the labels were asked for {name}")

    def __getitem__(self, index):
        raise AssertionError("a label was read")

    __array__ = __iter__ = __eq__ = __repr__ = __hash__ = __getitem__


def test_pretraining_reads_no_label_and_nothing_of_the_test_part(tmp_path):
    x = KINDS["images"]()
    data = Data(kind="images", x=x, y=Sealed(), x_test=np.full_like(x, 255), y_test=Sealed())
    assert equal(pretrain(data, SMALL, run=tmp_path / "r"), trained("images"))


def test_labels_make_no_difference_to_a_run(tmp_path):
    x = KINDS["vectors"]()
    pretrain(from_memory(x, LABELS), SMALL, run=tmp_path / "a")
    pretrain(from_memory(x, LABELS[::-1].copy()), SMALL, run=tmp_path / "b")
    assert_same_course(tmp_path / "a", tmp_path / "b")
    one, other = ((tmp_path / name / "config.json").read_text() for name in "ab")
    assert one == other


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_gan_learns_with_every_objective(name):
    gan = pretrain(KINDS["vectors"](), replace(SMALL, objective=objective(name)))
    assert all(w.isfinite().all() for w in weights(gan))
    assert not equal(gan, pretrain(KINDS["vectors"](), replace(gan.config, steps=0)))


# Runs


@each
def test_a_run_that_was_left_ends_as_one_that_was_not(kind, tmp_path):
    x, config = KINDS[kind](), replace(SMALL, steps=6)
    whole = finish(pretraining(x, config, run=tmp_path / "whole", options=OFTEN))
    for _ in range(2):  # left at 2, and again at 4
        training = pretraining(x, config, run=tmp_path / "left", options=OFTEN)
        next(training)
        training.close()
    assert Run.open(tmp_path / "left").load().step == 4
    left = finish(pretraining(x, config, run=tmp_path / "left", options=OFTEN))
    assert equal(whole, left)
    assert_same_course(tmp_path / "whole", tmp_path / "left")
    without = pretrain(x, config)
    assert equal(whole, without)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interruption_saves_a_checkpoint_from_which_the_same_call_goes_on(error, tmp_path):
    x, config = KINDS["vectors"](), replace(SMALL, steps=6)
    whole = finish(pretraining(x, config, run=tmp_path / "whole", options=SELDOM))
    training = pretraining(x, config, run=tmp_path / "r", options=SELDOM)
    assert next(training).step == 2
    assert Run.open(tmp_path / "r").steps() == []
    with pytest.raises(error):
        training.throw(error())
    assert Run.open(tmp_path / "r").steps() == [2]
    assert equal(finish(pretraining(x, config, run=tmp_path / "r", options=SELDOM)), whole)
    assert_same_course(tmp_path / "whole", tmp_path / "r")


KILLED = """
import os, signal, sys
import numpy as np
from ssgan.models.tasks.gan import Adversarial
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import pretrain

update = Adversarial.update
def deadly(self, rows, step):
    if step.number == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return update(self, rows, step)
Adversarial.update = deadly
config = GANConfig(steps=11, batch=6, width=2, latent=4)
pretrain(np.load("x.npy"), config, run="killed", log_every=5)
"""


def test_a_killed_process_loses_nothing_but_steps_since_the_last_checkpoint(tmp_path):
    x = KINDS["vectors"]()
    np.save(tmp_path / "x.npy", x)
    root = str(Path(__file__).parents[2])
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": root}
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, env=environment)
    assert done.returncode == -signal.SIGKILL
    assert Run.open(tmp_path / "killed").load().step == 5
    config = replace(SMALL, steps=11)
    whole = pretrain(x, config, run=tmp_path / "whole", log_every=5)
    assert equal(pretrain(x, config, run=tmp_path / "killed", log_every=5), whole)
    assert_same_course(tmp_path / "whole", tmp_path / "killed")


def test_steps_may_grow_and_not_shrink(tmp_path):
    x = KINDS["vectors"]()
    finish(pretraining(x, SMALL, run=tmp_path / "r", options=OFTEN))
    taken = [
        p.step for p in pretraining(x, replace(SMALL, steps=8), run=tmp_path / "r", options=OFTEN)
    ]
    assert taken == [6, 8]
    assert load(tmp_path / "r").config.steps == 8
    with pytest.raises(FileExistsError, match="config.steps=8, asked config.steps=4.*only grow"):
        finish(pretraining(x, SMALL, run=tmp_path / "r", options=OFTEN))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seed": 1}, "config.seed=0, asked config.seed=1"),
        ({"width": 3}, "config.width=2, asked config.width=3"),
        ({"objective": Relativistic(r1=2.0)}, "r1=1.0, asked config.objective.r1=2.0"),
        ({"objective": NonSaturating()}, 'objective.name="relativistic"'),
    ],
)
def test_another_config_is_refused_and_the_run_is_as_it_was(tmp_path, changes, named):
    x = KINDS["vectors"]()
    pretrain(x, SMALL, run=tmp_path / "r")
    before = {p: p.read_bytes() for p in (tmp_path / "r").rglob("*") if p.is_file()}
    with pytest.raises(FileExistsError, match=named):
        pretrain(x, replace(SMALL, **changes), run=tmp_path / "r")
    assert {p: p.read_bytes() for p in (tmp_path / "r").rglob("*") if p.is_file()} == before


def test_other_data_are_refused(tmp_path):
    pretrain(KINDS["vectors"](), SMALL, run=tmp_path / "r")
    other = KINDS["vectors"]()
    other[0, 0] += 1e-9
    with pytest.raises(FileExistsError, match="data.fingerprint="):
        pretrain(other, SMALL, run=tmp_path / "r")


@pytest.mark.parametrize("name", ["state.safetensors", "state.json", "manifest.json"])
def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(tmp_path, name):
    x, config = KINDS["vectors"](), replace(SMALL, steps=6)
    whole = finish(pretraining(x, config, run=tmp_path / "r", options=OFTEN))
    newest = tmp_path / "r" / "checkpoints" / "step-00000006" / name
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    with pytest.warns(UserWarning, match="step-00000006.*is damaged.*using step 4 instead"):
        again = finish(pretraining(x, config, run=tmp_path / "r", options=OFTEN))
    assert equal(whole, again)
    assert equal(whole, load(tmp_path / "r"))


@each
def test_a_loaded_gan_is_the_trained_one(kind, tmp_path):
    x = KINDS[kind]()
    gan = pretrain(x, SMALL, run=tmp_path / "r")
    loaded = load(tmp_path / "r")
    assert (loaded.config, loaded.codec) == (gan.config, gan.codec)
    assert equal(loaded, gan)
    assert same(loaded.sample(5, seed=3), gan.sample(5, seed=3))
    np.testing.assert_array_equal(loaded.features(x), gan.features(x))
    np.testing.assert_array_equal(loaded.scores(x), gan.scores(x))
    assert loaded.data["run"] == str((tmp_path / "r").resolve())


def test_a_gan_of_zero_steps_is_kept_and_loaded_too(tmp_path):
    x = KINDS["vectors"]()
    gan = pretrain(x, replace(SMALL, steps=0), run=tmp_path / "r")
    assert equal(load(tmp_path / "r"), gan)


def test_options_of_the_training_are_keywords_too(tmp_path):
    x = KINDS["vectors"]()
    pretrain(x, SMALL, run=tmp_path / "r", steps=6, log_every=2, checkpoints=1)
    assert [row["step"] for row in Run.open(tmp_path / "r").metrics()] == [2, 4, 6]
    assert Run.open(tmp_path / "r").steps() == [6]
    with pytest.raises(InputError, match="expected log_every to be a whole number from 1 on"):
        pretrain(x, SMALL, log_every=0)


def test_what_is_no_gan_is_not_loaded(tmp_path):
    with pytest.raises(FileNotFoundError, match="not a run directory"):
        load(tmp_path / "none")
    Run.claim(tmp_path / "model", {"kind": "predictor"})
    with pytest.raises(ValueError, match="a run of kind 'predictor', expected a pretrained GAN"):
        load(tmp_path / "model")
    training = pretraining(KINDS["vectors"](), SMALL, run=tmp_path / "early")
    Run.claim(tmp_path / "early", {"kind": "gan"})
    training.close()
    with pytest.raises(FileNotFoundError, match="no checkpoint yet"):
        load(tmp_path / "early")


def test_the_log_tells_the_terms_of_every_line(tmp_path):
    finish(pretraining(KINDS["images"](), SMALL, run=tmp_path / "r", options=OFTEN))
    _, rows = course(tmp_path / "r")
    assert [row["step"] for row in rows] == [2, 4]
    names = {"step", "critic", "r1", "r2", "generator", "not_finite"}
    names |= {"score_gap", "diversity", "coverage", "distance", "terms"}  # of the checkup
    assert all(set(row) == names for row in rows)
    assert all(row["not_finite"] == 0 for row in rows)


def test_a_run_shows_samples_of_the_same_noise_at_its_checkpoints(tmp_path):
    gan = finish(pretraining(KINDS["images"](), SMALL, run=tmp_path / "r", options=OFTEN))
    names = sorted(p.name for p in (tmp_path / "r" / "samples").iterdir())
    assert names == ["step-00000002.png", "step-00000004.png"]
    shown = (tmp_path / "r" / "samples" / names[-1]).read_bytes()
    assert (".png", shown) == gan.codec.preview(gan.sample(64, seed=gan.config.seed))


@pytest.mark.parametrize("kind", ["table", "vectors"])
def test_a_run_shows_rows_of_a_table_at_its_checkpoints(kind, tmp_path):
    pretrain(KINDS[kind](), SMALL, run=tmp_path / "r")
    shown = pd.read_csv(tmp_path / "r" / "samples" / "step-00000004.csv")
    assert shown.shape == (16, 3)


# The rows it was trained on


def test_rows_in_memory_are_kept_and_gone_after_loading(tmp_path):
    x = KINDS["vectors"]()
    gan = pretrain(x, SMALL, run=tmp_path / "r")
    assert torch.equal(gan.training_samples(), gan.codec.pack(x))
    assert load(tmp_path / "r").training_samples() is None


def test_rows_of_a_file_are_read_again_and_refused_when_they_changed(tmp_path):
    x = KINDS["vectors"]()
    np.save(tmp_path / "x.npy", x)
    pretrain(read(tmp_path / "x.npy"), SMALL, run=tmp_path / "r")
    gan = load(tmp_path / "r")
    assert torch.equal(gan.training_samples(), gan.codec.pack(x))
    np.save(tmp_path / "x.npy", x + 1)
    with pytest.raises(ValueError, match="is not what it was when .*r was made of it: restore"):
        gan.training_samples()


# Settings and refusals


@pytest.mark.parametrize("given", [Relativistic(r1=0.5), NonSaturating(r1=2.0)])
def test_a_config_comes_back_from_json(given):
    config = replace(SMALL, objective=given, seed=7)
    assert GANConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_an_objective_is_named_by_its_name_alone_or_with_weights():
    assert GANConfig.from_json({"objective": "non-saturating"}).objective == NonSaturating()
    found = GANConfig.from_json({"objective": {"name": "relativistic", "r2": 0.0}, "steps": 3})
    assert found == GANConfig(objective=Relativistic(r2=0.0), steps=3)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"stepz": 3}, "no setting stepz: did you mean steps. There are model, objective"),
        (
            {"objective": "wgan2"},
            "no objective 'wgan2': did you mean 'wgan'. There are non-sat",
        ),
        ({"objective": "lsgan"}, "say least-squares .* or loss-sensitive"),
        (
            {"model": "ae"},
            "no model 'ae': did you mean 'vae'. There are gan, stackgan, vae, vae-gan",
        ),
        (
            {"architecture": "unet"},
            "did you mean .lenet.. There are auto, conv, dcgan, dense, lenet, ",
        ),
        ({"optimizer": "sgd"}, "no optimizer 'sgd'; there are adam, rmsprop"),
        ({"noise": "cauchy"}, "no noise 'cauchy'; there are normal, uniform"),
        ({"critic_rate": 0}, "expected critic_rate to be a number above 0, got 0"),
        ({"critic_rate": "fast"}, "expected critic_rate to be a number above 0, got 'fast'"),
        ({"critic_rate": True}, "expected critic_rate to be a number above 0, got True"),
        ({"critic_rate": float("inf")}, "expected critic_rate to be a number above 0, got inf"),
        ({"critic_ceiling": "high"}, "expected critic_ceiling to be a number above 0 and at most"),
        ({"ema_first": "low"}, "expected ema_first to be from 0 to below 1, got 'low'"),
        (
            {"critic_ceiling": 1.5},
            "expected critic_ceiling to be a number above 0 and at most 1, got 1.5",
        ),
        ({"depth": 0}, "expected depth to be a whole number from 1 on, got 0"),
        ({"depth": True}, "expected depth to be a whole number from 1 on, got True"),
        ({"beta2": 1.0}, "expected beta2 to be below 1, got 1.0"),
        ({"ema": 1.5}, "expected ema to be below 1, got 1.5"),
        ({"final": -0.1}, "expected final to be a number from 0 on, got -0.1"),
        ({"objective": "wgan", "penalty_final": 0.1}, "changes r1 and r2.*'wgan' does not have"),
        (
            {"augmentation": "sometimes"},
            "no schedule 'sometimes'; there are fixed, cosine, adaptive",
        ),
        ({"augmentation": {"kinds": ["flip"]}}, "no kind .flip.; there are translation"),
        ({"augmentation": {"kinds": []}}, "expected kinds of augmentation out of"),
        ({"augmentation": {"share": 1.5}}, "expected share from 0 to 1, got 1.5"),
        ({"augmentation": {"images": 0}}, "expected images to be a whole number from 1 on"),
        (
            {"augmentation": {"kind": "cutout"}},
            "no setting kind: did you mean kinds. There are kinds, schedule",
        ),
        ({"selfsupervision": "jigsaw"}, "no self-supervision 'jigsaw'; there are rotation"),
        ({"selfsupervision": {"name": "rotation", "k": 1}}, "no setting k; there are critic"),
        ({"objective": {"name": "relativistic", "r3": 1}}, "no setting r3; there are r1, r2"),
        ({"steps": -1}, "expected steps to be a whole number from 0 on, got -1"),
        ({"batch": 0}, "expected batch to be a whole number from 1 on, got 0"),
        ({"width": 2.5}, "expected width to be a whole number from 1 on, got 2.5"),
        ({"rate": float("nan")}, "expected rate to be a number from 0 on, got nan"),
        ({"guard": "no"}, "expected guard to be true or false, got 'no'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        GANConfig.from_json(fields)


def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="expected device 'cpu' or 'cuda', got 'tpu'"):
        pretrain(KINDS["vectors"](), SMALL, device="tpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_gpu_is_said_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="no CUDA GPU can be used here"):
        pretrain(KINDS["vectors"](), SMALL, run=tmp_path / "r", device="cuda")
    assert not (tmp_path / "r").exists()


def test_a_diverging_training_stops_with_what_to_do():
    with pytest.raises(FloatingPointError, match="lower the learning rate"):
        pretrain(KINDS["vectors"](), replace(SMALL, rate=1e30))


def test_no_samples_are_refused():
    with pytest.raises(ValueError, match="at least one sample"):
        pretrain(np.empty((0, 3)), SMALL)


def test_a_handful_of_samples_is_enough():
    gan = pretrain(KINDS["images"]()[:3], SMALL)
    assert gan.sample(2).shape == (2, 8, 8)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@each
def test_a_run_of_one_device_loads_on_the_other(kind, tmp_path):
    x = KINDS[kind]()
    for here, there in (("cpu", "cuda"), ("cuda", "cpu")):
        pretrain(x, SMALL, run=tmp_path / here, device=here)
        gan, moved = load(tmp_path / here, device=here), load(tmp_path / here, device=there)
        # bfloat16 on one of them: a feature that hardly varies may be some tenths off, few are.
        assert np.abs(moved.features(x) - gan.features(x)).mean() < 0.05
        assert len(moved.sample(5)) == 5
        assert pretrain(x, replace(SMALL, steps=6), run=tmp_path / here, device=there)
    assert Rng(("x",), "cuda").normal(2).device.type == "cuda"


@each
def test_a_run_that_is_stopped_early_has_standardised_features(kind, tmp_path):
    training = pretraining(
        KINDS[kind](), replace(SMALL, steps=50), run=tmp_path / "r", options=SELDOM
    )
    next(training)
    with pytest.raises(KeyboardInterrupt):
        training.throw(KeyboardInterrupt())
    readout = load(tmp_path / "r").readout
    assert readout.center.abs().sum() > 0
    assert not torch.equal(readout.scale, torch.ones_like(readout.scale))


# In a session of one's own


def test_fields_change_a_config_and_the_nearest_is_named_for_one_that_there_is_not():
    x = KINDS["vectors"]()
    gan = pretrain(x, SMALL, objective="hinge", steps=2)
    assert gan.config == replace(SMALL, objective=objective("hinge"), steps=2)
    assert pretrain(x, SMALL, body="dense").config.architecture == "dense"
    assert equal(pretrain(x, steps=4, batch=6, width=2, latent=4), trained("vectors"))
    with pytest.raises(ValueError, match=r"widht: did you mean width\? There are model, "):
        pretrain(x, widht=3)


def test_samples_may_be_a_file_or_a_name(tmp_path):
    x = KINDS["vectors"]()
    np.save(tmp_path / "x.npy", x)
    assert equal(pretrain(tmp_path / "x.npy", SMALL), trained("vectors"))
    assert pretrain("digits", SMALL, steps=0).data["source"] == "digits"


@each
def test_a_gan_shows_what_it_is_and_what_it_makes(kind):
    gan = trained(kind)
    assert repr(gan).startswith(f"<GAN of {kind} ") and "\n" not in repr(gan)
    shown = gan._repr_html_()
    assert ("data:image/png;base64," in shown) == (kind == "images")
    assert ("<table" in shown) == (kind != "images")
    drawn = gan.plot(9)
    columns = {"images": 1, "table": 3, "vectors": 3}
    assert len(drawn.axes) == columns[kind]
    drawn.savefig(io.BytesIO())


def test_a_bar_shows_how_far_a_training_is(capsys):
    assert equal(pretrain(KINDS["vectors"](), SMALL, progress=True), trained("vectors"))
    assert "4/4" in capsys.readouterr().out


def test_loading_builds_no_more_than_what_is_used(tmp_path):
    pretrain(KINDS["vectors"](), SMALL, run=tmp_path / "r")
    found = load(tmp_path / "r")
    for network in (found.generator, found.discriminator, found.readout):
        assert not any(p.requires_grad for p in network.parameters())
        assert not network.training or network is found.readout


def test_the_same_call_on_a_finished_run_writes_nothing_so_its_disk_may_be_read_only(tmp_path):
    x = KINDS["vectors"]()
    gan = pretrain(x, SMALL, run=tmp_path / "r")
    before = {p: p.stat().st_mtime_ns for p in [tmp_path / "r", *(tmp_path / "r").rglob("*")]}
    assert equal(pretrain(x, SMALL, run=tmp_path / "r"), gan)
    after = {p: p.stat().st_mtime_ns for p in [tmp_path / "r", *(tmp_path / "r").rglob("*")]}
    assert before == after
