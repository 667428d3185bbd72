"""The task of finetuning: its losses, its head, and the graph that labels unlabeled rows."""

import json
from math import exp, log

import numpy as np
import pytest
import torch

from ssgan.models.student.config import StudentConfig
from ssgan.prediction.config import PredictorConfig, SearchConfig
from ssgan.prediction.fitting import make_task
from ssgan.prediction.graph import Graph, Votes, first_shares
from ssgan.prediction.labels import labeled
from ssgan.prediction.methods.stepped.propagation import soft_cross_entropy
from ssgan.prediction.network import Head, Network, initial_network, new_head
from ssgan.prediction.task import Finetune, Learner, supervised_loss
from ssgan.randomness import Rng
from ssgan.training.batches import Batches, Stream
from ssgan.training.loop import train
from ssgan.training.schedule import Schedule, TrainOptions
from ssgan.transforms.batch import MOVES
from ssgan.transforms.views import Views
from tests.examples import KINDS, LABELS, NUMBERS, N, trained

RNG = Rng(("finetuning test",))


def graph_config(**settings):
    """The method whose unlabeled samples have the labels of a graph."""
    return PredictorConfig(method="propagation", **settings)


CONFIG = graph_config(steps=3, batch=8)
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
    task = make_task(gan, config, labeled(gan, KINDS[kind]()[:8], LABELS[:8], None, 0))
    shares = torch.eye(2)[torch.from_numpy(LABELS)]
    few = Stream((rows.packed[:8], rows.labels[:8]), config.batch)
    unlabeled = Stream((rows.packed, shares), 2 * config.batch)
    return task, Batches({"labeled": few, "unlabeled": unlabeled}, RNG)


def voters(task):
    return task.losses["unlabeled",].voters


def test_cross_entropy_with_shares_is_weighted_by_the_largest():
    outputs = torch.tensor([[0.0, 0.0], [0.0, log(3.0)], [2.0, 2.0]])
    shares = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    found = soft_cross_entropy(outputs, shares)
    assert found.tolist() == pytest.approx([log(2), -log(0.75), log(2) / 2])


def test_classes_cost_cross_entropy_and_numbers_squared_error():
    outputs = torch.tensor([[0.0, log(3.0)], [0.0, log(3.0)]])
    found = supervised_loss(outputs, torch.tensor([0, 1]))
    assert found.item() == pytest.approx(-(log(0.25) + log(0.75)) / 2)
    found = supervised_loss(torch.tensor([[1.0], [5.0]]), torch.tensor([0.0, 2.0]))
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
    first = [p.detach().clone() for p in task.learner.network.parameters()]
    ((step, means),) = train(task, rows, Schedule(3, 1))
    assert step == 3
    assert set(means) == {"supervised", "unlabeled", "not_finite"}
    assert means["not_finite"] == 0
    moved = [
        not torch.equal(a, b) for a, b in zip(first, task.learner.network.parameters(), strict=True)
    ]
    assert all(moved)
    assert isinstance(task.result, Network)
    assert isinstance(task.result.head, Votes)


def test_without_unlabeled_rows_only_labels_count_and_nobody_votes():
    task, rows = prepared("vectors", graph_config(steps=3, batch=8, unlabeled=0.0))
    ((_, means),) = train(task, rows, Schedule(3, 1))
    assert set(means) == {"supervised", "not_finite"}
    assert set(task.parts) == {"network", "mean", "optimizer"}
    assert not isinstance(task.result.head, Votes)


def test_the_weight_of_unlabeled_rows_multiplies_their_term():
    found = {}
    for weight in (1.0, 0.25):
        task, rows = prepared("vectors", graph_config(steps=1, batch=8, unlabeled=weight))
        ((_, found[weight]),) = train(task, rows, Schedule(1, 1))
    assert found[0.25]["unlabeled"] == pytest.approx(found[1.0]["unlabeled"] / 4)
    assert found[0.25]["supervised"] == pytest.approx(found[1.0]["supervised"])


def test_the_first_loss_is_that_of_a_head_at_0():
    task, rows = prepared("images", graph_config(steps=1, batch=8))
    ((_, means),) = train(task, rows, Schedule(1, 1))
    assert means["supervised"] == pytest.approx(log(2), rel=1e-5)
    assert means["unlabeled"] == pytest.approx(log(2), rel=1e-5)


def test_learning_lowers_the_loss_to_nothing_where_classes_are_apart():
    task, rows = prepared("vectors", graph_config(steps=60, batch=8, rate=1e-2))
    means = [means for _, means in train(task, rows, Schedule(60, 1, TrainOptions(log_every=20)))]
    assert means[-1]["supervised"] < 0.1 < means[0]["supervised"]


def test_the_graph_is_laid_anew_after_the_last_step_only():
    task, rows = prepared("vectors")
    for step, _ in train(task, rows, Schedule(3, 1, TrainOptions(log_every=1))):
        assert bool(voters(task).rows.any()) == (step == 3)
    shares = voters(task).shares
    torch.testing.assert_close(shares.sum(1), torch.ones(len(shares)))
    assert (shares[:8].argmax(1) == rows_of("vectors").labels[:8]).all()


def test_only_images_are_warped_and_each_time_differently():
    def view(kind, rng, **settings):
        task, _ = prepared(kind, graph_config(**settings))
        plain = task.codec.expand(rows_of(kind).packed[:4])
        return plain, task.learner.views.light(plain, rng)

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


class Encoding:
    """Stands in for a GAN whose features of samples are given."""

    def __init__(self, features):
        self.features = features

    def encode(self, x):
        return self.features

    def apply(self, network, packed):
        return network(packed)


@pytest.mark.parametrize("nearer", ["samples", "features"])
def test_nearness_is_told_where_hidden_labels_are_found_best(nearer):
    """Its shares are taken too."""
    labels = np.repeat([0, 1], N // 2)
    apart = torch.from_numpy(100.0 * labels[:, None] + np.arange(N)[:, None] % 12).float()
    mixed = apart[np.arange(N).reshape(2, -1).T.ravel()]  # those of the other class beside each
    samples, features = (apart, mixed) if nearer == "samples" else (mixed, apart)
    known = torch.from_numpy(np.where(np.arange(N) % 12 < 6, labels, -1))
    space, shares = first_shares(Encoding(features), Graph(samples, known, 2))
    assert space == nearer
    assert (shares.argmax(1).numpy() == labels).all()


def test_features_tell_nearness_where_no_label_can_be_hidden():
    assert first_shares(trained("vectors"), rows_of("vectors", known=2))[0] == "features"


def test_a_config_comes_back_from_json():
    student, search = StudentConfig(steps=7, transforms=("noise",)), SearchConfig(folds=4)
    config = PredictorConfig(method="svm", warp=0.5, seed=2, student=student, search=search)
    assert PredictorConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    assert PredictorConfig.from_json({"steps": 7}) == PredictorConfig(steps=7)


def test_names_of_version_0_1_are_read():
    flat = {"student_steps": 5, "student_batch": 7, "student_views": 3, "simple": "knn"}
    config = PredictorConfig.from_json({"method": "consistency+finetune", **flat})
    assert config.method == "consistency+propagation"
    assert config.student == StudentConfig(steps=5, batch=7, views=3)
    assert config.baseline == "knn"
    for old, new in (("joint", "k-plus-one"), ("spread", "graph"), ("simple", "baseline")):
        assert PredictorConfig(method=old) == PredictorConfig(method=new)


def test_a_part_of_a_nested_config_is_read_over_its_defaults():
    found = PredictorConfig.from_json({"student": {"steps": 5}, "search": {"folds": 3}})
    assert found.student == StudentConfig(steps=5)
    assert found.search == SearchConfig(folds=3)


@pytest.mark.parametrize("settings", [{"seed": 3}, {"warp": 0.5}])
def test_a_student_has_the_seed_and_the_warp_of_its_predictor(settings):
    name = next(iter(settings))
    with pytest.raises(ValueError, match=f"a student has the {name} of its PredictorConfig"):
        PredictorConfig(student=StudentConfig(**settings))
    assert PredictorConfig(student=StudentConfig(**settings), **settings)


def test_a_search_takes_values_around_the_middle_one():
    values = (1.0, 2.0, 3.0, 4.0, 5.0)
    found = [SearchConfig(values=count).middle(values) for count in (1, 2, 3, 5, 9)]
    assert found == [(3.0,), (2.0, 3.0), (2.0, 3.0, 4.0), values, values]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"method": "forest"},
            "no method 'forest'; there are auto, baseline, graph",
        ),
        ({"stepz": 3}, "no setting stepz: did you mean steps. There are method, steps"),
        ({"steps": 0}, "expected steps to be a whole number from 1 on, got 0"),
        ({"batch": 0}, "expected batch to be a whole number from 1 on, got 0"),
        ({"unlabeled": -0.5}, "expected unlabeled to be a number from 0 on, got -0.5"),
        ({"align": "often"}, "expected align to be true or false, got 'often'"),
        ({"mix": 1}, "expected mix to be true or false, got 1"),
        ({"search": {"folds": 1}}, "expected folds to be a whole number from 2 on, got 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        PredictorConfig.from_json(fields)


def test_a_regression_learns_numbers_with_the_same_task():
    config = graph_config(steps=80, batch=12, rate=1e-2, unlabeled=0.0)
    gan = trained("vectors")
    packed = gan.codec.pack(KINDS["vectors"]())
    numbers = torch.from_numpy((NUMBERS - NUMBERS.mean()) / NUMBERS.std()).float()
    learner = Learner.start(
        initial_network(gan, 1, 0), Views(config.transforms or (), config.warp), gan.runtime
    )
    task = Finetune(config, gan.codec, learner, {})
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
