# SPDX-License-Identifier: Apache-2.0
"""Text becomes token numbers, cut at the model's window and counted."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from maalem.errors import SettingsError, UnsafeWeightsError, boundary
from maalem.models.folder import TOKENIZER_LIMIT, read_json


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenReader:
    """A model's tokenizer with its prefix and its window.

    Attributes:
        tokenizer: Gives the numbers, special ones included.
        prefix: What the model wants before every text, such as `query: `.
        max_tokens: Longest input in tokens, special ones included.
    """

    tokenizer: Tokenizer
    prefix: str
    max_tokens: int

    def read(self, texts: Sequence[str]) -> tuple[list[NDArray[np.int64]], int]:
        """Give the token numbers of each text, and how many texts were cut."""
        encodings = self._encode(texts)
        numbers = [np.asarray(encoding.ids, np.int64) for encoding in encodings]
        return numbers, sum(bool(encoding.overflowing) for encoding in encodings)

    def measure(self, texts: Sequence[str]) -> list[tuple[int, bool]]:
        """Tell how many tokens of each text are read, and whether it is cut there."""
        return [
            (len(encoding.ids), bool(encoding.overflowing))
            for encoding in self._encode(texts)
        ]

    def pieces(self, texts: Sequence[str]) -> list[list[str]]:
        """Give the pieces of each text, prefix and special ones included, uncut."""
        self.tokenizer.no_truncation()
        encodings = self._encode(texts)
        self.tokenizer.enable_truncation(self.max_tokens)
        return [encoding.tokens for encoding in encodings]

    def _encode(self, texts: Sequence[str]) -> list[Encoding]:
        # A lone surrogate cannot be UTF-8, and no text should stop a whole batch.
        clean = [
            (self.prefix + text).encode("utf-8", "replace").decode() for text in texts
        ]
        return self.tokenizer.encode_batch(clean)


def open_tokens(folder: Path, *, max_tokens: int | None = None) -> TokenReader:
    """Open the tokenizer of a sentence-transformers folder.

    Args:
        folder: Holds `tokenizer.json`; the window is read from
            `sentence_bert_config.json`, the prefix is the default prompt of
            `config_sentence_transformers.json`.
        max_tokens: A shorter window than the model's, in tokens, at least 3.

    Raises:
        SettingsError: The window has no room for a word.
        UnsafeWeightsError: There is no tokenizer, it is too large or cannot be read.
    """
    if max_tokens is not None and max_tokens < 3:
        raise SettingsError(f"max_tokens must be at least 3, got {max_tokens}")
    path = folder / "tokenizer.json"
    if not path.is_file() or path.stat().st_size > TOKENIZER_LIMIT:
        raise UnsafeWeightsError(
            f"{folder} has no tokenizer.json of a sane size",
            code="weights.tokenizer-size" if path.is_file() else "weights.none",
        )
    with boundary(UnsafeWeightsError, f"read {path}"):
        tokenizer = Tokenizer.from_file(str(path))
    window = _window(folder)
    window = min(window, max_tokens) if max_tokens else window
    tokenizer.no_padding()
    tokenizer.enable_truncation(window)
    return TokenReader(tokenizer=tokenizer, prefix=_prefix(folder), max_tokens=window)


def read_tokenizer(folder: Path) -> dict[str, Any]:
    """Read `tokenizer.json` as it is written.

    Raises:
        UnsafeWeightsError: It is not JSON.
    """
    with boundary(UnsafeWeightsError, f"read the tokenizer of {folder}"):
        content: dict[str, Any] = json.loads((folder / "tokenizer.json").read_bytes())
    return content


def tokens_per_word(reader: TokenReader, texts: Sequence[str]) -> float | None:
    """Tell how many tokens a word of these texts needs, on average.

    Words are what stands between blanks; special tokens and the prefix do not count.

    Returns:
        Tokens divided by words, or None if the texts have no word.
    """
    words = sum(len(text.split()) for text in texts)
    if words == 0:
        return None
    reader.tokenizer.no_truncation()
    encodings = reader.tokenizer.encode_batch(list(texts), add_special_tokens=False)
    reader.tokenizer.enable_truncation(reader.max_tokens)
    return sum(len(encoding.ids) for encoding in encodings) / words


def _window(folder: Path) -> int:
    longest = int(read_json(folder / "config.json").get("max_position_embeddings", 512))
    path = folder / "sentence_bert_config.json"
    chosen = read_json(path).get("max_seq_length") if path.is_file() else None
    return min(longest, int(chosen)) if chosen else longest


def _prefix(folder: Path) -> str:
    path = folder / "config_sentence_transformers.json"
    settings = read_json(path) if path.is_file() else {}
    prompts = settings.get("prompts") or {}
    return str(prompts.get(settings.get("default_prompt_name"), ""))
