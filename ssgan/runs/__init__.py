"""Runs: what lies on disk, written whole or not at all.

Imports only the single files of the package.
"""

from ssgan.runs.run import Run

__all__ = ["Run"]
