"""Codecs: the way of each modality from raw samples to the tensors that networks see, and back.

Imports only the single files of the package.
"""
