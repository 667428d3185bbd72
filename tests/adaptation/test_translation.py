"""Translation without pairs: its losses in exact values, its pool, what is kept and refused."""

from math import exp, log

import numpy as np
import pytest
import torch
from click.testing import CliRunner

import ssgan
from ssgan import TranslateConfig
from ssgan.adaptation.domains import make_domains
from ssgan.adaptation.translation.method import Sides
from ssgan.adaptation.translation.methods import METHODS
from ssgan.adaptation.translation.methods.cut import CUT, TEMPERATURE, patch_contrast
from ssgan.adaptation.translation.methods.cyclegan import critic_costs, way_costs
from ssgan.adaptation.translation.pool import Pool
from ssgan.adaptation.translation.translate import load_translator, translated_domain, translating
from ssgan.adaptation.where import Where
from ssgan.cli import ssgan as command
from ssgan.config import InputError
from ssgan.data import from_memory
from ssgan.models.forget import forget
from ssgan.randomness import Rng
from ssgan.report import report
from ssgan.runtime import Runtime
from ssgan.training.batches import Batches
from ssgan.training.runner import finish
from ssgan.training.schedule import Step, TrainOptions
from tests.adaptation.test_adapt import KINDS, Y, model_of, rows

CPU = Runtime("cpu", False)
RNG = Rng(("test",))
SMALL = {"steps": 4, "batch": 4, "width": 2, "blocks": 1}
SOURCE, TARGET = KINDS["images"]
each_method = pytest.mark.parametrize("method", METHODS)


def images(n, seed=0, side=8):
    return 2 * Rng(("images", seed)).uniform(n, 3, side, side) - 1


def task_of(method):
    domains = make_domains(from_memory(SOURCE, Y), from_memory(TARGET))
    config = TranslateConfig(method=method, **SMALL)
    return METHODS[method].task(Sides(config, domains.source, domains.target, CPU))


def test_a_pool_that_is_not_full_keeps_and_shows_all():
    pool, x = Pool((3, 8, 8)), images(50)
    assert torch.equal(pool(x[:30], RNG), x[:30])
    assert torch.equal(pool(x[30:], RNG), x[30:])
    assert torch.equal(pool.images, x)
    assert int(pool.count) == 50


def test_of_a_full_pool_half_of_the_images_are_exchanged_and_none_is_lost():
    pool, old, new = Pool((1,), size=50), torch.arange(50.0), torch.arange(50.0, 1050.0)
    pool(old[:, None], RNG)
    shown = pool(new[:, None], RNG)
    exchanged = (shown[:, 0] != new).sum()
    assert 450 < exchanged < 550
    both = torch.cat([shown, pool.images]).flatten().sort().values
    assert torch.equal(both, torch.cat([old, new]))


def test_an_exchanged_image_takes_the_place_of_the_one_that_is_shown():
    pool = Pool((1,), size=1)
    pool(torch.zeros(1, 1), RNG)
    held, expected = 0.0, []
    chosen = RNG("exchanged").uniform(6) > 0.5
    for value, exchanged in zip(range(1, 7), chosen, strict=True):
        expected.append(held if exchanged else value)
        held = value if exchanged else held
    shown = pool(torch.arange(1.0, 7.0)[:, None], RNG)
    assert shown.flatten().tolist() == expected
    assert pool.images.item() == held


def test_networks_that_undo_each_other_lose_nothing_on_the_way():
    real = images(4), images(4, seed=1)
    there, back = (lambda x: x.rot90(1, (2, 3))), (lambda x: x.rot90(-1, (2, 3)))
    found = way_costs(there, back, real, (back(real[1]), there(real[0])), TranslateConfig())
    assert found["cycle_source"] == found["cycle_target"] == 0
    expected = 5 * (there(real[1]) - real[1]).abs().mean()
    assert found["identity_target"] == expected > 0


def test_the_ways_cost_ten_and_five_times_the_mean_distance():
    real = images(4), images(4, seed=1)
    there, back = (lambda x: x + 0.25), (lambda x: x + 0.5)
    found = way_costs(there, back, real, (back(real[1]), there(real[0])), TranslateConfig())
    expected = {"cycle_source": 7.5, "cycle_target": 7.5}
    expected |= {"identity_source": 2.5, "identity_target": 1.25}
    assert {name: round(float(cost), 5) for name, cost in found.items()} == expected


def test_critics_lose_half_of_the_squared_distance_from_one_and_zero():
    critics = {"target": lambda x: x.mean((1, 2, 3))}
    found = critic_costs(critics, [torch.full((2, 3, 8, 8), 0.5)], torch.full((2, 3, 8, 8), -3.0))
    assert {name: float(cost) for name, cost in found.items()} == {
        "critic_real_target": 0.125,
        "critic_fake_target": 4.5,
    }


@pytest.mark.parametrize("places", [2, 7])
def test_the_contrast_of_patches_in_exact_values(places):
    apart = 3 * torch.eye(places)[None]
    expected = log(1 + (places - 1) * exp(-1 / TEMPERATURE))
    assert float(patch_contrast(apart, 5 * apart)) == pytest.approx(expected, abs=1e-6)
    alike = torch.ones(1, places, 4)
    assert float(patch_contrast(alike, alike)) == pytest.approx(log(places), rel=1e-6)
    turned = apart.roll(1, 1)
    wrong = expected + 1 / TEMPERATURE
    assert float(patch_contrast(turned, apart)) == pytest.approx(wrong, rel=1e-5)


def test_nothing_is_learnt_through_the_patches_that_were_given():
    queries, keys = (RNG(name).normal(2, 5, 3).requires_grad_() for name in ("q", "k"))
    patch_contrast(queries, keys).backward()
    assert keys.grad is None
    assert queries.grad.abs().sum() > 0


def test_patches_of_an_image_are_nearest_to_those_of_the_image_itself():
    task = task_of("cut")
    assert isinstance(task, CUT)
    x = images(2, side=12)
    with torch.no_grad():
        same, mirrored = (task.contrast(x, made, RNG) for made in (x, x.flip(3)))
    assert same < mirrored


@each_method
def test_optimisers_go_on_from_step_to_step(method):
    """Trap: one that is made anew each step has no moments."""
    task, sides = task_of(method), task_of(method).sides
    streams = {name: getattr(sides, name).stream(4, CPU) for name in ("source", "target")}
    for number in range(3):
        task.update(Batches(streams, RNG), Step(number))
    for name in ("optimizer", "critic_optimizer"):
        states = task.parts[name].state_dict()["state"].values()
        assert {float(state["step"]) for state in states} == {3.0}


@each_method
def test_a_resumed_translation_equals_an_uninterrupted_one_and_is_loaded(method, tmp_path):
    source, target = from_memory(SOURCE), from_memory(TARGET)
    config, options = TranslateConfig(method=method, **SMALL), TrainOptions(log_every=2)
    place = Where(tmp_path, "cpu", options)
    whole = finish(translating(source, target, config, where=Where(options=options)))
    training = translating(source, target, config, where=place)
    next(training)
    with pytest.raises(KeyboardInterrupt):
        training.throw(KeyboardInterrupt())
    left = finish(translating(source, target, config, where=place))
    for found in (left, load_translator(tmp_path, "cpu")):
        assert np.array_equal(found(SOURCE), whole(SOURCE))
    assert whole(SOURCE).shape == (40, 12, 12, 3)


def test_what_a_classifier_learns_from_are_the_translated_images():
    domains = make_domains(from_memory(SOURCE, Y), from_memory(TARGET))
    translator = ssgan.translate(SOURCE, TARGET, **SMALL)
    found = translated_domain(translator, domains.source)
    assert found.codec == domains.target.codec
    assert torch.equal(found.samples, found.codec.pack(translator(SOURCE)))


def test_a_model_keeps_the_translation_that_it_learnt_from_and_its_page_shows_it(tmp_path):
    model_of("images", "translate", run=tmp_path)
    assert load_translator(tmp_path / "translator", "cpu")(SOURCE[:3]).shape == (3, 12, 12, 3)
    assert "what was made of them" in report(tmp_path).read_text("utf-8")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"method": "unit"}, "no method 'unit'; there are cut, cyclegan"),
        ({"method": "cut", "cycle": 1.0}, "cycle is for cyclegan, method 'cut' does not use it"),
        ({"contrast": 2.0}, "contrast is for cut, method 'cyclegan' does not use it"),
        ({"frame": "stretch"}, "expected frame pad or fit, got 'stretch'"),
        ({"ema": 1.0}, "expected ema to be a number from 0 to below 1, got 1.0"),
        ({"blocks": 0}, "expected blocks to be"),
    ],
)
def test_settings_are_refused(fields, message):
    with pytest.raises(InputError, match=message):
        ssgan.translate(SOURCE, TARGET, **fields)


def test_what_are_no_images_is_refused():
    with pytest.raises(InputError, match="images are translated, both domains hold vectors"):
        ssgan.translate(rows(0), rows(1))


def test_a_run_of_another_kind_is_no_translation(tmp_path):
    ssgan.pretrain(rows(0), run=tmp_path, steps=0, width=2)
    with pytest.raises(InputError, match="holds a run of kind 'gan', expected a translation"):
        load_translator(tmp_path)


def test_a_finished_translation_is_left_alone_and_its_images_are_forgotten(tmp_path):
    np.save(tmp_path / "a.npy", SOURCE)
    np.save(tmp_path / "b.npy", TARGET)
    words = ["translate", tmp_path / "a.npy", tmp_path / "b.npy", "--out", tmp_path / "r"]
    words = [*map(str, words), "--steps", "1", "--batch", "2", "--quiet"]
    (tmp_path / "s.toml").write_text("width = 2\nblocks = 1")
    words += ["--config", str(tmp_path / "s.toml")]
    assert CliRunner().invoke(command, words).exit_code == 0
    made = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in (tmp_path / "r").rglob("*.*")}
    assert CliRunner().invoke(command, words).exit_code == 0
    assert made == {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in made}
    report = CliRunner().invoke(command, ["report", str(tmp_path / "r")])
    assert "holds a run of kind 'translator'" in report.stderr and "reading" not in report.stderr
    (tmp_path / "r" / "translated").mkdir()
    assert {"translated.npz", "translated", "config.json"} <= set(forget(tmp_path / "r"))
    assert not [*(tmp_path / "r").glob("translated*")]
    assert "holds nothing" in CliRunner().invoke(command, ["forget", str(tmp_path / "r")]).stderr


def test_a_batch_of_a_translated_adaptation_is_refused_before_the_translation():
    with pytest.raises(InputError, match="a batch of 100,000,000,000 samples"):
        ssgan.adapt(SOURCE, Y, TARGET, method="translate", batch=10**11)
