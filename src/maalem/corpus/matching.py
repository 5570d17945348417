# SPDX-License-Identifier: Apache-2.0
"""When two texts count as the same: a key for comparing, never for showing."""

import re
import unicodedata

_ARABIC_LETTERS: dict[str, str] = {
    **dict.fromkeys("أإآٱٲٳ", "ا"),
    "ى": "ي",
    "ئ": "ي",
    "ی": "ي",
    "ؤ": "و",
    "ة": "ه",
    "ک": "ك",
    "ـ": "",
}
_ARABIC_MARKS = [
    *range(0x0610, 0x061B),
    *range(0x064B, 0x0660),
    0x0670,
    *range(0x06D6, 0x06DD),
    *range(0x06DF, 0x06E9),
    *range(0x06EA, 0x06EE),
]
_UNSEEN = [
    0x00AD,
    0x034F,
    0x061C,
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
    *range(0xFE00, 0xFE10),
    *range(0xE0000, 0xE0080),
]
_DIGITS = {zero + value: str(value) for zero in (0x0660, 0x06F0) for value in range(10)}
_FOLD = {
    **{ord(letter): plain for letter, plain in _ARABIC_LETTERS.items()},
    **dict.fromkeys([*_ARABIC_MARKS, *_UNSEEN]),
    **_DIGITS,
}
_WORD = re.compile(r"\w+")


def matching_key(text: str) -> str:
    """Fold a text so that copies that differ in form only have the same key.

    Letter case, compatibility forms, spaces, unseen characters, Arabic diacritics,
    tatweel, the forms of alef, yeh, waw and teh marbuta, and Arabic-Indic digits are
    folded. Words, accents of Latin letters and punctuation are kept. The key of a key
    is the key.

    Source:
        The Unicode Standard, section 3.13, toNFKC_Casefold; Larkey, Ballesteros and
        Connell (2002), "Improving stemming for Arabic information retrieval", for the
        Arabic letters.

    Examples:
        >>> matching_key("  Fuite d'HUILE ") == matching_key("fuite d'huile")
        True
        >>> matching_key("مُحَرِّك") == matching_key("محـــرك")
        True
    """
    if text.isascii():
        return " ".join(text.lower().split())
    before = None
    while text != before:
        before = text
        text = unicodedata.normalize("NFKC", text).casefold().translate(_FOLD)
    return " ".join(text.split())


def words_of(text: str) -> list[str]:
    """Give the words of a text's matching key; a key without words is one word."""
    key = matching_key(text)
    return _WORD.findall(key) or ([key] if key else [])
