# SPDX-License-Identifier: Apache-2.0
"""A text of a document as it is shown: what cannot be seen is named, not obeyed."""

import re
from collections.abc import Iterable, Iterator, Mapping
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


def shown(text: str, findings: Iterable[Finding] = ()) -> Markup:
    """Show a text: control characters by name, personal data marked.

    Args:
        text: The text.
        findings: Personal data in it, by code points; overlapping ones are marked once.
    """
    parts: list[Markup] = []
    begin = 0
    for one in sorted(findings, key=lambda found: found.start):
        if begin <= one.start < one.end <= len(text):
            parts.extend(_named(text[begin : one.start]))
            inner = Markup().join(_named(text[one.start : one.end]))
            mark = Markup('<mark title="{}">{}</mark>')
            parts.append(mark.format(one.what, inner))
            begin = one.end
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
