"""Runs: what lies on disk, written whole or not at all.

What each module is for:

    run                   the directory: claimed, written, resumed
    checkpoints           its saved steps
    identity              whether it is the very run that is asked for
    manifest, damage      the sha256 of its files, and whether they are as they were written
    files                 files that the manifest lists
    log, lock             lines of the log; who writes to the directory
    storage               files that are written whole or not at all

Imports only the single files of the package.
"""

from ssgan.runs.run import Run

__all__ = ["Run"]
