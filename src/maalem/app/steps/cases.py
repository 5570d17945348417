# SPDX-License-Identifier: Apache-2.0
"""A text that the gateway was asked about becomes a question for experts.

It teaches, or checks what was answered; it never joins an exam. Whether a text stands
near one that is examined on is looked up here, before anything of it is kept.
"""

from collections.abc import Iterable
from dataclasses import replace
from threading import Lock

from maalem.app.steps.pseudonyms import REPLACED, find_pseudonyms_of
from maalem.app.steps.searching import word_index
from maalem.app.workspace import Workspace
from maalem.corpus import NearDuplicateIndex
from maalem.corpus.cleaning import clean
from maalem.corpus.messages import read_message
from maalem.dataset.splits import split_of
from maalem.errors import SettingsError
from maalem.records import Digest, Document, Item, Json, Passage, Record
from maalem.serving.corrections.book import NEW, OVER
from maalem.tasks import TaskDefinition, make_items

SOURCE = "gateway"
"""Source of the documents that are made of texts which programs sent."""


_TURN = Lock()  # the index of near duplicates has one writer at a time


class CaseMaker:
    """Makes questions of texts, one after the other; from any thread."""

    def __init__(self, work: Workspace) -> None:
        self._work = work

    def make(
        self, task: str, text: str, *, place: str, may_add: bool = True
    ) -> tuple[Digest | None, str]:
        """Make a question of a text, or find the one that there is.

        Args:
            task: Name of the task.
            text: As it came.
            place: Which text it was, such as `request 3f2a, text 0`.
            may_add: Whether a question that is not there may be made.

        Returns:
            The item and `new` or `known`; or none and why: `exam`, `over`, `empty`,
            `erased`, `no-task`, as in `Taken`.

        Raises:
            MaalemError: The store could not be written; nothing was kept.
        """
        definition = self._definition(task)
        if definition is None or not clean(text)[0]:
            return None, "empty" if definition else "no-task"
        with _TURN, self._index() as index:
            document, passage = self._read(text, place=place, index=index)
            try:
                item, outcome, new = self._needed(definition, document, passage)
                if new and not may_add:
                    return None, OVER
                if new:
                    self._keep(definition, new, text=text)
                if passage in new:
                    index.commit()
            finally:
                index.rollback()  # the index knows what the corpus has, and no more
        return item, outcome

    def _definition(self, task: str) -> TaskDefinition | None:
        """Give a task that asks about texts alone, if there is one of that name."""
        try:
            found = self._work.task(task)
        except SettingsError:
            return None
        asks = found.question_field or found.option_fields or found.draft_field
        return None if asks else found

    def _index(self) -> NearDuplicateIndex:
        work = self._work
        index = NearDuplicateIndex(work.place("cache") / "near-duplicates.sqlite")
        if len(index) != work.store.count(Passage):
            index.rebuild(work.store.find(Passage))  # a kill left the cache behind
        return index

    def _read(
        self, text: str, *, place: str, index: NearDuplicateIndex
    ) -> tuple[Document, Passage]:
        document, passage = read_message(
            text,
            source=SOURCE,
            place=place,
            index=index,
            fits=self._teaches,
            pseudonyms=find_pseudonyms_of(self._work, keep=True),
        )
        near = [one for one in passage.near if self._work.store.has(Passage, one)]
        if near and passage.same_as is None:
            group = self._work.store.get(Passage, near[0]).group
            passage = replace(passage, group=group)
        return document, passage

    def _needed(
        self, task: TaskDefinition, document: Document, passage: Passage
    ) -> tuple[Digest | None, str, list[Record]]:
        """Give the question about a text, and what must be kept so that it is there."""
        store = self._work.store
        is_here = store.has(Passage, passage.id)
        known = passage.same_as or (passage.id if is_here else None)
        if known is not None and store.has(Passage, known):
            about, new = store.get(Passage, known), list[Record]()
        else:
            about, new = passage, [document, passage]
        (item,) = make_items(task, [replace(about, same_as=None)])
        pairs: list[tuple[type[Record], Digest]] = [(Item, item.id)]
        pairs += [(Document, document.id), (Passage, known or passage.id)]
        if any(store.is_erased(kind, name) for kind, name in pairs):
            return None, "erased", []
        if not self._may_teach([about.id, *about.near, *passage.near], about.group):
            return None, "exam", []
        if store.has(Item, item.id):
            return item.id, "known", []
        return item.id, NEW, [*new, item]

    def _keep(self, task: TaskDefinition, new: list[Record], *, text: str) -> None:
        """Write a question down, and what it asks about."""
        store = self._work.store
        details: dict[str, Json] = {"task": task.name, "version": task.version}
        if self._work.project.corpus.personal == "replace":
            details["personal"] = REPLACED
        elif len(new) > 1:
            store.put(text.encode("utf-8", "surrogatepass"))
        store.append("gateway.case", new, details=details)
        word_index(store).catch_up()

    def _may_teach(self, passages: Iterable[Digest], group: str) -> bool:
        """Tell whether none of some passages is examined on, or ever may be."""
        store, border = self._work.store, self._work.project.split.later_from
        several = [
            store.get(Passage, one) for one in passages if store.has(Passage, one)
        ]
        is_later = any(border and one.date and one.date >= border for one in several)
        groups = {group, *(one.group for one in several)}
        return not is_later and all(self._teaches(one) for one in groups)

    def _teaches(self, group: str) -> bool:
        split = self._work.project.split
        return split_of(group, salt=split.salt, shares=split.shares) == "teaching"
