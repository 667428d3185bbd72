"""Adaptation: labels in one domain, the source, and none in the other, the target.

Imports only `ssgan.prediction` and what lies below it.
"""
