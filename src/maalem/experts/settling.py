# SPDX-License-Identifier: Apache-2.0
"""How several answers to one item become its gold label, or stay open."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maalem.records import Annotation, Digest, Gold


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """An item whose answers settle nothing yet.

    Attributes:
        item: The item.
        annotations: Its annotations, as far as they count.
        reason: `nobody chose one label`, or `no label has a majority`.
    """

    item: Digest
    annotations: tuple[Digest, ...]
    reason: str


def settle(
    annotations: Iterable[Annotation],
) -> tuple[tuple[Gold, ...], tuple[OpenItem, ...]]:
    """Settle what can be settled by counting; ties wait for adjudication.

    An annotator's last answer to an item counts, since it may correct an earlier one.
    An answer counts for a label if it chose exactly one. The rule is `single` for one
    annotator, `unanimous` if all chose the same label, `majority` if more than half of
    those who chose one did.

    Args:
        annotations: In the order in which they were given.

    Returns:
        The settled items and the open ones, each in the order of their first answer.
    """
    answers: dict[Digest, dict[str, Annotation]] = {}
    for one in annotations:
        answers.setdefault(one.item, {})[one.annotator] = one
    golds: list[Gold] = []
    still_open: list[OpenItem] = []
    for item, by_annotator in answers.items():
        found = _settle_item(item, tuple(by_annotator.values()))
        if isinstance(found, Gold):
            golds.append(found)
        else:
            still_open.append(found)
    return tuple(golds), tuple(still_open)


def _settle_item(item: Digest, given: Sequence[Annotation]) -> Gold | OpenItem:
    votes = Counter(one.labels[0] for one in given if len(one.labels) == 1)
    digests = tuple(one.id for one in given)
    if not votes:
        reason = "nobody chose one label"
        return OpenItem(item=item, annotations=digests, reason=reason)
    label, count = votes.most_common(1)[0]
    if 2 * count <= votes.total():
        reason = "no label has a majority"
        return OpenItem(item=item, annotations=digests, reason=reason)
    return Gold(
        item=item,
        label=label,
        annotations=digests,
        annotators=len(given),
        rule=_rule(count, given),
    )


def _rule(count: int, given: Sequence[Annotation]) -> str:
    if len(given) == 1:
        return "single"
    return "unanimous" if count == len(given) else "majority"
