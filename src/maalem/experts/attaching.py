# SPDX-License-Identifier: Apache-2.0
"""Answers from a file find their items and labels, or are refused by name."""

import dataclasses
import difflib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

from maalem.corpus import Refusal, matching_key
from maalem.experts.annotations import UNNAMED, named
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

    An item is found by its passage, else by the matching key of its text. A label is
    found by its name, else by the matching key of its name in any language. Where a
    file names nobody, the answers to one item are from `import:<file>`,
    `import:<file>#2` and so on, so that they stay apart.

    Args:
        imported: What `read_annotations` gave; refusals pass through.
        task: The task.
        items: Its items.

    Returns:
        In the same order, an annotation or a refusal for each: `experts.no-item`,
        `experts.unknown-label` with the nearest label, or `experts.several-labels`.
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
    """The items and labels of one task, by all that may name them."""

    def __init__(self, task: TaskDefinition, items: Iterable[Item]) -> None:
        self._task = task
        self._by_passage: dict[Digest, Digest] = {}
        self._by_key: dict[str, Digest] = {}
        for item in items:
            self._by_passage.setdefault(item.passage, item.id)
            self._by_key.setdefault(matching_key(item.text), item.id)
        self._labels = {
            matching_key(name): label.name
            for label in task.labels
            for name in label.all_names
        }

    def attach(self, one: Imported) -> Annotation | Refusal:
        """Tie one answer to its item; the annotator is as the file says."""
        item = self._by_passage.get(one.passage) if one.passage else None
        item = item or self._by_key.get(matching_key(one.text))
        if item is None:
            shown = one.text[:60] or one.passage
            return _refusal(one, "experts.no-item", f"no item asks about {shown!r}")
        labels = [self._label(name) for name in one.labels]
        for name, label in zip(one.labels, labels, strict=True):
            if label is None:
                return _refusal(one, "experts.unknown-label", self._unknown(name))
        if len(labels) > 1:
            reason = f"{len(labels)} labels, and {self._task.name} asks for one"
            return _refusal(one, "experts.several-labels", reason)
        return Annotation(
            id=UNNAMED,
            item=item,
            task=self._task.name,
            annotator=one.annotator or "",
            labels=tuple(label for label in labels if label is not None),
            at=one.at,
            seconds=one.seconds,
            guideline=one.guideline,
            suggestion_shown=one.suggestion_shown,
            reason=one.reason,
            source=one.source,
        )

    def _label(self, name: str) -> str | None:
        name = unicodedata.normalize("NFC", name.strip())
        exact = name if name in self._task.label_names else None
        return exact or self._labels.get(matching_key(name))

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(matching_key(name), self._labels, n=1)
        hint = f"; did you mean {self._labels[near[0]]!r}?" if near else ""
        return f"{name[:60]!r} is no label of {self._task.name}{hint}"


def _refusal(one: Imported, code: str, reason: str) -> Refusal:
    return Refusal(source=one.source, place=one.place, code=code, reason=reason)
