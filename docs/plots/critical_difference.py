"""Mean ranks of methods over data sets, with the critical difference of Nemenyi's test."""

from benchmarks.figures import by_ranks
from benchmarks.tables import RESULTS

by_ranks(RESULTS)
