"""The kinds of generative models: one file each, and one line here."""

from ssgan.models.adversarial import Adversarial
from ssgan.models.players import Model
from ssgan.models.vae import VAE, VAEGAN

MODELS: dict[str, Model] = {"gan": Adversarial, "vae": VAE, "vae-gan": VAEGAN}
