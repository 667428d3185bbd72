"""The labels of the source alone, and its statistics: what every other method is compared with."""

from ssgan.adaptation.method import AdaptationMethod, training
from ssgan.adaptation.task import of_source

METHOD = AdaptationMethod(learn=training(settle=of_source), steps=1000)
