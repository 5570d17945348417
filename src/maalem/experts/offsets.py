# SPDX-License-Identifier: Apache-2.0
"""Offsets into a text: code points with us, UTF-16 units where a browser counts."""


def utf16_of(text: str, offset: int) -> int:
    r"""Count the UTF-16 units before a code point.

    Examples:
        >>> utf16_of("a\U0001f69c b", 3)
        4
    """
    return len(text[:offset].encode("utf-16-le")) // 2


def code_point_of(text: str, units: int) -> int | None:
    r"""Count the code points before a UTF-16 unit.

    Returns:
        The offset; none outside the text, or between the halves of a surrogate pair.

    Examples:
        >>> code_point_of("a\U0001f69c b", 4)
        3
        >>> code_point_of("a\U0001f69c b", 2)
    """
    raw = text.encode("utf-16-le")
    if not 0 <= units <= len(raw) // 2:
        return None
    try:
        return len(raw[: 2 * units].decode("utf-16-le"))
    except UnicodeDecodeError:
        return None
