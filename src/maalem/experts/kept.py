# SPDX-License-Identifier: Apache-2.0
"""What a foreign layout has no place for travels beside its own keys, as `maalem`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maalem.corpus import Refusal
from maalem.experts.imported import Given, is_digest
from maalem.experts.said import whole
from maalem.records import Annotation, Item, Json

KEPT = "maalem"
OPTION = "option_"
"""What the names of an item's options begin with; a number from 1 follows."""
_KEYS = (
    "annotator",
    "at",
    "seconds",
    "reason",
    "guideline",
    "suggestion_shown",
    "source",
    "outcome",
    "note",
    "key",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An item with the answers to it.

    Attributes:
        number: 1 for the first item of a file.
        item: The item.
        annotations: Its answers, in order; none while it waits.
    """

    number: int
    item: Item
    annotations: tuple[Annotation, ...]


def keep(one: Annotation) -> dict[str, Json]:
    """Write what there is beside text, passage and labels; unknown things are left out.

    Examples:
        >>> from maalem.records import Digest
        >>> a = Annotation(
        ...     id=Digest(""), item=Digest(""), task="t", annotator="a", labels=()
        ... )
        >>> keep(a)
        {'annotator': 'a', 'source': 'desk'}
    """
    values = {key: getattr(one, key) for key in _KEYS}
    order: dict[str, Json] = {}
    if one.order_shown:
        order["order_shown"] = one.order_shown
    found = {key: value for key, value in values.items() if value is not None}
    return found | order


def asks(item: Item) -> dict[str, Json]:
    """Write what an item asks, under the names that every layout shares."""
    question: dict[str, Json] = {"question": item.question} if item.question else {}
    draft: dict[str, Json] = {"draft": item.draft} if item.draft else {}
    options = {f"{OPTION}{number}": text for number, text in enumerate(item.options, 1)}
    base: dict[str, Json] = {"text": item.text, "passage": item.passage}
    return base | {"item": item.id} | question | options | draft


def asks_keys(row: Mapping[str, object]) -> list[str]:
    """Give the keys of a row under which `asks` writes."""
    names = ("text", "passage", "item", "question", "draft")
    return [key for key in row if key in names or key.startswith(OPTION)]


def asked_in(given: Given, row: Mapping[str, object]) -> dict[str, object]:
    """Find what a row says of its item beside the text; what is no text is not said."""
    options: list[str] = []
    while isinstance(text := row.get(f"{OPTION}{len(options) + 1}"), str) and text:
        options.append(text)
    item, question, draft = (row.get(key) for key in ("item", "question", "draft"))
    return {
        "passage": row.get(given.mapping.passage),
        "item": item if isinstance(item, str) and is_digest(item) else None,
        "question": question if isinstance(question, str) else None,
        "draft": draft if isinstance(draft, str) else None,
        "options": tuple(options),
    }


def known(
    natural: Mapping[str, object], row: Mapping[str, object]
) -> dict[str, object]:
    """Put together what a layout's own keys say and what was kept beside them.

    What was kept is exact and wins, unless the layout itself names another annotator:
    then somebody answered anew in the other tool, and only the passage is still true.
    """
    kept = row.get(KEPT)
    if not isinstance(kept, Mapping):
        return dict(natural)
    passage = {"passage": natural.get("passage") or kept.get("passage")}
    annotator = natural.get("annotator")
    if annotator is not None and annotator != kept.get("annotator"):
        return {**natural, **passage}
    own = {key: kept.get(key) for key in (*_KEYS, "order_shown")}
    return {**natural, **own, **passage}


def user(value: object) -> object:
    """Name whom a layout names: 7 and an object with id 7 are `user:7`; text stays."""
    if isinstance(value, Mapping):
        value = value.get("id")
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return f"user:{value}" if is_number else value


def unanswered(given: Given, place: str) -> Refusal:
    """Refuse a question that nobody has answered: it brings no annotation."""
    return given.refusal(place, "experts.unanswered", "nobody has answered it")


def span_in(text: str, start: object, end: object) -> Json:
    """Give a span that a layout tells by its offsets alone; what it says is quoted.

    Whatever is no offset, or lies outside the text, is left for others to refuse.
    """
    first, last = whole(start), whole(end)
    is_inside = first is not None and last is not None and 0 <= first <= last
    quote = text[first:last] if is_inside else ""
    return {"start": first, "end": last, "quote": quote}


def text_of(given: Given, row: Mapping[str, object]) -> str:
    """Join the mapped columns that have text; empty if there is none."""
    parts = [row.get(name) for name in given.mapping.text]
    return "\n".join(one for one in parts if isinstance(one, str) and one)


def one_question(given: Given, place: str, names: Sequence[str]) -> str | Refusal:
    """Choose the question to take: the mapped one, or the only one there is."""
    wanted = given.mapping.question
    if wanted in names or (wanted is None and len(names) == 1):
        return wanted or names[0]
    listed = ", ".join(repr(name) for name in names[:9]) or "none"
    reason = f"which question to take is not said; there are: {listed}"
    if wanted is not None:
        reason = f"there is no question {wanted!r}; there are: {listed}"
    return given.refusal(place, "experts.which-question", reason)
