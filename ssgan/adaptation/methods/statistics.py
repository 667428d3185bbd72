"""The labels of the source, and batch norm by the statistics of the target.

Li et al. 2018, "Adaptive Batch Normalization for practical domain adaptation" (AdaBN): nothing else
of the target is learnt from.
"""

from ssgan.adaptation.method import AdaptationMethod, training
from ssgan.adaptation.task import of_target

METHOD = AdaptationMethod(learn=training(settle=of_target), steps=1000)
