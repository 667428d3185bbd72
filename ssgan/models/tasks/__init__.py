"""The kinds of generative models, one a file, and the table of them.

A file is named after its model ("vae_gan" is "vae-gan") and has one constant, MODEL.
"""

from ssgan.config import constants_in
from ssgan.models.players import GenerativeModel

MODELS: dict[str, GenerativeModel] = constants_in(__name__, __path__, "MODEL")
