"""Transforms: random changes of whole batches, and the views of samples made of them.

Imports only `ssgan.metrics` and what lies below it.
"""
