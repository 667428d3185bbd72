"""Features that no critic can tell by their domain.

Ganin et al. 2016, "Domain-Adversarial Training of Neural Networks", section 4: a critic learns to
tell the domains apart by what the convolutions extract, while they learn by its reversed gradient.
Rates and weights follow section 5.2.2.
"""

from ssgan.adaptation.adversary import Adversary
from ssgan.adaptation.descent import ANNEALED
from ssgan.adaptation.method import AdaptationMethod, training

METHOD = AdaptationMethod(learn=training(Adversary, descent=ANNEALED), steps=2000, uses=("weight",))
