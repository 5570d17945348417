# SPDX-License-Identifier: Apache-2.0
"""Gold cards among the others: which card of an annotator is one, unforeseeably."""

import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping

from maalem.records import Digest, GoldCard
from maalem.tasks import TaskDefinition


def cards_in_use(cards: Iterable[GoldCard]) -> dict[Digest, GoldCard]:
    """Give the gold card of each item; a later one took the place of an earlier.

    Args:
        cards: Gold cards of one task, in the order in which they were entered.

    Returns:
        By item; cards that were taken out of use are not among them.
    """
    newest = {one.item: one for one in cards}
    return {item: card for item, card in newest.items() if card.labels}


def find_hidden_card(
    number: int,
    cards: Mapping[Digest, GoldCard],
    *,
    task: TaskDefinition,
    annotator: str,
    answered: Collection[Digest],
    salt: str,
) -> GoldCard | None:
    """Tell whether an annotator's next card is a gold card, and which.

    The share of gold cards is the task's; nothing but the salt, which annotators do not
    know, decides which of their cards it is, so that it cannot be foreseen. No card is
    shown to anybody twice, nor to who made it. Every second gold card is about the
    critical label of which the annotator has answered the fewest gold cards, since a
    liar about one label is found by cards of that label alone.

    Args:
        number: How many cards the annotator was shown before; a number is asked once.
        cards: Gold cards in use that fit the annotator's languages, by item.
        task: The task, which gives the share and the critical labels.
        annotator: Pseudonym.
        answered: Items that the annotator has answered, gold cards and others.
        salt: Key of the hash, kept from annotators.

    Returns:
        None for an ordinary card, and where no gold card is left.

    Source:
        RFC 2104, HMAC, over SHA-256; its first 8 bytes as a fraction in [0, 1).
    """
    drawn = _keyed(salt, "is gold", task.name, annotator, str(number))
    left = [
        card
        for item, card in cards.items()
        if item not in answered and card.by != annotator
    ]
    if drawn >= task.asking.gold_share or not left:
        return None
    label = _rarest_critical(cards, task, answered)
    wanted = [card for card in left if label in card.labels]
    if _keyed(salt, "critical", task.name, annotator, str(number)) < 0.5 and wanted:
        left = wanted
    return min(left, key=lambda card: _keyed(salt, "which", annotator, card.item))


def _rarest_critical(
    cards: Mapping[Digest, GoldCard], task: TaskDefinition, answered: Collection[Digest]
) -> str:
    """Name the critical label with the fewest answered gold cards; empty if none is."""
    counts = {label.name: 0 for label in task.labels if label.critical}
    for item in answered:
        for label in cards[item].labels if item in cards else ():
            if label in counts:
                counts[label] += 1
    return min(counts, key=lambda label: counts[label], default="")


def _keyed(salt: str, *names: str) -> float:
    key, said = (
        text.encode("utf-8", "surrogatepass") for text in (salt, "\n".join(names))
    )
    return int.from_bytes(hmac.new(key, said, hashlib.sha256).digest()[:8]) / 2**64
