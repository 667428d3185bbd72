"""What a game over words is worth: SeqGAN's idea beside its twin of maximum likelihood.

    python -m benchmarks.tokens      # minutes on two cores

The game is that of docs/examples/tokens.py. Five grammars of known likelihoods, and the first words
of titles of AG News (agnews-test.csv in the data directory, its common words). Of titles it counts
how many groups of up to three words are those of held-out titles (test-BLEU, higher is better), and
of other generated ones (self-BLEU: the higher, the more alike they are). Writes
benchmarks/results/tokens.csv.
"""

import runpy
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ssgan.data.named import data_directory

RESULTS = Path(__file__).parent / "results"
EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "tokens.py"
SEEDS, LENGTH, SENTENCES = 5, 10, 1500  # of grammars
TITLE_SEEDS, WORDS, TITLE_LENGTH, HELD_OUT, DRAWN = 3, 500, 5, 500, 300
ORDERS = (1, 2, 3)  # words in a group


def groups(sentence: Sequence[int], order: int) -> Counter[tuple[int, ...]]:
    """How often each group of so many words occurs."""
    return Counter(zip(*(sentence[start:] for start in range(order)), strict=False))


def bleu(sentence: Sequence[int], others: Sequence[Counter[tuple[int, ...]]]) -> float:
    """The geometric mean over orders of the share of groups that others have as often (Papineni et
    al. 2002), 1 added to both counts; `others` say for each order how often, at most."""
    shares = []
    for order, most in zip(ORDERS, others, strict=True):
        own = groups(sentence, order)
        found = sum(min(count, most[group]) for group, count in own.items())
        shares.append((found + 1) / (sum(own.values()) + 1))
    return float(np.exp(np.mean(np.log(shares))))


def most_often(sentences: Sequence[Sequence[int]]) -> list[Counter[tuple[int, ...]]]:
    """For each order, how often a group occurs in one of the sentences at most."""
    found: list[Counter[tuple[int, ...]]] = [Counter() for _ in ORDERS]
    for sentence in sentences:
        for order, most in zip(ORDERS, found, strict=True):
            for group, count in groups(sentence, order).items():
                most[group] = max(most[group], count)
    return found


def mean_bleu(sentences: Sequence[Sequence[int]], others: Sequence[Sequence[int]]) -> float:
    """The mean over sentences."""
    most = most_often(others)
    return float(np.mean([bleu(sentence, most) for sentence in sentences]))


def titles(path: Path) -> Tensor:
    """The first words (N, TITLE_LENGTH) of titles that have as many common ones, as numbers."""
    split = [title.lower().split() for title in pd.read_csv(path)["title"].astype(str)]
    common = Counter(word for words in split for word in words).most_common(WORDS)
    number = {word: place + 1 for place, (word, _) in enumerate(common)}
    known = [[number[word] for word in words if word in number] for words in split]
    return torch.tensor([words[:TITLE_LENGTH] for words in known if len(words) >= TITLE_LENGTH])


def of_grammars(example: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows of the grammars: the oracle's surprise at generated sentences, a word."""
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        grammar = example["Grammar"]()
        real, new = (grammar.sentences(SENTENCES, LENGTH) for _ in range(2))
        models = example["train"](real, len(grammar.next), (60, 60))
        yield {"seed": seed, "generator": "real", "oracle": grammar.surprise(new)}
        for name, model in models.items():
            made = model.complete(torch.empty(2000, 0, dtype=torch.long), LENGTH)
            own = -float(model.log_likelihood(new).detach().mean())
            yield {"seed": seed, "generator": name, "oracle": grammar.surprise(made), "own": own}


def of_titles(example: dict[str, Any], path: Path) -> Iterator[dict[str, Any]]:
    """Rows of titles."""
    every = titles(path)
    for seed in range(TITLE_SEEDS):
        torch.manual_seed(seed)
        order = torch.randperm(len(every))
        new, real = every[order[:HELD_OUT]], every[order[HELD_OUT:]]
        models = example["train"](real, WORDS + 1, (300, 60))
        nothing = torch.empty(2 * DRAWN, 0, dtype=torch.long)
        samples = {"real": real[: 2 * DRAWN]}
        samples |= {name: made.complete(nothing, TITLE_LENGTH) for name, made in models.items()}
        for name, drawn in samples.items():
            some, others = drawn[:DRAWN].tolist(), drawn[DRAWN:].tolist()
            row = {"seed": seed, "generator": name, "test_bleu": mean_bleu(some, new.tolist())}
            row["self_bleu"] = mean_bleu(some, others)
            if name in models:
                row["own"] = -float(models[name].log_likelihood(new).detach().mean())
            yield row


def summary(data: str, rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """Means and deviations over seeds, a line for each generator."""
    frame = pd.DataFrame(rows)
    for name, mine in frame.groupby("generator", sort=False):
        line = {"data": data, "generator": str(name), "seeds": str(len(mine))}
        for measure in ("oracle", "own", "test_bleu", "self_bleu"):
            values = (
                mine[measure].dropna().astype(float) if measure in mine else pd.Series(dtype=float)
            )
            line[measure] = f"{values.mean():.3f} ± {values.std():.3f}" if len(values) else "-"
        yield line


@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path), help="By default $SSGAN_DATA.")
def main(data_dir: Path | None) -> None:
    """Measure the game over words and its twin."""
    example = runpy.run_path(str(EXAMPLE))
    lines = [*summary("grammars", [*of_grammars(example)])]
    path = data_directory(data_dir) / "agnews-test.csv"
    lines += summary("titles of AG News", [*of_titles(example, path)])
    pd.DataFrame(lines).to_csv(RESULTS / "tokens.csv", index=False)
    click.echo(pd.DataFrame(lines).to_string(index=False))


if __name__ == "__main__":
    main()
