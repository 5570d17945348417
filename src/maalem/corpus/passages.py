# SPDX-License-Identifier: Apache-2.0
"""Documents are cut into passages that a question can be asked about."""

import re
from collections.abc import Sequence

from maalem.corpus.index import NearDuplicateIndex
from maalem.corpus.languages import identify_language
from maalem.corpus.personal import find_personal_data
from maalem.corpus.pseudonyms import FindPersonal
from maalem.records import Digest, Document, Finding, Passage, digest_of

_ENDS = (
    re.compile(r"\n\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?؟。])\s"),
    re.compile(r"\s"),
)
_LEAST = 0.5  # a cut before half of the room is taken would make crumbs


def spans(text: str, *, max_characters: int) -> tuple[tuple[int, int], ...]:
    """Cut a text at paragraphs, lines, sentences or words, in this order of liking.

    Args:
        text: A cleaned text.
        max_characters: Most code points of a span, at least 1.

    Returns:
        Pairs (start, end), end excluded, in order; only white space lies between them,
        and none is empty. A text that fits is one span; an empty one has none.
    """
    found = []
    start = 0
    while start < len(text):
        end = _end(text, start, max_characters)
        part = text[start:end]
        lead = len(part) - len(part.lstrip())
        if part.strip():
            found.append((start + lead, start + len(part.rstrip())))
        start = end
    return tuple(found)


def _end(text: str, start: int, room: int) -> int:
    if len(text) - start <= room:
        return len(text)
    least = start + max(1, int(room * _LEAST))
    for pattern in _ENDS:
        places = [match.end() for match in pattern.finditer(text, least, start + room)]
        if places:
            return places[-1]
    return start + room


def cut(
    document: Document,
    *,
    max_characters: int,
    index: NearDuplicateIndex,
    find: FindPersonal = find_personal_data,
) -> tuple[Passage, ...]:
    """Cut a document into passages, linked to what they repeat.

    The group is the one that the document's column gives; else it is the cluster of
    near duplicates that the first passage belongs to, for all passages alike, so that
    no document stands on two sides of a split.

    Args:
        document: A document that the index has not seen, or seen just so.
        max_characters: Most code points of a passage.
        index: What was read before; it remembers these passages too.
        find: How personal data, or what stands in its place, is found.

    Returns:
        The passages in order; none for a document without text.
    """
    passages: list[Passage] = []
    leader: Digest | None = None
    for start, end in spans(document.text, max_characters=max_characters):
        text = document.text[start:end]
        name = digest_of({"document": document.id, "start": start, "end": end})
        same_as, near, leader = index.link(text, name, leader=leader)
        personal = find(text)
        passages.append(
            Passage(
                id=name,
                document=document.id,
                start=start,
                end=end,
                text=text,
                language=identify_language(_without(text, personal)),
                group=document.group or leader,
                date=document.date,
                same_as=same_as,
                near=near,
                personal=personal,
            )
        )
    return tuple(passages)


def _without(text: str, personal: Sequence[Finding]) -> str:
    """Leave out what is of no language, and would make a short Arabic text English."""
    for one in reversed(personal):
        text = f"{text[: one.start]} {text[one.end :]}"
    return text
