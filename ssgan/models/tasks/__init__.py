"""The kinds of generative models, one a file, and the table of them.

A file is named after its model ("vae_gan" is "vae-gan") and has one constant, MODEL.
"""

from importlib import import_module

from ssgan.models.config import MODEL_NAMES
from ssgan.models.players import GenerativeModel

MODELS: dict[str, GenerativeModel] = {
    name: import_module(f"{__name__}.{name.replace('-', '_')}").MODEL for name in MODEL_NAMES
}
