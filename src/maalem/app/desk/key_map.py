# SPDX-License-Identifier: Apache-2.0
"""Which key does what on the cards, and which keys somebody may choose instead."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

DEEDS: Mapping[str, str] = MappingProxyType(
    {
        "accept": "Enter",
        "first": "a",
        "second": "b",
        "unknown": "i",
        "bad-question": "f",
        "undo": "u",
        "skip": "s",
        "note": "n",
        "previous": "k",
        "next": "j",
        "guideline": "g",
        "document": "o",
        "difference": "d",
        "edit": "e",
        "mark": "m",
        "search": "/",
        "keys": "?",
    }
)
"""What can be done by a single key, and the key of whoever chose no other."""

NAMED = ("Enter", "Backspace", "Delete", "Insert", "?", "/")
"""Keys besides the letters from a to z; all others belong to browsers and readers."""

_LONGEST = 24  # code points of a refused key that are repeated to who typed it
_CHORD = re.compile(
    r".+\+|.*\b(alt|altgr|cmd|command|control|ctrl|esc|escape|fn|meta|option|shift|tab"
    r"|win)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A key that somebody cannot have.

    Attributes:
        deed: What it was to do, one of `DEEDS`.
        typed: The key, as it was typed, cut where it is long.
        why: `taken`, `digit`, `chord`, `letter` (of another script) or `unknown`.
        other: What has the key already, where it is taken.
    """

    deed: str
    typed: str
    why: str
    other: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The keys that somebody asks for.

    Attributes:
        keys: The key of each deed, empty for none; what is refused stands as typed.
        faults: What is refused.
    """

    keys: Mapping[str, str]
    faults: tuple[Fault, ...]


def choose_keys(typed: Mapping[str, str]) -> Chosen:
    """Read the keys that somebody typed, one for each deed; empty for none.

    Text of a key is hostile: nothing is a key but a letter from a to z and `NAMED`, and
    no two deeds have the same one.

    Args:
        typed: Text by deed; a deed that is not named keeps its standard key.
    """
    keys: dict[str, str] = {}
    faults: list[Fault] = []
    for deed, standard in DEEDS.items():
        text = typed.get(deed, standard).strip()
        key = _key(text)
        other = next((one for one, had in keys.items() if key and had == key), "")
        why = _why(text) if key is None else "taken" if other else ""
        if why:
            cut = text[:_LONGEST]
            faults.append(Fault(deed=deed, typed=cut, why=why, other=other))
        keys[deed] = text[:_LONGEST] if key is None else key
    return Chosen(keys=MappingProxyType(keys), faults=tuple(faults))


def _key(text: str) -> str | None:
    """Give the key that a text names, empty for none; none where it names no key."""
    if text == "؟":  # the same key of an Arabic layout
        return "?"
    if re.fullmatch(r"[a-zA-Z]?", text):
        return text.lower()
    return next((one for one in NAMED if one.lower() == text.lower()), None)


def _why(text: str) -> str:
    """Say why a text is no key."""
    if text.isdigit():
        return "digit"
    if _CHORD.match(text):
        return "chord"
    return "letter" if len(text) == 1 and text.isalpha() else "unknown"
