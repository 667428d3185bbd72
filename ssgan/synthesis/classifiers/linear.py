"""A linear head by least squares over the GAN's features: the cheapest classifier."""

from ssgan.synthesis.gate.judges import ClassifierKind

CLASSIFIER = ClassifierKind(lambda shape, seed: None, repeats=10, regressor=lambda seed: None)
