"""Models for a target without labels: learnt, kept, resumed and refused."""

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest
import torch

import ssgan
from ssgan import AdaptConfig
from ssgan.adaptation.adapt import adapting, resolve_adaptation
from ssgan.adaptation.adversary import Adversary
from ssgan.adaptation.descent import COSINE
from ssgan.adaptation.domains import make_domains
from ssgan.adaptation.methods import METHODS
from ssgan.adaptation.methods.consistency import Teacher, ramp_up
from ssgan.adaptation.network import untrained_classifier
from ssgan.adaptation.task import (
    Adaptation,
    network_outputs,
    use_target_statistics,
    without_running_statistics,
)
from ssgan.adaptation.where import Where
from ssgan.config import InputError
from ssgan.data import from_memory
from ssgan.models.config import GANConfig
from ssgan.prediction.task import Learner
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.runtime import Runtime
from ssgan.training.norms import BATCH_NORMS
from ssgan.training.runner import finish
from ssgan.training.schedule import TrainOptions
from ssgan.transforms.views import Views

CPU = Runtime("cpu", False)
Y = np.arange(40) % 2
SMALL = {"steps": 4, "batch": 8, "width": 2}
OWN = {  # of a method alone
    "pretrained": {"pretraining": 4},
    "translate": {"translation": {"steps": 4, "batch": 4, "width": 2, "blocks": 1}},
}
TWICE = ("auto", "pretrained", "translate")  # of two trainings
OFTEN = TrainOptions(log_every=2)


def bright(seed, side=8, colours=False):
    """Images bright above or below, in a frame; those with colours are inverted."""
    x = np.random.default_rng(seed).integers(0, 60, (40, side, side))
    x[Y == 0, : side // 2] += 190
    x[Y == 1, side // 2 :] += 190
    return (255 - x[..., None].repeat(3, -1) if colours else x).astype(np.uint8)


def rows(seed):
    x = np.random.default_rng(seed).normal(size=(40, 3))
    x[:, 0] += 6 * Y
    return x


def frames(seed):
    return pd.DataFrame(rows(seed), columns=list("abc")).assign(d=[*"uv"] * 20)


KINDS = {
    "images": (bright(0), bright(1, 12, colours=True)),
    "vectors": (rows(0), rows(1) + 1),
    "table": (frames(0), frames(1)),
}
each_method = pytest.mark.parametrize(
    ("kind", "method"),
    [(k, name) for name in METHODS for k in KINDS if k == "images" or not METHODS[name].images],
)


def model_of(kind, method, labels=Y, **fields):
    source, target = KINDS[kind]
    return ssgan.adapt(source, labels, target, method=method, **small(method, **fields))


def small(method, **fields):
    """Fields of a quick adaptation."""
    return SMALL | OWN.get(method, {}) | fields


def settings(method):
    return {"method": method} | ({"candidates": ("statistics", "cdan")} if method == "auto" else {})


@pytest.fixture(scope="module")
def adapted(tmp_path_factory):
    """What gives the model of a kind and a method, and its directory: each is trained once."""

    @cache
    def of(kind, method):
        run = tmp_path_factory.mktemp("adapted") / "model"
        return model_of(kind, run=run, log_every=2, **settings(method)), run

    return of


@each_method
def test_a_model_predicts_samples_of_the_target(kind, method, adapted):
    model, _ = adapted(kind, method)
    target = KINDS[kind][1]
    assert set(model.predict(target)) <= {0, 1}
    assert model.predict_proba(target).shape == (40, 2)
    assert model.method == method
    assert f"by {method}, from 40 labels" in repr(model)


@each_method
def test_the_loaded_model_is_the_trained_one(kind, method, adapted):
    model, run = adapted(kind, method)
    again, target = ssgan.load(run, device="cpu"), KINDS[kind][1]
    assert np.array_equal(again.predict_proba(target), model.predict_proba(target))
    assert again.about["adaptation"] == json.loads(json.dumps(model.about["adaptation"]))
    assert ssgan.evaluate(again, target, Y)["accuracy"] == (model.predict(target) == Y).mean()


def test_a_model_that_described_its_network_as_a_gans_is_loaded_and_taken_up(tmp_path):
    """So did all before there was the field "network"."""
    model, run = model_of("vectors", "consistency", run=tmp_path), Run(tmp_path)
    config = run.config
    made = GANConfig(**config.pop("network"), steps=0)
    config["gan"]["config"] = made.to_json()
    del config["adaptation"]["config"]["teacher"]
    run.write_config(config)
    target = KINDS["vectors"][1]
    for again in (ssgan.load(tmp_path), model_of("vectors", "consistency", run=tmp_path)):
        assert np.array_equal(again.predict_proba(target), model.predict_proba(target))
    assert run.config["network"] == {"architecture": "perceptron", "width": 2, "depth": None}
    assert "config" not in run.config["gan"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"method": "statistics", "weight": 2.0},
            "weight is for auto, cdan, cogan, consistency and dann",
        ),
        ({"method": "dann", "candidates": ("dann",)}, "candidates is for auto, method 'dann' does"),
        ({"method": "dann", "teacher": {"sure": 0.5}}, "teacher is for auto and consistency, "),
        ({"method": "dann", "pretraining": 9}, "pretraining is for pretrained, method 'dann' does"),
        ({"method": "dann", "translation": {"steps": 9}}, "translation is for translate, method"),
        (
            {"method": "translate"},
            "method 'translate' is for images, both domains hold vectors: ta",
        ),
        (
            {"method": "auto", "candidates": ("dann", "translate")},
            "method 'translate' is for images, both domains hold vectors: ta",
        ),
        ({"translation": {"seed": 3}}, "a translation has the seed of its AdaptConfig"),
        ({"candidates": ("dann", "pretrained"), "method": "auto"}, "candidate 'pretrained' has a"),
    ],
)
def test_settings_that_a_method_does_not_use_are_refused(fields, message):
    with pytest.raises(InputError, match=message):
        ssgan.adapt(rows(0), Y, rows(1), **fields)


@pytest.mark.parametrize("fields", [{"momentum": 1.0}, {"rise": 0.0}, {"sure": "high"}])
def test_what_no_teacher_can_have_is_refused(fields):
    with pytest.raises(InputError):
        AdaptConfig().changed({"teacher": fields})


@each_method
def test_a_resumed_adaptation_equals_an_uninterrupted_one(kind, method, adapted, tmp_path):
    whole, _ = adapted(kind, method)
    source, target = (from_memory(x) for x in KINDS[kind])
    source = from_memory(source.x, Y)
    config = AdaptConfig().changed(settings(method) | small(method))
    where = Where(tmp_path, options=OFTEN)
    training = adapting(source, target, config, where=where)
    stopped = 2 if method in TWICE else 1  # in the second training
    while stopped:
        stopped -= next(training).step == 2
    with pytest.raises(KeyboardInterrupt):
        training.throw(KeyboardInterrupt())
    left = finish(adapting(source, target, config, where=where))
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, left.network.state_dict()[name]), name


@pytest.mark.parametrize(
    "method", [name for name, m in METHODS.items() if m.numbers and not m.images]
)
def test_numbers_are_learnt_where_a_method_takes_them(method):
    numbers = rows(0)[:, 0] * 10 + 0.5
    model = model_of("vectors", method, numbers, steps=60)
    assert model.task == "regression"
    assert np.corrcoef(model.predict(rows(0) + 1), numbers)[0, 1] > 0.5


@pytest.mark.parametrize("method", [name for name in METHODS if not METHODS[name].numbers])
def test_a_method_of_classes_refuses_numbers(method):
    with pytest.raises(InputError, match=f"method '{method}' is for classes"):
        model_of("vectors", method, rows(0)[:, 0] + 0.5)


def test_statistics_of_the_target_undo_a_shift_that_misleads_the_source():
    """Batch norm by its own samples sees the same rows wherever they lie."""
    x = np.random.default_rng(0).normal(size=(200, 2))
    y = (x[:, 0] > 0).astype(int)
    target = x * 3 + [8.0, -8.0]
    fields = {"steps": 150, "width": 4, "batch": 32, "transforms": ()}
    shifted, adapted = (
        (ssgan.adapt(x, y, target, method=name, **fields).predict(target) == y).mean()
        for name in ("source-only", "statistics")
    )
    assert shifted < 0.75
    assert adapted > 0.9


def learner_of(kind="vectors", method="dann"):
    """What a loss is made of: a config, a learner and domains."""
    source, target = KINDS[kind]
    domains = make_domains(from_memory(source, Y), from_memory(target))
    config = resolve_adaptation(AdaptConfig(method=method, **SMALL), domains)
    views = Views(config.transforms or (), config.warp)
    return config, Learner.start(untrained_classifier(domains, config), views, CPU), domains


def statistics(network):
    return {name: value.clone() for name, value in network.named_buffers() if "running" in name}


def test_the_source_leaves_no_trace_in_the_statistics_that_are_kept():
    """Trap: statistics of mixed batches."""
    _, learner, domains = learner_of("images")
    network, x = learner.network, domains.source.encoded(CPU)[0]
    before = statistics(network)
    with without_running_statistics(network):
        inside = network_outputs(network, x)
    assert all(torch.equal(before[name], now) for name, now in statistics(network).items())
    outside = network_outputs(network, x)
    assert torch.equal(inside.outputs, outside.outputs)  # the batch's own, both times
    assert any(not torch.equal(before[n], now) for n, now in statistics(network).items())


def test_what_is_kept_at_the_end_are_the_statistics_of_the_domain_that_is_predicted():
    for method, domain in (("source-only", "source"), ("statistics", "target"), ("dann", "target")):
        model = model_of("vectors", method, warp=0.0)
        domains = make_domains(
            from_memory(KINDS["vectors"][0], Y), from_memory(KINDS["vectors"][1])
        )
        first = model.network.trunk.trunk.layers[0]
        inputs = getattr(domains, domain).encoded(CPU)[0]
        expected = first[0](inputs).mean(0)
        torch.testing.assert_close(first[1].running_mean, expected, rtol=1e-4, atol=1e-5)


def test_the_critic_of_dann_learns_from_step_to_step():
    """Trap: an optimiser that is made anew each step has no momentum."""
    config, learner, domains = learner_of()
    critic = Adversary(config, learner, domains)
    task = Adaptation(config, domains, learner, COSINE, critic, use_target_statistics)
    learnt = {id(p) for group in task.optimizer.param_groups for p in group["params"]}
    assert {id(p) for p in task.loss.critic.parameters()} <= learnt
    assert "critic" in task.parts


def test_batch_norm_is_in_both_default_classifiers():
    for kind in KINDS:
        network = untrained_classifier(learner_of(kind)[2], AdaptConfig())
        assert any(isinstance(layer, BATCH_NORMS) for layer in network.modules())


@pytest.mark.parametrize("architecture", ["resnet", "conv", "dense"])
def test_other_architectures_can_be_named(architecture, tmp_path):
    fields = {"architecture": architecture, "run": tmp_path}
    model = model_of("images", "dann", **fields)
    again = ssgan.load(tmp_path, device="cpu")
    target = KINDS["images"][1]
    assert np.array_equal(again.predict_proba(target), model.predict_proba(target))


REFUSED = {
    "method": ({"method": "dan"}, "no method 'dan': did you mean 'c?dann?'. There are "),
    "frame": ({"frame": "stretch"}, "expected frame pad or fit, got 'stretch'"),
    "steps": ({"steps": 0}, "expected steps to be a whole number from 1 on, got 0"),
    "rate": ({"rate": 0.0}, "expected rate to be a number above 0, got 0.0"),
    "rate in words": ({"rate": "fast"}, "expected rate to be a number above 0, got 'fast'"),
    "rate without end": ({"rate": 10**400}, "expected rate to be a number above 0, got 1000"),
    "ema in words": ({"ema": "slow"}, "expected ema to be a number from 0 on, got 'slow'"),
    "ema": ({"ema": 1.0}, "expected ema to be a number from 0 to below 1, got 1.0"),
    "transforms": ({"transforms": ("spin",)}, "no transform 'spin'; there are "),
    "candidates": ({"candidates": ("auto",)}, "no candidate 'auto'; there are cdan"),
    "field": ({"step": 3}, "no setting step: did you mean steps"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_settings_are_refused(why):
    fields, words = REFUSED[why]
    with pytest.raises(InputError, match=words):
        AdaptConfig().changed(fields)


def test_how_often_a_training_is_logged_and_saved_is_a_keyword(tmp_path):
    model_of("vectors", "statistics", run=tmp_path, log_every=2, checkpoints=1)
    run = Run.open(tmp_path)
    assert [row["step"] for row in run.metrics()] == [2, 4]
    assert run.steps() == [4]


def test_another_target_is_another_run(tmp_path):
    model_of("vectors", "statistics", run=tmp_path)
    with pytest.raises(FileExistsError):
        ssgan.adapt(rows(0), Y, rows(2), method="statistics", run=tmp_path, **SMALL)


def test_the_labels_that_were_read_are_those_of_the_source(tmp_path):
    labels = np.where(Y == 0, -1, Y)
    labels[:3] = 0
    model_of("vectors", "source-only", labels, run=tmp_path)
    ledger = json.loads((tmp_path / "labels.json").read_text())
    assert ledger["indices"] == np.flatnonzero(labels >= 0).tolist()


def test_few_labels_of_the_target_teach_what_the_source_has_wrong(tmp_path):
    """The classes of the target are those of the source, turned round: no label, no way to know."""
    x = np.random.default_rng(0).normal(size=(200, 2))
    y = (x[:, 0] > 0).astype(int)
    target_y = np.full(200, -1)
    target_y[:100] = 1 - y[:100]
    fields = {"steps": 200, "width": 4, "batch": 32, "transforms": (), "method": "statistics"}
    blind = ssgan.adapt(x[::2], y[::2], x, **fields)
    told = ssgan.adapt(x[::2], y[::2], x, target_y, run=tmp_path, **fields)
    wrong = [(model.predict(x[100:]) == y[100:]).mean() for model in (blind, told)]
    assert wrong[0] > 0.9
    assert wrong[1] < 0.9
    assert told.about["labels"]["target_count"] == 100
    split = json.loads((tmp_path / "split.json").read_text())
    assert split["indices"] == list(range(100))
    assert len(json.loads((tmp_path / "source-split.json").read_text())["indices"]) == 100


@each_method
def test_every_method_takes_few_labels_of_the_target(kind, method):
    few = np.where(np.arange(40) < 6, Y, -1)
    source, target = KINDS[kind]
    model = ssgan.adapt(source, Y, target, few, method=method, **small(method))
    assert model.about["labels"]["target_count"] == 6
    assert model.predict(target).shape == (40,)


def test_a_class_that_one_domain_has_alone_is_told_with_its_share():
    few = np.where(np.arange(40) < 4, "new", "").astype(object)
    few[4:8] = "a"
    labels = np.array(["a", "b"], dtype=object)[Y]
    with pytest.warns(UserWarning) as told:
        model = ssgan.adapt(rows(0), labels, rows(1), few, method="statistics", **SMALL)
    assert [str(warning.message) for warning in told] == [
        "class 'new', 50 % of the target's labels, has no label in the source: it is learnt from "
        "the target's labels alone",
        "class 'b', 50 % of the source's labels, has no label in the target: leave it out of the "
        "source if the target has none",
    ]
    assert model.classes == ("a", "b", "new")


def test_labels_of_the_target_that_say_nothing_are_refused():
    with pytest.raises(InputError, match="none of the target's labels says anything"):
        ssgan.adapt(rows(0), Y, rows(1), np.full(40, -1), method="statistics", **SMALL)


def test_auto_keeps_its_candidates_and_what_they_scored(tmp_path):
    fields = {"candidates": ("source-only", "statistics"), "run": tmp_path}
    model = model_of("vectors", "auto", **fields)
    told = json.loads((tmp_path / "choice-of-method.json").read_text())
    assert set(told["scores"]) == {"source-only", "statistics"}
    chosen = model_of("vectors", told["chosen"])
    for name, tensor in model.network.state_dict().items():
        assert torch.equal(tensor, chosen.network.state_dict()[name]), name


def test_the_teacher_believes_what_it_is_nearly_as_sure_of_as_of_the_source():
    config, learner, domains = learner_of("vectors", "consistency")
    teacher = Teacher(config, learner, domains)
    x = domains.target.encoded(CPU)[0]
    _, labels, confident = teacher.prepare(x, 0, Rng(("t",)))
    assert confident.sum() == len(x)  # an untrained network is as sure of all as it has to be
    teacher.running.sure.fill_(1.0)
    assert teacher.prepare(x, 1, Rng(("t",)))[2].sum() == 0
    with torch.no_grad():
        learner.mean.head.linear.bias.copy_(torch.tensor([9.0, 0.0]))
    _, labels, confident = teacher.prepare(x, 2, Rng(("t",)))
    assert confident.sum() == len(x) and (labels == 0).all()
    assert teacher.running.shares[0] > 0.5


def test_pseudo_labels_gain_their_weight_along_a_cosine():
    found = [ramp_up(done, 0.3) for done in (0.0, 0.15, 0.3, 1.0)]
    assert found == pytest.approx([0.0, 0.5, 1.0, 1.0])


@pytest.mark.parametrize("method", ["auto", "cogan", "consistency", "pretrained"])
def test_labels_of_the_target_are_not_read(method):
    """Trap: labels of the target in training, or in the choice of a method."""
    source, target = KINDS["vectors"]
    models = [
        ssgan.adapt(source, Y, from_memory(target, labels), method=method, **small(method))
        for labels in (None, 1 - Y)
    ]
    for name, tensor in models[0].network.state_dict().items():
        assert torch.equal(tensor, models[1].network.state_dict()[name]), name
