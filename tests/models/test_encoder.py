# SPDX-License-Identifier: Apache-2.0
"""One text has one vector, whoever computes it and whatever stands beside it."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.builders import TEXTS, WINDOW, an_encoder_folder

from maalem.errors import SettingsError, UnsafeWeightsError
from maalem.models.encoder import BATCH_TOKENS, length_sorted, open_encoder, padded
from maalem.models.encoder_numpy import gelu
from maalem.models.tokens import open_tokens, tokens_per_word

LONG = "pump " * 40


@pytest.fixture(scope="module", params=["wordpiece", "unigram"])
def folder(request, tmp_path_factory):
    place = tmp_path_factory.mktemp("encoder") / request.param
    return an_encoder_folder(place, tokenizer=request.param)


def test_vectors_have_length_one_and_the_order_of_the_texts(folder):
    encoder = open_encoder(folder)
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    backwards = encoder.encode(TEXTS[::-1])[::-1]
    np.testing.assert_allclose(vectors, backwards, atol=1e-6)


@given(texts=st.lists(st.text(max_size=60), max_size=12))
def test_a_batch_gives_what_its_texts_give_one_by_one(folder, texts):
    encoder = open_encoder(folder)
    together = encoder.encode(texts)
    alone = [encoder.encode([text])[0] for text in texts]
    np.testing.assert_allclose(together, np.reshape(alone, together.shape), atol=1e-6)


def test_no_text_gives_no_vector(folder):
    assert open_encoder(folder).encode([]).shape == (0, 16)


@pytest.mark.parametrize("text", ["", "   ", "\x00", "\ud800", "\u202e\u200f", "☃"])
def test_a_text_without_words_has_a_vector(text, folder):
    vector = open_encoder(folder).encode([text])
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


def test_a_text_longer_than_the_window_is_cut_and_counted(folder):
    encoder = open_encoder(folder)
    cut = encoder.encode([LONG, "pump", LONG + "valve"])
    assert encoder.truncated == 2
    assert encoder.max_tokens == WINDOW
    np.testing.assert_allclose(cut[0], cut[2], atol=1e-6)


def test_a_shorter_window_cuts_earlier(folder):
    encoder = open_encoder(folder, max_tokens=4)
    vectors = encoder.encode(["pump valve oil", "pump valve bucket"])
    assert encoder.truncated == 2
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)


def test_a_window_is_never_longer_than_the_model(folder):
    assert open_encoder(folder, max_tokens=10_000).max_tokens == WINDOW


def test_the_prefix_of_the_folder_stands_before_every_text(tmp_path):
    plain = open_encoder(an_encoder_folder(tmp_path / "plain"))
    prefixed = open_encoder(an_encoder_folder(tmp_path / "p", prefix="the pump "))
    np.testing.assert_allclose(
        prefixed.encode(["leaks"]), plain.encode(["the pump leaks"]), atol=1e-6
    )


def test_more_texts_than_a_window_of_sorting_keep_their_places(folder, monkeypatch):
    encoder = open_encoder(folder)
    whole = encoder.encode(TEXTS * 5)
    monkeypatch.setattr("maalem.models.encoder.WINDOW", 3)
    np.testing.assert_allclose(encoder.encode(TEXTS * 5), whole, atol=1e-6)


@given(lengths=st.lists(st.integers(1, 512), max_size=200))
def test_batches_hold_every_text_once_and_stay_within_their_tokens(lengths):
    numbers = [np.zeros(length, np.int64) for length in lengths]
    batches = list(length_sorted(numbers))
    places = np.concatenate([*batches, np.zeros(0, np.int64)])
    assert sorted(places.tolist()) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) * max(lengths[place] for place in batch) <= BATCH_TOKENS


def test_padding_marks_what_is_present():
    table, present = padded([np.array([5, 6]), np.array([7])])
    assert table.tolist() == [[5, 6], [7, 0]]
    assert present.tolist() == [[True, True], [True, False]]


def test_gelu_is_exact_to_three_ten_millionths():
    values = np.linspace(-12, 12, 100_001, dtype=np.float32)
    exact = [x * 0.5 * (1 + math.erf(x / math.sqrt(2))) for x in values.tolist()]
    error = np.abs(gelu(values.copy()) - exact)
    assert (error <= 3e-7 * np.maximum(1, np.abs(values))).all()


def test_gelu_of_huge_numbers_is_the_number_or_nothing():
    found = gelu(np.array([3e38, -3e38, 0.0], np.float32))
    assert found[0] == pytest.approx(3e38, rel=1e-6)
    assert abs(found[1]) <= 3e38 * 1e-7
    assert found[2] == 0.0


def test_an_unknown_backend_is_refused_with_the_known_ones(folder):
    with pytest.raises(SettingsError, match="no backend 'jax'") as refusal:
        open_encoder(folder, backend="jax")
    assert "numpy" in refusal.value.hint


@pytest.mark.parametrize("window", [-1, 0, 2])
def test_a_window_without_room_for_a_word_is_refused(window, folder):
    with pytest.raises(SettingsError, match="at least 3"):
        open_encoder(folder, max_tokens=window)


CHANGES = {
    "another activation": ("config.json", {"hidden_act": "relu"}, "unsupported"),
    "another model": ("config.json", {"model_type": "llama"}, "unsupported"),
    "relative positions": (
        "config.json",
        {"position_embedding_type": "relative_key"},
        "unsupported",
    ),
    "first-token pooling": (
        "1_Pooling/config.json",
        {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True},
        "unsupported",
    ),
    "more layers": ("config.json", {"num_hidden_layers": 3}, "shape"),
    "other width": ("config.json", {"hidden_size": 32}, "shape"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_encoder_that_is_not_what_we_compute_is_refused(name, tmp_path):
    place = an_encoder_folder(tmp_path / "model")
    file, change, code = CHANGES[name]
    settings = json.loads((place / file).read_text())
    (place / file).write_text(json.dumps({**settings, **change}))
    with pytest.raises(UnsafeWeightsError) as refusal:
        open_encoder(place)
    assert refusal.value.code == f"weights.{code}"


@pytest.mark.parametrize(
    "file",
    ["config.json", "modules.json", "tokenizer.json", "model.safetensors"],
)
def test_a_folder_without_one_of_its_files_is_refused(file, tmp_path):
    place = an_encoder_folder(tmp_path / "model")
    (place / file).unlink()
    with pytest.raises(UnsafeWeightsError) as refusal:
        open_encoder(place)
    assert refusal.value.code == "weights.none"


def test_tokens_per_word_counts_pieces_without_the_special_ones(folder):
    reader = open_tokens(folder)
    assert tokens_per_word(reader, ["pump valve", "oil"]) == 1.0
    assert tokens_per_word(reader, ["oilx"]) == pytest.approx(2, abs=2)
    assert tokens_per_word(reader, ["", " "]) is None


def test_counting_tokens_does_not_lift_the_window(folder):
    reader = open_tokens(folder)
    tokens_per_word(reader, [LONG])
    reader.pieces([LONG])
    assert len(reader.read([LONG])[0][0]) == WINDOW


@pytest.mark.torch
def test_the_forward_pass_equals_transformers(folder):
    import torch
    from transformers import BertModel

    model = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()
    reader = open_tokens(folder)
    for text in (*TEXTS, LONG):
        numbers = torch.from_numpy(reader.read([text])[0][0])[None]
        with torch.inference_mode():
            states = model(input_ids=numbers).last_hidden_state
        mean = states.mean(1)
        expected = torch.nn.functional.normalize(mean)[0].numpy()
        np.testing.assert_allclose(
            open_encoder(folder).encode([text])[0], expected, atol=1e-6
        )


@pytest.mark.torch
def test_gelu_equals_that_of_torch():
    import torch

    values = np.random.default_rng(0).normal(0, 3, 100_000).astype(np.float32)
    expected = torch.nn.functional.gelu(torch.from_numpy(values)).numpy()
    error = np.abs(gelu(values.copy()) - expected)
    assert (error <= 5e-7 * np.maximum(1, np.abs(values))).all()
