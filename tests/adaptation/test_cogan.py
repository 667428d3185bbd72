"""Coupled GANs beside two that are written out, what they share, and their pairs."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import ssgan
from ssgan.adaptation.adapt import resolve_adaptation
from ssgan.adaptation.config import AdaptConfig
from ssgan.adaptation.coupled import LATENT, layers_of, listed_pairs
from ssgan.adaptation.domains import make_domains
from ssgan.adaptation.methods.cogan import CoGAN
from ssgan.adaptation.task import labeled_streams
from ssgan.config import InputError
from ssgan.data import from_memory
from ssgan.randomness import Rng
from ssgan.report import report
from ssgan.runtime import Runtime
from ssgan.training.batches import Batches
from ssgan.training.schedule import Step
from tests.adaptation.test_adapt import KINDS, SMALL, Y, model_of

CPU = Runtime("cpu", False)
RNG = Rng(("test",))


def task_of(kind="images", **fields):
    source, target = KINDS[kind]
    domains = make_domains(from_memory(source, Y), from_memory(target))
    fields = {**SMALL, "transforms": (), "warp": 0.0, "method": "cogan", **fields}
    return CoGAN(resolve_adaptation(AdaptConfig(**fields), domains), domains, CPU)


def steps_of(task, n):
    streams = labeled_streams(task.domains, task.config.batch, CPU)
    streams["target"] = task.domains.target.stream(task.config.batch, CPU)
    for number in range(n):
        task.update(Batches(streams, RNG), Step(number))


def apart(task):
    """The same networks, of which no two share anything: generators, critics, heads, scores."""
    critics = [copy.deepcopy(task.critics.network(side)) for side in (0, 1)]
    scores = [copy.deepcopy(task.critics.score) for _ in (0, 1)]
    return [copy.deepcopy(generator) for generator in task.generators], critics, scores


def summed(tied, copies, gradients):
    """For each tied weight the sum of the gradients of its copies."""
    total = {}
    for one, own, gradient in zip(tied, copies, gradients, strict=True):
        assert torch.equal(one, own)
        total[id(one)] = total.get(id(one), 0) + gradient
    return total


def batch_of(task):
    real = [side.encoded(CPU, 6)[0] for side in (task.domains.source, task.domains.target)]
    noise = RNG("noise").normal(6, LATENT)
    return real, noise, task.domains.values[:6]


@pytest.mark.parametrize("kind", ["images", "vectors"])
def test_gradients_of_the_critics_are_those_of_two_networks_summed_where_they_share(kind):
    task = task_of(kind)
    real, noise, labels = batch_of(task)
    made = [x + 0.1 for x in real]
    terms = task.critic_terms(real, made, [(0, real[0], labels)])
    weights = list(task.critics.parameters())
    found = torch.autograd.grad(sum(terms.values()), weights)

    _, critics, scores = apart(task)
    loss = 10 * F.cross_entropy(critics[0](real[0]), labels)
    for critic, score, x, fake in zip(critics, scores, real, made, strict=True):
        good, bad = (torch.sigmoid(score(critic.features(s))).log() for s in (x, fake))
        loss = loss - good.mean() - (1 - bad.exp()).log().mean()
    tied = [p for side in (0, 1) for p in task.critics.network(side).parameters()]
    tied += 2 * list(task.critics.score.parameters())
    copies = [p for network in (*critics, *scores) for p in network.parameters()]
    gradients = torch.autograd.grad(loss, copies, allow_unused=True, materialize_grads=True)
    expected = summed(tied, copies, gradients)
    assert len(expected) == len(weights) < len(copies)
    for weight, gradient in zip(weights, found, strict=True):
        torch.testing.assert_close(gradient, expected[id(weight)], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["images", "vectors"])
def test_gradients_of_the_generators_are_those_of_two_networks_summed_where_they_share(kind):
    task = task_of(kind)
    _, noise, _ = batch_of(task)
    weights = list(task.generators.parameters())
    found = torch.autograd.grad(sum(task.generator_terms(noise, RNG).values()), weights)

    generators, critics, scores = apart(task)
    loss = 0
    for generator, codec, critic, score in zip(
        generators, task.codecs, critics, scores, strict=True
    ):
        made = codec.activate(generator(noise), RNG)
        loss = loss - F.logsigmoid(score(critic.features(made))).mean()
    tied = [p for generator in task.generators for p in generator.parameters()]
    copies = [p for generator in generators for p in generator.parameters()]
    expected = summed(tied, copies, torch.autograd.grad(loss, copies))
    assert len(expected) == len(weights) < len(copies)
    for weight, gradient in zip(weights, found, strict=True):
        torch.testing.assert_close(gradient, expected[id(weight)], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("architecture", ["conv", "residual", "dense", "dcgan"])
def test_all_but_the_layers_that_touch_samples_are_the_same_parameters(architecture):
    task = task_of(architecture=architecture)
    steps_of(task, 2)
    for pair, own in (
        (task.generators, layers_of(task.generators[0])[-1]),
        ([task.critics.network(side).trunk for side in (0, 1)], "first"),
    ):
        own = layers_of(pair[0])[0] if own == "first" else own
        one, other = (dict(network.named_parameters()) for network in pair)
        assert one.keys() == other.keys()
        for name in one:
            assert (one[name] is other[name]) == (name.rpartition(".")[0] != own), name
    assert task.critics.network(0).head is task.critics.network(1).head


def test_one_noise_gives_one_sample_as_long_as_the_last_layers_are_the_same():
    task = task_of("vectors")
    assert torch.equal(*listed_pairs(task.generators, task.codecs, 5, 0, CPU))
    steps_of(task, 4)
    assert not torch.equal(*listed_pairs(task.generators, task.codecs, 5, 0, CPU))


def test_optimisers_go_on_from_step_to_step():
    """Trap: one that is made anew each step has no moments."""
    task = task_of("vectors")
    steps_of(task, 3)
    for name in ("generator_optimizer", "critic_optimizer"):
        counts = {float(state["step"]) for state in task.parts[name].state_dict()["state"].values()}
        assert counts == {3.0}


def test_pairs_of_a_directory_are_those_of_the_generators_and_fewer_are_the_first(tmp_path):
    model_of("images", "cogan", run=tmp_path)
    source, target = ssgan.sample_pairs(tmp_path, 5, device="cpu")
    assert source.shape == (5, 8, 8)
    assert target.shape == (5, 12, 12, 3)
    fewer = ssgan.sample_pairs(tmp_path, 3, device="cpu")
    assert np.array_equal(fewer[0], source[:3])
    assert np.array_equal(fewer[1], target[:3])
    another = ssgan.sample_pairs(tmp_path, 3, seed=1, device="cpu")
    assert not np.array_equal(fewer[0], another[0])
    page = report(tmp_path).read_text("utf-8")
    assert "Each pair is of one noise" in page
    assert "adapted by cogan" in page


def test_a_directory_without_pairs_and_less_than_none_of_them_are_refused(tmp_path):
    model_of("vectors", "statistics", run=tmp_path)
    with pytest.raises(InputError, match="holds no pairs of generators"):
        ssgan.sample_pairs(tmp_path, 5)
    with pytest.raises(InputError, match="expected a number of pairs of 0 or more, got -1"):
        ssgan.sample_pairs(tmp_path, -1)
