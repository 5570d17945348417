# SPDX-License-Identifier: Apache-2.0
"""Where personal data stands in a text; names of persons are not looked for."""

import re
from collections.abc import Callable, Iterator

import phonenumbers
from stdnum import iban, luhn
from stdnum.fr import nir

from maalem.records import Finding

_FOLD = {
    zero + value: str(value) for zero in (0x0660, 0x06F0, 0xFF10) for value in range(10)
} | {0xFF20: "@", 0x00A0: " ", 0x202F: " ", 0x2011: "-"}  # one for one: offsets stay

_TRIGGER = re.compile(r"@|\d\D{0,3}\d\D{0,3}\d\D{0,3}\d\D{0,3}\d")
_EMAIL = re.compile(
    r"(?<![\w.%+-])[\w.%+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.){1,8}[A-Za-z]{2,24}\b"
)
_IBAN = re.compile(r"(?i)\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_RIB = re.compile(r"(?<!\d)(?<!\d[ -])\d(?:[ -]?\d){23}(?![ -]?\d)")
_NIR = re.compile(
    r"(?i)(?<!\w)[1-478] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}(?!\w)"
)
_CARD = re.compile(
    r"(?<!\d)(?<!\d[ -])(?:4|5[1-5]|2[2-7]|3[4-8]|6)(?:[ -]?\d){11,18}(?![ -]?\d)"
)
_CARD_LENGTHS = {"4": (13, 16, 19), "5": (16,), "2": (16,), "3": (14, 15)}
_PHONE_WINDOW = re.compile(r"(?<![\w.])[+(]?\d(?:[ ()./-]{0,3}\d){7,16}(?!\w)")
_REGIONS = ("MA", "FR")  # numbers written without a country code; others need the `+`
_CIN = re.compile(r"(?<!\w)[A-Z]{1,2} ?\d{5,6}(?!\w)")
_CIN_CONTEXT = re.compile(
    r"(?i)\bC\.?I\.?N\.?\b|\bCNIE\b|carte (?:d.identité )?national|بطاقة|البطاقة"
)
_CIN_REACH = 40  # code points; without the word beside it part numbers look the same

Span = tuple[int, int]


def find_personal_data(text: str) -> tuple[Finding, ...]:
    """Find e-mail addresses, telephone, bank, card and identity numbers in a text.

    Arabic-Indic digits count as digits. Numbers with a checksum (IBAN, Moroccan RIB,
    card, French NIR) are found only if it holds; telephone numbers only if they are
    possible in their country, those without country code in Morocco or France; a
    Moroccan CIN only within 40 code points of a word that says so. Names and addresses
    are not looked for: that needs a model, and a report must say `not scanned`.

    Args:
        text: Any text.

    Returns:
        Findings without their values, in order, none overlapping; offsets are code
        points of `text`.

    Source:
        ISO 13616 (IBAN), ISO/IEC 7812-1 annex B (card), Insee (NIR, key = 97 - n mod
        97), Bank Al-Maghrib (RIB, 24 digits, mod 97 = 0).

    Examples:
        >>> find_personal_data("write to amal@example.org")
        (Finding(what='email', start=9, end=25),)
    """
    text = text.translate(_FOLD) if not text.isascii() else text
    if not _TRIGGER.search(text):
        return ()
    taken: list[Finding] = []
    for what, find in _FINDERS:
        for start, end in find(text):
            if all(end <= one.start or start >= one.end for one in taken):
                taken.append(Finding(what=what, start=start, end=end))
    return tuple(sorted(taken, key=lambda one: one.start))


def _emails(text: str) -> Iterator[Span]:
    if "@" in text:
        yield from (match.span() for match in _EMAIL.finditer(text))


def _ibans(text: str) -> Iterator[Span]:
    for match in _IBAN.finditer(text):
        start, end = match.span()
        while end - start >= 15 and not _is_iban(text[start:end]):
            end -= 1  # a word in capitals may follow
        if end - start >= 15:
            yield start, end


def _is_iban(text: str) -> bool:
    return text[-1] != " " and bool(iban.is_valid(text, check_country=False))


def _ribs(text: str) -> Iterator[Span]:
    for match in _RIB.finditer(text):
        if int(_digits(match.group())) % 97 == 0:
            yield match.span()


def _nirs(text: str) -> Iterator[Span]:
    return (m.span() for m in _NIR.finditer(text) if nir.is_valid(m.group()))


def _cards(text: str) -> Iterator[Span]:
    for match in _CARD.finditer(text):
        digits = _digits(match.group())
        lengths = _CARD_LENGTHS.get(digits[0], (16, 17, 18, 19))
        if len(digits) in lengths and luhn.is_valid(digits):
            yield match.span()


def _phones(text: str) -> Iterator[Span]:
    for match in _PHONE_WINDOW.finditer(text):
        for region in _REGIONS:
            found = phonenumbers.PhoneNumberMatcher(match.group(), region)
            spans = [
                (match.start() + one.start, match.start() + one.end) for one in found
            ]
            yield from spans
            if spans:
                break


def _cins(text: str) -> Iterator[Span]:
    for match in _CIN.finditer(text):
        start, end = match.span()
        if _CIN_CONTEXT.search(text, max(0, start - _CIN_REACH), end + _CIN_REACH):
            yield start, end


def _digits(text: str) -> str:
    return text.replace(" ", "").replace("-", "")


_FINDERS: tuple[tuple[str, Callable[[str], Iterator[Span]]], ...] = (
    ("email", _emails),
    ("iban", _ibans),
    ("rib", _ribs),
    ("nir", _nirs),
    ("card", _cards),
    ("cin", _cins),
    ("phone", _phones),
)
