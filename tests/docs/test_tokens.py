"""The example of a game over words: its likelihoods, rewards and measures, and that it gains."""

import itertools
import runpy
from pathlib import Path

import pytest
import torch

from benchmarks import tokens as measured

EXAMPLE = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "examples" / "tokens.py"))


def test_likelihoods_of_all_sentences_sum_to_one():
    torch.manual_seed(0)
    every = torch.tensor(list(itertools.product((1, 2, 3), repeat=3)))
    generator, grammar = EXAMPLE["Generator"](4), EXAMPLE["Grammar"](4)
    assert generator.log_likelihood(every).sum(1).exp().sum().item() == pytest.approx(1, abs=1e-5)
    before = torch.nn.functional.pad(every[:, :-1], (1, 0))
    assert grammar.next[before, every].sum(1).exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_a_completed_sentence_keeps_its_beginning_and_never_starts_anew():
    torch.manual_seed(0)
    begun = torch.tensor([[1, 2], [3, 3]])
    whole = EXAMPLE["Generator"](4).complete(begun, 6)
    assert torch.equal(whole[:, :2], begun)
    assert whole.shape == (2, 6)
    assert int(whole.min()) >= 1


def test_the_last_reward_is_the_verdict_on_the_sentence_itself():
    torch.manual_seed(0)
    generator, judge = EXAMPLE["Generator"](4), EXAMPLE["Judge"](4)
    sentences = generator.complete(torch.empty(5, 0, dtype=torch.long), 4)
    worth = EXAMPLE["rewards"](generator, judge, sentences, 2)
    assert worth.shape == (5, 4)
    assert not worth.requires_grad
    torch.testing.assert_close(worth[:, -1], judge(sentences).sigmoid().detach())


def test_the_policy_gradient_makes_likelier_what_the_judge_prefers():
    """A judge that likes a token, whatever the sentence."""
    torch.manual_seed(0)
    generator = EXAMPLE["Generator"](4)

    def judge(sentences):
        return 4 * (sentences == 2).float().mean(1) - 2

    optimizer = torch.optim.Adam(generator.parameters(), lr=1e-2)
    shares = []
    for _ in range(30):
        drawn = generator.complete(torch.empty(200, 0, dtype=torch.long), 4)
        shares.append(float((drawn == 2).float().mean()))
        EXAMPLE["policy_step"](generator, judge, optimizer, (64, 4), 2)
    assert shares[-1] > shares[0] + 0.2


def test_the_grammar_is_surprised_less_after_likelihood_and_less_again_after_the_game():
    torch.manual_seed(1)
    grammar = EXAMPLE["Grammar"]()
    nothing, real = torch.empty(2000, 0, dtype=torch.long), grammar.sentences(1000, 8)
    first = grammar.surprise(EXAMPLE["Generator"](9).complete(nothing, 8))
    models = EXAMPLE["train"](real, 9, (40, 40), rollouts=2)
    found = {name: grammar.surprise(made.complete(nothing, 8)) for name, made in models.items()}
    assert found["maximum likelihood"] < first - 1
    assert found["and the game"] < found["maximum likelihood"] - 0.02


def test_a_group_counts_as_often_as_another_sentence_has_it():
    most = measured.most_often([[1, 1, 2], [2, 3, 4]])
    assert most[0] == {(1,): 2, (2,): 1, (3,): 1, (4,): 1}
    assert measured.bleu([1, 1, 2], most) == 1
    shares = ((2 + 1) / (3 + 1), (0 + 1) / (2 + 1), (0 + 1) / (1 + 1))  # of 2, 2, 1
    expected = (shares[0] * shares[1] * shares[2]) ** (1 / 3)
    assert measured.bleu([2, 2, 1], most) == pytest.approx(expected)


def test_titles_are_their_first_common_words(tmp_path):
    path = tmp_path / "titles.csv"
    path.write_text("title\nA b c d e f\na b c\n", encoding="utf-8")
    assert measured.titles(path).tolist() == [[1, 2, 3, 4, 5]]
