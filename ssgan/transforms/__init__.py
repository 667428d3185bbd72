"""Transforms: random changes of whole batches, and the views of samples made of them.

What each module is for:

    batch, signals, volumes    the changes: of images and rows, of signals, of volumes
    views                      which of them samples go through, by name

Imports only `ssgan.metrics` and what lies below it.
"""
