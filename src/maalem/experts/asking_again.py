# SPDX-License-Identifier: Apache-2.0
"""Which items a new guideline asks again, and of whom."""

from collections.abc import Iterable
from dataclasses import dataclass

from maalem.errors import DataError
from maalem.experts.votes import last_words
from maalem.records import Adjudication, Annotation, Digest, TaskVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAgain:
    """An item whose answers a new guideline has overtaken.

    Attributes:
        item: The item.
        annotators: Whose answers are overtaken, in the order of their answers; none
            where an adjudication alone is.
        is_adjudicated: Whether an adjudication is overtaken too.
    """

    item: Digest
    annotators: tuple[str, ...]
    is_adjudicated: bool


def asked_again(
    annotations: Iterable[Annotation],
    adjudications: Iterable[Adjudication],
    *,
    old: TaskVersion,
    new: TaskVersion,
) -> tuple[AskAgain, ...]:
    """Name the items that a new version of a task asks again.

    An answer is overtaken when it names a label that the new version asks again and was
    not given under the new version; an imported answer, whose version is not known, was
    not. Whoever answered anew is not asked a third time. Items on which the guideline
    was found unclear are asked again whatever their labels, as that is what a new
    version is for.

    Args:
        annotations: Answers in the order in which they were entered, of one task.
        adjudications: In the order in which they were entered, of the same task.
        old: The version before.
        new: The version after, with the labels that it asks again.

    Returns:
        In the order of the items' first answers.

    Raises:
        DataError: They are no two versions of one task, the older first; code
            `experts.versions`.
    """
    if old.task != new.task or old.number >= new.number:
        raise DataError(
            f"version {new.number} of {new.task!r} does not follow version "
            f"{old.number} of {old.task!r}",
            hint="give two versions of one task, the older first",
            code="experts.versions",
        )
    labels = {*new.ask_again}
    decided = {
        one.item: one
        for one in {one.item: one for one in adjudications}.values()
        if one.guideline != new.id
    }
    words = last_words(annotations)
    found = []
    for item in dict.fromkeys([*words, *decided]):
        judged = decided.get(item)
        is_unclear = judged is not None and judged.is_guideline_unclear
        one = AskAgain(
            item=item,
            annotators=tuple(
                one.annotator
                for one in words.get(item, ())
                if one.guideline != new.id
                and (is_unclear or not labels.isdisjoint(one.labels))
            ),
            is_adjudicated=judged is not None and not labels.isdisjoint(judged.labels),
        )
        if one.annotators or one.is_adjudicated:
            found.append(one)
    return tuple(found)
