"""What all tests run under, so that they take little time."""

import torch

# On few cores a second thread makes tiny networks slower, by up to ten times.
torch.set_num_threads(1)
