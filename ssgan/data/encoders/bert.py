"""BERT: its word pieces, and its network from the names that its weights have in files."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ssgan.config import InputError

LONGEST_WORD = 100  # letters, as BERT has it: a longer one is unknown
IDEOGRAPHS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2FA1F))


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
    lower_case: bool  # and without accents
    known: dict[str, list[int]]  # words that came before

    def pieces(self, text: str) -> list[int]:
        """The numbers of the pieces of a text."""
        all_pieces: list[int] = []
        for word in self.split(text):
            if word not in self.known:
                self.known[word] = self.pieces_of(word)
            all_pieces += self.known[word]
        return all_pieces

    def split(self, text: str) -> list[str]:
        """Words, and each punctuation mark and ideograph by itself."""
        if self.lower_case:
            text = unicodedata.normalize("NFD", text.lower())
        return "".join(map(self.spaced, text)).split()

    def spaced(self, letter: str) -> str:
        """A letter as it is, apart from its neighbours, as a space, or left out."""
        if "a" <= letter <= "z":
            return letter
        category, code = unicodedata.category(letter), ord(letter)
        if letter in "\t\n\r" or category == "Zs":
            return " "
        if code in (0, 0xFFFD) or category[0] == "C" or (self.lower_case and category == "Mn"):
            return ""
        symbol = 33 <= code <= 126 and not letter.isalnum()
        ideograph = any(low <= code <= high for low, high in IDEOGRAPHS)
        return f" {letter} " if symbol or ideograph or category[0] == "P" else letter

    def pieces_of(self, word: str) -> list[int]:
        """The longest known pieces of a word, from its beginning on; [UNK] where there are none."""
        pieces: list[int] = []
        start = 0
        while start < len(word) <= LONGEST_WORD:
            mark = "##" if start else ""
            ends = range(len(word), start, -1)
            known = (end for end in ends if mark + word[start:end] in self.vocabulary)
            if (end := next(known, None)) is None:
                break
            pieces.append(self.vocabulary[mark + word[start:end]])
            start = end
        return pieces if start == len(word) else [self.vocabulary["[UNK]"]]


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
        """One layer: attention and what follows it, on x (N, L, F)."""
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
        """The linear layer of that name."""
        return F.linear(x, self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"])

    def norm(self, x: Tensor, name: str) -> Tensor:
        """The layer norm of that name."""
        weight, bias = self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
        return F.layer_norm(x, x.shape[-1:], weight, bias, self.config.get("layer_norm_eps", 1e-12))


@dataclass(frozen=True)
class OnnxBert:
    """A network of tokens in ONNX; of its inputs and outputs the usual names are known."""

    session: Any

    def __call__(self, tokens: Tensor, mask: Tensor) -> Tensor:
        inputs = {"input_ids": tokens, "attention_mask": mask}
        inputs["token_type_ids"] = torch.zeros_like(tokens)
        names = [entry.name for entry in self.session.get_inputs()]
        if unknown := [name for name in names if name not in inputs]:
            raise InputError(f"the ONNX encoder asks for {unknown[0]!r}; known are {[*inputs]}")
        outputs = self.session.run(None, {name: inputs[name].numpy() for name in names})
        return torch.from_numpy(np.asarray(outputs[0]))
