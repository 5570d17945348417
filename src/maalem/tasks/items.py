# SPDX-License-Identifier: Apache-2.0
"""Passages become items: one question about one input."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from maalem.errors import DataError
from maalem.records import Digest, Item, Passage, digest_of
from maalem.tasks.definition import TaskDefinition

NO_FIELDS: Mapping[Digest, Mapping[str, str]] = MappingProxyType({})


def item_id(task_name: str, passage: Digest) -> Digest:
    """Name the item of a task about a passage; a new guideline keeps the name."""
    return digest_of({"task": task_name, "passage": passage})


def make_items(
    task: TaskDefinition,
    passages: Iterable[Passage],
    *,
    fields: Mapping[Digest, Mapping[str, str]] = NO_FIELDS,
) -> Iterator[Item]:
    """Make one item for each passage; a copy of an earlier passage makes none.

    Where the task takes a question, options or a draft from columns of the documents,
    a copy that is asked something else makes an item of its own.

    Args:
        task: The task.
        passages: What is asked about.
        fields: Of each document, its mapped columns by name.

    Raises:
        DataError: A document lacks a column that the task asks with.
    """
    columns = [task.question_field, *task.option_fields, task.draft_field]
    wanted = [one for one in columns if one is not None]
    seen: set[Digest] = set()
    for passage in passages:
        if passage.same_as is not None and not wanted:
            continue
        given = fields.get(passage.document, {})
        _refuse_lacking(wanted, given, document=passage.document)
        item = _item(task, passage, given)
        if item.id not in seen:
            seen.add(item.id)
            yield item


def _item(task: TaskDefinition, passage: Passage, given: Mapping[str, str]) -> Item:
    about = passage.same_as or passage.id
    question = given[task.question_field] if task.question_field else None
    options = tuple(given[column] for column in task.option_fields)
    draft = given[task.draft_field] if task.draft_field else None
    name = item_id(task.name, about)
    if question or options or draft:
        asked = {"question": question, "options": options, "draft": draft}
        name = digest_of({"item": name, **asked})
    return Item(
        id=name,
        task=task.name,
        passage=about,
        text=passage.text,
        group=passage.group,
        language=passage.language,
        date=passage.date,
        question=question,
        options=options,
        draft=draft,
    )


def _refuse_lacking(
    wanted: Iterable[str], given: Mapping[str, str], *, document: Digest
) -> None:
    lacking = [column for column in wanted if not given.get(column)]
    if lacking:
        raise DataError(
            f"document {document} has no {lacking[0]!r}",
            why="the task takes what it asks from that column",
            hint="name it in keep under [columns] of maalem.toml, and add it again",
            code="task.no-field",
        )
