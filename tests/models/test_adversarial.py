"""The adversarial task: what a step does, what a checkpoint keeps, and what it refuses."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from ssgan.config import InputError
from ssgan.data import fit_codec
from ssgan.models.condition import fit_condition
from ssgan.models.config import GANConfig
from ssgan.models.domain import Domain
from ssgan.models.health import evaluator_of
from ssgan.models.inference import blocks
from ssgan.models.players import real_batch
from ssgan.models.pretraining import pretrain
from ssgan.models.recipes import RECIPES
from ssgan.models.sampler import Sampler
from ssgan.models.schedules import decay, optimizer, scheduled
from ssgan.models.selfsupervision import SELFSUPERVISIONS
from ssgan.models.tasks import MODELS
from ssgan.models.tasks.gan import Adversarial, Ceiling, Overfitting, scores_for_head
from ssgan.networks import ARCHITECTURES, flatten_maps
from ssgan.objectives import OBJECTIVES, NonSaturating, Relativistic, Wasserstein, objective
from ssgan.randomness import Rng
from ssgan.runtime import runtime
from ssgan.training.batches import Batches
from ssgan.training.schedule import Step
from ssgan.training.state import pack_parts, unpack_parts
from ssgan.transforms.batch import SCHEDULES, Augmentation
from tests.examples import KINDS, LABELS, SMALL, N, built

CLASSES = np.where(np.arange(N) % 3 > 0, LABELS, -1)
FEWER = {"wgan": {"first": 2, "updates": 2}}  # its hundreds of critic updates would take long
CHANGES = {
    **{name: {"objective": objective(name, **FEWER.get(name, {}))} for name in OBJECTIVES},
    **{name: {"model": name} for name in MODELS if name != "stackgan"},  # see test_stackgan
    "rmsprop": {"optimizer": "rmsprop"},
    "uniform": {"noise": "uniform"},
    "unit": {"noise": "unit"},
    "critic of its own rate and a ceiling": {"critic_rate": 1e-4, "critic_ceiling": 0.6},
    "penalties": {"penalty_final": 0.1},
    "deep": {"depth": 2},
    "l2": {"l2": 0.1},
    "growing average": {"ema": 0.9, "ema_first": 0.1},
}
for name in OBJECTIVES:
    CHANGES[f"vae-gan {name}"] = CHANGES[name] | {"model": "vae-gan"}
OF_IMAGES = {
    **{
        f"{n} architecture": {"architecture": n, "objective": NonSaturating()}
        for n, found in ARCHITECTURES.items()
        if n != "dcgan" and 2 in found.axes
    },
    **{name: {"augmentation": Augmentation(schedule=name, images=50)} for name in SCHEDULES},
    **{name: {"selfsupervision": kind()} for name, kind in SELFSUPERVISIONS.items()},
}
CASES = [(kind, name) for name in CHANGES for kind in KINDS]
CASES += [("images", name) for name in OF_IMAGES]
DCGAN = {"architecture": "dcgan"}
OF_IMAGES["dcgan"] = {**DCGAN, "objective": NonSaturating()}
CASES += [("larger", "dcgan")]  # it halves images four times


def begun(kind, config=SMALL, labels=None):
    """A task on tiny data and its rows."""
    x = KINDS["images"]().repeat(2, 1).repeat(2, 2) if kind == "larger" else KINDS[kind]()
    codec = fit_codec(x)
    condition, given = (None, None) if labels is None else fit_condition(labels, N)
    domain, on = Domain(codec, codec.pack(x), given, condition), runtime("cpu", codec.shape)
    task = MODELS[config.model](config, {"unlabeled": domain}, on)
    return task, Batches({"unlabeled": domain.stream(config.batch, on)}, Rng(("rows",)))


def real_of(task, rows):
    return real_batch(rows, 0, 0, task.codec, task.runtime)


def bits(task):
    tensors, state = pack_parts(task.parts)
    return {name: tensor.clone() for name, tensor in tensors.items()}, json.dumps(state)


def assert_equal(one, other):
    assert one[1] == other[1]
    assert one[0].keys() == other[0].keys()
    assert [name for name, t in one[0].items() if not torch.equal(t, other[0][name])] == []


# Whatever is trained


def resumable(kind, name, conditional):
    """A case; those whose parts stand in other cases, too, are slow.

    Each change stands beside a condition on images and without one on vectors, each model on every
    kind, each architecture with and without a condition.
    """
    if name in MODELS or name.endswith("architecture") or kind == "larger":
        often = True
    elif name in OF_IMAGES or name.startswith("vae-gan"):
        often = not conditional and (name in OF_IMAGES or kind == "vectors")
    else:
        often = kind == ("images" if conditional else "vectors")
    return pytest.param(kind, name, conditional, marks=() if often else pytest.mark.slow)


@pytest.mark.parametrize(
    ("kind", "name", "conditional"),
    [resumable(kind, name, False) for kind, name in CASES]
    + [resumable(k, name, True) for k, name in CASES if k == "images" or name in MODELS],
)
def test_a_task_that_is_taken_up_again_ends_with_the_same_bits(kind, name, conditional):
    labels = CLASSES if conditional else None
    config = replace(SMALL, steps=2, **(CHANGES | OF_IMAGES)[name])
    task, rows = begun(kind, config, labels)
    terms, measures = task.update(rows, Step(0))
    kept = bits(task)
    task.update(rows, Step(1))
    again, _ = begun(kind, config, labels)
    unpack_parts(again.parts, kept[0], json.loads(kept[1]))
    again.update(rows, Step(1))
    assert_equal(bits(task), bits(again))
    assert all(value.isfinite() for value in (terms | measures).values())
    assert measures["not_finite"] == 0
    ended = bits(task)[0]
    changed = [key for key, t in kept[0].items() if not torch.equal(t, ended[key])]
    assert any(key.startswith("mean_generator/") for key in changed)


@pytest.mark.parametrize("name", [*CHANGES, *OF_IMAGES])
def test_every_config_comes_back_from_json(name):
    config = replace(SMALL, **(CHANGES | OF_IMAGES)[name])
    assert GANConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_comes_back_from_json(name):
    config = RECIPES[name]()
    assert GANConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_names_alone_say_which_augmentation_and_selfsupervision():
    config = GANConfig.from_json({"augmentation": "cosine", "selfsupervision": "rotation"})
    assert config.augmentation == Augmentation(schedule="cosine")
    assert config.selfsupervision == SELFSUPERVISIONS["rotation"]()
    none = GANConfig.from_json(config.to_json() | dict.fromkeys(("augmentation",), "none"))
    assert none == replace(config, augmentation=None)
    with pytest.raises(ValueError, match="objective has no name: say which"):
        GANConfig.from_json({"objective": {"r1": 1.0}})


# Conditions


class Seen:
    """A network that remembers what it was given."""

    def __init__(self, network):
        self.network, self.given = network, []

    def __call__(self, x, told):
        self.given.append(told)
        return self.network(x, told)

    def __getattr__(self, name):
        return getattr(self.network, name)


def test_a_fake_copies_label_and_presence_of_its_real_partner():
    task, rows = begun("vectors", SMALL, CLASSES)
    _, told = rows("unlabeled", 0, 0)
    assert 0 < told[:, -1].mean() < 1
    task.__dict__["generator"], task.__dict__["critic"] = Seen(task.generator), Seen(task.critic)
    real, given = real_of(task, rows)
    task.critic_step(task.config.objective, (real, given), Step(0).rng(task.setting.rng), None)
    task.generator_step(task.config.objective, (real, given), Step(0).rng(task.setting.rng), None)
    for network in (task.generator, task.critic):
        assert len(network.given) >= 2
        assert all(torch.equal(seen, told) for seen in network.given)


def test_a_row_without_a_label_is_scored_as_if_there_were_no_conditions():
    task, rows = begun("vectors", SMALL, CLASSES)
    real, (told,) = real_of(task, rows)
    absent = told[:, -1] == 0
    plain = task.critic.head(flatten_maps(task.critic.trunk(real[absent])[-1])).flatten()
    torch.testing.assert_close(task.critic(real, told)[absent], plain)


# Schedules


def test_rate_and_penalties_fall_along_one_cosine():
    config = replace(SMALL, steps=100, final=0.5, penalty_final=0.2)
    assert scheduled(config, 0) == Relativistic()
    assert scheduled(config, 50).r1 == pytest.approx(0.6)
    assert scheduled(config, 100) == Relativistic(r1=0.2, r2=0.2)
    assert scheduled(replace(config, penalty_final=1.0), 70) is config.objective
    assert {decay(config, step) for step in (0, 50, 100)} == {config.ema}
    rising = replace(config, ema=0.9, ema_first=0.5)
    found = [decay(rising, step) for step in (0, 50, 100)]
    assert found == pytest.approx([0.5, 0.7, 0.9])
    task, rows = begun("vectors", config)
    task.update(rows, Step(50))
    for each in (task.generator_optimizer, task.critic_optimizer):
        assert [group["lr"] for group in each.param_groups] == [pytest.approx(0.75e-3)]


def test_a_restart_halves_the_rate_and_draws_other_numbers():
    task, rows = begun("vectors")
    assert Step(7).rng(task.setting.rng).key == ("pretrain", 0, 7)
    assert Step(7, restarts=2).rng(task.setting.rng).key == ("pretrain", 0, "attempt", 2, 7)
    task.update(rows, Step(0, restarts=2))
    assert task.critic_optimizer.param_groups[0]["lr"] == pytest.approx(0.25e-3)


def test_the_optimiser_is_the_one_that_was_asked_for():
    network = torch.nn.Linear(2, 2)
    adam = optimizer(network, replace(SMALL, beta1=0.5, beta2=0.9, rate=0.1))
    assert (type(adam), adam.defaults["betas"]) == (torch.optim.AdamW, (0.5, 0.9))
    assert adam.defaults["lr"] == 0.1
    assert type(optimizer(network, replace(SMALL, optimizer="rmsprop"))) is torch.optim.RMSprop


@pytest.mark.parametrize("name", ["beta1", "beta2"])
def test_a_beta_is_refused_where_rmsprop_would_not_use_it(name):
    config = replace(SMALL, optimizer="rmsprop", **{name: 0.5})
    with pytest.raises(InputError, match=f"{name} is for Adam, the optimizer 'rmsprop' does not"):
        optimizer(torch.nn.Linear(1, 1), config)


def test_noise_is_normal_or_uniform_from_minus_1_to_1():
    rng = Rng(("noise",))
    normal, uniform = (Sampler(9, name).inputs(4000, rng)[0] for name in ("normal", "uniform"))
    assert float(normal.std()) == pytest.approx(1, abs=0.02)
    assert (uniform.min() >= -1) and (uniform.max() < 1)
    assert float(uniform.var()) == pytest.approx(1 / 3, abs=0.01)
    unit = Sampler(9, "unit").inputs(4000, rng)[0]
    assert (unit.min() >= 0) and (unit.max() < 1)
    assert float(unit.mean()) == pytest.approx(1 / 2, abs=0.01)


def test_a_critic_that_told_too_much_apart_is_not_updated_in_the_next_step():
    config = replace(SMALL, critic_ceiling=0.6, objective=NonSaturating())
    task, rows = begun("vectors", config)
    for accuracy, held in ((0.59, False), (0.61, True), (0.6, False)):
        task.ceiling.accuracy.fill_(accuracy)
        before, generator = (
            {n: p.clone() for n, p in m.state_dict().items()} for m in (task.critic, task.generator)
        )
        _, measures = task.update(rows, Step(0))
        same = all(torch.equal(p, before[n]) for n, p in task.critic.state_dict().items())
        assert same == held
        assert not all(torch.equal(p, generator[n]) for n, p in task.generator.state_dict().items())
        assert measures["not_finite"] == 0
        assert measures["critic_accuracy"] == task.ceiling.accuracy


def test_the_accuracy_of_a_critic_counts_real_scores_above_0_and_others_below():
    ceiling = Ceiling()
    ceiling.follow(torch.tensor([1.0, 2.0, -1.0, 0.0]), torch.tensor([-1.0, 3.0, -2.0, -3.0]))
    assert ceiling.accuracy == 5 / 8


def test_the_critic_may_have_a_rate_of_its_own():
    task, rows = begun("vectors", replace(SMALL, critic_rate=1e-5, rate=1e-3))
    task.update(rows, Step(0))
    assert task.generator_optimizer.param_groups[0]["lr"] == 1e-3
    assert task.critic_optimizer.param_groups[0]["lr"] == 1e-5


# Augmentation


def test_the_signal_compares_reals_with_the_median_fake():
    given = Augmentation(schedule="adaptive", images=100, target=0.6)
    state, fakes = Overfitting(), torch.tensor([-1.0, 0.0, 9.0])
    state.follow(torch.tensor([1.0, 2.0, 3.0, 4.0]), fakes, given)
    assert state.signal == 1.0
    assert float(state.probability) == pytest.approx(4 * 4 / 100)
    state.follow(torch.tensor([1.0, -2.0, 3.0, -4.0]), fakes, given)
    assert state.signal == 0.0
    assert float(state.probability) == 0.0
    state.follow(torch.tensor([-1.0, -2.0]), fakes, given)
    assert (state.signal, state.probability) == (-1.0, 0.0)


def test_the_probability_goes_up_in_the_set_number_of_images_and_not_beyond_its_share():
    state, given = Overfitting(), Augmentation(schedule="adaptive", images=400, share=0.8)
    for _ in range(9):
        state.follow(torch.ones(10), torch.zeros(10), given)
    assert float(state.probability) == pytest.approx(0.8)
    state = Overfitting()
    for _ in range(5):
        state.follow(torch.ones(10), torch.zeros(10), given)
    assert float(state.probability) == pytest.approx(0.5)


def test_the_schedules_of_augmentation():
    for schedule, shares in (("fixed", [0.8, 0.8, 0.8]), ("cosine", [0.8, 0.4, 0.0])):
        given = Augmentation(schedule=schedule, share=0.8)
        task, _ = begun("images", replace(SMALL, steps=10, augmentation=given))
        assert [task.share(step) for step in (0, 5, 10)] == pytest.approx(shares)
    task, rows = begun(
        "images", replace(SMALL, augmentation=Augmentation(schedule="adaptive", images=48))
    )
    _, measures = task.update(rows, Step(0))
    assert task.share(1) is task.overfitting.probability
    assert {"probability", "signal"} < set(measures)


def test_both_players_see_augmented_samples_and_gradients_pass():
    config = replace(SMALL, augmentation=Augmentation(kinds=("cutout",)))
    task, rows = begun("images", config)
    real, _ = real_of(task, rows)
    seen = []
    task.__dict__["critic"] = lambda x: seen.append(x) or x.flatten(1).sum(1)
    x = real.clone().requires_grad_(True)
    score = task.scoring((), 1.0, Rng(("a",)))
    score(x).sum().backward()
    assert not torch.equal(seen[0], real)
    assert set(x.grad.unique().tolist()) == {0.0, 1.0}  # none where it was cut out
    score(x)
    assert not torch.equal(seen[0] == 0, seen[1] == 0)  # another call, other squares


# The stopped gradient


def parts_of(critic):
    named = dict(critic.named_parameters())
    trunk = [p for name, p in named.items() if name.startswith("trunk.")]
    return trunk, [p for name, p in named.items() if not name.startswith("trunk.")]


@pytest.mark.parametrize("condition", [0, 3])
def test_a_stopped_gradient_leaves_values_slopes_and_the_head_as_they_are(condition):
    _, critic = built((1, 8, 8), width=2, latent=2, condition=condition, rng=Rng(("c",)))
    x = Rng(("x",)).normal(5, 1, 8, 8)
    told = (torch.tensor([[1.0, 0.0, 1.0]] * 5),) if condition else ()
    trunk, head = parts_of(critic)
    assert len(head) == (3 if condition else 2)
    expected = critic(x, *told)
    wanted = torch.autograd.grad(expected.square().sum(), head)
    for inputs in (x, x.clone().requires_grad_(True)):
        scores = scores_for_head(critic, inputs, told)
        torch.testing.assert_close(scores, expected)
        found = torch.autograd.grad(scores.square().sum(), trunk + head, allow_unused=True)
        assert all(g is None or g.abs().max() < 1e-6 for g in found[: len(trunk)])
        torch.testing.assert_close(found[len(trunk) :], wanted)


def test_a_penalty_reaches_the_trunk_behind_a_stopped_gradient():
    _, critic = built((1, 8, 8), width=2, latent=2, rng=Rng(("c",)))
    x = Rng(("x",)).normal(5, 1, 8, 8).requires_grad_(True)
    trunk, _ = parts_of(critic)

    def slopes(scores):
        (gradient,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
        return torch.autograd.grad(gradient.square().sum(), trunk, allow_unused=True)

    for a, b in zip(slopes(scores_for_head(critic, x, ())), slopes(critic(x)), strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            torch.testing.assert_close(a, b)


# Checkups


def test_a_checkup_changes_nothing_and_is_the_same_each_time():
    for config in (SMALL, replace(SMALL, architecture="dcgan", objective=NonSaturating())):
        task, rows = begun("larger", config, CLASSES)
        task.update(rows, Step(0))
        before = bits(task)
        assert task.health(1) == task.health(1)
        assert task.generator.training and task.critic.training
        assert_equal(before, bits(task))
        assert set(task.health(1)) == {"score_gap", "diversity", "coverage", "distance"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_generator_of_one_sample_has_no_diversity(kind):
    task, _ = begun(kind)
    healthy = task.health(0)
    assert healthy["diversity"] > 0.02
    for network in (task.generator, task.mean_generator):
        for p in network.parameters():
            torch.nn.init.zeros_(p)
    if kind != "table":  # whose categories are drawn after the generator
        assert task.health(0)["diversity"] < 1e-5


def test_samples_that_are_not_finite_make_a_checkup_of_no_numbers():
    task, _ = begun("vectors")
    next(task.generator.parameters()).data.fill_(float("nan"))
    assert all(np.isnan(value) for value in task.health(0).values())


def test_real_samples_pass_their_own_yardstick():
    real = Rng(("real",)).normal(200, 3)
    measures = evaluator_of(real).measures(real, real[:64])
    assert measures["diversity"] == pytest.approx(1)
    assert measures["coverage"] == 1
    assert measures["distance"] == pytest.approx(0, abs=1e-6)
    far = evaluator_of(real).measures(real + 9, real[:64] / 2)
    assert far["diversity"] == pytest.approx(0.5)
    assert far["coverage"] == 0
    assert far["distance"] > 100


def test_samples_that_are_all_one_have_no_yardstick():
    assert evaluator_of(torch.ones(9, 3)) is None
    assert evaluator_of(torch.ones(1, 3)) is None
    assert evaluator_of(Rng(("signal",)).normal(9, 1, 16)).measures(
        torch.ones(9, 1, 16), torch.ones(9, 1, 16)
    )


# Batch norm


def test_batch_norm_is_measured_anew_for_the_averages():
    config = replace(SMALL, architecture="dcgan", objective=NonSaturating(), ema=0.9)
    task, rows = begun("larger", config)
    task.update(rows, Step(0))
    task.calibrate()
    (x,) = task.calibration.encoded(task.runtime)
    layer = next(m for m in task.mean_critic.modules() if isinstance(m, torch.nn.BatchNorm2d))
    inputs = []
    handle = layer.register_forward_pre_hook(lambda _, given: inputs.append(given[0]))
    task.mean_critic(x)
    handle.remove()
    torch.testing.assert_close(layer.running_mean, inputs[0].mean((0, 2, 3)), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("n", "sizes"), [(1, [1]), (128, [128]), (129, [129]), (258, [128, 128, 2])]
)
def test_no_row_is_alone_where_batch_norm_takes_its_statistics(n, sizes):
    rows = torch.arange(n)
    found = blocks(rows)
    assert [len(part) for part in found] == sizes
    assert torch.equal(torch.cat(found), rows)


@pytest.mark.parametrize("labels", [None, np.arange(129) % 2], ids=["plain", "conditional"])
def test_batch_norm_takes_any_number_of_rows_from_two_on(labels):
    config = replace(SMALL, steps=1, architecture="dcgan", objective=NonSaturating())
    x = np.random.default_rng(0).integers(256, size=(129, 16, 16), dtype=np.uint8)
    gan = pretrain(x, config, labels=labels)
    assert gan.sample(3).shape == (3, 16, 16)
    with pytest.raises(ValueError, match="at least 2 samples, there are 1"):
        pretrain(x[:1], config)
    with pytest.raises(ValueError, match="at least 2 samples.* batches of 1"):
        pretrain(x, replace(config, batch=1))


def test_a_refused_update_leaves_the_statistics_of_batch_norm():
    task, _ = begun("larger", replace(SMALL, architecture="dcgan", objective=NonSaturating()))
    spoilt = torch.full((8, *task.codec.shape), torch.nan)
    before = [buffer.clone() for buffer in task.critic.buffers()]
    _, refused = task.critic_step(
        NonSaturating(), (spoilt, ()), Step(0).rng(task.setting.rng), None
    )
    assert refused == 1
    assert before and all(map(torch.equal, before, task.critic.buffers()))
    with torch.no_grad():
        next(task.generator.parameters()).fill_(torch.nan)
    before = [b.clone() for network in (task.generator, task.critic) for b in network.buffers()]
    _, refused = task.generator_step(
        NonSaturating(), (spoilt, ()), Step(0).rng(task.setting.rng), None
    )
    after = [b for network in (task.generator, task.critic) for b in network.buffers()]
    assert refused == 1
    assert all(map(torch.equal, before, after))


def test_clipping_leaves_the_gains_of_batch_norm_alone():
    config = replace(SMALL, architecture="dcgan", objective=Wasserstein(first=1, updates=1))
    task, rows = begun("larger", config)
    task.update(rows, Step(0))
    layers = list(task.critic.modules())
    gains = [m.weight for m in layers if isinstance(m, torch.nn.BatchNorm2d)]
    kernels = [m.weight for m in layers if isinstance(m, torch.nn.Conv2d)]
    assert gains and all(gain.abs().min() > 0.5 for gain in gains)
    assert kernels and all(kernel.abs().max() <= 0.01 for kernel in kernels)


# Refusals


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("larger", DCGAN, "'relativistic' penalises .* batch norm"),
        (
            "larger",
            {"architecture": "dcgan", "objective": objective("wgan-gp")},
            "'wgan-gp' penalises",
        ),
        ("vectors", {"architecture": "conv"}, "the .*'conv' takes signals .*got samples of shape"),
        ("vectors", {"augmentation": Augmentation()}, "these are vectors, where no such change"),
        ("table", {"augmentation": Augmentation()}, "these are table, where no such change"),
        ("table", {"selfsupervision": SELFSUPERVISIONS["rotation"]()}, "rotation turns square"),
    ],
)
def test_what_cannot_work_is_refused_with_the_reason(kind, changes, message):
    with pytest.raises(ValueError, match=message):
        begun(kind, replace(SMALL, **changes))


def test_a_task_has_what_the_guard_asks_for():
    from ssgan.training.loop import Guarded

    task, _ = begun("vectors")
    assert isinstance(task, Guarded)
    assert isinstance(task, Adversarial)
