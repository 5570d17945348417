# SPDX-License-Identifier: Apache-2.0
"""Which passages have which words; the same laws on both databases."""

import pytest
from tests.store.builders import a_passage, a_store, an_erasure, opened

from maalem.store.tables import Folded, Question
from maalem.store.words import WordIndex

TEXTS = (
    "hydraulic oil leak at pump",
    "the pump leaks oil hydraulic",
    "تسرب زيت المحرك",
    "snake_case and plain case",
)
PASSAGES = [a_passage(number, text=text) for number, text in enumerate(TEXTS)]


def fold(passage):
    return Folded(tuple(passage.text.split()), (passage.language,))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def address(request):
    if request.param == "sqlite":
        return "sqlite"
    return request.getfixturevalue("postgres_address")


@pytest.fixture
def store(address, tmp_path):
    with a_store(tmp_path / "project", database=address) as store:
        store.append("corpus.add", PASSAGES)
        yield store


@pytest.fixture
def index(store):
    index = WordIndex(store, fold=fold, version="1")
    index.catch_up()
    return index


def found(index, *phrases, traits=()):
    names = [passage.id for passage in PASSAGES]
    question = Question(phrases=phrases, traits=traits)
    return [names.index(one) for one in index.find(question)]


def word(text, *, goes_on=False):
    return (tuple(text.split()), goes_on)


def test_all_words_must_be_there_in_any_order(index):
    assert found(index, word("oil"), word("pump")) == [0, 1]
    assert found(index, word("leak"), word("pump")) == [0]
    assert found(index, word("oil"), word("absent")) == []


def test_words_of_a_phrase_follow_each_other(index):
    assert found(index, word("hydraulic oil")) == [0]
    assert found(index, word("oil hydraulic")) == [1]


def test_the_last_word_may_go_on_where_that_is_asked_for(index):
    assert found(index, word("leak", goes_on=True)) == [0, 1]
    assert found(index, word("oil lea", goes_on=True)) == [0]


def test_words_of_every_script_are_words(index):
    assert found(index, word("تسرب زيت")) == [2]
    assert found(index, word("snake_case")) == [3]


def test_what_stands_in_traits_is_no_word(index):
    assert found(index, word("en")) == []
    assert found(index, traits=["en"]) == [0, 1, 2, 3]
    assert found(index, word("زيت"), traits=["en"]) == [2]
    assert found(index, word("زيت"), traits=["fr"]) == []


def test_what_is_written_later_waits_until_the_index_catches_up(index, store):
    store.append("corpus.add", [a_passage(9, text="a late pump")])
    assert index.waiting() == 1
    assert found(index, word("late")) == []
    told = []
    index.catch_up(told.append)
    assert told == [1]
    assert index.waiting() == 0
    assert list(index.find(Question(phrases=[word("late")]))) == [a_passage(9).id]


def test_catching_up_twice_adds_nothing(index):
    told = []
    index.catch_up(told.append)
    assert told == []
    assert found(index, word("oil")) == [0, 1]


def test_what_was_erased_is_not_found_and_all_else_is_found_again(index, store):
    store.erase(an_erasure(PASSAGES[2], PASSAGES[3]))
    index.catch_up()
    assert index.waiting() == 0
    assert found(index, word("زيت")) == []
    assert found(index, traits=["en"]) == [0, 1]
    assert found(index, word("oil")) == [0, 1]


def test_what_is_erased_before_it_was_found_waits_for_nobody(index, store):
    late = a_passage(9, text="a late pump")
    store.append("corpus.add", [late])
    store.erase(an_erasure(late))
    assert index.waiting() == 0
    assert found(index, word("oil")) == [0, 1]


def test_what_is_erased_while_the_index_catches_up_leaves_no_word(store):
    def fold_and_erase(passage):
        if passage == PASSAGES[3]:
            store.erase(an_erasure(PASSAGES[2]))
        return fold(passage)

    index = WordIndex(store, fold=fold_and_erase, version="1")
    index.catch_up()
    assert found(index, word("زيت")) == []
    assert found(index, word("snake_case")) == [3]


def test_no_bytes_of_an_erased_word_stay(tmp_path):
    with a_store(tmp_path / "project") as store:
        store.append("corpus.add", PASSAGES)
        index = WordIndex(store, fold=fold, version="1")
        index.catch_up()
        query = "SELECT block FROM passage_words_data"
        kept = lambda: b"".join(  # noqa: E731  # asked twice
            block for (block,) in store.look(lambda tables: [*tables.execute(query)])
        )
        assert b"snake_case" in kept()
        store.erase(an_erasure(PASSAGES[3]))
        index.catch_up()
        assert b"snake_case" not in kept()


def test_another_folding_begins_the_index_anew(index, store):
    def first_word(passage):
        return Folded(tuple(passage.text.split()[:1]), ())

    other = WordIndex(store, fold=first_word, version="2")
    assert other.waiting() == len(PASSAGES)
    other.catch_up()
    assert found(other, word("hydraulic")) == [0]
    assert found(other, word("oil")) == []


def test_more_than_a_page_is_found_in_the_order_of_its_writing(index, store):
    several = [a_passage(100 + number, text="valve") for number in range(300)]
    store.append("corpus.add", several)
    index.catch_up()
    names = list(index.find(Question(phrases=[word("valve")])))
    assert names == [one.id for one in several]


def test_the_index_outlives_the_process(address, tmp_path):
    with a_store(tmp_path / "project", database=address) as store:
        store.append("corpus.add", PASSAGES)
        WordIndex(store, fold=fold, version="1").catch_up()
    with opened(tmp_path / "project", database=address, read_only=True) as store:
        index = WordIndex(store, fold=fold, version="1")
        assert index.waiting() == 0
        assert found(index, word("زيت")) == [2]
