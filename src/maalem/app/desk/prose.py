# SPDX-License-Identifier: Apache-2.0
"""Guidelines as people read them: headings, lists, bold words; nothing that loads."""

import re
from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup, escape

_HEADING = re.compile(r"#{1,6}\s+(.*)")
_BULLET = re.compile(r"\s*[-*•]\s+(.*)")
_NUMBER = re.compile(r"\s*\d{1,3}[.)]\s+(.*)")
_STRONG = re.compile(r"\*\*(.+?)\*\*")
_CODE = re.compile(r"`([^`]+)`")


def to_html(text: str) -> Markup:
    """Show a guideline: a small part of Markdown, all else as it is written.

    Links, pictures and HTML stay text, so that no guideline can fetch anything or run.

    Examples:
        >>> to_html("**Engine**, not <b>")
        Markup('<p dir="auto"><strong>Engine</strong>, not &lt;b&gt;</p>')
    """
    lines = [(_kind(line), line) for line in text.splitlines()]
    blocks = groupby(lines, key=lambda pair: pair[0])
    return Markup("\n").join(
        part
        for kind, pairs in blocks
        for part in _block(kind, [line for _, line in pairs])
    )


def _kind(line: str) -> str:
    kinds = (("h", _HEADING), ("ul", _BULLET), ("ol", _NUMBER))
    found = next((kind for kind, form in kinds if form.match(line)), "p")
    return found if line.strip() else ""


def _block(kind: str, lines: list[str]) -> Iterator[Markup]:
    if kind == "p":
        inner = Markup("<br>").join(_inline(line) for line in lines)
        yield Markup('<p dir="auto">{}</p>').format(inner)
    elif kind == "h":
        for line in lines:
            told = _inline(_HEADING.sub(r"\1", line))
            yield Markup('<h3 dir="auto">{}</h3>').format(told)
    elif kind:
        form = _BULLET if kind == "ul" else _NUMBER
        items = Markup().join(
            Markup('<li dir="auto">{}</li>').format(_inline(form.sub(r"\1", line)))
            for line in lines
        )
        tag = Markup(kind)  # noqa: S704  # one of two words
        yield Markup("<{0}>{1}</{0}>").format(tag, items)


def _inline(line: str) -> Markup:
    told = str(escape(line.strip()))
    told = _STRONG.sub(r"<strong>\1</strong>", told)
    return Markup(_CODE.sub(r"<code>\1</code>", told))  # noqa: S704  # escaped above
