"""StackGAN: its losses are exact, its critics see pairs, and it trains and is asked by captions."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from torch import nn
from torch.distributions import Normal, kl_divergence
from torch.nn.functional import softplus

import ssgan
from ssgan.cli import ssgan as command
from ssgan.config import InputError
from ssgan.data import fit_codec
from ssgan.data.encoders.captions import Captions, captions_for, text_encoder
from ssgan.data.source import from_memory
from ssgan.models.condition import fit_condition, one_of_each
from ssgan.models.domain import Domain
from ssgan.models.forget import forget
from ssgan.models.pretraining import load, pretrain, pretraining
from ssgan.models.tasks.stackgan import KL, StackGAN, half_size, mismatched
from ssgan.objectives import Hinge, NonSaturating, Relativistic, WassersteinGP
from ssgan.randomness import Rng
from ssgan.report import report
from ssgan.runs.run import Run
from ssgan.runtime import Runtime
from ssgan.training.batches import Batches
from ssgan.training.runner import finish
from ssgan.training.schedule import Step
from ssgan.transforms.batch import Augmentation
from tests.examples import OFTEN, SMALL, N, assert_same_course, same

RNG = Rng(("stackgan test",))
PLAIN = Runtime("cpu", bfloat16=False)
CONFIG = replace(SMALL, model="stackgan")
WORDS = ("a red heart", "a green leaf", "the sea")
CAPTIONS = [[WORDS[k % 3], f"{WORDS[k % 3]} again"] if k % 4 else None for k in range(N)]


def lengths(texts):
    """An encoder: letters, and how many of two of them."""
    return np.array([[len(t), t.count("e"), t.count("a")] for t in texts], dtype=np.float32)


def pictures(side=16):
    x = np.random.default_rng(0).integers(0, 90, (N, side, side, 3))
    x[::2, : side // 2] += 160
    return x.astype(np.uint8)


def captions(given=CAPTIONS, x=None):
    return captions_for(from_memory(pictures() if x is None else x), given, lengths)


def task_of(**changes):
    """A task on tiny pictures with captions, and its batches."""
    config = replace(CONFIG, **changes)
    codec = fit_codec(from_memory(pictures()))
    condition, rows = fit_condition(captions(), N)
    domain = Domain(codec, codec.pack(pictures()), rows, condition)
    task = StackGAN(config, {"unlabeled": domain.calibration(0)}, PLAIN)
    return task, Batches({"unlabeled": domain.stream(config.batch, PLAIN)}, Rng(("rows",)))


class Known(nn.Module):
    """A critic that keeps what it saw: the mean of a picture and the sum of what is asked for."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x, condition):
        self.seen.append((x.detach(), condition.detach()))
        return x.mean((1, 2, 3)) + condition.sum(1)


def watched(objective=None, **changes):
    """The critics' terms of a task whose critics are known, what they saw, and what was real."""
    objective = objective or NonSaturating()
    task, batches = task_of(objective=objective, **changes)
    task.critics = nn.ModuleList([Known(), Known()])
    real, conditions = task.setting.batch(batches, Step(0))
    fake = torch.full_like(real, 0.25)
    terms = task.critic_terms(objective, (real, conditions), fake, RNG, None)
    return terms, [critic.seen for critic in task.critics], (real, conditions[0])


# The losses


def test_the_divergence_is_that_of_the_distributions():
    task, batches = task_of()
    with torch.no_grad():
        for p in task.generator.code.parameters():
            p.copy_(RNG("code").normal(*p.shape))
    batch = task.setting.batch(batches, Step(0))
    terms, _ = task.generator_terms(NonSaturating(), batch, RNG, None)
    mean, log_deviation = task.generator.code(batch[1][0])
    prior = Normal(torch.zeros_like(mean), torch.ones_like(mean))
    known = kl_divergence(Normal(mean, log_deviation.exp()), prior)
    torch.testing.assert_close(terms["kl"], KL * known.mean())


def test_critics_weigh_right_pairs_as_much_as_generated_and_mismatched_ones_together():
    terms, (large, _), (real, asked) = watched(batch=8)
    (right, shown), (own, others) = ([part[k] for part in large] for k in (0, 1))
    assert torch.equal(right, real) and torch.equal(own, asked)
    wrong = (shown != 0.25).flatten(1).any(1)
    scores = shown.mean((1, 2, 3)) + others.sum(1)
    expected = softplus(scores).mean()
    torch.testing.assert_close(terms["critic_fake"], expected)
    torch.testing.assert_close(
        terms["critic_real"], softplus(-(real.mean((1, 2, 3)) + asked.sum(1))).mean()
    )
    assert wrong.sum() <= 4 and not wrong[:4].any()


def test_critics_see_right_generated_and_mismatched_pairs_of_their_own_size():
    _, seen, (real, asked) = watched(batch=12)
    for (right, shown), x in zip(seen, (real, half_size(real)), strict=True):
        assert right[0].shape == x.shape and torch.equal(right[0], x)
        made, given = shown
        mixed = (given != asked).any(1)
        assert mixed.any() and not mixed[:6].any()
        assert torch.equal(made[mixed], x[mixed])  # a real picture beside the caption of another
        known = {tuple(row.tolist()) for row in asked}
        assert all(tuple(row.tolist()) in known for row in given[mixed])


@pytest.mark.parametrize("seed", range(20))
def test_a_mismatched_pair_is_of_two_that_ask_for_something_and_not_for_the_same(seed):
    rows = torch.tensor([[0, 1], [1, 1], [2, 1], [0, 0], [0, 1], [1, 1], [0, 0], [2, 1]]).float()
    asked, other = mismatched(rows, Rng(("m", seed)))
    assert other.tolist() == [False] * 4 + [True, True, False, True]
    assert torch.equal(asked[~other], rows[~other])
    assert (asked[other] != rows[other]).any(1).all() and (asked[other][:, 1] == 1).all()


def test_nothing_is_mismatched_where_all_ask_for_the_same():
    rows = torch.ones(6, 3)
    asked, other = mismatched(rows, RNG)
    assert not other.any() and torch.equal(asked, rows)


def test_a_penalty_is_of_the_picture_and_not_of_what_is_asked():
    """The slope of the mean of n values is 1 / n^.5, whatever the critic makes of conditions."""
    terms, _, (real, _) = watched(Relativistic(r1=2.0, r2=2.0))
    values = real[0].numel()
    assert terms["r1"].item() == pytest.approx(1 / values)
    assert terms["small_r2"].item() == pytest.approx(4 / values)


# The stages


def test_stage_2_begins_as_the_picture_of_stage_1_and_teaches_it_nothing():
    task, _ = task_of()
    z, asked = RNG("z").normal(3, 4), torch.tensor([[0.5, -0.5, 0.1, 1]]).expand(3, -1)
    small, large = task.generator.stages(z, asked)
    wide = nn.functional.interpolate(small, scale_factor=2.0, mode="bilinear")
    torch.testing.assert_close(large, wide)
    parameters = [*task.generator.first.parameters(), *task.generator.code.parameters()]
    found = torch.autograd.grad(large.square().sum(), parameters, allow_unused=True)
    first = found[: len([*task.generator.first.parameters()])]
    assert all(gradient is None for gradient in first)
    assert torch.equal(task.generator.maps(z, asked)[-1], large)


def test_both_stages_and_the_code_learn():
    task, batches = task_of()
    before = {name: p.clone() for name, p in task.generator.named_parameters()}
    for number in range(2):
        task.update(batches, Step(number))
    same_as_before = [n for n, p in task.generator.named_parameters() if torch.equal(p, before[n])]
    assert same_as_before == []


def test_the_code_varies_with_its_noise_alone_and_stage_1_with_the_rest():
    generator = task_of()[0].generator
    asked = torch.tensor([[1.0, 0.0, 0.0, 1.0]])
    one, other = RNG("one").normal(1, 4), RNG("other").normal(1, 4)
    code, (rest, _) = generator.inputs(torch.cat([one[:, :2], other[:, 2:]], 1), asked)
    again, (moved, _) = generator.inputs(one, asked)
    assert torch.equal(code, again) and not torch.equal(rest, moved)
    mean, log_deviation = generator.code(asked)
    torch.testing.assert_close(code, mean + log_deviation.exp() * one[:, :2])


# As a task


CHANGES = {
    "plain": {},
    "adaptive": {"augmentation": Augmentation(schedule="adaptive", images=50)},
    "contrastive": {"selfsupervision": "contrastive"},
    "wgan-gp": {"objective": WassersteinGP(updates=2)},
    "hinge with a ceiling": {"objective": Hinge(), "critic_ceiling": 0.6},
    "dcgan": {"objective": NonSaturating(), "architecture": "dcgan"},
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_training_that_is_taken_up_again_ends_with_the_same_bits(name, tmp_path):
    config, given = CONFIG.changed(CHANGES[name]), captions()
    whole = finish(pretraining(pictures(), config, given, run=tmp_path / "whole", options=OFTEN))
    training = pretraining(pictures(), config, given, run=tmp_path / "left", options=OFTEN)
    next(training)
    training.close()
    finish(pretraining(pictures(), config, given, run=tmp_path / "left", options=OFTEN))
    assert_same_course(tmp_path / "whole", tmp_path / "left")
    found = load(tmp_path / "left", encoder=lengths)
    assert same(found.sample(3, prompt="the sea"), whole.sample(3, prompt="the sea"))
    assert np.isfinite(found.features(pictures())).all()


@pytest.mark.parametrize("labels", [np.arange(N) % 3, np.linspace(0, 1, N)])
def test_classes_and_numbers_may_be_asked_for_too(labels):
    gan = pretrain(pictures(), CONFIG, labels=labels)
    assert gan.sample(2, labels=labels[:2]).shape == (2, 16, 16, 3)


def test_its_critic_is_finetuned_as_that_of_any_gan():
    gan = pretrain(pictures(), CONFIG, captions=CAPTIONS, encoder=lengths)
    model = ssgan.finetune(gan, pictures(), np.arange(N) % 2, method="probe", calibrate=False)
    assert model.predict(pictures()).shape == (N,)


@pytest.mark.parametrize(
    ("x", "changes", "message"),
    [
        (pictures(8), {}, "multiples of 4 from 16 on"),
        (np.eye(N), {}, "pictures whose sides"),
        (pictures(), {"latent": 1}, "noise of 2 numbers or more"),
    ],
)
def test_what_cannot_work_is_refused(x, changes, message):
    with pytest.raises(InputError, match=message):
        pretrain(x, replace(CONFIG, **changes), captions=captions(x=x).texts, encoder=lengths)


def test_a_stackgan_of_nothing_that_is_asked_for_is_refused():
    with pytest.raises(InputError, match=r"give captions .* or labels"):
        pretrain(pictures(), CONFIG)


# Captions


def test_a_caption_of_several_is_drawn_each_as_often():
    rows = torch.zeros(1, 3, 2)
    rows[0, 0], rows[0, 1] = torch.tensor([5.0, 1.0]), torch.tensor([7.0, 1.0])
    drawn = one_of_each(rows.expand(4000, -1, -1), RNG)
    assert {*drawn[:, 0].tolist()} == {5.0, 7.0}
    assert drawn[:, 0].mean().item() == pytest.approx(6, abs=0.1)
    assert torch.equal(one_of_each(torch.zeros(3, 2, 2), RNG), torch.zeros(3, 2))


def test_captions_become_standardised_rows_of_their_encoder():
    condition, rows = fit_condition(captions(), N)
    assert rows.shape == (N, 2, 4) and condition.presence == pytest.approx(0.75)
    assert (rows[::4] == 0).all() and (rows[1::4, :, -1] == 1).all()
    flat = rows[rows[..., -1] == 1][:, :-1]
    torch.testing.assert_close(flat.mean(0), torch.zeros(3), atol=1e-6, rtol=0)
    torch.testing.assert_close(flat.square().sum(1).mean(), torch.tensor(1.0))
    torch.testing.assert_close(condition.encode(WORDS[1], 1)[0], rows[1, 0])
    np.testing.assert_allclose(condition.examples(), lengths(condition.texts), atol=1e-5)


def test_a_run_with_captions_names_their_encoder_and_keeps_few_of_them(tmp_path):
    pretrain(pictures(), CONFIG, captions=CAPTIONS, encoder=lengths, run=tmp_path)
    about = Run.open(tmp_path).config["data"]["captions"]
    assert (about["captions"], about["captioned"], about["encoder"]["name"]) == (36, 18, "lengths")
    assert "heart" not in (tmp_path / "config.json").read_text()
    assert "heart" not in (tmp_path / "condition.json").read_text()
    assert {*json.loads((tmp_path / "captions.json").read_text())["texts"]} <= {
        text for own in CAPTIONS for text in own or ()
    }
    kept = load(tmp_path, encoder=lengths).sample(2, prompt=WORDS[0])
    assert "captions.json" in forget(tmp_path)
    assert same(load(tmp_path, encoder=lengths).sample(2, prompt=WORDS[0]), kept)


def test_the_page_shows_captions_under_pictures(tmp_path):
    pretrain(pictures(), CONFIG, captions=CAPTIONS, encoder=lengths, run=tmp_path)
    page = report(tmp_path).read_text("utf-8")
    assert "By caption" in page and "pretrained on samples and captions of memory" in page
    texts = load(tmp_path).condition.texts
    assert texts and all(page.count(f"<figcaption>{text}</figcaption>") == 1 for text in {*texts})
    forget(tmp_path)
    assert "By caption" not in report(tmp_path).read_text("utf-8")


def test_a_prompt_needs_captions_and_their_encoder(tmp_path):
    pretrain(pictures(), CONFIG, captions=CAPTIONS, encoder=lengths, run=tmp_path)
    gan = load(tmp_path)
    assert len(gan.sample(2)) == 2
    with pytest.raises(InputError, match=r"name the encoder 'lengths' again"):
        gan.sample(1, prompt="a boat")
    with pytest.raises(InputError, match="give one of them"):
        load(tmp_path, encoder=lengths).sample(1, labels=[[1, 2, 3]], prompt="a boat")
    with pytest.raises(InputError, match="trained without captions"):
        pretrain(pictures(), SMALL).sample(1, prompt="a boat")
    with pytest.raises(InputError, match="is not the encoder that this was pretrained with"):
        load(tmp_path, encoder=nn.Linear(1, 1).eval())


def test_captions_without_more_train_two_stages():
    gan = pretrain(pictures(), captions=CAPTIONS, encoder=lengths, steps=1, width=2, batch=4)
    assert gan.config.model == "stackgan"


def test_captions_go_with_any_model():
    gan = pretrain(pictures(), SMALL, captions=CAPTIONS, encoder=lengths)
    assert gan.config.model == "gan" and len(gan.sample(2, prompt=["a", "b"])) == 2


def folder_of(tmp_path):
    tmp_path.mkdir(exist_ok=True)
    for name in ("one", "two"):
        Image.fromarray(pictures()[0]).save(tmp_path / f"{name}.png")
    return ssgan.data.read(tmp_path)


def read_as(tmp_path, data, text):
    path = tmp_path / "captions.csv"
    path.write_text(text)
    return captions_for(data, path, lengths).texts


def test_a_table_names_files_or_rows_with_any_number_of_captions_each(tmp_path):
    data = folder_of(tmp_path)
    text = 'file,caption\ntwo.png,"a, b"\none.png,c\ntwo.png,d\n'
    assert read_as(tmp_path, data, text) == (("c",), ("a, b", "d"))
    assert read_as(tmp_path, data, "row,caption\n1, x  y \n") == ((), ("x y",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,caption\none.png,a\nfour.png,b\n", r"1 samples that are not in .*four\.png"),
        ("row,caption\n0,a\n2,b\n", "1 samples that are not in"),
        ("row,caption\n0.5,a\n", "1 samples that are not in"),
        ("name,text\na,b\n", "expected file,caption or row,caption"),
        ("row,caption\n0,\n", "none of the samples has a caption"),
    ],
)
def test_captions_that_fit_no_sample_are_refused(text, message, tmp_path):
    data = folder_of(tmp_path)
    with pytest.raises(InputError, match=message):
        read_as(tmp_path, data, text)


SENTENCES = "tests/fixtures/encoders/sentences"
FEW = ("--steps", 2, "--batch", 4, "--width", 2, "--latent", 4, "--encoder", SENTENCES, "--quiet")


def told(*words, code=0):
    result = CliRunner().invoke(command, [str(word) for word in words])
    assert result.exit_code == code, result.stderr
    return result


def test_the_command_line_trains_with_captions_and_is_asked_by_prompts(tmp_path):
    folder_of(tmp_path / "emoji")
    table = tmp_path / "captions.csv"
    table.write_text("file,caption\none.png,goal the ball\ntwo.png,a bank\n")
    words = ("pretrain", tmp_path / "emoji", "--captions", table, *FEW)
    about = json.loads(told(*words, "--dry-run").stdout)
    assert about["config"]["model"] == "stackgan" and about["captions"]["captions"] == 2
    told(*words, "--run", tmp_path / "run")
    asked = ("sample", tmp_path / "run", "--prompt", "a ball", "--prompt", "money", "-n", 3)
    told(*asked, "--out", tmp_path / "out", "--encoder", SENTENCES)
    written = (tmp_path / "out" / "captions.csv").read_text()
    assert written == "file,caption\n00000.png,a ball\n00001.png,money\n00002.png,a ball\n"
    told(*asked, "--out", tmp_path / "out.npz", "--encoder", SENTENCES)
    with np.load(tmp_path / "out.npz") as file:
        assert file["x"].shape == (3, 16, 16, 3)
        assert file["caption"].tolist() == ["a ball", "money", "a ball"]
    assert "sentences" in told(*asked, "--out", tmp_path / "more", code=1).stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("pretrain", "x", "--run", "r", "--captions", "c", "--conditional"), "give one"),
        (("pretrain", "x", "--run", "r", "--captions", "c", "--embed"), "--embed is for encoded"),
        (("sample", "r", "-n", 1, "--out", "o", "--prompt", "a", "--label", "b"), "give one of"),
        (("sample", "r", "-n", 1, "--out", "o", "--encoder", "e"), "give both"),
    ],
)
def test_flags_that_do_not_go_with_captions_are_refused(words, message):
    assert message in told(*words, code=2).stderr


def test_captions_are_texts_of_every_sample():
    data = from_memory(pictures())
    with pytest.raises(InputError, match="24 samples but captions of 2"):
        captions_for(data, ["a", "b"], lengths)
    with pytest.raises(ssgan.config.InputTypeError, match="texts, got int"):
        captions_for(data, [1] * N, lengths)
    with pytest.raises(InputError, match="both say what samples show"):
        pretrain(pictures(), CONFIG, captions=CAPTIONS, labels=np.arange(N), encoder=lengths)
    with pytest.raises(FileNotFoundError, match=r"no file nowhere\.csv"):
        captions_for(data, "nowhere.csv", lengths)


def test_captions_say_how_many_they_are_and_not_what_they_say():
    about = Captions((("a", "b"), ()), text_encoder(lengths)).about()
    other = Captions((("a",), ("b",)), text_encoder(lengths)).about()
    assert (about["captions"], about["captioned"]) == (2, 1)
    assert about["sha256"] != other["sha256"]
