# SPDX-License-Identifier: Apache-2.0
"""A released model keeps the pieces that its texts use, and loses nothing else.

In a multilingual encoder four fifths of the weights are the word table, and a task
touches a few thousandths of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile, rmtree
from tempfile import mkdtemp
from typing import Any, TypeAlias

import numpy as np

from maalem.errors import EngineError, UnsafeWeightsError
from maalem.models.classify_folder import sync
from maalem.models.encoder_shape import IntArray
from maalem.models.folder import read_json, refuse_unsafe_folder
from maalem.models.folder_layout import write_json, write_tokenizer
from maalem.models.tokens import TokenReader, open_tokens, read_tokenizer
from maalem.models.weights import Filler, FloatArray, read_tensors, write_tensors

WORDS = "embeddings.word_embeddings.weight"
COMMON = 20_000  # words that tomorrow's texts will have and the teaching split had not
ROWS = 8192  # rows of the word table copied in one go
CHANGED = ("model.safetensors", "tokenizer.json", "config.json", "vocab.txt")

Vocabulary: TypeAlias = "list[Any] | dict[str, int]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What pruning a vocabulary saved.

    Attributes:
        pieces_before: Pieces of the tokenizer.
        pieces_after: Pieces that stayed.
        bytes_before: Size of the folder's weights and tokenizer.
        bytes_after: The same after pruning.
    """

    pieces_before: int
    pieces_after: int
    bytes_before: int
    bytes_after: int


def prune_vocabulary(
    folder: Path, keep_texts: Sequence[str], into: Path, *, common: int = COMMON
) -> Pruned:
    """Write a copy of a model without the pieces that the texts do not use.

    Special tokens, single characters and bytes stay, so that every text can still be
    written in pieces. A text whose pieces all stayed keeps its vector: the best way to
    cut it is still there, and nothing better was added. Any other text is cut into
    smaller pieces and its vector moves: examine the pruned model, not the one before.

    Args:
        folder: A sentence-transformers folder with a WordPiece or Unigram tokenizer.
        keep_texts: The texts whose pieces must stay: the teaching split.
        into: The folder to make; all of it appears or nothing.
        common: How many of the most frequent pieces stay in any case, 0 or more.

    Returns:
        Sizes before and after.

    Raises:
        UnsafeWeightsError: The folder is unsafe, or its tokenizer of another kind.
        EngineError: `into` exists, or a text would be cut otherwise than before.
    """
    refuse_unsafe_folder(folder)
    if into.exists():
        raise EngineError(f"{into} exists already", code="prune.exists")
    into.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(prefix=f".{into.name}-", dir=into.parent))
    try:
        kept, count = _write(folder, keep_texts, draft, common=common)
        draft.chmod(0o755)
        for path in (*draft.rglob("*"), draft):
            sync(path)
        draft.rename(into)  # the rename is the commit: all of it is on the disk
        sync(into.parent)
    finally:
        rmtree(draft, ignore_errors=True)
    return Pruned(
        pieces_before=count,
        pieces_after=kept,
        bytes_before=_size(folder),
        bytes_after=_size(into),
    )


def _write(
    folder: Path, texts: Sequence[str], draft: Path, *, common: int
) -> tuple[int, int]:
    tokenizer = read_tokenizer(folder)
    reader = open_tokens(folder)
    before = reader.pieces(texts)
    pieces = _pieces(tokenizer["model"])
    used = {piece for line in before for piece in line}
    keep = _kept(tokenizer, pieces, used | set(pieces[:common]))
    _copy_rest(folder, draft)
    _write_tokenizer(draft, tokenizer, pieces=pieces, keep=keep)
    _write_weights(folder, draft, keep)
    config = read_json(folder / "config.json")
    numbers = {old: new for new, old in enumerate(keep.tolist())}
    changes = {"vocab_size": len(keep)}
    for key in ("pad_token_id", "bos_token_id", "eos_token_id"):
        if isinstance(config.get(key), int):
            changes[key] = numbers.get(config[key], 0)
    write_json(draft / "config.json", {**config, **changes})
    _refuse_other_pieces(before, open_tokens(draft), texts)
    return len(keep), len(pieces)


def _pieces(model: dict[str, Any]) -> list[str]:
    """Give the pieces in the order of their numbers: the most frequent come first."""
    vocabulary = model["vocab"]
    if model["type"] == "Unigram":
        return [str(piece) for piece, _ in vocabulary]
    if model["type"] == "WordPiece":
        return sorted(vocabulary, key=lambda piece: int(vocabulary[piece]))
    raise UnsafeWeightsError(
        f"a {model['type']} tokenizer cannot be pruned",
        why="only WordPiece and Unigram can",
        code="weights.unsupported",
    )


def _kept(tokenizer: dict[str, Any], pieces: list[str], used: set[str]) -> IntArray:
    special = {token["content"] for token in tokenizer["added_tokens"]}
    mark = tokenizer["model"].get("continuing_subword_prefix") or "▁"

    def stays(piece: str) -> bool:
        is_byte = len(piece) == 6 and piece.startswith("<0x")
        short = len(piece.removeprefix(mark)) <= 1
        return piece in used or piece in special or is_byte or short

    return np.array([n for n, piece in enumerate(pieces) if stays(piece)], np.int64)


def _write_tokenizer(
    draft: Path, tokenizer: dict[str, Any], *, pieces: list[str], keep: IntArray
) -> None:
    numbers = {pieces[old]: new for new, old in enumerate(keep.tolist())}
    model = tokenizer["model"]
    if isinstance(model["vocab"], list):
        model["vocab"] = [model["vocab"][old] for old in keep.tolist()]
        model["unk_id"] = numbers[pieces[model["unk_id"]]]
    else:
        model["vocab"] = numbers
        lines = "".join(f"{piece}\n" for piece in numbers)
        (draft / "vocab.txt").write_text(lines, encoding="utf-8")
    for token in tokenizer["added_tokens"]:
        token["id"] = numbers[token["content"]]
    processor = tokenizer.get("post_processor") or {}
    for token in processor.get("special_tokens", {}).values():
        token["ids"] = [numbers[piece] for piece in token["tokens"]]
    tokenizer.update(truncation=None, padding=None)
    write_tokenizer(draft / "tokenizer.json", tokenizer)


def _write_weights(folder: Path, draft: Path, keep: IntArray) -> None:
    tensors = read_tensors(folder / "model.safetensors")
    if keep[-1] >= len(tensors[WORDS]):
        raise UnsafeWeightsError(
            "the tokenizer has pieces without a row", code="weights.shape"
        )
    parts: list[tuple[str, tuple[int, ...], Filler]] = []
    for name, tensor in tensors.items():
        rows = keep if name == WORDS else None
        count = len(tensor) if rows is None else len(rows)
        parts.append((name, (count, *tensor.shape[1:]), _filler(tensor, rows)))
    write_tensors(draft / "model.safetensors", parts)


def _filler(tensor: FloatArray, rows: IntArray | None) -> Filler:
    def filler() -> Iterable[FloatArray]:
        return [tensor] if rows is None else _chosen(tensor, rows)

    return filler


def _chosen(tensor: FloatArray, rows: IntArray) -> Iterator[FloatArray]:
    for first in range(0, len(rows), ROWS):
        yield tensor[rows[first : first + ROWS]]


def _copy_rest(folder: Path, draft: Path) -> None:
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if path.is_dir():
            (draft / place).mkdir(exist_ok=True)
        elif place.as_posix() not in CHANGED:
            copyfile(path, draft / place)


def _refuse_other_pieces(
    before: list[list[str]], reader: TokenReader, texts: Sequence[str]
) -> None:
    after = reader.pieces(texts)
    for place, (old, new) in enumerate(zip(before, after, strict=True)):
        if old != new:
            raise EngineError(
                f"text {place} would be cut otherwise after pruning",
                why=f"{old[:8]} became {new[:8]}",
                hint="release the model with its whole vocabulary",
                code="prune.pieces",
            )


def _size(folder: Path) -> int:
    return sum((folder / name).stat().st_size for name in CHANGED[:2])
