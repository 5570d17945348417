# SPDX-License-Identifier: Apache-2.0
"""The words that texts are found by, what somebody asks for, and where it stands.

Texts and questions go through the same folding, so that what is typed without accents,
Arabic marks or an article finds what was written with them.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from maalem.corpus.matching import matching_key

FOLDING = "1"
"""Which folding this is; an index that was made by another one is made anew."""

_ACCENTS = "\u0300-\u036f"
_ARABIC_MARKS = (
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
)
_UNSEEN_INSIDE = "\u00ad\u034f\u061c\u200c-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_TOKEN = re.compile(rf"[\w{_ACCENTS}{_ARABIC_MARKS}{_UNSEEN_INSIDE}]+")
_WORD = re.compile(r"\w+")
_ACCENT = re.compile(f"[{_ACCENTS}]")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})
_ARTICLES = re.compile(r"(?:[بكف]?ال|لل)(?=\w\w)")
_ARABIC = re.compile(r"[\u0620-\u064a]")
_QUOTES = re.compile('["“”„«»]')
_LONGEST = 64  # letters of a word; longer is no word of a language
_BEGINNING = 3  # letters; fewer begin too many words
_MOST = 16  # things asked for at once


class Sought(NamedTuple):
    """Words that must stand one after the other.

    Attributes:
        words: The words, folded.
        goes_on: Whether the last one may be the beginning of a longer word.
    """

    words: tuple[str, ...]
    goes_on: bool = False


def words_for_seeking(text: str) -> Iterator[str]:
    """Give the words of a text in their order, folded as they are sought.

    Beyond `matching_key`, accents are taken off, and of Arabic words the article and
    the conjunction before it, so that "engine" finds "the engine" and "and the engine".

    Source:
        Larkey, Ballesteros and Connell (2007), "Light Stemming for Arabic Information
        Retrieval", table 12.1, the prefixes of light10; its suffixes are left, because
        a word is found by its beginning as well.

    Examples:
        >>> list(words_for_seeking("L'élève, والمُحَرِّك"))
        ['l', 'eleve', 'محرك']
    """
    return chain.from_iterable(map(_folded, _TOKEN.findall(text)))


def read_question(typed: str) -> tuple[Sought, ...]:
    """Read what somebody typed; all of it must be there.

    Words in quotation marks must stand one after the other, as must those that the
    typing joins ("d'huile"). Other words of three letters and more are also found as
    the beginning of a longer one.

    Examples:
        >>> [sought.words for sought in read_question('Fuit "moteur chaud"')]
        [('fuit',), ('moteur', 'chaud')]
    """
    found: dict[Sought, None] = {}
    parts = _QUOTES.split(typed)
    for place, part in enumerate(parts):
        is_quoted = place % 2 == 1 and place < len(parts) - 1  # it is closed
        for piece in [part] if is_quoted else part.split():
            words = tuple(words_for_seeking(piece))
            if words:
                goes_on = not is_quoted and len(words[-1]) >= _BEGINNING
                found[Sought(words, goes_on)] = None
    return tuple(found)[:_MOST]


def places_of(text: str, question: Sequence[Sought]) -> list[tuple[int, int]]:
    """Tell where what was asked for stands in a text as it is shown.

    Returns:
        First code point and one past the last, in order; none overlaps the next.
    """
    tokens = [
        (word, token.start(), token.end())
        for token in _TOKEN.finditer(text)
        for word in _folded(token[0])
    ]
    words = [word for word, _, _ in tokens]
    found = sorted(
        (tokens[place][1], tokens[place + len(sought.words) - 1][2])
        for sought in question
        for place in _places(words, sought)
    )
    apart: list[tuple[int, int]] = []
    for start, end in found:
        if apart and start < apart[-1][1]:
            begun, before = apart.pop()
            apart.append((begun, max(before, end)))
        else:
            apart.append((start, end))
    return apart


def _places(words: list[str], sought: Sought) -> Iterator[int]:
    """Give where among the words of a text those that are sought begin."""
    *before, last = sought.words
    for place, word in enumerate(words[len(before) :]):
        is_last = word.startswith(last) if sought.goes_on else word == last
        if is_last and words[place : place + len(before)] == before:
            yield place


@lru_cache(maxsize=1 << 15)
def _folded(token: str) -> tuple[str, ...]:
    """Fold a run of letters; the words of a language are few, and come again."""
    if token.isascii():
        return (token.lower()[:_LONGEST],)
    key = unicodedata.normalize("NFD", matching_key(token).translate(_LIGATURES))
    key = unicodedata.normalize("NFC", _ACCENT.sub("", key))
    return tuple(_bare(word)[:_LONGEST] for word in _WORD.findall(key))


def _bare(word: str) -> str:
    """Take conjunction and article off an Arabic word that is long enough."""
    if not _ARABIC.match(word):
        return word
    if word.startswith("و") and len(word) > _BEGINNING:
        word = word[1:]
    return _ARTICLES.sub("", word, count=1) if _ARTICLES.match(word) else word
