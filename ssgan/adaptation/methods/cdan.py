"""As "dann", the critic seeing which class each sample is taken for.

Long et al. 2018, "Conditional Adversarial Domain Adaptation", eq. 4: it is given the product of
features and class probabilities, so that domains are compared class by class.
"""

from functools import partial

from ssgan.adaptation.adversary import Adversary
from ssgan.adaptation.descent import ANNEALED
from ssgan.adaptation.method import AdaptationMethod, training

METHOD = AdaptationMethod(
    learn=training(partial(Adversary, conditional=True), descent=ANNEALED),
    steps=2000,
    numbers=False,
    uses=("weight",),
)
