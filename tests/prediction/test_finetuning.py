"""The task of finetuning: its losses, its head, and the graph that labels unlabeled rows."""

import json
from math import exp, log

import numpy as np
import pytest
import torch

from ssgan.prediction.finetuning import (
    Finetune,
    Graph,
    Head,
    Network,
    PredictorConfig,
    first_shares,
    new_head,
    soft_cross_entropy,
    supervised,
)
from ssgan.prediction.graph import Votes
from ssgan.prediction.methods import initial
from ssgan.randomness import Rng
from ssgan.training.batches import Batches, Stream
from ssgan.training.loop import train
from ssgan.training.schedule import Schedule, TrainOptions
from ssgan.transforms.batch import MOVES
from tests.examples import KINDS, LABELS, NUMBERS, N, trained

RNG = Rng(("finetuning test",))
CONFIG = PredictorConfig(steps=3, batch=8)
each = pytest.mark.parametrize("kind", KINDS)


def rows_of(kind, known=8):
    """A graph of the rows of that kind, the first few of them labelled."""
    packed = trained(kind).codec.pack(KINDS[kind]())
    labels = torch.full((N,), -1)
    labels[:known] = torch.from_numpy(LABELS[:known])
    return Graph(packed, labels, 2)


def prepared(kind, config=CONFIG):
    """The task and its batches, the shares of unlabeled rows those of their true classes."""
    gan, rows = trained(kind), rows_of(kind)
    task = Finetune(config, initial(gan, config, 2), gan.codec, gan.runtime, rows)
    shares = torch.eye(2)[torch.from_numpy(LABELS)]
    labeled = Stream((rows.packed[:8], rows.labels[:8]), config.batch)
    unlabeled = Stream((rows.packed, shares), 2 * config.batch)
    return task, Batches({"labeled": labeled, "unlabeled": unlabeled}, RNG)


def test_cross_entropy_with_shares_is_weighted_by_the_largest():
    outputs = torch.tensor([[0.0, 0.0], [0.0, log(3.0)], [2.0, 2.0]])
    shares = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    found = soft_cross_entropy(outputs, shares)
    assert found.tolist() == pytest.approx([log(2), -log(0.75), log(2) / 2])


def test_classes_cost_cross_entropy_and_numbers_squared_error():
    outputs = torch.tensor([[0.0, log(3.0)], [0.0, log(3.0)]])
    found = supervised(outputs, torch.tensor([0, 1]))
    assert found.item() == pytest.approx(-(log(0.25) + log(0.75)) / 2)
    found = supervised(torch.tensor([[1.0], [5.0]]), torch.tensor([0.0, 2.0]))
    assert found.item() == pytest.approx((1 + 9) / 2)


def test_a_head_starts_at_0_and_learns_as_fast_for_many_features_as_for_few():
    def answer(features):
        head = Head(features, 1)
        x = torch.ones(1, features)
        assert head(x).item() == 0
        head(x).sum().backward()
        with torch.no_grad():
            for parameter in head.parameters():
                parameter -= 0.1 * parameter.grad
        return head(x).item() - head.linear.bias.item()

    assert answer(16) == pytest.approx(-1.6)
    assert answer(1600) == pytest.approx(answer(16), rel=1e-4)


def test_a_new_head_leaves_the_random_state_alone():
    before = torch.get_rng_state()
    new_head(4, 2, RNG)
    assert torch.equal(torch.get_rng_state(), before)


@each
def test_a_task_takes_steps_on_labelled_and_unlabeled_rows(kind):
    task, rows = prepared(kind)
    first = [p.detach().clone() for p in task.network.parameters()]
    ((step, means),) = train(task, rows, Schedule(3, 1))
    assert step == 3
    assert set(means) == {"supervised", "unlabeled", "not_finite"}
    assert means["not_finite"] == 0
    moved = [not torch.equal(a, b) for a, b in zip(first, task.network.parameters(), strict=True)]
    assert all(moved)
    assert isinstance(task.result, Network)
    assert isinstance(task.result.head, Votes)


def test_without_unlabeled_rows_only_labels_count_and_nobody_votes():
    task, rows = prepared("vectors", PredictorConfig(steps=3, batch=8, unlabeled=0.0))
    ((_, means),) = train(task, rows, Schedule(3, 1))
    assert set(means) == {"supervised", "not_finite"}
    assert set(task.parts) == {"network", "mean", "optimizer"}
    assert not isinstance(task.result.head, Votes)


def test_the_weight_of_unlabeled_rows_multiplies_their_term():
    found = {}
    for weight in (1.0, 0.25):
        task, rows = prepared("vectors", PredictorConfig(steps=1, batch=8, unlabeled=weight))
        ((_, found[weight]),) = train(task, rows, Schedule(1, 1))
    assert found[0.25]["unlabeled"] == pytest.approx(found[1.0]["unlabeled"] / 4)
    assert found[0.25]["supervised"] == pytest.approx(found[1.0]["supervised"])


def test_the_first_loss_is_that_of_a_head_at_0():
    task, rows = prepared("images", PredictorConfig(steps=1, batch=8))
    ((_, means),) = train(task, rows, Schedule(1, 1))
    assert means["supervised"] == pytest.approx(log(2), rel=1e-5)
    assert means["unlabeled"] == pytest.approx(log(2), rel=1e-5)


def test_learning_lowers_the_loss_to_nothing_where_classes_are_apart():
    task, rows = prepared("vectors", PredictorConfig(steps=60, batch=8, rate=1e-2))
    means = [means for _, means in train(task, rows, Schedule(60, 1, TrainOptions(log_every=20)))]
    assert means[-1]["supervised"] < 0.1 < means[0]["supervised"]


def test_the_graph_is_laid_anew_after_the_last_step_only():
    task, rows = prepared("vectors")
    for step, _ in train(task, rows, Schedule(3, 1, TrainOptions(log_every=1))):
        assert bool(task.voters.rows.any()) == (step == 3)
    chances = task.voters.shares
    torch.testing.assert_close(chances.sum(1), torch.ones(N))
    assert (chances[:8].argmax(1) == rows_of("vectors").labels[:8]).all()


def test_only_images_are_warped_and_each_time_differently():
    def view(kind, rng, **settings):
        task, _ = prepared(kind, PredictorConfig(**settings))
        plain = task.codec.expand(rows_of(kind).packed[:4])
        return plain, task.views.of(plain, rng)

    plain, one = view("images", RNG("a"), transforms=MOVES)
    _, other = view("images", RNG("b"), transforms=MOVES)
    assert not torch.equal(one, plain)
    assert not torch.equal(one, other)
    for kind, settings in (
        ("images", {"transforms": MOVES, "warp": 0.0}),
        ("images", {"transforms": ()}),
        ("vectors", {"transforms": ("noise", "corrupt")}),
    ):
        plain, still = view(kind, RNG("a"), **settings)
        assert torch.equal(still, plain)


@each
def test_first_shares_are_chances_that_keep_the_given_labels(kind):
    rows = rows_of(kind)
    space, shares = first_shares(trained(kind), rows)
    assert space in ("features", "samples")
    assert shares.shape == (N, 2)
    torch.testing.assert_close(shares.sum(1), torch.ones(N))
    known = rows.labels >= 0
    assert (shares.argmax(1)[known] == rows.labels[known]).all()


def test_first_shares_find_the_classes_of_rows_that_are_apart():
    _, shares = first_shares(trained("images"), rows_of("images"))
    assert (shares.argmax(1).numpy() == LABELS).mean() > 0.9


def test_nearness_is_told_where_hidden_labels_are_found_best(monkeypatch):
    """Its shares are taken too."""
    shares = {0.1: np.ones((N, 2)), 0.3: np.zeros((N, 2))}
    for errors, nearer in (([0.3, 0.1], "samples"), ([0.1, 0.3], "features")):
        found = iter([(shares[error], error) for error in errors])
        monkeypatch.setattr("ssgan.prediction.finetuning.shares_over", lambda *_, f=found: next(f))
        space, taken = first_shares(trained("vectors"), rows_of("vectors"))
        assert (space, float(taken.mean())) == (nearer, 1.0)


def test_features_tell_nearness_where_no_label_can_be_hidden():
    assert first_shares(trained("vectors"), rows_of("vectors", known=2))[0] == "features"


def test_a_config_comes_back_from_json():
    config = PredictorConfig(method="svm", steps=3, warp=0.5, seed=2)
    assert PredictorConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    assert PredictorConfig.from_json({"steps": 7}) == PredictorConfig(steps=7)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"method": "forest"}, "no method 'forest'; there are auto, probe, svm, spread"),
        ({"stepz": 3}, "no setting stepz; there are method, steps"),
        ({"steps": 0}, "expected steps to be a whole number from 1 on, got 0"),
        ({"batch": 0}, "expected batch to be a whole number from 1 on, got 0"),
        ({"unlabeled": -0.5}, "expected unlabeled to be a number from 0 on, got -0.5"),
        ({"align": "often"}, "expected align to be true or false, got 'often'"),
        ({"mix": 1}, "expected mix to be true or false, got 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        PredictorConfig.from_json(fields)


def test_a_regression_learns_numbers_with_the_same_task():
    config = PredictorConfig(steps=80, batch=12, rate=1e-2, unlabeled=0.0)
    gan = trained("vectors")
    packed = gan.codec.pack(KINDS["vectors"]())
    numbers = torch.from_numpy((NUMBERS - NUMBERS.mean()) / NUMBERS.std()).float()
    rows = Graph(packed, torch.full((N,), -1), 0)
    task = Finetune(config, initial(gan, config, 1), gan.codec, gan.runtime, rows)
    batches = Batches({"labeled": Stream((packed, numbers), 12)}, RNG)
    means = [
        means["supervised"]
        for _, means in train(task, batches, Schedule(80, 1, TrainOptions(log_every=20)))
    ]
    assert means[-1] < 0.15 < means[0]


def test_the_votes_of_a_trained_task_are_probabilities():
    task, rows = prepared("table")
    list(train(task, rows, Schedule(3, 1)))
    x = task.codec.expand(rows_of("table").packed)
    with torch.no_grad():
        chances = task.result(x).exp()
    torch.testing.assert_close(chances.sum(1), torch.ones(N))
    assert chances.min() >= exp(-14.0) / 2
    assert np.isfinite(chances.numpy()).all()
