"""What all tests run under, so that they take little time."""

import gc
import os

import torch

# Processes are killed in tests, machines are not: no write has to wait for the disk. A descriptor
# that is none is refused all the same.
os.fsync = os.fstat

# On few cores a second thread makes tiny networks slower, by up to ten times.
torch.set_num_threads(1)

# What was imported and collected stays to the end: a tenth of the time went into searching it.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()
