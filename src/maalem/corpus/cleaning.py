# SPDX-License-Identifier: Apache-2.0
"""A text as it is shown: one form of each character, nothing unseen, nothing obeyed."""

import re
import unicodedata

_CONTROL = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
_BIDI = "\u202a-\u202e\u2066-\u2069"
_TAG = "\U000e0000-\U000e007f\U000e0100-\U000e01ef"
_ZERO_WIDTH = "\u180e\u200b\u2060-\u2064\ufeff"
_QUIET = "\u00ad\u061c\u200e\u200f"  # soft hyphen and direction marks: no harm, no use

_FLAGS = (
    ("bidi-controls", re.compile(f"[{_BIDI}]")),
    ("control-characters", re.compile(f"[{_CONTROL}]")),
    ("replacement-characters", re.compile("\ufffd")),
    ("tag-characters", re.compile(f"[{_TAG}]")),
    ("zero-width", re.compile(f"[{_ZERO_WIDTH}]")),
)
_UNSEEN = re.compile(f"[{_CONTROL}{_BIDI}{_TAG}{_ZERO_WIDTH}{_QUIET}]+")
_PLAIN = re.compile(r"[\t\n\x20-\x7e]*")
_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SPACE_AT_END = re.compile(r"[^\S\n]+(?=\n)")
_MANY_BREAKS = re.compile(r"\n{3,}")


def clean(text: str) -> tuple[str, tuple[str, ...]]:
    r"""Give a text the form in which it is stored and shown.

    Unicode NFC; line ends are line feeds; control, tag and zero-width characters and
    those that turn the direction of writing are taken out, since a reader cannot see
    them; spaces at line ends and more than one empty line go. Nothing else is changed,
    and cleaning twice changes nothing more.

    Args:
        text: Any string, lone surrogates included.

    Returns:
        The text and the sorted flags of what was taken out: `bidi-controls`,
        `control-characters`, `tag-characters`, `zero-width`; and
        `replacement-characters` where a U+FFFD shows that a program before us lost
        characters.

    Examples:
        >>> clean("price\u202e 001 \r\n")
        ('price 001', ('bidi-controls',))
    """
    if _PLAIN.fullmatch(text):
        return _tidy(text), ()
    text = _BREAK.sub("\n", text).removeprefix("\ufeff")
    flags = tuple(name for name, pattern in _FLAGS if pattern.search(text))
    text = unicodedata.normalize("NFC", _UNSEEN.sub("", text))
    return _tidy(text), flags


def _tidy(text: str) -> str:
    if "\n" in text:
        text = _MANY_BREAKS.sub("\n\n", _SPACE_AT_END.sub("", text))
    return text.strip()
