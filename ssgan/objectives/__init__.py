"""What each player minimises, given only a critic and samples.

A critic maps samples (N, ...) to scores (N,), high for real. It is any callable: conditioning,
augmentation and class heads are closures around a network, so no objective knows of them. Losses
return named scalars whose sum is the loss; they never call `backward`, step an optimiser or log.

    symbol   x real samples, G(z) generated ones, D the critic's scores, s(D) = sigmoid(D)
    R1       mean of |dD/dx|^2 at real samples, R2 at generated ones (Mescheder et al. 2018)

An objective is a class in a file of this folder, which names it in its OBJECTIVES; `critics` says
what one is, and what several ask of a critic.

Two papers of 2017 share an abbreviation: LSGAN of Mao et al. is "least-squares" here, LS-GAN of
Qi is "loss-sensitive".
"""

from ssgan.config import InputError, constants_in, from_settings, there_are
from ssgan.objectives.critics import Critic, Objective, scores_and_slopes
from ssgan.objectives.entropy import Dragan, Minimax, NonSaturating
from ssgan.objectives.margins import Hinge, LeastSquares, LossSensitive
from ssgan.objectives.relativistic import Relativistic
from ssgan.objectives.wasserstein import Wasserstein, WassersteinGP
from ssgan.runtime import Terms, to_float32

__all__ = [
    "OBJECTIVES",
    "Critic",
    "Dragan",
    "Hinge",
    "LeastSquares",
    "LossSensitive",
    "Minimax",
    "NonSaturating",
    "Objective",
    "Relativistic",
    "Terms",
    "Wasserstein",
    "WassersteinGP",
    "to_float32",
    "name_of",
    "objective",
    "refuse_ambiguous",
    "scores_and_slopes",
]

OBJECTIVES: dict[str, type[Objective]] = {
    kind.name: kind
    for kinds in constants_in(__name__, __path__, "OBJECTIVES", every=False).values()
    for kind in kinds
}


def objective(name: str, **weights: float) -> Objective:
    """The objective of that name.

    Parameters
    ----------
    name : str
        A key of OBJECTIVES.
    **weights : float
        Its fields, where they are not the usual ones.

    Returns
    -------
    Objective

    Raises
    ------
    InputError
        For an unknown name or weight, and for "lsgan", which two papers share.

    Examples
    --------
    >>> objective("hinge", updates=2)
    Hinge(updates=2)
    """
    if isinstance(name, str):
        refuse_ambiguous(name)
    if not isinstance(name, str) or name not in OBJECTIVES:
        raise InputError(f"no objective {name!r}{there_are(name, OBJECTIVES)}")
    return from_settings(OBJECTIVES[name], weights)


def refuse_ambiguous(name: str) -> None:
    """Refuse an abbreviation that two papers share, however it is written.

    Parameters
    ----------
    name : str
        What an objective was called.

    Raises
    ------
    InputError
        For "lsgan".

    Examples
    --------
    >>> refuse_ambiguous("LS-GAN")
    Traceback (most recent call last):
    ssgan.config.InputError: 'LS-GAN' is two things: ...
    """
    if "".join(filter(str.isalnum, name.lower())) == "lsgan":
        raise InputError(
            f"{name!r} is two things: say least-squares (LSGAN, Mao et al. 2017) or "
            "loss-sensitive (LS-GAN, Qi 2017)"
        )


def name_of(objective: Objective) -> str:
    """The name under which OBJECTIVES has it.

    Parameters
    ----------
    objective : Objective
        Any of them.

    Returns
    -------
    str

    Examples
    --------
    >>> name_of(Wasserstein())
    'wgan'
    """
    return type(objective).name
