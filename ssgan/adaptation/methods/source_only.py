"""The labels of the source alone, and its statistics: what every other method is compared with."""

from ssgan.adaptation.method import AdaptationMethod, training
from ssgan.adaptation.task import use_source_statistics

METHOD = AdaptationMethod(learn=training(complete=use_source_statistics), steps=1000)
