# SPDX-License-Identifier: Apache-2.0
"""Where telephone numbers stand in a text."""

import re
from collections.abc import Iterator

from maalem.corpus.spellings import find_e164, is_dialable

Span = tuple[int, int]

_INTERNATIONAL = re.compile(
    r"(?:(?<![A-Za-z_+])\(?\+|(?<![A-Za-z0-9_+])(?<!\d\.)00)(?=[ (]{0,2}[1-9])"
    r"(?:[ ()./-]{0,3}\d){7,17}(?!\d)"
)
_NATIONAL = re.compile(
    r"(?<![A-Za-z0-9_])(?<!\d[.-])(?:0\d|\(0\d\))(?:[ .-]?\d){8}"
    r"(?![A-Za-z0-9_])(?!\.\d|-\d|,\d{1,3}(?!\d))"
)
_BARE_CODE = re.compile(
    r"(?<![A-Za-z0-9_+-])(?<!\d\.)(?:212[5-8]|33[67])\d{8}"
    r"(?![A-Za-z0-9_-]|\.\d|,\d{1,3}(?!\d))"
)
_DATE = re.compile(r"\d\d([./-])\d\d\1(?:19|20)\d\d(?!\1)")
_BOOK = re.compile(r"(?:ISBN|ISSN|ردمك)[\W\d]{0,8}$", re.IGNORECASE)
_BOOK_REACH = 16  # code points before a number that may say it is a book's
_COMPANY = re.compile(r"00\d{7}00\d{4}")  # a Moroccan ICE: firm, branch, key
_PAIRS = re.compile(r"0\d([ .-]\d\d){4}|0\d{9}")
_GOES_ON = re.compile(r"[ .-](?!0)\d{3}")
_ENDS = re.compile(r"\d(?!\d)")


def find_phones(text: str) -> Iterator[Span]:
    """Find telephone numbers.

    With `+` or `00` of any country; with `+` the length decides where no range that is
    in use does. Moroccan and French ones also with their zero, and
    mobile ones with a bare 212 or 33, in a range that is in use.
    What stands in the midst of a longer row of digits, is a date with a time, or
    follows the word ISBN, is none.

    Args:
        text: Folded.
    """
    for match in _INTERNATIONAL.finditer(text):
        start, end = match.start(), _longest(text, *match.span())
        if end:
            number = text[start:end]
            is_open = number[0] == "(" and number.count("(") > number.count(")")
            yield start + is_open, end
    last = -2
    for match in _NATIONAL.finditer(text):
        follows = match.start() <= last + 1  # a list of numbers is no longer number
        if not _is_other(text, match, follows=follows) and find_e164(match.group()):
            yield match.span()
            last = match.end()
    for match in _BARE_CODE.finditer(text):
        if find_e164(f"+{match.group()}"):
            yield match.span()


def _longest(text: str, start: int, end: int) -> int:
    """Give where a number that begins here ends, or 0: another may follow it."""
    if _COMPANY.fullmatch(text, start, end):
        return 0
    ends = [start + one.end() for one in _ENDS.finditer(text[start:end])][::-1]
    found = next((one for one in ends if find_e164(text[start:one])), 0)
    if found or "+" not in text[start : start + 2]:
        return found
    return next((one for one in ends if is_dialable(text[start:one])), 0)


def _is_other(text: str, match: re.Match[str], *, follows: bool) -> bool:
    start, end = match.span()
    number = match.group()
    if _DATE.match(number) or _BOOK.search(text[max(0, start - _BOOK_REACH) : start]):
        return True
    if not _PAIRS.fullmatch(number) and _GOES_ON.match(text, end):
        return True
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    is_begun = " " in number and before[-1:] == " " and before[:1].isdecimal()
    is_begun = is_begun and not follows
    return is_begun and after[:1] == " " and after[1:].isdecimal()
