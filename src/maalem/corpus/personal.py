# SPDX-License-Identifier: Apache-2.0
"""Where personal data stands in a text; names of persons are not looked for."""

import re
from bisect import bisect
from collections.abc import Callable, Iterator
from functools import cache

from maalem.corpus.checksums import IBAN_LENGTHS, is_card, is_iban, is_nir, is_rib
from maalem.corpus.phones import Span, find_phones
from maalem.corpus.spellings import bare, fold
from maalem.records import Finding

_TRIGGER = re.compile(r"[@＠]|\d\D{0,3}\d\D{0,3}\d\D{0,3}\d\D{0,3}\d")
_LETTER = r"[^\W\u0600-\u06ff]"  # an Arabic particle may stand right before an address
_EMAIL = re.compile(
    rf"(?<!{_LETTER})(?<![%+.-])[%+.-]{{0,3}}({_LETTER}(?:(?:{_LETTER}|[.%+'-]){{0,62}}"
    rf"{_LETTER})?@(?:{_LETTER}(?:(?:{_LETTER}|-){{0,61}}{_LETTER})?\.){{1,8}}"
    rf"[A-Za-z]{{2,24}})(?!{_LETTER})"
)
_BEGIN, _END = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"  # a particle here, too
_ALONE = rf"{_END}(?![ .-]\d+(?!\w))"  # no more digits, but words such as 9bel
_IBAN = re.compile(_BEGIN + r"([A-Za-z]{2})\d{2}(?=[ -]?[A-Za-z0-9])")
_RIB = re.compile(r"(?<!\d)(?<!\d[ .-])\d(?:[ .-]?\d){23}" + _ALONE)
_FRENCH_RIB = re.compile(_BEGIN + r"\d{5}[ -]?\d{5}[ -]?[A-Z0-9]{11}[ -]?\d{2}" + _END)
_NIR = re.compile(
    _BEGIN + r"[1-478][ .-]?\d{2}[ .-]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .-]?"
    r"(?:\d{2}|2[ABab])[ .-]?\d{3}[ .-]?\d{3}[ .-]?\d{2}" + _END
)
_CARD = re.compile(r"(?<!\d)(?<!\d[ .-])[2-6](?:[ .-]?\d){13,18}" + _ALONE)
_DINERS = re.compile(r"\d{4}([ .-])\d{6}\1\d{4}")
_CARD_WORD = re.compile(r"(?i)\bcart[ae]|\bcard|diners|visa|بطاقة|فيزا")
_CIN = re.compile(_BEGIN + r"(?:[A-Z]{1,2}[ -]?|[a-z]{1,2}-?)\d{5,6}(?!-)" + _END)
_CIN_WORD = re.compile(
    r"(?i)(?<![\w\[])(?:C\.?I\.?N\.?(?:E\b)?|C\.?N\.?I\.?E?\b)(?!\w)"
    r"|carte? (?:d.identit|nati?onal)|pi[eè]ce d.identit|num[eé]ro d'identit"
    r"|n(?:um[eé]ro|emra) d(?:yal)? la carte|l?a?karta (?:dyal|d )|lakart"
    r"|identity (?:card|number|no)|\bI\.?D\.? (?:card|number|no\b)"
    r"|national (?:I\.?D\b|ident)|moroccan I\.?D\b"
    r"|بطاق(?:ة|تي|ته|تها) (?:ال)?(?:تعريف|وطنية|هوية|شخصية)|بطاقة تعريف"
    r"|رقم البطاقة(?! ال)|البطاقة الوطنية|لاكارط|ب ?\. ?ت ?\. ?و|رقم ب ?ت ?و"
)
_REACH = 40  # code points; without the word beside it part numbers look the same


def find_personal_data(text: str) -> tuple[Finding, ...]:
    """Find e-mail addresses, telephone, bank, card and identity numbers in a text.

    Arabic-Indic digits count as digits, and any space or dash as one. Numbers with a
    checksum (IBAN, Moroccan and French RIB, card, French NIR) are found only if it
    holds; telephone numbers only in a range that is in use, those without country code
    in Morocco or France; a Moroccan CIN only within 40 code points of a word that says
    so. Names, addresses and dates of birth are not looked for: that needs a model, and
    a report must say `not scanned`.

    Args:
        text: A cleaned text.

    Returns:
        Findings without their values, in order, none overlapping; offsets are code
        points of `text`.

    Examples:
        >>> find_personal_data("write to amal@example.org")
        (Finding(what='email', start=9, end=25),)
    """
    if not _TRIGGER.search(text):
        return ()
    text = fold(text)
    taken: list[tuple[int, int, str]] = []  # in order, none overlapping
    for what, find in _FINDERS:
        for start, end in find(text):
            at = bisect(taken, (start, end))
            is_free = at == 0 or taken[at - 1][1] <= start
            if is_free and (at == len(taken) or taken[at][0] >= end):
                taken.insert(at, (start, end, what))
    return tuple(
        Finding(what=what, start=first, end=last) for first, last, what in taken
    )


def _emails(text: str) -> Iterator[Span]:
    if "@" in text:
        yield from (match.span(1) for match in _EMAIL.finditer(text))


def _ibans(text: str) -> Iterator[Span]:
    for match in _IBAN.finditer(text):
        length = IBAN_LENGTHS.get(match[1].upper())
        found = _iban_of(length).match(text, match.start()) if length else None
        if found and is_iban(bare(found.group())):
            yield found.span()


@cache
def _iban_of(length: int) -> re.Pattern[str]:
    return re.compile(
        rf"[A-Za-z0-9](?:[ -]?[A-Za-z0-9]){{{length - 1}}}(?![A-Za-z0-9])"
    )


def _ribs(text: str) -> Iterator[Span]:
    for pattern in (_RIB, _FRENCH_RIB):
        for match in pattern.finditer(text):
            if is_rib(bare(match.group())):
                yield match.span()


def _nirs(text: str) -> Iterator[Span]:
    return (m.span() for m in _NIR.finditer(text) if is_nir(bare(m.group())))


def _cards(text: str) -> Iterator[Span]:
    for match in _CARD.finditer(text):
        is_grouped = bool(_DINERS.fullmatch(match.group()))
        is_named = is_grouped or _is_beside(_CARD_WORD, text, match.span())
        if is_card(bare(match.group()), is_named=is_named):
            yield match.span()


def _cins(text: str) -> Iterator[Span]:
    for match in _CIN.finditer(text):
        if _is_beside(_CIN_WORD, text, match.span()):
            yield match.span()


def _is_beside(word: re.Pattern[str], text: str, span: Span) -> bool:
    return bool(word.search(text, max(0, span[0] - _REACH), span[1] + _REACH))


_FINDERS: tuple[tuple[str, Callable[[str], Iterator[Span]]], ...] = (
    ("email", _emails),
    ("iban", _ibans),
    ("rib", _ribs),
    ("nir", _nirs),
    ("card", _cards),
    ("cin", _cins),
    ("phone", find_phones),
)
