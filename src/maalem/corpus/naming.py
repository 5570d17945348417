# SPDX-License-Identifier: Apache-2.0
"""File names as they may be shown and stored: printable, short, one for one."""

import hashlib
import unicodedata

_LONGEST = 200  # characters; a path of the usual systems fits, a name of 4 kB does not


def safe_name(name: str) -> str:
    r"""Escape what cannot be seen or turns the direction of writing; shorten the rest.

    Different names stay different. A byte that is not UTF-8 is shown as `\x..`.

    Examples:
        >>> safe_name("a\nb\u202ec.txt")
        'a\\nb\\u202ec.txt'
        >>> len(safe_name("x" * 4000))
        200
    """
    whole = "".join(map(_shown, unicodedata.normalize("NFC", name)))
    if len(whole) <= _LONGEST:
        return whole
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    tail = whole[-20:]
    return f"{whole[: _LONGEST - len(tail) - len(mark) - 2]}~{mark}~{tail}"


def _shown(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if character == "\\" or not (character.isprintable() or character == " "):
        return character.encode("unicode_escape").decode()
    return character
