# SPDX-License-Identifier: Apache-2.0
"""Answers from a file find their items and labels, or are refused by name."""

import dataclasses
import difflib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from maalem.corpus import Refusal, matching_key
from maalem.errors import DataError
from maalem.experts.annotations import UNNAMED, named
from maalem.experts.answer_parts import Part, read_part
from maalem.experts.finding import ItemIndex
from maalem.experts.imported import Imported
from maalem.records import Annotation, Digest, Item
from maalem.tasks import TaskDefinition


def to_annotations(
    imported: Iterable[Imported | Refusal],
    *,
    task: TaskDefinition,
    items: Iterable[Item],
) -> Iterator[Annotation | Refusal]:
    """Tie answers to the items of a task.

    An item is found by its name, its passage, or the matching key of its text. Labels
    and criteria are found by name, else by the matching key of it in any language. An
    answer is held to the same rules as one that is given at the desk. Where a
    file names nobody, the answers to one item are from `import:<file>`,
    `import:<file>#2` and so on, so that they stay apart.

    Args:
        imported: What `read_annotations` gave; refusals pass through.
        task: The task.
        items: Its items.

    Returns:
        In the same order, an annotation or a refusal for each: `experts.no-item`,
        `experts.unknown-label` with the nearest one, `experts.several-labels`,
        `experts.answer` for an answer that fits neither task nor item, or
        `experts.value`.
    """
    index = _Index(task, items)
    nameless: Counter[tuple[str, Digest]] = Counter()
    for one in imported:
        if isinstance(one, Refusal):
            yield one
            continue
        found = index.attach(one)
        if isinstance(found, Annotation) and one.annotator is None:
            nameless[one.source, found.item] += 1
            count = nameless[one.source, found.item]
            suffix = f"#{count}" if count > 1 else ""
            yield named(
                dataclasses.replace(found, annotator=f"import:{one.source}{suffix}")
            )
        else:
            yield named(found) if isinstance(found, Annotation) else found


class _Index:
    """The items, labels and criteria of one task, by all that may name them."""

    def __init__(self, task: TaskDefinition, items: Iterable[Item]) -> None:
        self._task = task
        self._items = ItemIndex(items)
        pairs = [(one.name, name) for one in task.labels for name in one.all_names]
        exact = set(task.label_names)
        if task.answer == "rate":
            pairs = [(one.name, one.name) for one in task.criteria]
            pairs += [
                (one.name, name) for one in task.criteria for _, name in one.names
            ]
            exact = {one.name for one in task.criteria}
        self._names = {matching_key(name): own for own, name in pairs}
        self._exact = exact

    def attach(self, one: Imported) -> Annotation | Refusal:
        """Tie one answer to its item; the annotator is as the file says."""
        item = self._items.find(one)
        if not isinstance(item, Item):
            return _refusal(one, "experts.no-item", item)
        part = self._part(one, item)
        if isinstance(part, Refusal):
            return part
        if one.order_shown and sorted(one.order_shown) != [*range(len(item.options))]:
            reason = f"order_shown does not name each of {len(item.options)} options"
            return _refusal(one, "experts.value", reason)
        return Annotation(
            **{"labels": (), **part},
            id=UNNAMED,
            item=item.id,
            task=self._task.name,
            annotator=one.annotator or "",
            at=one.at,
            seconds=one.seconds,
            guideline=one.guideline,
            suggestion_shown=one.suggestion_shown,
            reason=one.reason,
            source=one.source,
            outcome=one.outcome,
            order_shown=one.order_shown,
            note=one.note,
            key=one.key,
        )

    def _part(self, one: Imported, item: Item) -> Part | Refusal:
        """Check the answer itself against task and item; none is no fault."""
        said = _said(self._task.answer, one)
        if not said:
            return {}
        fault = self._fault(one)
        if fault is not None:
            return fault
        if self._task.is_choice:
            said = [self._name(name) for name in one.labels]
        elif one.ratings:
            said = {self._name(name): score for name, score in one.ratings}
        try:
            order = range(len(item.options))
            return read_part(said, task=self._task, item=item, order=order)
        except DataError as error:
            return _refusal(one, "experts.answer", error.message)

    def _fault(self, one: Imported) -> Refusal | None:
        """Refuse what needs no item to be seen to be wrong."""
        if one.outcome is not None:
            reason = f"outcome {one.outcome!r} comes with an answer"
            return _refusal(one, "experts.value", reason)
        named = one.labels if self._task.is_choice else dict(one.ratings)
        unknown = [name for name in named if self._name(name) is None]
        if unknown:
            return _refusal(one, "experts.unknown-label", self._unknown(unknown[0]))
        several = self._task.answer == "choose" and len(one.labels) > 1
        if several:
            reason = f"{len(one.labels)} labels, and {self._task.name} asks for one"
            return _refusal(one, "experts.several-labels", reason)
        scored = {self._name(name) for name, _ in one.ratings}
        is_twice = len(scored) < len(one.ratings)
        reason = "a criterion is scored twice"
        return _refusal(one, "experts.answer", reason) if is_twice else None

    def _name(self, name: str) -> str | None:
        name = unicodedata.normalize("NFC", name.strip())
        exact = name if name in self._exact else None
        return exact or self._names.get(matching_key(name))

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(matching_key(name), self._names, n=1)
        hint = f"; did you mean {self._names[near[0]]!r}?" if near else ""
        what = "criterion" if self._task.answer == "rate" else "label"
        return f"{name[:60]!r} is no {what} of {self._task.name}{hint}"


def _said(kind: str, one: Imported) -> Any:  # noqa: ANN401  # as `read_part` takes it
    said: dict[str, object] = {
        "mark": one.spans,
        "rate": dict(one.ratings),
        "rank": one.ranking,
        "correct": one.written,
        "write": one.written,
    }
    return said.get(kind, one.labels)


def _refusal(one: Imported, code: str, reason: str) -> Refusal:
    return Refusal(source=one.source, place=one.place, code=code, reason=reason)
