# SPDX-License-Identifier: Apache-2.0
"""The encoder multilingual-e5-small, out of a file that packs it in 4 bits.

The package's own engine is neither imported nor run: `e5_packed` reads the file.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

from maalem.models.e5_packed import PackedFile, expand, read_packed
from maalem.models.folder_layout import write_bert_config, write_json, write_layout
from maalem.models.weights import Filler, FloatArray, write_tensors

WINDOW = 512
PREFIX = "query: "  # the model was trained with it on both sides for symmetric tasks
# What the model's own normaliser does beside NFKC, as its table of replacements says.
DROPPED = "[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]"
BLANKS = "[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]"
PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


def read_tokens(path: Path) -> Tokenizer:
    """Make the tokenizer from the packed file; its numbers equal the official ones."""
    packed = read_packed(path)
    return _make_tokenizer(packed)


def write_folder(path: Path, into: Path) -> None:
    """Expand the packed file into the model's folder, in float32.

    Float32 holds every value of the packed file exactly; half precision would not: a
    4-bit number times an 11-bit scale needs up to 14 bits.
    """
    packed = read_packed(path)
    write_tensors(into / "model.safetensors", list(_tensors(packed)))
    tokenizer = _make_tokenizer(packed)
    (into / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")
    write_layout(into, hidden=packed.hidden, window=WINDOW, prefix=PREFIX)
    write_bert_config(
        into,
        {
            "hidden_size": packed.hidden,
            "intermediate_size": packed.inner,
            "layer_norm_eps": packed.epsilon,
            "max_position_embeddings": packed.positions,
            "num_attention_heads": packed.heads,
            "num_hidden_layers": packed.layers,
            "pad_token_id": 1,
            "vocab_size": packed.words,
        },
    )
    write_json(
        into / "tokenizer_config.json",
        {
            "bos_token": "<s>",
            "cls_token": "<s>",
            "eos_token": "</s>",
            "mask_token": "<mask>",
            "model_max_length": WINDOW,
            "pad_token": "<pad>",
            "sep_token": "</s>",
            "tokenizer_class": "PreTrainedTokenizerFast",
            "unk_token": "<unk>",
        },
    )


def _make_tokenizer(packed: PackedFile) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram(packed.pieces, unk_id=packed.unknown))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(DROPPED), ""),
            normalizers.Replace(Regex(BLANKS), " "),
            normalizers.NFKC(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always"),
        ]
    )
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return tokenizer


def _tensors(packed: PackedFile) -> Iterator[tuple[str, tuple[int, ...], Filler]]:
    def fill(name: str, *shape: int) -> tuple[tuple[int, ...], Filler]:
        def filler() -> Iterable[FloatArray]:
            return expand(packed, name)

        return shape, filler

    hidden, inner = packed.hidden, packed.inner
    yield "embeddings.word_embeddings.weight", *fill("emb.word", packed.words, hidden)
    yield (
        "embeddings.position_embeddings.weight",
        *fill("emb.pos", packed.positions, hidden),
    )
    yield "embeddings.token_type_embeddings.weight", *fill("emb.type", 2, hidden)
    yield "embeddings.LayerNorm.weight", *fill("emb.ln.w", hidden)
    yield "embeddings.LayerNorm.bias", *fill("emb.ln.b", hidden)
    axes = {"fi": (inner, hidden), "fo": (hidden, inner)}
    for layer in range(packed.layers):
        place = f"encoder.layer.{layer}"
        for short, name in PARTS.items():
            shape = axes.get(short, (hidden, hidden))
            yield f"{place}.{name}.weight", *fill(f"l{layer}.{short}.w", *shape)
            yield f"{place}.{name}.bias", *fill(f"l{layer}.{short}.b", shape[0])
        for short, name in NORMS.items():
            yield f"{place}.{name}.weight", *fill(f"l{layer}.{short}.w", hidden)
            yield f"{place}.{name}.bias", *fill(f"l{layer}.{short}.b", hidden)
