"""One torch thread: on few cores a second one makes tiny networks slower, by up to ten times."""

import torch

torch.set_num_threads(1)
