"""Methods that take steps of training, one a file: each adds a loss of unlabeled samples."""
