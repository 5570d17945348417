# SPDX-License-Identifier: Apache-2.0
"""One text that came by itself, and no file, becomes a document of one passage."""

from collections.abc import Callable
from itertools import count

from maalem.corpus.cleaning import clean
from maalem.corpus.gathering import pseudonymous
from maalem.corpus.index import NearDuplicateIndex
from maalem.corpus.passages import cut
from maalem.corpus.personal import find_personal_data
from maalem.corpus.pieces import Raw
from maalem.corpus.pseudonyms import Pseudonyms, find_pseudonyms
from maalem.records import Digest, Document, Json, Passage, digest_bytes, digest_of

DRAW = "draw"
"""Name of the field whose number was chosen, so that its group is a wanted one."""


def read_message(
    text: str,
    *,
    source: str,
    place: str,
    index: NearDuplicateIndex,
    fits: Callable[[str], bool],
    pseudonyms: Pseudonyms | None = None,
) -> tuple[Document, Passage]:
    """Make a document of a text, cleaned, spared and linked as those of files are.

    If it begins a cluster of near duplicates, then the cluster's name is the passage's,
    and its group for good; the document is given a number under which that name fits.
    So what comes later and is nearly the same joins a group that fits, too.

    The document has no date: a group of which one item is undated is never a later one.

    Args:
        text: A text with something in it after `clean`.
        source: Where it came from.
        place: Which one it was there; it does not count for the digest.
        index: What was read before; it remembers this passage.
        fits: Tells whether a group may have that name; true of a good part of them.
        pseudonyms: What to put for personal data; none leaves it and marks it.

    Returns:
        The document and its passage, the whole text.
    """
    shown, flags = clean(text)
    raw = Raw(source=source, place=place, text=shown, flags=flags)
    file = digest_bytes(text.encode("utf-8", "surrogatepass"))
    if pseudonyms:
        raw, file = pseudonymous(raw, pseudonyms)[0], pseudonyms.digest(file)
    made = (_numbered(raw, number, file=file) for number in count())
    document = next(one for one in made if fits(_whole(one)))
    (passage,) = cut(
        document,
        max_characters=len(document.text),
        index=index,
        find=find_pseudonyms if pseudonyms else find_personal_data,
    )
    return document, passage


def _numbered(raw: Raw, number: int, *, file: Digest) -> Document:
    named: dict[str, Json] = {"source": raw.source, "text": raw.text, DRAW: number}
    return Document(
        id=digest_of({"message": named}),
        source=raw.source,
        place=raw.place,
        file=file,
        text=raw.text,
        flags=raw.flags,
        fields=((DRAW, str(number)),),
    )


def _whole(document: Document) -> Digest:
    """Name the passage that is all of a document, as `cut` does."""
    part: dict[str, Json] = {
        "document": document.id,
        "start": 0,
        "end": len(document.text),
    }
    return digest_of(part)
