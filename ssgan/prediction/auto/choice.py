"""What "auto" has chosen and why, as the file `choice.json` of a model directory keeps it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ssgan.prediction.config import Member, PredictorConfig, member_of
from ssgan.prediction.heldout.comparison import FoldScores
from ssgan.runs.run import Run

CHOICE = "choice.json"


@dataclass(frozen=True, kw_only=True)
class AutoChoice:
    """What "auto" has chosen and why.

    Parameters
    ----------
    readout : str or None
        What the candidates read, besides the samples.
    reason : str
        In words.
    means : mapping of str to float, default={}
        Points of every candidate on folds of the labels, and of what was chosen.
    weights : mapping of str to float, default={}
        Of the candidates in the average.
    abstained : bool, default=False
        Whether no label could be held out.
    comparison : FoldScores or None, default=None
        How good it is beside ordinary models.
    left_out : tuple of str, default=()
        Candidates for which no time was left.
    temperature : float or None, default=None
        Of the average, for classes.
    fold_members : tuple of tuples of Member, default=()
        For numbers, the members of every fold of the prediction intervals.
    chosen : str, default="average"
        The name of what was chosen: a candidate in version 0.1.
    method : str, default="ensemble"
        The method that it is learnt by.

    Examples
    --------
    >>> from ssgan.prediction.auto.choice import AutoChoice
    >>> choice = AutoChoice(readout="all", means={"svm": 91.0, "average": 93.0}, reason="of two")
    >>> choice.score, AutoChoice.from_json(choice.to_json()) == choice
    (93.0, True)
    """

    readout: str | None
    reason: str
    means: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    abstained: bool = False
    comparison: FoldScores | None = None
    left_out: tuple[str, ...] = ()
    temperature: float | None = None
    fold_members: tuple[tuple[Member, ...], ...] = ()
    chosen: str = "average"
    method: str = "ensemble"

    @property
    def score(self) -> float | None:
        """Points of what was chosen on folds; None where nothing could be held out."""
        return self.means.get(self.chosen)

    def to_json(self) -> dict[str, Any]:
        """As `choice.json` has it, where what does not apply is left out."""
        verdict: dict[str, Any] = {"abstained": self.abstained, "means": dict(self.means)}
        if self.comparison:
            verdict["comparison"] = self.comparison.to_json()
        verdict["reason"] = self.reason
        if self.left_out:
            verdict["left_out"] = list(self.left_out)
        verdict |= {"chosen": self.chosen, "weights": dict(self.weights)}
        fields: dict[str, Any] = {"method": self.method, "readout": self.readout}
        fields["verdict"] = verdict
        if self.temperature is not None:
            fields["temperature"] = self.temperature
        if self.fold_members:
            folds = [[member.to_json() for member in members] for members in self.fold_members]
            fields["fold_members"] = folds
        return fields

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "AutoChoice":
        """The choice that `to_json` gave; also one of version 0.1, which chose a candidate."""
        verdict, folds = fields["verdict"], fields.get("fold_members", ())
        comparison = verdict.get("comparison")
        return cls(
            readout=fields["readout"],
            reason=verdict["reason"],
            means=verdict.get("means") or {},
            weights=verdict.get("weights", {}),
            abstained=verdict.get("abstained", False),
            comparison=FoldScores.from_json(comparison) if comparison else None,
            left_out=tuple(verdict.get("left_out", ())),
            temperature=fields.get("temperature"),
            fold_members=tuple(tuple(map(member_of, members)) for members in folds),
            chosen=verdict["chosen"],
            method=fields["method"],
        )


def keep_choice(run: Run, choice: AutoChoice, config: PredictorConfig) -> None:
    """Write the choice, and the config to learn by, into a model directory."""
    content = {"choice": choice.to_json(), "config": config.to_json()}
    run.write(CHOICE, json.dumps(content, indent=1))


def stored_choice(run: Run) -> tuple[AutoChoice, PredictorConfig]:
    """The choice that a model directory holds, and the config that was learnt by."""
    stored = run.read_object(CHOICE)
    return AutoChoice.from_json(stored["choice"]), PredictorConfig.from_json(stored["config"])
