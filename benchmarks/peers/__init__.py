"""Other people's packages on our splits, each in an environment of its own."""
