"""What a decision rule would have cost on the board, judged on stored outputs in seconds.

A rule sees what candidates give for the labelled samples when each is held out, and the labels. It
says with which weights their predictions are averaged. Nothing else is known to it, so it is judged
on what its average gives for the test samples, beside two rows that only somebody who knows the
test labels could pick: the ordinary model, and the row of the package, with the best mean over the
draws of a data set.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax

from ssgan.benchmark.inner import PREFIX
from ssgan.benchmark.ordinary import ORDINARY
from ssgan.benchmark.stored import StoredProblem
from ssgan.codecs.codec import Array
from ssgan.prediction.calibration.mathematics import fit_temperature

# Held-out log-probabilities (R, n, K) or numbers (R, n) by candidate, and class indices or numbers
# (n,), to weights by candidate. R is 0 where a class has one label: nothing could be held out.
Rule = Callable[[Mapping[str, Array], Array], Mapping[str, float]]
DECIDED = "auto"  # what the name of a row ends with that is a decision of its own, no candidate


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a rule gave on the draws of a data set, and what it could have given."""

    data: str
    league: str
    labels: int
    draws: int
    score: float  # mean accuracy in points, or RMSE
    ordinary: str  # the best ordinary model
    own: str  # the best row of the package
    regret: float  # behind the former, points of accuracy or per cent of its RMSE; below 0: ahead
    error: float  # standard error of that over the draws; NaN of one
    own_regret: float
    rank: float  # among `rows`, ties shared; 1 is best
    rows: int


def judge_rule(rule: Rule, stored: Iterable[StoredProblem]) -> list[Judged]:
    """What a rule gives on every data set, league and label count, over their draws.

    Parameters
    ----------
    rule : callable
        From held-out outputs by candidate, calibrated, all of one shape, and the labels (n,), to
        weights by candidate. It may also name a stored row that is no candidate, as "auto".
    stored : iterable of StoredProblem
        What `load_stored` gives.

    Returns
    -------
    list of Judged
        A line for each data set, league and label count, in the order in which they come.

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.benchmark.stored import Outputs, StoredProblem
    >>> good = np.log([[0.9, 0.1], [0.1, 0.9]])
    >>> given = {"random forest": good[::-1], "linear probe, discriminator": good}
    >>> outputs = {name: Outputs(x[None], x, np.array([[0, 1]])) for name, x in given.items()}
    >>> y = np.array([0, 1])
    >>> problem = StoredProblem("a set", "balanced", 2, 0, y, y, outputs)
    >>> [found] = judge_rule(lambda oof, labels: {"linear probe, discriminator": 1.0}, [problem])
    >>> found.score, found.regret, found.own_regret, found.rank, found.rows
    (100.0, -100.0, 0.0, 1.5, 3)
    """
    groups: dict[tuple[str, str, int], list[StoredProblem]] = {}
    for problem in stored:
        groups.setdefault(problem.group, []).append(problem)
    return [judged for draws in groups.values() if (judged := judge_draws(rule, draws))]


def judge_draws(rule: Rule, draws: Sequence[StoredProblem]) -> Judged | None:
    """One line; None without an ordinary model and a row of the package that all draws have."""
    names = [n for n in draws[0].outputs if all(n in d.outputs for d in draws)]
    names = [n for n in names if not (n.endswith(DECIDED) or n.startswith(PREFIX))]
    usual, ours = ([n for n in names if (n in ORDINARY) == flag] for flag in (True, False))
    if not (usual and ours):
        return None
    scores = {n: np.array([score_of(d, d.outputs[n].test) for d in draws]) for n in names}
    mine = np.array([score_of(d, predict_by(rule, d)) for d in draws])
    means = {n: float(values.mean()) for n, values in scores.items()}
    ordinary, best_own = (max(group, key=lambda n: means[n]) for group in (usual, ours))
    gaps = regrets(mine, scores[ordinary], draws[0].regression)
    better = sum(mean > mine.mean() for mean in means.values())
    ties = sum(mean == mine.mean() for mean in means.values())
    data, league, labels = draws[0].group
    return Judged(
        data=data,
        league=league,
        labels=labels,
        draws=len(draws),
        score=abs(float(mine.mean())),
        ordinary=ordinary,
        own=best_own,
        regret=float(gaps.mean()),
        error=float(gaps.std(ddof=1) / np.sqrt(len(gaps))) if len(gaps) > 1 else float("nan"),
        own_regret=float(regrets(mine, scores[best_own], draws[0].regression).mean()),
        rank=1 + float(better) + float(ties) / 2,
        rows=len(names) + 1,
    )


def regrets(mine: Array, other: Array, regression: bool) -> Array:
    """How far scores (D,) are behind those of a row: points, or per cent of its mean RMSE."""
    gaps: Array = other - mine
    return 100 * gaps / -other.mean() if regression else gaps


def score_of(problem: StoredProblem, test: Array) -> float:
    """Accuracy in points, or the RMSE with a minus, so that higher is better."""
    if problem.regression:
        return -float(np.sqrt(np.mean((test - problem.y_test) ** 2)))
    return 100 * float((test.argmax(1) == problem.y_test).mean())


def predict_by(rule: Rule, problem: StoredProblem) -> Array:
    """What the average that a rule asks for gives for the test samples, (m, K) or (m,)."""
    oof, test = calibrated(problem)
    weights = rule(oof, problem.y)
    whole = sum(weights.values())
    parts = []
    for name, weight in weights.items():
        outputs = test[name] if name in test else problem.outputs[name].test.astype(np.float64)
        parts.append(weight / whole * (outputs if problem.regression else np.exp(outputs)))
    mixed: Array = np.sum(parts, axis=0)
    return mixed


def calibrated(problem: StoredProblem) -> tuple[dict[str, Array], dict[str, Array]]:
    """Held-out and test outputs of every candidate, each with the temperature of the former.

    Held-out outputs of fewer repeats than others have, of a long training, are repeated.
    """
    outputs_by_name = {n: o for n, o in problem.outputs.items() if not n.endswith(DECIDED)}
    repeats = max((len(o.oof) for o in outputs_by_name.values()), default=0)
    held_out, test = {}, {}
    for name, outputs in outputs_by_name.items():
        oof, new = (np.asarray(a, np.float64) for a in (outputs.oof, outputs.test))
        if len(oof) != repeats:
            oof = oof[np.arange(repeats) % len(oof)]
        if not problem.regression:
            temperature = 1.0
            if repeats:
                temperature = fit_temperature(np.concatenate([*oof]), np.tile(problem.y, repeats))
            oof, new = (log_softmax(a / temperature, axis=-1) for a in (oof, new))
        held_out[name], test[name] = oof, new
    return held_out, test


def leave_one_out(rules: Mapping[str, Rule], stored: Sequence[StoredProblem]) -> list[Judged]:
    """Each data set judged by the rule that has the least mean regret on all others.

    So no rule is chosen on what it is judged by.
    """
    lines = {name: judge_rule(rule, stored) for name, rule in rules.items()}
    chosen = []
    for data in dict.fromkeys(problem.data for problem in stored):
        others = {
            name: [line.regret for line in outcomes if line.data != data]
            for name, outcomes in lines.items()
        }
        name = min(others, key=lambda n: float(np.mean(others[n])) if others[n] else 0.0)
        chosen += [line for line in lines[name] if line.data == data]
    return chosen
