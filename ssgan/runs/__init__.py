"""Runs: what lies on disk, written whole or not at all.

What each module is for:

    run                   the directory: claimed, written, resumed
    checkpoints           its saved steps
    identity, manifest    whether it is the very run that is asked for, and undamaged
    storage               files that are written whole or not at all

Imports only the single files of the package.
"""

from ssgan.runs.run import Run

__all__ = ["Run"]
