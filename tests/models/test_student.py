"""Readouts: the last depth, and students that are distilled from both networks."""

import copy
import pickle
import random
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch
from torch import nn

from ssgan.models.gan import GAN
from ssgan.models.pretraining import pretrain
from ssgan.models.readouts import reading_out, readout_of, with_last_depth
from ssgan.models.recipes import dcgan
from ssgan.models.student.config import StudentConfig
from ssgan.models.student.network import SQUEEZED, Squeeze
from ssgan.models.student.task import Distillation, channel_means
from ssgan.models.student.training import distil, distilling, gan_fingerprint
from ssgan.models.vicreg import covariance, variance, vicreg_terms
from ssgan.networks.residual import ResidualTrunk
from ssgan.networks.resnet import ResnetTrunk
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.finetune import finetune
from ssgan.prediction.labels import labeled
from ssgan.prediction.loading import load_predictor
from ssgan.prediction.resolve import resolve_config
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.training.runner import finish
from tests.examples import (
    KINDS,
    LABELS,
    NUMBERS,
    OFTEN,
    SMALL,
    N,
    assert_same_course,
    built,
    quick,
    trained,
)

RNG = Rng(("encoder test",))
FEW = StudentConfig(steps=3, batch=9)
MODELS = {name: replace(SMALL, model=name) for name in ("gan", "vae", "vae-gan")}
each = pytest.mark.parametrize("kind", KINDS)


def weights(*networks):
    return [value.clone() for network in networks for value in network.state_dict().values()]


# The terms


def test_the_variance_term_is_what_deviations_lack_of_1():
    rows = torch.tensor([[0.0, 0.0, 3.0], [1.0, 4.0, 3.0]])  # variances 1/2, 8 and 0
    expected = (1 - (0.5 + 1e-4) ** 0.5 + 0 + 1 - 1e-2) / 3
    torch.testing.assert_close(variance(rows), torch.tensor(expected))


def test_the_covariance_term_is_the_squares_off_the_diagonal():
    rows = RNG("rows").normal(7, 4)
    found = np.cov(rows.numpy().T)
    expected = ((found**2).sum() - (np.diag(found) ** 2).sum()) / 4
    assert covariance(rows).item() == pytest.approx(expected, rel=1e-5)


def test_constants_agree_but_pay_for_their_variance():
    rows = torch.ones(5, 3)
    terms = {name: float(value) for name, value in vicreg_terms([rows, rows], 0.5, "span").items()}
    assert terms["span_distance"] == terms["span_covariance"] == 0
    assert terms["span_variance"] == pytest.approx(0.5 * 25 * 2 * 0.99)


def test_more_views_weigh_as_much_as_a_pair_and_all_are_compared():
    views = [RNG("view", k).normal(6, 4) for k in range(3)]
    pairs = [vicreg_terms(pair, 1.0, "a") for pair in combinations(views, 2)]
    for name, value in vicreg_terms(views, 1.0, "a").items():
        torch.testing.assert_close(value, torch.stack([pair[name] for pair in pairs]).mean())


def test_terms_do_not_depend_on_the_order_of_samples():
    one, other = RNG("one").normal(8, 5), RNG("other").normal(8, 5)
    order = RNG("order").permutation(8)
    found, turned = (
        vicreg_terms([one, other], 1.0, "a"),
        vicreg_terms([one[order], other[order]], 1.0, "a"),
    )
    for name, value in found.items():
        torch.testing.assert_close(value, turned[name])


def test_one_sample_has_no_variance():
    with pytest.raises(ValueError, match="a student compares samples with each other"):
        vicreg_terms([torch.ones(1, 3), torch.ones(1, 3)], 1.0, "span")


def test_maps_are_read_by_the_means_of_their_channels():
    maps = [torch.arange(8.0).view(1, 2, 2, 2), torch.tensor([[7.0, 9.0]], dtype=torch.bfloat16)]
    assert channel_means(maps).tolist() == [[1.5, 5.5, 7.0, 9.0]]
    assert channel_means(maps).dtype == torch.float32


def test_a_layer_and_its_norm_are_one_layer():
    squeeze, rows = Squeeze(6), RNG("squeezed").normal(50, 6)
    nn.init.normal_(squeeze.norm.weight, 1, 0.3)
    nn.init.normal_(squeeze.norm.bias)
    for _ in range(20):
        squeeze(3 * rows + 1)
    squeeze.eval()
    torch.testing.assert_close(
        squeeze.layer()(rows), squeeze.norm(squeeze.squeeze(rows)), atol=1e-5, rtol=1e-4
    )


# The last depth


@each
def test_the_last_depth_gives_the_last_of_the_features(kind):
    gan, x = trained(kind), KINDS[kind]()
    found = with_last_depth(gan).features(x)
    features = gan.discriminator.trunk(torch.zeros(1, *gan.codec.shape))[-1]
    assert found.shape == (N, features[0].numel())
    np.testing.assert_allclose(found, gan.features(x)[:, -found.shape[1] :], atol=1e-6)
    np.testing.assert_array_equal(with_last_depth(with_last_depth(gan)).features(x), found)


def test_all_depths_are_read_where_nothing_else_is_asked_for():
    gan = trained("images")
    assert finish(reading_out(gan, "all")) is gan
    assert readout_of(gan) == "all"
    assert readout_of(with_last_depth(gan)) == "last"


# Students


@each
def test_a_student_gives_features_of_every_kind_of_samples(kind):
    gan, x = trained(kind), KINDS[kind]()
    student = distil(gan, x, FEW)
    found = student.features(x)
    assert (found.shape, found.dtype) == ((N, SQUEEZED), np.float32)
    np.testing.assert_allclose(found.mean(0), 0, atol=1e-4)
    np.testing.assert_array_equal(student.features(x[:3]), found[:3])
    assert readout_of(student) == "student"


@pytest.mark.parametrize("name", MODELS)
def test_students_learn_from_every_model(name):
    gan = pretrain(KINDS["images"](), MODELS[name])
    assert distil(gan, config=FEW).features(KINDS["images"]()).shape == (N, SQUEEZED)


@pytest.mark.parametrize("architecture", ["conv", "residual", "dcgan", "dense"])
def test_students_have_every_architecture(architecture):
    config = replace(SMALL, architecture=architecture)
    if architecture == "dcgan":  # batch norm has no place under a penalty
        config = replace(config, objective=dcgan().objective)
    gan = pretrain(KINDS["images"](), config)
    student = distil(gan, config=FEW)
    trunk = student.student.trunk
    assert type(trunk) is type(gan.discriminator.trunk)
    assert not any(p is q for p in trunk.parameters() for q in gan.discriminator.parameters())
    assert student.features(KINDS["images"]()).shape == (N, SQUEEZED)


def test_the_body_resnet_has_students_of_its_own_that_come_back_from_their_directory(tmp_path):
    x = KINDS["images"]()
    gan = pretrain(x, replace(SMALL, architecture="resnet"))
    assert type(gan.discriminator.trunk) is ResidualTrunk
    student = distil(gan, config=FEW)
    trunk = student.student.trunk
    assert type(trunk) is ResnetTrunk
    assert student.features(x).shape == (N, trunk.features)
    config = quick(steps=2, batch=4, readout="student", calibrate=False)
    model = finetune(gan, x[:8], LABELS[:8], config, run=tmp_path / "m")
    again = load_predictor(tmp_path / "m", device=gan.runtime.device)
    np.testing.assert_array_equal(again.predict_proba(x), model.predict_proba(x))


@pytest.mark.parametrize("architecture", ["resnet", "conv"])
def test_a_student_of_no_steps_has_its_first_weights(architecture):
    gan = pretrain(KINDS["images"](), replace(SMALL, architecture=architecture))
    draws = [distil(gan, config=replace(FEW, steps=0, seed=seed)).student.trunk for seed in (0, 1)]
    same = [torch.equal(a, b) for a, b in zip(*(d.parameters() for d in draws), strict=True)]
    assert all(same) == (architecture == "conv")
    if architecture == "conv":
        pairs = zip(draws[0].parameters(), gan.discriminator.trunk.parameters(), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)


def test_a_conditional_generator_is_asked_for_what_came_in_training():
    gan = pretrain(KINDS["vectors"](), SMALL, labels=LABELS)
    student = distil(gan, config=FEW)
    assert student.features(KINDS["vectors"]()).shape == (N, SQUEEZED)
    assert student.sample(2, labels=1).shape == (2, 3)


@each
def test_distilling_is_a_pure_function_that_leaves_the_gan_and_random_states_alone(kind):
    gan, x = trained(kind), KINDS[kind]()
    before, found = weights(gan.discriminator, gan.generator, gan.readout), []
    for seed in (1, 2):
        torch.manual_seed(seed)
        states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
        found.append(distil(gan, x, FEW).features(x))
        assert torch.equal(torch.get_rng_state(), states[0])
        assert np.random.get_state()[1].tolist() == states[1]
        assert random.getstate() == states[2]
    np.testing.assert_array_equal(*found)
    after = weights(gan.discriminator, gan.generator, gan.readout)
    assert all(map(torch.equal, before, after))
    other = distil(gan, x, replace(FEW, seed=1)).features(x)
    assert not np.array_equal(other, found[0])


def test_samples_and_scores_of_the_gan_stay_as_they_are():
    gan, x = trained("images"), KINDS["images"]()
    student = distil(gan, x, FEW)
    np.testing.assert_array_equal(student.sample(3), gan.sample(3))
    np.testing.assert_array_equal(student.scores(x), gan.scores(x))


def test_the_terms_fall_and_views_of_a_sample_come_closer():
    x = KINDS["images"]()
    told = list(distilling(trained("images"), trained("images").codec.pack(x), LONGER))
    first, end = told[0].values, told[-1].values
    for name in ("squeeze_distance", "squeeze_variance", "span_distance", "span_variance"):
        assert end[name] < first[name], name


LONGER = StudentConfig(steps=100, batch=12, rate=3e-3)


@each
def test_a_distillation_that_was_left_ends_as_one_that_was_not(kind, tmp_path):
    gan, x, config = trained(kind), KINDS[kind](), replace(FEW, steps=6)
    packed = gan.codec.pack(x)
    whole = finish(distilling(gan, packed, config, run=tmp_path / "whole", options=OFTEN))
    for _ in range(2):
        training = distilling(gan, packed, config, run=tmp_path / "left", options=OFTEN)
        next(training)
        training.close()
    assert Run.open(tmp_path / "left").load().step == 4
    left = finish(distilling(gan, packed, config, run=tmp_path / "left", options=OFTEN))
    np.testing.assert_array_equal(whole.features(x), left.features(x))
    assert_same_course(tmp_path / "whole", tmp_path / "left")


def test_a_directory_with_the_student_of_another_gan_or_of_other_rows_is_refused(tmp_path):
    x = KINDS["vectors"]()
    distil(trained("vectors"), x, FEW, run=tmp_path / "s")
    other = pretrain(x, replace(SMALL, seed=1))
    for gan, rows in ((other, x), (trained("vectors"), x[:-1])):
        with pytest.raises(FileExistsError, match="choose another directory"):
            distil(gan, rows, FEW, run=tmp_path / "s")


def test_a_fingerprint_is_that_of_the_weights():
    gan = trained("vectors")
    assert gan_fingerprint(gan) == gan_fingerprint(
        replace(gan, generator=copy.deepcopy(gan.generator))
    )
    assert gan_fingerprint(gan) != gan_fingerprint(
        pretrain(KINDS["vectors"](), replace(SMALL, seed=1))
    )


def test_a_student_travels_to_other_processes():
    x = KINDS["images"]()
    student = distil(trained("images"), x, FEW)
    there = pickle.loads(pickle.dumps(student))
    np.testing.assert_array_equal(there.features(x), student.features(x))


# Refusals


def test_a_generator_that_does_not_tell_its_maps_has_no_student():
    bare = replace(trained("vectors"), generator=nn.Linear(4, 3))
    with pytest.raises(ValueError, match="this generator has no method `maps`"):
        distil(bare, KINDS["vectors"](), FEW)


def test_rows_that_are_gone_have_to_be_given():
    gan: GAN = replace(trained("vectors"), packed=None)
    with pytest.raises(ValueError, match="a student learns from real samples too"):
        distil(gan, config=FEW)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"steps": -1}, "expected steps to be a whole number from 0 on"),
        ({"batch": 2}, "expected batch to be a whole number from 6 on"),
        ({"transforms": ("blur",)}, "no transform 'blur'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        StudentConfig(**settings)


def test_transforms_of_other_samples_are_refused():
    with pytest.raises(ValueError, match="kind 'vectors' have no transform 'turn'"):
        distil(trained("vectors"), KINDS["vectors"](), replace(FEW, transforms=("turn",)))


def test_generators_that_are_untrained_tell_their_maps_too():
    generator, critic = built((1, 8, 8), rng=RNG("untrained"), width=2, latent=4)
    gan = trained("images")
    fresh = replace(gan, generator=generator, discriminator=critic)
    assert len(Distillation(FEW, fresh, gan.packed).generated(2, RNG)) == len(
        generator.maps(torch.zeros(1, 4))
    )


# Finetuning on another readout


SHORT = {"steps": 3, "batch": 8, "student": StudentConfig(steps=3), "calibrate": False}
SOME = {
    "classification": np.where(np.arange(N) < 12, LABELS, -1),
    "regression": np.where(np.arange(N) < 12, NUMBERS, np.nan),
}


@pytest.mark.parametrize(
    ("readout", "method", "task", "kind"),
    [
        *(("last", m, "classification", "images") for m in ("propagation", "probe", "svm")),
        *(
            ("student", m, "classification", "images")
            for m in ("propagation", "svm", "graph", "knn")
        ),
        *(("student", m, "regression", "vectors") for m in ("consistency", "probe", "k-plus-one")),
        pytest.param("student", "baseline", "classification", "table", marks=pytest.mark.slow),
    ],
)
def test_a_model_on_any_readout_is_the_same_when_loaded(readout, method, task, kind, tmp_path):
    x, config = KINDS[kind](), quick(method, readout=readout, **SHORT)
    model = finetune(trained(kind), x, SOME[task], config, run=tmp_path / "m")
    loaded = load_predictor(tmp_path / "m")
    np.testing.assert_array_equal(model.outputs(x), loaded.outputs(x))
    np.testing.assert_array_equal(model.features(x), loaded.features(x))
    assert loaded.config == model.config
    assert model.config.readout == ("all" if method == "baseline" else readout)
    assert (tmp_path / "m" / "student").exists() == (model.config.readout == "student")


def test_a_student_is_trained_once_for_a_model_directory(tmp_path, monkeypatch):
    x, config = KINDS["images"](), quick("probe", readout="student", **SHORT)
    first = finetune(trained("images"), x, LABELS, config, run=tmp_path / "m")
    monkeypatch.delattr(Distillation, "update")
    again = finetune(trained("images"), x, LABELS, config, run=tmp_path / "m")
    np.testing.assert_array_equal(first.outputs(x), again.outputs(x))


def test_a_student_has_the_batches_and_views_that_the_config_asks_for(tmp_path):
    asked = SHORT | {"student": StudentConfig(steps=3, batch=7, views=3)}
    config = quick("probe", readout="student", **asked)
    finetune(trained("images"), KINDS["images"](), LABELS, config, run=tmp_path / "m")
    held = Run.open(tmp_path / "m" / "student").config["config"]
    assert (held["steps"], held["batch"], held["views"]) == (3, 7, 3)


@pytest.mark.parametrize("readout", ["last", "student"])
def test_a_gan_that_has_another_readout_keeps_it_in_finetuning(readout, tmp_path):
    x, gan = KINDS["images"](), trained("images")
    gan = with_last_depth(gan) if readout == "last" else distil(gan, x, FEW)
    config = quick("probe")
    model = finetune(gan, x, LABELS, config, run=tmp_path / "m")
    assert model.config.readout == readout
    np.testing.assert_allclose(model.features(x), gan.features(x), atol=1e-6)
    loaded = load_predictor(tmp_path / "m")
    np.testing.assert_array_equal(loaded.outputs(x), model.outputs(x))


@pytest.mark.slow
def test_auto_chooses_among_what_a_student_sees(tmp_path):
    x = KINDS["vectors"]()
    config = quick("auto", readout="student", **SHORT)
    model = finetune(trained("vectors"), x, LABELS, config, run=tmp_path / "m")
    np.testing.assert_array_equal(load_predictor(tmp_path / "m").outputs(x), model.outputs(x))
    assert (tmp_path / "m" / "student").exists()


def test_a_student_for_numbers_sees_no_views_that_might_change_them(tmp_path):
    x, config = KINDS["images"](), quick("probe", readout="student", **SHORT)
    finetune(trained("images"), x, NUMBERS, config, run=tmp_path / "m")
    held = Run.open(tmp_path / "m" / "student").config["config"]
    assert held["transforms"] == ["noise"]
    assert held["steps"] == 3


def test_a_config_of_before_reads_all_depths():
    config = PredictorConfig.from_json({"method": "probe"})
    x, gan = KINDS["images"](), trained("images")
    assert resolve_config(config, gan, labeled(gan, x, LABELS, None, 0)).readout == "all"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"readout": "best"}, "no readout 'best'; there are"),
        ({"student": {"steps": -1}}, "expected steps to be a whole number from 0 on"),
        ({"student": {"batch": 5}}, "expected batch to be a whole number from 6 on"),
        ({"student_views": 1}, "expected views to be a whole number from 2 on"),
    ],
)
def test_unknown_readouts_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        PredictorConfig.from_json(settings)
