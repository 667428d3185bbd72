"""Models: what learns the distribution of unlabeled samples, and what learns from such a model.

Imports only `ssgan.transforms` and what lies below it.
"""
