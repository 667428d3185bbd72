"""What unlabeled rows teach: the teachers of finetuning, by exact values and by laws."""

from math import exp, log
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from ssgan.data import fit_codec
from ssgan.models.student.natural import SYMMETRIES, natural, recognition_rate
from ssgan.prediction import methods
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.finetune import finetune
from ssgan.prediction.fitting import fit_network, make_task
from ssgan.prediction.labels import labeled
from ssgan.prediction.loading import load_predictor
from ssgan.prediction.methods import METHODS
from ssgan.prediction.methods.stepped import propagation
from ssgan.prediction.methods.stepped.consistency import BELIEF, Consistency, Thresholds
from ssgan.prediction.methods.stepped.k_plus_one import SLOWER, KPlusOne
from ssgan.prediction.methods.stepped.propagation import FADED, is_skewed
from ssgan.prediction.names import FITTED, STEPPED
from ssgan.prediction.resolve import resolve_config
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.training.runner import finish
from ssgan.training.schedule import Step
from ssgan.transforms.views import MOVES, Views, check_transforms
from tests.examples import KINDS, LABELS, NUMBERS, OFTEN, N, assert_same_course, trained

RNG = Rng(("semisupervised test",))
TEACHERS = ("consistency", "k-plus-one", "consistency+k-plus-one", "propagation+consistency")
TASKS = {"classification": LABELS, "regression": NUMBERS}
each = pytest.mark.parametrize("kind", KINDS)
each_method = pytest.mark.parametrize("method", TEACHERS)
each_task = pytest.mark.parametrize("task", TASKS)


def made(kind, method, labels=LABELS, **settings):
    """A task with its teachers, 8 of the rows labelled."""
    gan = trained(kind)
    config = PredictorConfig(method=method, **{"steps": 3, "batch": 4, **settings})
    rows = labeled(gan, KINDS[kind]()[:8], labels[:8], None, 0)
    return make_task(gan, resolve_config(config, gan, rows), rows)


def loss_of(task):
    """The first of the losses that are no graph's."""
    return task.losses["lesson", 0]


def test_a_method_lies_in_the_folder_of_its_kind_and_nowhere_else():
    assert all(METHODS[name].fit and not METHODS[name].loss for name in FITTED)
    assert all(METHODS[name].loss and not METHODS[name].fit for name in STEPPED)
    folder = Path(methods.__file__).parent
    assert [path.name for path in folder.glob("*.py")] == ["__init__.py"]


def test_all_rows_count_before_a_teacher_has_said_anything():
    thresholds = Thresholds(4)
    guesses, believed = thresholds.pseudo_labels(torch.full((3, 4), 0.25))
    assert believed.tolist() == [1, 1, 1]
    assert guesses.tolist() == [0, 0, 0]


def test_thresholds_are_running_means_of_what_the_teacher_says():
    thresholds, probabilities = Thresholds(2), torch.tensor([[0.9, 0.1], [0.7, 0.3]])
    thresholds.pseudo_labels(probabilities)
    assert thresholds.sure.item() == pytest.approx(
        BELIEF.momentum * 0.5 + (1 - BELIEF.momentum) * 0.8
    )
    wanted = [
        BELIEF.momentum * 0.5 + (1 - BELIEF.momentum) * 0.8,
        BELIEF.momentum * 0.5 + (1 - BELIEF.momentum) * 0.2,
    ]
    assert thresholds.shares.tolist() == pytest.approx(wanted)


def test_a_class_that_is_named_less_often_is_believed_sooner():
    thresholds = Thresholds(2)
    thresholds.sure.fill_(0.9)
    thresholds.shares.copy_(torch.tensor([0.8, 0.4]))
    _, believed = thresholds.pseudo_labels(torch.tensor([[0.7, 0.3], [0.3, 0.7]]))
    assert believed.tolist() == [0, 1]


def test_a_class_that_is_named_too_often_is_taken_for_less_likely():
    thresholds, prior = Thresholds(2), torch.tensor([0.5, 0.5])
    thresholds.shares.copy_(torch.tensor([0.8, 0.2]))
    guesses, _ = thresholds.pseudo_labels(torch.tensor([[0.8, 0.2], [0.7, 0.3]]), prior)
    shares = BELIEF.momentum * torch.tensor([0.8, 0.2]) + (1 - BELIEF.momentum) * torch.tensor(
        [0.75, 0.25]
    )
    torch.testing.assert_close(thresholds.shares, shares)
    assert guesses.tolist() == [0, 1]  # 0.8 / 0.7995 > 0.2 / 0.2005, and not for the second row
    best = [
        0.8 / 0.7995 / (0.8 / 0.7995 + 0.2 / 0.2005),
        0.3 / 0.2005 / (0.7 / 0.7995 + 0.3 / 0.2005),
    ]
    sure = BELIEF.momentum * 0.5 + (1 - BELIEF.momentum) * sum(best) / 2
    assert thresholds.sure.item() == pytest.approx(sure, rel=1e-5)


def test_labels_are_aligned_only_where_it_is_asked_for():
    tasks = [made("images", "consistency", align=align) for align in (False, True)]
    plain, asked = (loss_of(task) for task in tasks)
    rows = lambda *_: (torch.cat([loss_of(tasks[0]).rows.packed[:1]] * 4),)  # noqa: E731

    def named(teacher):
        return set(teacher.batch_and_loss(rows, 0, RNG)[1].args[0].argmax(1).tolist())

    (usual,) = named(plain)
    for teacher in (plain, asked):  # as if the class of such rows had been named all the time
        teacher.thresholds.shares.fill_(0.001)[usual] = 0.999
    assert named(plain) == {usual}
    assert named(asked) == {1 - usual}


def test_classes_are_expected_as_often_as_they_are_labelled():
    gan, x = trained("images"), KINDS["images"]()
    few = labeled(gan, x[:8], [0, 0, 1, 1, 1, 1, 1, 1], None, 0)
    assert few.prior().tolist() == pytest.approx([0.3, 0.7])
    even = labeled(gan, x[:8], LABELS[:8], None, 0)
    assert even.prior().tolist() == [0.5, 0.5]


def test_a_teacher_of_numbers_says_none_beyond_the_labels():
    teacher = loss_of(made("images", "consistency", NUMBERS))
    least, most = teacher.prior[0], teacher.prior[-1]
    said = teacher.number_targets(torch.tensor([-100.0, (least + most) / 2, 100.0]))
    assert said.tolist() == [least, (least + most) / 2, most]


def test_an_aligned_teacher_of_numbers_says_what_has_their_rank_among_the_labels():
    teacher = loss_of(made("images", "consistency", NUMBERS, align=True))
    teacher.prior = torch.tensor([-1.0, 0.0, 3.0])
    said = teacher.number_targets(torch.tensor([0.2, 0.1, 900.0, 0.15]))
    expected = torch.quantile(teacher.prior, torch.tensor([0.625, 0.125, 0.875, 0.375]))
    assert said.tolist() == expected.tolist()


def test_rows_that_are_not_believed_cost_nothing():
    teacher = loss_of(made("images", "consistency"))
    outputs = torch.tensor([[0.0, log(3.0)], [50.0, 0.0]])
    terms = teacher.class_terms(torch.tensor([[0.0, 1.0], [0.0, 0.0]]), outputs, outputs)
    assert terms["consistency"].item() == pytest.approx(-log(0.75) / 2)
    spread = 0.25 * log(0.25 * 2) + 0.75 * log(0.75 * 2)
    assert terms["class_balance"].item() == pytest.approx(BELIEF.balance * spread, rel=1e-4)


def test_numbers_are_pulled_to_the_teachers_and_into_its_order():
    teacher = loss_of(made("vectors", "consistency", NUMBERS))
    said, outputs = torch.tensor([0.0, 2.0]), torch.tensor([[0.5], [1.0]])
    terms = teacher.number_terms(said, 1.0, outputs, outputs)
    assert terms["consistency"].item() == pytest.approx((0.25 + 1) / 2)
    assert terms["ranking"].item() == pytest.approx(log(1 + exp(-4 * 0.5)) / 4, rel=1e-5)
    close = teacher.number_terms(torch.tensor([0.0, 0.4]), 1.0, outputs, outputs)
    assert close["ranking"].item() == 0


def test_the_average_labels_the_weak_view_and_the_strong_one_is_learnt_from():
    task = made("images", "consistency")
    teacher, seen = loss_of(task), []
    assert teacher.mean is task.learner.mean and teacher.mean is not task.learner.network
    weak, strong = torch.full((4, 1, 8, 8), -0.5), torch.full((4, 1, 8, 8), 0.5)
    teacher.views = SimpleNamespace(weak=lambda *_: weak, strong=lambda *_: strong)

    def says_1(x):
        seen.append(x)
        return torch.tensor([[0.0, 9.0]]).expand(len(x), 2)

    teacher.mean = says_1
    blank = torch.zeros(4, 64, dtype=torch.uint8)
    changed, cost = teacher.batch_and_loss(lambda *_: (blank,), 0, RNG)
    assert torch.equal(changed, strong)
    assert [torch.equal(x, weak) for x in seen] == [True]
    right, wrong = torch.tensor([[0.0, 5.0]] * 4), torch.tensor([[5.0, 0.0]] * 4)
    assert cost(right, right)["consistency"] < 0.01 < 1 < cost(wrong, wrong)["consistency"]


@pytest.mark.parametrize("labels", [LABELS, NUMBERS], ids=["classes", "numbers"])
@pytest.mark.parametrize("kind", ["images", "vectors"])
def test_mixed_rows_are_told_as_their_shares_in_them_say(kind, labels):
    tasks = [made(kind, "consistency", labels, mix=mix) for mix in (False, True)]
    rows = lambda *_: (loss_of(tasks[0]).rows.packed[:4],)  # noqa: E731
    plain, asked = (loss_of(task) for task in tasks)
    shares = asked.shares(4, RNG("mix"))
    assert 0.5 < shares.min() < shares.max() <= 1
    assert plain.shares(4, RNG("mix")) is None
    (alone, told), (x, blended) = (
        teacher.batch_and_loss(rows, 0, RNG) for teacher in (plain, asked)
    )
    own = shares.view(4, *[1] * (x.dim() - 1))
    torch.testing.assert_close(x, own * alone + (1 - own) * alone[[3, 0, 1, 2]])
    each, both = told.args[0], blended.args[0]
    own = shares.view(4, *[1] * (both.dim() - 1))
    torch.testing.assert_close(both, own * each + (1 - own) * each[[3, 0, 1, 2]])


def test_the_generator_moves_its_mean_features_to_those_of_real_rows():
    task = made("vectors", "k-plus-one")
    teacher = loss_of(task)
    rows = lambda *_: (loss_of(task).rows.packed[:4],)  # noqa: E731
    steps = (task.answer(teacher.opponent, rows, 0, RNG, 3e-3) for _ in range(60))
    found = [terms["matching"].item() for terms, _ in steps]
    assert found[-1] < found[0] / 2
    assert teacher.optimizer.param_groups[0]["lr"] == pytest.approx(SLOWER * 3e-3)


def test_an_update_of_the_generator_that_is_not_finite_is_refused_and_told():
    task = made("vectors", "k-plus-one")
    teacher, rows = loss_of(task), lambda *_: (loss_of(task).rows.packed[:4],)
    with torch.no_grad():
        next(task.learner.network.trunk.parameters()).fill_(torch.nan)
    before = [p.clone() for p in teacher.generator.parameters()]
    _, refused = task.answer(teacher.opponent, rows, 0, RNG, 1e-3)
    assert refused == 1
    assert all(map(torch.equal, before, teacher.generator.parameters()))


@pytest.mark.parametrize(
    "method",
    ["k-plus-one+k-plus-one", "consistency+propagation+consistency", "consistency+supervised"],
)
def test_nothing_is_learnt_by_twice(method):
    with pytest.raises(ValueError, match="no method"):
        PredictorConfig(method=method)


def test_the_score_for_real_is_the_log_sum_of_the_outputs():
    teacher = loss_of(made("images", "k-plus-one"))
    outputs = torch.tensor([[0.0, 0.0], [log(3.0), -99.0]])
    terms = teacher.critic_terms(1, outputs, outputs)
    assert terms["real"].item() == pytest.approx(log(1 + 1 / 2) / 2)
    assert terms["fake"].item() == pytest.approx(log(1 + 3) / 2)


def test_the_generator_learns_beside_the_network_and_the_gans_own_stays():
    task, gan = made("images", "k-plus-one"), trained("images")
    joint = loss_of(task)
    before = [p.clone() for p in gan.generator.parameters()]
    packed = gan.codec.pack(KINDS["images"]())

    def rows(stream, step, k):
        return (packed[:4], torch.from_numpy(LABELS[:4])) if stream == "labeled" else (packed,)

    task.update(rows, Step(0))
    assert all(torch.equal(p, q) for p, q in zip(gan.generator.parameters(), before, strict=True))
    moved = zip(joint.generator.parameters(), before, strict=True)
    assert any(not torch.equal(p, q) for p, q in moved)


def test_the_critic_of_numbers_is_trained_with_the_network_and_that_of_classes_is_not():
    assert loss_of(made("images", "k-plus-one")).trainable is None
    task = made("vectors", "k-plus-one", NUMBERS)
    critic = loss_of(task).trainable
    trained_ones = {id(p) for group in task.optimizer.param_groups for p in group["params"]}
    assert {id(p) for p in critic.parameters()} <= trained_ones


@each
@each_method
@each_task
def test_every_method_learns_from_every_kind_and_comes_back_from_its_directory(
    kind, method, task, tmp_path
):
    x, y = KINDS[kind](), TASKS[task]
    config = PredictorConfig(method=method, steps=2, batch=4, calibrate=False)
    model = finetune(trained(kind), x[:8], y[:8], config, run=tmp_path / "model")
    again = load_predictor(tmp_path / "model")
    assert (model.outputs(x) == again.outputs(x)).all()
    assert again.config == model.config


@pytest.mark.parametrize(
    ("method", "mix"), [*((m, False) for m in TEACHERS), ("consistency", True)]
)
@each_task
def test_a_training_that_was_left_ends_as_one_that_was_not(method, mix, task, tmp_path):
    gan, y = trained("images"), TASKS[task]
    config = PredictorConfig(method=method, steps=6, batch=4, mix=mix)
    rows = labeled(gan, KINDS["images"]()[:8], y[:8], None, 0)
    config = resolve_config(config, gan, rows)

    def training(name):
        return fit_network(
            gan, config, rows, Run.claim(tmp_path / name, {"kind": "test"}), "", OFTEN
        )

    finish(training("whole"))
    left = training("left")
    next(left)
    left.close()
    finish(training("left"))
    assert_same_course(tmp_path / "whole", tmp_path / "left")


def test_labels_of_the_graph_fade_where_another_method_learns_better_ones():
    def weight(method, step):
        task = made("images", method, steps=100, unlabeled=2.0)
        return task.losses["unlabeled",].weight(step)

    both, last = "consistency+propagation", round(100 * FADED)
    assert weight(both, 0) == 2.0
    assert weight(both, last // 2) == pytest.approx(1.0)
    assert weight(both, last) == weight(both, 99) == 0.0
    assert weight("propagation", 0) == weight("propagation", 99) == 2.0


def test_labels_of_the_graph_stay_where_samples_have_other_shares_than_labels(monkeypatch):
    def weights(often):
        sure = torch.where(torch.arange(N) < often, 0.6, 0.4)
        shares = torch.stack([sure, 1 - sure], 1)
        monkeypatch.setattr(propagation, "first_shares", lambda *_: ("samples", shares))
        term = made("images", "consistency+propagation", steps=100).losses["unlabeled",]
        return term.weight(0), term.weight(99)

    assert weights(N // 2) == (1.0, 0.0)  # as many of each class are labelled
    assert weights(N * 3 // 4) == (1.0, 1.0)


def test_small_differences_of_shares_are_no_skew():
    labels = torch.tensor([0, 0, 1, 1])
    first = torch.eye(2)[[0] * 59 + [1] * 41]
    assert not is_skewed(first, labels)
    assert is_skewed(torch.eye(2)[[0] * 61 + [1] * 39], labels)


def test_no_row_of_the_graph_is_drawn_once_its_labels_have_faded():
    task, seen = made("images", "consistency+propagation", steps=10), []

    def rows(stream, step, k):
        seen.append((stream, step))
        packed = torch.from_numpy(KINDS["images"]())[:, None]
        labels = torch.full((N, 2), 0.5) if stream == "unlabeled" else torch.from_numpy(LABELS)
        return (packed, labels) if stream != "every" else (packed,)

    for step in (0, 2, 3, 9):
        task.update(rows, Step(step))
    assert [step for stream, step in seen if stream == "unlabeled"] == [0, 2]
    assert [step for stream, step in seen if stream == "every"] == [0, 2, 3, 9]


def test_without_unlabeled_rows_or_weight_there_is_no_teacher():
    assert [*map(type, made("images", "consistency+k-plus-one").losses.values())] == [
        Consistency,
        KPlusOne,
    ]
    assert made("images", "consistency+k-plus-one", unlabeled=0.0).losses == {}


def test_digits_are_not_mirrored_and_symmetric_images_may_be():
    rng = torch.Generator().manual_seed(0)
    noise = torch.rand(400, 1, 8, 8, generator=rng) * 2 - 1
    codec = fit_codec(noise)
    assert "flip" in natural(codec, noise)
    leaning = noise.clone()
    leaning[:, :, :, :4] = leaning[:, :, :, :4] / 4 + 0.7
    assert recognition_rate(leaning, SYMMETRIES["flip"]) > 0.9
    assert natural(codec, leaning) == MOVES


@pytest.mark.parametrize(("side", "lit"), [(8, False), (14, False), (16, True)])
def test_grey_images_may_be_lighter_where_greys_are_not_shapes(side, lit):
    grey = torch.rand(30, 1, side, 20, generator=torch.Generator().manual_seed(1)) * 2 - 1
    assert ("colour" in natural(fit_codec(grey), grey)) == lit


def test_rows_are_corrupted_and_colours_changed_where_there_are_any():
    assert natural(fit_codec(torch.zeros(30, 5)), torch.zeros(30, 5)) == ("corrupt",)
    colour = torch.rand(400, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    assert {"crop", "zoom", "colour", "cutout", *MOVES} <= set(natural(fit_codec(colour), colour))


@pytest.mark.parametrize("name", ["crop", "flip", "colour", "cutout", "noise", *MOVES])
def test_each_transform_of_images_changes_strong_views_alone_or_all(name):
    x = torch.rand(6, 3, 8, 8, generator=torch.Generator().manual_seed(2)) * 2 - 1
    views = Views((name,))
    assert not torch.equal(views.strong(x, RNG("strong")), x)
    assert views.strong(x, RNG).shape == views.weak(x, RNG).shape == x.shape
    still = name in ("colour", "cutout", "noise")
    assert torch.equal(views.weak(x, RNG("weak")), x) == still


def test_a_crop_moves_by_whole_pixels_and_leaves_moves_to_half_of_the_strong_views():
    x = torch.rand(64, 3, 16, 16, generator=torch.Generator().manual_seed(3)) * 2 - 1
    views = Views(("crop", "turn"))
    inside = [set(image.flatten().tolist()) for image in x]
    weak, strong = views.weak(x, RNG("weak")), views.strong(x, RNG("strong"))
    kept = [set(image.flatten().tolist()) <= own for image, own in zip(weak, inside, strict=True)]
    assert all(kept)
    assert not torch.equal(weak, x)
    kept = [set(image.flatten().tolist()) <= own for image, own in zip(strong, inside, strict=True)]
    assert 20 < sum(kept) < 44


def test_a_student_sees_parts_of_images_and_some_without_colours_where_there_is_zoom():
    x = torch.rand(200, 3, 8, 8, generator=torch.Generator().manual_seed(4)) * 2 - 1
    views = Views(("zoom", "colour", "cutout", "turn"))
    seen = views.for_student(x, RNG("far"))
    grey = (seen.amax(1) == seen.amin(1)).flatten(1).all(1).float().mean()
    assert seen.shape == x.shape
    assert 0.1 < grey < 0.3
    assert torch.equal(Views(("turn",)).for_student(x, RNG), Views(("turn",)).strong(x, RNG))
    still = Views(("zoom",))
    assert torch.equal(still.strong(x, RNG), x)


def test_corruption_takes_values_of_the_same_column():
    x = torch.arange(40.0).reshape(10, 4)
    changed = Views(("corrupt",)).strong(x, RNG("corrupt"))
    assert not torch.equal(changed, x)
    assert (changed % 4 == x % 4).all()


@pytest.mark.parametrize(
    ("transforms", "shape", "message"),
    [
        (("spin",), (1, 8, 8), "no transform 'spin'; there are turn"),
        (("turn",), (5,), "kind 'vectors' have no transform 'turn'; they have noise, corrupt"),
        (("corrupt",), (1, 8, 8), "samples of kind 'images' have no transform 'corrupt'"),
    ],
)
def test_transforms_that_samples_cannot_have_are_refused(transforms, shape, message):
    with pytest.raises(ValueError, match=message):
        check_transforms(transforms, fit_codec(torch.ones(2, *shape)))


def test_numbers_are_not_turned_unless_their_user_says_so():
    assert made("images", "consistency", NUMBERS).config.transforms == ("noise",)
    assert made("images", "consistency", LABELS).config.transforms[: len(MOVES)] == MOVES
    assert len(LABELS) == N
