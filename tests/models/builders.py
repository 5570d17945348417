# SPDX-License-Identifier: Apache-2.0
"""Small real encoders: a BERT with random weights and a real tokenizer."""

import json
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import (
    Regex,
    Tokenizer,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

from maalem.models.folder_layout import write_bert_config, write_json, write_layout
from maalem.models.weights import write_tensors

HIDDEN, INNER, LAYERS, HEADS, WINDOW = 16, 32, 2, 4, 24
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = ("pump", "valve", "leak", "leaks", "bucket", "oil", "broken", "the", "pu")
TEXTS = ("the pump leaks oil", "bucket broken", "valve", "oil leak the valve pump")


def wordpiece_tokenizer() -> Tokenizer:
    """Give a WordPiece tokenizer of single letters and a few words."""
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS]
    pieces += [f"##{letter}" for letter in LETTERS]
    pieces += [*WORDS, "##mp", "##lve"]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    return tokenizer


def unigram_tokenizer() -> Tokenizer:
    """Give a Unigram tokenizer of single letters and a few words."""
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [(f"▁{word}", -4.0 - n / 7) for n, word in enumerate(WORDS)]
    pieces += [("mp", -6.0), ("lve", -6.5), ("▁", -7.0)]
    pieces += [(letter, -8.0 - n / 9) for n, letter in enumerate(LETTERS)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.normalizer = normalizers.Replace(Regex(r"\s+"), " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>"])
    return tokenizer


TOKENIZERS = {"wordpiece": wordpiece_tokenizer, "unigram": unigram_tokenizer}


def an_encoder_folder(
    folder: Path, *, tokenizer: str = "wordpiece", seed: int = 0, prefix: str = ""
) -> Path:
    """Write a small encoder in the layout of sentence-transformers."""
    made = TOKENIZERS[tokenizer]()
    folder.mkdir(parents=True)
    made.save(str(folder / "tokenizer.json"), pretty=False)
    pieces = made.get_vocab_size()
    write_layout(folder, hidden=HIDDEN, window=WINDOW, prefix=prefix)
    write_bert_config(
        folder,
        {
            "hidden_size": HIDDEN,
            "intermediate_size": INNER,
            "layer_norm_eps": 1e-12,
            "max_position_embeddings": 32,
            "num_attention_heads": HEADS,
            "num_hidden_layers": LAYERS,
            "pad_token_id": 0,
            "vocab_size": pieces,
        },
    )
    write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "pad_token": made.id_to_token(0),
        },
    )
    random = np.random.default_rng(seed)
    tensors = [
        (name, shape, _filler(random.normal(0, 0.3, shape).astype(np.float32)))
        for name, shape in _shapes(pieces)
    ]
    write_tensors(folder / "model.safetensors", tensors)
    return folder


def a_safetensors_file(
    path: Path, header: object, content: bytes = b"", *, length: int | None = None
) -> Path:
    """Write a header, whatever it says, and some bytes behind it."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = struct.pack("<Q", len(text) if length is None else length)
    path.write_bytes(size + text + content)
    return path


def _filler(values: np.ndarray):
    return lambda: [values]


def _shapes(pieces: int) -> Sequence[tuple[str, tuple[int, ...]]]:
    square, names = (HIDDEN, HIDDEN), []
    for table, rows in (("word", pieces), ("position", 32), ("token_type", 2)):
        names.append((f"embeddings.{table}_embeddings.weight", (rows, HIDDEN)))
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        place = f"encoder.layer.{layer}"
        matrices = {
            "attention.self.query": square,
            "attention.self.key": square,
            "attention.self.value": square,
            "attention.output.dense": square,
            "intermediate.dense": (INNER, HIDDEN),
            "output.dense": (HIDDEN, INNER),
        }
        for name, shape in matrices.items():
            names.append((f"{place}.{name}.weight", shape))
            names.append((f"{place}.{name}.bias", shape[:1]))
        norms += [f"{place}.attention.output.LayerNorm", f"{place}.output.LayerNorm"]
    for norm in norms:
        names += [(f"{norm}.weight", (HIDDEN,)), (f"{norm}.bias", (HIDDEN,))]
    return names
