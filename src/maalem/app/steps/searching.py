# SPDX-License-Identifier: Apache-2.0
"""Passages are found by words, language and personal data, in the store's index."""

from collections.abc import Iterator
from dataclasses import dataclass

from maalem.app.screen import Tell, silent
from maalem.corpus.seeking import FOLDING, Sought, words_for_seeking
from maalem.records import Digest, Passage
from maalem.store import Store
from maalem.store.tables import Folded, Question
from maalem.store.words import WordIndex
from maalem.tasks.names import LANGUAGES

OTHER = "other"
"""Languages that no task asks in."""
_PERSONAL = "personal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for.

    Attributes:
        sought: Words that must stand in a passage.
        language: Language of the passage; empty for any.
        is_personal: Whether only passages with personal data are wanted.
    """

    sought: tuple[Sought, ...] = ()
    language: str = ""
    is_personal: bool = False


def search(store: Store, wanted: Wanted) -> Iterator[Digest]:
    """Give the passages that fit, in the order in which they were added.

    Args:
        store: The project's records; what it has is found as soon as it is stored.
        wanted: At least one thing.
    """
    index = word_index(store)
    index.catch_up()
    traits = [_trait(wanted.language)] if wanted.language else []
    traits += [_PERSONAL] if wanted.is_personal else []
    return index.find(Question(phrases=wanted.sought, traits=traits))


def index_words(store: Store, tell: Tell = silent) -> None:
    """Make all passages findable; older projects have some to make up for.

    Args:
        store: The project's records.
        tell: Called as it goes on.
    """
    index = word_index(store)
    waiting = index.waiting()
    index.catch_up(lambda added: tell("index words", added, waiting))


def word_index(store: Store) -> WordIndex:
    """Give the words of a project's passages."""
    return WordIndex(store, fold=_fold, version=FOLDING)


def _fold(passage: Passage) -> Folded:
    language = passage.language if passage.language in LANGUAGES else OTHER
    traits = (_trait(language), *([_PERSONAL] if passage.personal else []))
    return Folded(tuple(words_for_seeking(passage.text)), traits)


def _trait(language: str) -> str:
    """Name a language by letters alone; of what is no language nothing is found."""
    letters = "".join(
        one for one in language.lower() if one.isascii() and one.isalpha()
    )
    return f"language_{letters}"
