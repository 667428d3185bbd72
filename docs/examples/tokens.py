"""An adversary for words: a generator of tokens that learns from a judge by policy gradient.

python docs/examples/tokens.py            # some seconds on a processor core
python docs/examples/tokens.py 2 2        # 2 updates each, to see that it runs

SeqGAN (Yu et al. 2017): a token has no gradient, so the judge's verdict on a sentence is a reward.
What a token is worth is the mean verdict on sentences that the generator itself completes from
there (rollouts). Sentences come from a grammar here, a Markov chain whose likelihoods are known, so
that nobody has to guess how good the generated ones are. Beside it stands its twin, which goes on
learning by maximum likelihood for as many updates; the field has found it to be hard to beat.
"""

import sys
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

START = 0  # the token before the first one; never generated


class Generator(nn.Module):
    """Tokens (N, L) to the log-probabilities (N, L, V) of each next one."""

    def __init__(self, tokens: int, width: int = 32) -> None:
        super().__init__()
        self.embedding, self.out = nn.Embedding(tokens, width), nn.Linear(width, tokens)
        self.memory = nn.GRU(width, width, batch_first=True)

    def forward(self, before: Tensor) -> Tensor:
        return self.next_ones(self.memory(self.embedding(before))[0])

    def next_ones(self, states: Tensor) -> Tensor:
        outputs = self.out(states)
        outputs[..., START] = -torch.inf
        return outputs.log_softmax(-1)

    def log_likelihood(self, sentences: Tensor) -> Tensor:
        """Of every token (N, L), given those before it."""
        before = F.pad(sentences[:, :-1], (1, 0), value=START)
        return self(before).gather(2, sentences[..., None])[..., 0]

    @torch.no_grad()
    def complete(self, begun: Tensor, length: int) -> Tensor:
        """Sentences (N, length) that begin with these tokens (N, l)."""
        tokens = F.pad(begun, (1, 0), value=START)
        states, memory = self.memory(self.embedding(tokens))
        drawn = [begun]
        for _ in range(length - begun.shape[1]):
            token = torch.multinomial(self.next_ones(states[:, -1]).exp(), 1)
            drawn.append(token)
            states, memory = self.memory(self.embedding(token), memory)
        return torch.cat(drawn, 1)


class Judge(nn.Module):
    """Sentences (N, L) to how real they look (N,), as logits."""

    def __init__(self, tokens: int, width: int = 32) -> None:
        super().__init__()
        self.embedding, self.out = nn.Embedding(tokens, width), nn.Linear(width, 1)
        self.patterns = nn.ModuleList(nn.Conv1d(width, width // 2, size) for size in (2, 3))
        self.out = nn.Linear(width // 2 * 2, 1)

    def forward(self, sentences: Tensor) -> Tensor:
        rows = self.embedding(sentences).transpose(1, 2)
        found = [F.leaky_relu(layer(rows), 0.2).amax(2) for layer in self.patterns]
        return self.out(torch.cat(found, 1))[:, 0]


def rewards(generator: Generator, judge: Judge, sentences: Tensor, rollouts: int) -> Tensor:
    """What every token (N, L) is worth: the judge's mean verdict on sentences that follow it."""
    count, length = sentences.shape
    worth = []
    for end in range(1, length):
        whole = generator.complete(sentences[:, :end].repeat(rollouts, 1), length)
        worth.append(judge(whole).sigmoid().view(rollouts, count).mean(0))
    return torch.stack([*worth, judge(sentences).sigmoid()], 1).detach()


def likelihood_step(generator: Generator, optimizer: torch.optim.Optimizer, real: Tensor) -> None:
    """One update of maximum likelihood."""
    optimizer.zero_grad()
    (-generator.log_likelihood(real).mean()).backward()
    optimizer.step()


def judge_step(judge: Judge, optimizer: torch.optim.Optimizer, real: Tensor, fake: Tensor) -> None:
    """One update of the judge: cross entropy of real and generated."""
    optimizer.zero_grad()
    (F.softplus(-judge(real)) + F.softplus(judge(fake))).mean().backward()
    optimizer.step()


def policy_step(
    generator: Generator,
    judge: Judge,
    optimizer: torch.optim.Optimizer,
    shape: tuple[int, int],
    rollouts: int,
) -> None:
    """One update by the policy gradient: rewards, less their mean at each place, weigh tokens."""
    sentences = generator.complete(torch.empty(shape[0], 0, dtype=torch.long), shape[1])
    worth = rewards(generator, judge, sentences, rollouts)
    optimizer.zero_grad()
    (-(generator.log_likelihood(sentences) * (worth - worth.mean(0))).sum(1).mean()).backward()
    optimizer.step()


def train(
    real: Tensor, tokens: int, updates: tuple[int, int], rollouts: int = 4, batch: int = 128
) -> dict[str, Generator]:
    """Generators of sentences like real ones (N, L): after maximum likelihood, after the game that
    follows, and the twin that goes on with maximum likelihood for as many updates."""
    first, judge, length = Generator(tokens), Judge(tokens), real.shape[1]
    judged = torch.optim.Adam(judge.parameters(), lr=2e-3)

    def drawn() -> Tensor:
        return real[torch.randint(len(real), (batch,))]

    for model, count in ((first, updates[0]), (twin := deepcopy(first), sum(updates))):
        optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
        for _ in range(count):
            likelihood_step(model, optimizer, drawn())
    adversarial, nothing = deepcopy(first), torch.empty(batch, 0, dtype=torch.long)
    optimizer = torch.optim.Adam(adversarial.parameters(), lr=1e-3)
    for update in range(updates[1]):
        for _ in range(10 if update else 60):
            judge_step(judge, judged, drawn(), adversarial.complete(nothing, length))
        policy_step(adversarial, judge, optimizer, (batch, length), rollouts)
    return {"maximum likelihood": first, "and the game": adversarial, "its twin": twin}


class Grammar:
    """A Markov chain of tokens 1 to V - 1: the oracle that knows every likelihood."""

    def __init__(self, tokens: int = 9, sharp: float = 2.0) -> None:
        logits = sharp * torch.randn(tokens, tokens)
        logits[:, START] = -torch.inf
        self.next = logits.log_softmax(1)

    def sentences(self, count: int, length: int) -> Tensor:
        rows = [torch.full((count,), START)]
        for _ in range(length):
            rows.append(torch.multinomial(self.next[rows[-1]].exp(), 1)[:, 0])
        return torch.stack(rows[1:], 1)

    def surprise(self, sentences: Tensor) -> float:
        """The mean negative log-likelihood of a token of sentences (N, L)."""
        before = F.pad(sentences[:, :-1], (1, 0), value=START)
        return -float(self.next[before, sentences].mean())


def main(likelihood: int = 60, game: int = 60, count: int = 1500, length: int = 10) -> None:
    torch.manual_seed(0)
    grammar = Grammar()
    real, new = grammar.sentences(count, length), grammar.sentences(count, length)
    print(f"surprise of the grammar a word of real sentences: {grammar.surprise(real):.3f}")
    nothing = torch.empty(2000, 0, dtype=torch.long)
    models = train(real, len(grammar.next), (likelihood, game))
    for name, model in ({"untrained": Generator(len(grammar.next))} | models).items():
        drawn = grammar.surprise(model.complete(nothing, length))
        missed = -float(model.log_likelihood(new).detach().mean())
        print(f"{name}: {drawn:.3f} of its sentences; its own at new real ones {missed:.3f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
