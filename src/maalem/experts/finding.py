# SPDX-License-Identifier: Apache-2.0
"""Which item of a task an answer from a file is about."""

from collections.abc import Iterable

from maalem.corpus import matching_key
from maalem.experts.imported import Imported
from maalem.records import Digest, Item


class ItemIndex:
    """The items of one task, by all that may name them."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._by_id: dict[Digest, Item] = {}
        self._by_passage: dict[Digest, list[Item]] = {}
        self._by_key: dict[str, list[Item]] = {}
        for item in items:
            self._by_id.setdefault(item.id, item)
            self._by_passage.setdefault(item.passage, []).append(item)
            self._by_key.setdefault(matching_key(item.text), []).append(item)

    def find(self, one: Imported) -> Item | str:
        """Find an item by its name, its passage, or the matching key of its text.

        Where several ask about one text, question, options and draft tell which.

        Returns:
            The item, or why there is none.
        """
        named = self._by_id.get(one.item) if one.item else None
        if named is not None:
            return named
        found = self._by_passage.get(one.passage, []) if one.passage else []
        found = found or self._by_key.get(matching_key(one.text), [])
        shown = repr(one.text[:60] or one.passage)
        if not found:
            return f"no item asks about {shown}"
        fitting = [item for item in found if _fits(item, one)]
        if len(fitting) > 1 and any(map(_asks_more, fitting)):
            return f"{len(fitting)} items ask about {shown}; which is not said"
        return fitting[0] if fitting else f"no item asks that about {shown}"


def _asks_more(item: Item) -> bool:
    return bool(item.question or item.options or item.draft)


def _fits(item: Item, one: Imported) -> bool:
    """Tell whether nothing that a file says of an item contradicts it."""
    pairs = (
        (item.question, one.question),
        (item.draft, one.draft),
        ("\n".join(item.options), "\n".join(one.options)),
    )
    return all(
        not asked or not said or matching_key(asked) == matching_key(said)
        for asked, said in pairs
    )
