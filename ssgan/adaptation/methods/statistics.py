"""The labels of the source, and batch norm by the statistics of the target.

Li et al. 2018, "Adaptive Batch Normalization for practical domain adaptation" (AdaBN): nothing else
of the target is learnt from.
"""

from ssgan.adaptation.method import AdaptationMethod, training
from ssgan.adaptation.task import use_target_statistics

METHOD = AdaptationMethod(learn=training(complete=use_target_statistics), steps=1000)
