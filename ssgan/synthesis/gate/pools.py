"""Pools of samples as candidates: how many of them for a real row, and which are copies of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from sklearn.neighbors import NearestNeighbors

from ssgan.codecs.codec import Array
from ssgan.randomness import Rng
from ssgan.synthesis.gate.labeled_rows import Added, Augmenter
from ssgan.synthesis.gate.plan import Plan
from ssgan.synthesis.gate.verdict import MOVED, Verdict

# Numbers of the real rows that may be seen, of rows of a pool, and how many of these are wanted;
# the numbers of those that are taken, and their classes.
Chooser = Callable[[Array, Array, int], tuple[Array, Array]]
Ratios = Sequence[float | None]  # synthetic rows for a real one; None is all of a pool
RATIOS = (0.5, 1.0, 2.0)  # that are tested, where a pool reaches them
DISTINCT = 0.9  # of two ratios: candidates of nearly as many rows would be one candidate twice
COPY = 0.25  # of the median distance between neighbours: nearer is a copy


def find_copies(features: Array, pool: Array) -> Array:
    """The row (M,) of features (N, F) that each row of a pool (M, F) is a copy of, or -1."""
    if not len(pool):
        return np.empty(0, np.int64)
    near = NearestNeighbors(n_neighbors=1).fit(features)
    limit = COPY * float(np.median(near.kneighbors()[0]))
    gap, row = (part[:, 0] for part in near.kneighbors(pool))
    return np.where(gap > limit, -1, row)


def reachable_ratios(pool: int, rows: int) -> tuple[float, ...]:
    """The ratios that a pool is tested at: all of it, and at most two smaller ones of RATIOS."""
    whole = pool / rows
    return (*[ratio for ratio in RATIOS if ratio <= DISTINCT * whole][-2:], whole)


def pool_augmenter(
    pool: Array, indices: Array, copies: Array, ratio: float, choose: Chooser | None = None
) -> Augmenter:
    """The augmenter that adds `ratio` times as many rows of a pool (M, F) as there are.

    `indices` (M,) are their classes, unless a chooser gives them others. Those that are `copies`
    (M,) of rows not at hand, by their numbers, are left out; -1 is none.
    """

    def add(rows: Array, rng: Rng) -> Added:
        available = np.flatnonzero((copies < 0) | np.isin(copies, rows))
        available = available[rng("pool").numpy().permutation(len(available))]
        count = round(ratio * len(rows))
        if choose is None or not len(available):
            return pool[available[:count]], indices[available[:count]]
        available, classes = choose(rows, available, count)
        return pool[available], classes

    return add


def sizes_of(pools: Mapping[str, Added], class_counts: Array | None = None) -> dict[str, int]:
    """How many rows of every pool there are to add: at most as many as are wanted."""
    most = None if class_counts is None else int(class_counts.sum())
    return {name: min(len(pool), most or len(pool)) for name, (pool, _) in pools.items()}


def with_ratio(
    verdict: Verdict, sizes: Mapping[str, int], rows: int, ratios: Ratios | None
) -> Verdict:
    """The verdict with how many rows for a real one its candidate adds."""
    ratio_of = {name: ratio for name, (_, ratio) in name_candidates(sizes, rows, ratios).items()}
    candidate = (verdict.candidate or "").removesuffix(MOVED)
    return replace(verdict, ratio=ratio_of[candidate] if candidate else None)


def name_candidates(
    sizes: Mapping[str, int], rows: int, ratios: Ratios | None
) -> dict[str, tuple[str, float]]:
    """The pool and the ratio of every candidate, by its name."""
    candidates: dict[str, tuple[str, float]] = {}
    for name, size in sizes.items():
        for ratio in reachable_ratios(size, rows) if ratios is None else ratios:
            called = f"{name} {'all' if ratio is None else f'{ratio:.3g} : 1'}"
            candidates[called] = name, size / rows if ratio is None else ratio
    return candidates


def first_of_all(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict of the classifier that is best without synthetic rows, and the others in it."""

    def without(verdict: Verdict) -> float:
        names = ["nothing", *(c.candidate for c in verdict.alternatives)]
        return max((verdict.scores.get(name, 0.0) for name in names), default=0.0)

    best = max(verdicts, key=without)
    return replace(best, others=tuple(another for another in verdicts if another is not best))


def untested_verdict(plan: Plan, rows: int, reason: str) -> Verdict:
    """No evidence, as nothing could be tested."""
    return Verdict(
        answer="no evidence",
        candidate=None,
        smallest=None,
        rows=rows,
        metric=plan.metric,
        alpha=plan.alpha,
        score=None,
        comparisons=(),
        reason=reason,
    )
