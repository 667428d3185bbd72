"""Prediction: from a pretrained model and few labels to a predictor.

Imports only `ssgan.models` and what lies below it.
"""
