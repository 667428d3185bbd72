"""The labels of the source alone, and its statistics: what every other method is compared with."""

from ssgan.adaptation.method import Method, training

METHOD = Method(learn=training(statistics="source"), steps=2000)
