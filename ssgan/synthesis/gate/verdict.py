"""What the gate found, and in one sentence what to do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

SURE = 0.05  # probability that one of what needs no synthetic rows is recommended wrongly
LIKELY = 0.2  # p-value below which one is, as likely to gain, where none is sure
MOVED = ", threshold moved"  # ends the names of rows that are added as the threshold is moved
REMEDIES = {  # what needs no synthetic rows, the simplest first
    "threshold": "move the threshold",
    "class weights": 'weigh the classes equally (class_weight="balanced")',
    "transforms": "add transformed copies of the rows",
    "smote": "add rows by SMOTE",
}


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A candidate against a baseline.

    Parameters
    ----------
    candidate, baseline : str
        Their names.
    gain : float
        Of the candidate over the baseline, in points of the metric, which has 100.
    low, high : float
        The two-sided 95 % interval of the gain.
    smallest : float
        The gain that is seen with a probability of 0.8.
    p_better, p_worse : float
        One-sided p-values.
    ranking : float or None, default=None
        The gain in average precision, in points; None where the classifier does not rank.

    Examples
    --------
    >>> from ssgan.synthesis import Comparison
    >>> found = Comparison(candidate="gan 1 : 1", baseline="nothing", gain=2.5, low=0.5, high=4.5,
    ...                    smallest=4.0, p_better=0.01, p_worse=0.99)
    >>> found.line()
    'gan 1 : 1 against nothing: +2.50 points (+0.50 to +4.50), p = 0.01'
    """

    candidate: str
    baseline: str
    gain: float
    low: float
    high: float
    smallest: float
    p_better: float
    p_worse: float
    ranking: float | None = None

    def line(self) -> str:
        """The comparison in words.

        Returns
        -------
        str
        """
        ranked = "" if self.ranking is None else f"; average precision {self.ranking:+.2f}"
        return (
            f"{self.candidate} against {self.baseline}: {self.gain:+.2f} points "
            f"({self.low:+.2f} to {self.high:+.2f}), p = {self.p_better:.2g}{ranked}"
        )


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the gate found; only "helps" speaks for adding rows.

    Parameters
    ----------
    answer : {"helps", "no evidence", "hurts"}
        The verdict.
    candidate : str or None
        The one that helps most; it may ask for a moved threshold as well.
    smallest : float or None
        Points that the best-measured candidate had to gain over nothing to be seen.
    rows : int
        Labelled rows that it was tested on.
    metric : str
        What was to gain.
    alpha : float
        The probability of a wrong "helps".
    score : float or None
        The metric with nothing added, in points from 0 to 100.
    comparisons : tuple of Comparison
        Every candidate against every baseline.
    ratio : float or None, default=None
        Added rows for a real one in that candidate.
    reason : str or None, default=None
        Why nothing could be tested.
    classifier : str, default="linear"
        What was to gain from them.
    scores : mapping of str to float, default={}
        The metric, in points, with everything that was tried.
    rankings : mapping of str to float, default={}
        Average precision, in points, likewise: of the rarer of two classes, or the mean of all.
    alternatives : tuple of Comparison, default=()
        What needs no synthetic rows, each against nothing.
    threshold : float or None, default=None
        The probability from which the rarer of two classes is best predicted.
    power : float or None, default=None
        Of classes' shares, by which probabilities are divided to move the threshold.
    advice : str or None, default=None
        What to do, in one sentence.
    why : str or None, default=None
        Why these classifiers were asked.
    others : tuple of Verdict, default=()
        The verdicts of the other classifiers; this is the one that is best without rows.

    Examples
    --------
    >>> from ssgan.synthesis import Verdict
    >>> found = Verdict(answer="no evidence", candidate=None, smallest=None, rows=3,
    ...                 metric="accuracy", alpha=0.002, score=None, comparisons=(),
    ...                 reason="a class has 1 labelled rows: too few to test on")
    >>> found.lines()
    ['verdict: no evidence: a class has 1 labelled rows: too few to test on']
    """

    answer: str
    candidate: str | None
    smallest: float | None
    rows: int
    metric: str
    alpha: float
    score: float | None
    comparisons: tuple[Comparison, ...]
    ratio: float | None = None
    reason: str | None = None
    classifier: str = "linear"
    scores: Mapping[str, float] = field(default_factory=dict)
    rankings: Mapping[str, float] = field(default_factory=dict)
    alternatives: tuple[Comparison, ...] = ()
    threshold: float | None = None
    power: float | None = None
    advice: str | None = None
    why: str | None = None
    others: tuple["Verdict", ...] = ()

    def to_json(self) -> dict[str, Any]:
        """All fields, for verdict.json.

        Returns
        -------
        dict of str to JSON
        """
        return asdict(self)

    def lines(self) -> list[str]:
        """What to print: what could have been seen first, then what was, and what to do.

        Returns
        -------
        list of str
        """
        candidate = f": {self.candidate}" if self.candidate else ""
        because = f": {self.reason}" if self.reason else ""
        printed = [
            line for verdict in (self, *self.others) for line in verdict.measured(bool(self.others))
        ]
        printed.append(f"verdict: {self.answer}{candidate}{because}")
        return [*printed, f"what to do: {self.advice}"] if self.advice else printed

    def measured(self, named: bool = False) -> list[str]:
        """What this classifier could have seen, and what was.

        Parameters
        ----------
        named : bool, default=False
            Whether its name comes first.

        Returns
        -------
        list of str
        """
        if self.smallest is None or self.reason:
            return []
        name = f"{self.classifier}: " if named else ""
        first = (
            f"{name}with {self.rows} labelled rows a gain of {self.smallest:.1f} points or more "
            "would be seen in 4 of 5 cases"
        )
        return [first, *(c.line() for c in (*self.alternatives, *self.comparisons))]


def advise(verdict: Verdict) -> str:
    """What to do, in one sentence."""
    plain = {c.candidate: c for c in verdict.comparisons if c.baseline == "nothing"}
    remedy = best_remedy(verdict.alternatives)
    instead = ""
    if remedy is not None:
        unsure = "" if remedy.p_better * len(verdict.alternatives) < SURE else "likely "
        instead = f"{remedy_words(remedy, verdict)}: {unsure}{gain_words(remedy.gain)}"
    if verdict.candidate is not None:
        gain, name = gain_words(plain[verdict.candidate].gain), verdict.candidate
        also = ", and choose the threshold by folds" if name.endswith(MOVED) else ""
        gain = f"add the synthetic rows ({name.removesuffix(MOVED)}){also}: {gain}"
        return f"{gain} of {verdict.metric}" + (f", more than to {instead}" if instead else "")
    if instead:
        return f"{instead} of {verdict.metric}; synthetic rows add nothing to that"
    if verdict.answer == "hurts":
        worst = min(c.gain for c in plain.values())
        return f"add no synthetic rows: {gain_words(worst)} of {verdict.metric}"
    return "change nothing: no gain was seen from synthetic rows, nor from what needs none"


def gain_words(gain: float) -> str:
    """A gain in words."""
    return f"{gain:+.1f} points"


def best_remedy(alternatives: Sequence[Comparison]) -> Comparison | None:
    """What needs no synthetic rows and gains: surely, or else likely, as it costs next to nothing.

    It is the simplest, unless another one clearly gains more.
    """
    sure = [c for c in alternatives if c.p_better * len(alternatives) < SURE]
    able = sure or [c for c in alternatives if c.p_better < LIKELY]
    if not able:
        return None
    most = max(able, key=lambda c: c.gain)
    order = [*REMEDIES]
    near = [c for c in able if c.gain >= most.gain - (most.high - most.low) / 4]
    return min(near, key=lambda c: order.index(c.candidate) if c.candidate in order else len(order))


def remedy_words(remedy: Comparison, verdict: Verdict) -> str:
    """What to do instead of adding synthetic rows."""
    if remedy.candidate != "threshold":
        return REMEDIES.get(remedy.candidate, f"use {remedy.candidate}")
    if verdict.threshold is not None:
        return f"move the threshold to {verdict.threshold:.2f}".replace("0.", ".")
    return f"divide each probability by its class's share to the power {verdict.power:.2g}"
