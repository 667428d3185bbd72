"""What the directory of a GAN or of a model says, checked before anything is made of it."""

from collections.abc import Mapping
from math import prod
from typing import Any

import torch

from ssgan.codecs import Codec, from_json
from ssgan.config import from_settings
from ssgan.data.encoders import with_encoder
from ssgan.models.condition import Condition
from ssgan.models.config import Body, GANConfig
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.runs.storage import understood

# In the directory of an adapted model: the GAN of both domains, the translator between them, and
# the codec of the domain with labels.
GAN_PLACE, TRANSLATOR_PLACE, SOURCE_CODEC = "gan", "translator", "source-codec.json"
CAPTIONS = "captions.json"  # a few captions, to be shown
MAX_VALUES = 2**31  # of a sample; more are no sample but damage
TOLD = {"source": str, "options": dict, "fingerprint": str}  # of the samples of a training


def stored_codec(run: Run, encoder: Any = None) -> Codec:
    """The codec of a directory; InputError where codec.json describes none that works.

    `encoder` is what the user names as the encoder of its samples.
    """
    with understood(run.path / "codec.json"):
        codec = with_encoder(from_json(run.read_object("codec.json")), encoder, run.path)
        if min(codec.shape) < 1 or prod(codec.shape) > MAX_VALUES:
            raise ValueError(f"no samples have the shape {codec.shape}")
        codec.pack(codec.decode(torch.zeros(1, *codec.shape)))
    return codec


def stored_condition(run: Run, encoder: Any = None) -> Condition:
    """What a conditional GAN can be asked for; `encoder` is what the user names for captions."""
    with understood(run.path / "condition.json"):
        texts = run.read_object(CAPTIONS)["texts"] if run.has(CAPTIONS) else ()
        fields = run.read_object("condition.json")
        condition = Condition.from_json(fields, encoder, tuple(map(str, texts)))
        rows = condition.sample(2, Rng(("stored",)))
        if rows.shape != (2, condition.width):
            raise ValueError(f"conditions of shape {tuple(rows.shape)}")
    return condition


def stored_training(run: Run) -> tuple[dict[str, Any], GANConfig]:
    """What the directory of a GAN says of its samples, and how it was trained."""
    with understood(run.path / "config.json"):
        data = run.config["data"]
        check_kinds(data, TOLD)
        return data, GANConfig.from_json(run.config["config"])


def stored_body(run: Run) -> Body:
    """What the trunk of a model is made by: as its GAN's is, or as an adapted model says."""
    with understood(run.path / "config.json"):
        whole = run.config
        check_kinds(whole["gan"], TOLD)
        if "network" in whole:
            return from_settings(Body, whole["network"])
        return GANConfig.from_json(whole["gan"]["config"]).body


def check_kinds(fields: Mapping[str, Any], kinds: Mapping[str, Any]) -> None:
    """ValueError for a field that is not of its kind, KeyError for one that is missing."""
    for name, kind in kinds.items():
        if not isinstance(fields[name], kind):
            raise ValueError(f"{name} is {str(fields[name])[:40]!r}")
