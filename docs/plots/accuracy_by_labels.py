"""Accuracy against the number of labels, a panel a data set."""

from benchmarks.figures import by_labels
from benchmarks.tables import RESULTS

by_labels(RESULTS)
