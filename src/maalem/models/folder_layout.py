# SPDX-License-Identifier: Apache-2.0
"""The small files that make a folder one that sentence-transformers loads."""

import json
from collections.abc import Mapping
from pathlib import Path

from maalem.records import Json

MODULES = ("Transformer", "Pooling", "Normalize")


def write_json(path: Path, value: Json) -> None:
    """Write a value for people to read, with the same bytes for equal values."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    path.write_text(f"{text}\n", encoding="utf-8")


def write_tokenizer(path: Path, value: Mapping[str, Json]) -> None:
    """Write a tokenizer in one line: 250,000 pieces are not for people."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text, encoding="utf-8")


def write_layout(folder: Path, *, hidden: int, window: int, prefix: str) -> None:
    """Write all but the weights, their configuration and the tokenizer.

    Args:
        folder: An existing folder.
        hidden: Length of a vector.
        window: Longest input in tokens.
        prefix: What stands before every text; it becomes the default prompt, so that
            plain sentence-transformers applies it too.
    """
    paths = ("", "1_Pooling", "2_Normalize")
    for path in paths:
        (folder / path).mkdir(exist_ok=True)
    modules: list[Json] = [
        {
            "idx": place,
            "name": str(place),
            "path": path,
            "type": f"sentence_transformers.models.{name}",
        }
        for place, (path, name) in enumerate(zip(paths, MODULES, strict=True))
    ]
    pooling: dict[str, Json] = {
        "word_embedding_dimension": hidden,
        "pooling_mode_cls_token": False,
        "pooling_mode_mean_tokens": True,
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
    }
    write_json(folder / "modules.json", modules)
    write_json(folder / "1_Pooling" / "config.json", pooling)
    write_json(folder / "2_Normalize" / "config.json", {})
    write_json(
        folder / "sentence_bert_config.json",
        {"max_seq_length": window, "do_lower_case": False},
    )
    prompts: dict[str, Json] = {"text": prefix} if prefix else {}
    write_json(
        folder / "config_sentence_transformers.json",
        {
            "prompts": prompts,
            "default_prompt_name": "text" if prefix else None,
            "similarity_fn_name": "cosine",
        },
    )


def write_bert_config(folder: Path, settings: Mapping[str, Json]) -> None:
    """Write `config.json` of a `BertModel` in float32, with what differs per model."""
    common: dict[str, Json] = {
        "architectures": ["BertModel"],
        "attention_probs_dropout_prob": 0.1,
        "dtype": "float32",
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "initializer_range": 0.02,
        "model_type": "bert",
        "position_embedding_type": "absolute",
        "type_vocab_size": 2,
    }
    write_json(folder / "config.json", {**common, **settings})
