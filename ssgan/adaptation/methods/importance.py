"""The labels of the source, samples that are frequent in the target counting more.

Shimodaira 2000, "Improving predictive inference under covariate shift": right where the same
samples have the same labels in both domains, and only their frequency differs. It needs samples of
the source that are like those of the target.
"""

from ssgan.adaptation.method import AdaptationMethod, training
from ssgan.adaptation.shift import density_ratios
from ssgan.adaptation.task import use_source_statistics

METHOD = AdaptationMethod(
    learn=training(complete=use_source_statistics, weights=density_ratios), steps=1000
)
