# SPDX-License-Identifier: Apache-2.0
"""A text of a document as it is shown: what cannot be seen is named, not obeyed."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from markupsafe import Markup

from maalem.records import Finding

_CONTROLS: Mapping[str, str] = MappingProxyType(
    {
        "\u061c": "ALM",
        "\u200b": "ZWSP",
        "\u200e": "LRM",
        "\u200f": "RLM",
        "\u202a": "LRE",
        "\u202b": "RLE",
        "\u202c": "PDF",
        "\u202d": "LRO",
        "\u202e": "RLO",
        "\u2060": "WJ",
        "\u2066": "LRI",
        "\u2067": "RLI",
        "\u2068": "FSI",
        "\u2069": "PDI",
        "\ufeff": "BOM",
    }
)
"""Characters that turn the direction of writing or hide, by their short names.

Joiners within Arabic and Persian words are not among them: they shape letters."""

_UNSEEN = re.compile(f"([{''.join(_CONTROLS)}])")


_PERSONAL = Markup('<mark title="{what}">{text}</mark>')
_SOUGHT = Markup('<mark class="sought">{text}</mark>')
_BEFORE = 60  # characters before the first place, at the most


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """The part of a text in which something was found.

    Attributes:
        shown: That part, with what was found marked.
        is_begun: Whether something of the text stands before it.
        is_cut: Whether something of the text comes after it.
    """

    shown: Markup
    is_begun: bool
    is_cut: bool


def shown(text: str, findings: Iterable[Finding] = ()) -> Markup:
    """Show a text: control characters by name, personal data marked.

    Args:
        text: The text.
        findings: Personal data in it, by code points; overlapping ones are marked once.
    """
    marks = [(one.start, one.end, one.what) for one in findings]
    return _marked(text, sorted(marks), _PERSONAL)


def excerpt(text: str, places: Sequence[tuple[int, int]], *, length: int) -> Excerpt:
    """Show a text from a little before the first place that was found.

    Args:
        text: The text.
        places: First code point and one past the last of what was found, in order.
        length: Characters that are shown at the most.
    """
    begin = max(0, places[0][0] - _BEFORE) if places and places[0][1] > length else 0
    if begin:  # no word is cut at its front
        begin = text.find(" ", begin, places[0][0]) + 1 or places[0][0]
    end = begin + length
    marks = [(first - begin, last - begin, "") for first, last in places if last <= end]
    return Excerpt(
        shown=_marked(text[begin:end], marks, _SOUGHT),
        is_begun=begin > 0,
        is_cut=end < len(text),
    )


def _marked(text: str, marks: Iterable[tuple[int, int, str]], mark: Markup) -> Markup:
    parts: list[Markup] = []
    begin = 0
    for first, last, what in marks:
        if begin <= first < last <= len(text):
            parts.extend(_named(text[begin:first]))
            inner = Markup().join(_named(text[first:last]))
            parts.append(mark.format(what=what, text=inner))
            begin = last
    parts.extend(_named(text[begin:]))
    return Markup().join(parts)


def _named(text: str) -> Iterator[Markup]:
    for part in _UNSEEN.split(text):
        if part in _CONTROLS:
            name = _CONTROLS[part]
            told = Markup('<bdi class="control" title="U+{:04X}">{}</bdi>')
            yield told.format(ord(part), name)
        elif part:
            yield Markup("{}").format(part)
