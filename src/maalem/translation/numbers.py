# SPDX-License-Identifier: Apache-2.0
"""How a language writes the numbers of a sentence, and which form they take."""

import re
from collections.abc import Mapping

_NUMBER = re.compile(r"([+-]?)(\d[\d,]*)(?:\.(\d+))?(%?)")
_ARABIC = ("zero", "one", "two")


def localised(value: str, signs: Mapping[str, str]) -> str:
    """Write a number as a language does; whatever else it is stays as it is.

    Args:
        value: As Python writes it, such as `1,234`, `-0.5` or `95%`.
        signs: What the language writes for `decimal`, `thousands` and `percent`.
    """
    found = _NUMBER.fullmatch(value)
    if found is None:
        return value
    sign, whole, part, percent = found.groups()
    told = sign.replace("-", "\N{MINUS SIGN}") + whole.replace(",", signs["thousands"])
    told += f"{signs['decimal']}{part}" if part else ""
    return told + (signs["percent"] if percent else "")


def form_of(value: str, language: str) -> str:
    """Give the plural category that a number takes in French or Arabic.

    Source:
        Unicode CLDR, "Language Plural Rules"; the French `many`, of whole millions, is
        left out, as no finding counts so far.
    """
    found = _NUMBER.fullmatch(value)
    if found is None:
        return "other"
    number = int(found[2].replace(",", ""))
    if language == "fr":
        return "one" if number < 2 else "other"
    return "other" if found[3] else _arabic(number)


def _arabic(number: int) -> str:
    if number < len(_ARABIC):
        return _ARABIC[number]
    rest = number % 100
    if rest < 3:
        return "other"
    return "few" if rest <= 10 else "many"
