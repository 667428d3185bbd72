"""Outputs for held-out labels, and how good they are.

fitted             of what is fitted at once, all folds together
crossvalidation    of any other method, trained again on each fold
comparison         how good they are beside ordinary models
"""
