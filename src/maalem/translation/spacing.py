# SPDX-License-Identifier: Apache-2.0
"""French signs stand apart from their word, and on the same line with it."""

import re

_LOOSE = re.compile(r" (?=[;:?!»%])|(?<=«) ")


def set_apart(text: str, language: str) -> str:
    """Keep the spaces that French puts beside signs from breaking a line.

    Catalogues are written with the ordinary space of a keyboard.
    """
    return _LOOSE.sub("\N{NO-BREAK SPACE}", text) if language == "fr" else text
