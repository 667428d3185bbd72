"""Runs: what lies on disk, written whole or not at all.

Imports only `ssgan.runtime`.
"""

from ssgan.runs.run import Run

__all__ = ["Run"]
