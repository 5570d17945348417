# SPDX-License-Identifier: Apache-2.0
"""Pruning takes away what no text uses, and changes no vector of the texts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.builders import LETTERS, TEXTS, WORDS, an_encoder_folder
from tokenizers import Tokenizer

from maalem.errors import EngineError, UnsafeWeightsError
from maalem.models.encoder import open_encoder
from maalem.models.folder import refuse_unsafe_folder
from maalem.models.prune import prune_vocabulary
from maalem.models.tokens import open_tokens

KEEP = ("the pump leaks", "oil valve")


@pytest.fixture(scope="module", params=["wordpiece", "unigram"])
def folders(request, tmp_path_factory):
    place = tmp_path_factory.mktemp("prune")
    folder = an_encoder_folder(place / "before", tokenizer=request.param)
    pruned = prune_vocabulary(folder, KEEP, place / "after", common=0)
    return folder, place / "after", pruned


def test_texts_of_kept_pieces_keep_their_vectors(folders):
    before, after = (open_encoder(folder) for folder in folders[:2])
    texts = [*KEEP, "leaks oil", "x y z", "the the", ""]
    assert np.abs(before.encode(texts) - after.encode(texts)).max() <= 1e-6


@given(text=st.text(alphabet=f"{LETTERS} ", max_size=40))
def test_every_text_can_still_be_written_in_pieces(folders, text):
    pieces = open_tokens(folders[1]).pieces([text])[0]
    assert not {"[UNK]", "<unk>"} & set(pieces)
    letters = "".join(piece for piece in pieces if not piece.startswith(("[", "<")))
    assert letters.replace("##", "").replace("▁", "") == text.replace(" ", "")


@given(words=st.lists(st.sampled_from(("the", "pump", "leaks", "oil", "valve"))))
def test_texts_of_kept_words_are_cut_as_before(folders, words):
    text = [" ".join(words)]
    before, after = (open_tokens(folder).pieces(text) for folder in folders[:2])
    assert before == after


def test_a_word_that_went_falls_back_to_smaller_pieces(folders):
    before, after = (open_tokens(folder).pieces(["bucket"]) for folder in folders[:2])
    assert len(after[0]) > len(before[0])


def test_the_sizes_before_and_after_are_reported(folders):
    _, after, pruned = folders
    assert pruned.pieces_after < pruned.pieces_before
    assert pruned.bytes_after < pruned.bytes_before
    tokenizer = Tokenizer.from_file(str(after / "tokenizer.json"))
    assert tokenizer.get_vocab_size() == pruned.pieces_after


def test_what_was_pruned_is_a_sound_folder(folders):
    refuse_unsafe_folder(folders[1])


def test_the_most_frequent_pieces_can_stay(tmp_path):
    folder = an_encoder_folder(tmp_path / "before", tokenizer="unigram")
    prune_vocabulary(folder, KEEP, tmp_path / "after", common=4 + len(WORDS))
    after = open_encoder(tmp_path / "after")
    difference = open_encoder(folder).encode(TEXTS) - after.encode(TEXTS)
    assert np.abs(difference).max() <= 1e-6


def test_a_head_and_other_files_are_carried_along(tmp_path):
    folder = an_encoder_folder(tmp_path / "before")
    (folder / "3_Dense").mkdir()
    (folder / "3_Dense" / "config.json").write_text("{}")
    (folder / "maalem.json").write_text('{"labels": ["a"]}')
    prune_vocabulary(folder, KEEP, tmp_path / "after")
    for name in ("3_Dense/config.json", "maalem.json", "1_Pooling/config.json"):
        assert (tmp_path / "after" / name).read_bytes() == (folder / name).read_bytes()


def test_pruning_twice_into_one_folder_is_refused(tmp_path):
    folder = an_encoder_folder(tmp_path / "before")
    prune_vocabulary(folder, KEEP, tmp_path / "after")
    with pytest.raises(EngineError) as refusal:
        prune_vocabulary(folder, KEEP, tmp_path / "after")
    assert refusal.value.code == "prune.exists"


def test_a_refused_pruning_leaves_nothing(tmp_path):
    folder = an_encoder_folder(tmp_path / "before")
    (folder / "head.pkl").write_bytes(b"x")
    with pytest.raises(UnsafeWeightsError):
        prune_vocabulary(folder, KEEP, tmp_path / "after")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["before"]


def test_pruning_is_the_same_every_time(tmp_path):
    folder = an_encoder_folder(tmp_path / "before")
    for name in ("one", "two"):
        prune_vocabulary(folder, KEEP, tmp_path / name)
    for path in sorted((tmp_path / "one").rglob("*.*")):
        other = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert path.read_bytes() == other.read_bytes()


@pytest.mark.slow
@pytest.mark.torch
def test_plain_transformers_loads_what_was_pruned(folders):
    from transformers import AutoTokenizer, BertModel

    tokenizer = AutoTokenizer.from_pretrained(folders[1])
    model = BertModel.from_pretrained(folders[1], add_pooling_layer=False)
    assert model.config.vocab_size == len(tokenizer)
    numbers = tokenizer("the pump leaks")["input_ids"]
    assert numbers == open_tokens(folders[1]).read(["the pump leaks"])[0][0].tolist()
