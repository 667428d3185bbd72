"""Accuracy on MNIST from 100 labels against seconds."""

from benchmarks.figures import by_seconds
from benchmarks.tables import RESULTS

by_seconds(RESULTS)
