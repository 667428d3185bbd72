"""Decision rules over the stored outputs of the board: what each would have cost, in seconds.

python -m benchmarks.rules                      # of benchmark-results/work
python -m benchmarks.rules --work DIR --sets    # also a line for every data set

A rule is a function from held-out outputs by candidate and labels to weights by candidate, a line
of RULES. It never sees the test part; see `ssgan.benchmark.judging`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import click
import numpy as np

from ssgan.benchmark.inner import PREFIX
from ssgan.benchmark.judging import DECIDED, Judged, Rule, judge_rule, leave_one_out
from ssgan.benchmark.ordinary import ORDINARY
from ssgan.benchmark.stored import StoredProblem, load_stored
from ssgan.prediction.auto.candidates import prior_weights
from ssgan.prediction.auto.weighing import HeldOutOutputs, mixed_weights
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.ensemble import greedy_weights
from ssgan.prediction.search import AutoConfig
from ssgan.randomness import Rng

Arrays = Mapping[str, np.ndarray]
Weights = dict[str, float]


def losses(oof: Arrays, labels: np.ndarray) -> dict[str, np.ndarray]:
    """What every labelled sample costs each candidate, (n,): log loss, or squared error."""
    rows = np.arange(len(labels))
    if labels.dtype.kind == "f":
        return {name: ((said - labels) ** 2).mean(0) for name, said in oof.items()}
    return {name: -said[:, rows, labels].mean(0) for name, said in oof.items()}


def nothing_held_out(oof: Arrays) -> bool:
    return not len(next(iter(oof.values())))


def equal(oof: Arrays, labels: np.ndarray) -> dict[str, float]:
    """All candidates alike."""
    return dict.fromkeys(oof, 1 / len(oof))


def best(oof: Arrays, labels: np.ndarray, count: int = 1) -> dict[str, float]:
    """Alike, those few that lose least; all where nothing could be held out."""
    if nothing_held_out(oof):
        return equal(oof, labels)
    means = {name: cost.mean() for name, cost in losses(oof, labels).items()}
    chosen = sorted(means, key=lambda name: means[name])[:count]
    return dict.fromkeys(chosen, 1 / len(chosen))


def by_distance(oof: Arrays, labels: np.ndarray, scale: float = 1.0) -> dict[str, float]:
    """By how many standard errors a candidate's loss is above the least, as a normal density."""
    if nothing_held_out(oof):
        return equal(oof, labels)
    costs = losses(oof, labels)
    first = min(costs, key=lambda name: costs[name].mean())
    weights = {}
    for name, cost in costs.items():
        gap = cost - costs[first]
        error = gap.std() / np.sqrt(len(gap)) + 1e-9
        weights[name] = float(np.exp(-0.5 * (gap.mean() / error / scale) ** 2))
    whole = sum(weights.values())
    return {name: weight / whole for name, weight in weights.items()}


def greedy(oof: Arrays, labels: np.ndarray) -> dict[str, float]:
    """Greedy ensemble selection, without a prior: what `auto` weighs by."""
    return (
        equal(oof, labels)
        if nothing_held_out(oof)
        else greedy_weights(oof, labels, Rng(("rules",)))
    )


def inside_auto(oof: Arrays, labels: np.ndarray, prior: float = AutoConfig().prior) -> Weights:
    """`auto` itself: its candidates, weighed with a prior that counts as so many labels."""
    own = {name: x for name, x in oof.items() if name.startswith(PREFIX)}
    if not own:
        return equal(oof, labels)
    config = PredictorConfig(auto=AutoConfig(prior=prior))
    kinds = {tuple(name.removeprefix(PREFIX).split(" on ")): name for name in own}
    before = {kinds[kind]: weight for kind, weight in prior_weights(kinds).items()}
    if nothing_held_out(own):
        return before
    return mixed_weights(HeldOutOutputs(own, {}, labels), before, config)


def among(rule: Rule, keep: Callable[[str], bool]) -> Rule:
    """A rule that only sees some candidates."""
    return lambda oof, labels: rule({n: x for n, x in oof.items() if keep(n)}, labels)


def as_stored(row: str) -> Rule:
    """The decision that a stored row made itself."""
    return lambda oof, labels: {row: 1.0}


RULES: dict[str, Rule] = {
    "the candidates of auto, as it weighs them": inside_auto,
    "the same, a prior worth 50 labels": partial(inside_auto, prior=50.0),
    "the same, without a prior": partial(inside_auto, prior=0.0),
    "greedy selection of all": greedy,
    "the ordinary model that loses least": among(best, lambda name: name in ORDINARY),
    "the candidate that loses least": best,
    "the best 3, alike": partial(best, count=3),
    "the best 5, alike": partial(best, count=5),
    "all, alike": equal,
    "by distance in standard errors": by_distance,
    "by distance in half standard errors": partial(by_distance, scale=0.5),
}
ROWS = (DECIDED, f"GAN off: {DECIDED}")  # stored decisions, judged beside the rules
BAR = 2.0  # points, or standard errors, whichever is larger: what a set may lose
HEADER = (
    f"{'rule':<40} {'regret':>7} {'worst set':<32} {'over':>5} {'own':>7} {'rank':>6} {'of':>5} "
    f"{'lines':>6}"
)


def line_of(name: str, found: Sequence[Judged]) -> str:
    """What the lines of a rule say together; "over" counts those that lose more than BAR."""
    worst = max(found, key=lambda line: line.regret)
    place = f"{worst.regret:.1f} {worst.data}, {worst.labels}"
    means = [np.mean([getattr(x, n) for x in found]) for n in ("regret", "own_regret", "rank")]
    rows = np.mean([x.rows for x in found])
    over = sum(x.regret > BAR * np.nanmax([1.0, x.error]) for x in found)
    return (
        f"{name:<40} {means[0]:>7.2f} {place:<32} {over:>5} {means[1]:>7.2f} {means[2]:>6.1f} "
        f"{rows:>5.1f} {len(found):>6}"
    )


def detail(found: Judged) -> str:
    """One data set of a rule."""
    unit = f"{found.score:.4g}"
    return (
        f"  {found.data}, {found.league}, {found.labels}: {unit}, {found.regret:+.2f} "
        f"(± {found.error:.2f}) behind {found.ordinary}, {found.own_regret:+.2f} behind "
        f"{found.own}, rank {found.rank:g} of {found.rows}, {found.draws} draws"
    )


def report(stored: Sequence[StoredProblem], rules: Mapping[str, Rule], sets: bool) -> list[str]:
    """Lines for people: every rule, and the choice among them without the data set at hand."""
    lines = [HEADER]
    with_rows = dict(rules)
    for row in ROWS:
        if stored and all(row in problem.outputs for problem in stored):
            with_rows[f"stored: {row}"] = as_stored(row)
    for name, rule in with_rows.items():
        if found := judge_rule(rule, stored):
            lines.append(line_of(name, found))
            lines += [detail(x) for x in found] if sets else []
    if len({problem.data for problem in stored}) > 1 and len(lines) > 1:
        lines.append(line_of("chosen without the set at hand", leave_one_out(rules, stored)))
    return lines


@click.command()
@click.option(
    "--work",
    type=click.Path(path_type=Path),
    default=Path("benchmark-results/work"),
    show_default=True,
    help="The work directory of `ssgan benchmark breadth`.",
)
@click.option("--sets", is_flag=True, help="Also print a line for every data set.")
def main(work: Path, sets: bool) -> None:
    """Print the regret of every rule, in points or per cent of RMSE; lower is better."""
    stored = load_stored(work)
    tuning = [one for one in stored if any(name.startswith(PREFIX) for name in one.outputs)]
    stored = tuning or stored  # the other draws are for judging what was chosen here
    lines = report(stored, RULES, sets)
    if len(lines) == 1:
        raise click.ClickException(
            f"{work} holds no ordinary model beside a row of the package: run "
            "`ssgan benchmark breadth` first"
        )
    click.echo("\n".join(lines))


if __name__ == "__main__":
    main()
