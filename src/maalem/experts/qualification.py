# SPDX-License-Identifier: Apache-2.0
"""Who may answer: gold cards for newcomers, their score, and whether it still holds."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from maalem.experts.moments import moment_of
from maalem.experts.naming import UNNAMED, identified
from maalem.experts.votes import last_words
from maalem.records import (
    Annotation,
    Digest,
    GoldCard,
    Item,
    Qualification,
    TaskVersion,
)
from maalem.tasks import TaskDefinition


def qualifying_cards(
    cards: Mapping[Digest, GoldCard],
    *,
    task: TaskDefinition,
    items: Mapping[Digest, Item],
    language: str,
    annotator: str,
    answered: Collection[Digest],
) -> tuple[GoldCard, ...]:
    """Choose the gold cards that an annotator qualifies on, the same ones each time.

    Every label has as many cards as the others, as far as there are cards, so that a
    rare label is known too. Whoever tries again gets other cards, and nobody gets cards
    of their own making. Other annotators get others, in another order.

    Args:
        cards: Gold cards in use, by item.
        task: The task, which says how many are asked.
        items: The items of the cards.
        language: Language of the cards.
        annotator: Pseudonym.
        answered: Items that the annotator has answered in an earlier trial, or else.

    Returns:
        In the order in which they are shown. Fewer than asked for where there are no
        more: then nobody can qualify, and gold cards must be added.
    """
    fit = [
        card
        for item, card in cards.items()
        if item in items
        and items[item].language == language
        and item not in answered
        and card.by != annotator
    ]
    drawn = sorted(fit, key=lambda card: _place(annotator, task.name, card.item))
    rounds: dict[tuple[str, ...], int] = {}
    ranked = []
    for card in drawn:
        turn = rounds[card.labels] = rounds.get(card.labels, 0) + 1
        ranked.append((turn, _place(annotator, *card.labels), card))
    ranked.sort(key=lambda one: one[:2])
    chosen = [card for _, _, card in ranked[: task.asking.qualification_cards]]
    return tuple(sorted(chosen, key=lambda card: _place(card.item, annotator)))


def known_cards(
    answered: Mapping[Digest, str], *, since: str, rested: str = ""
) -> set[Digest]:
    """Name the cards that are no test any more for who has answered them.

    Args:
        answered: For each card that somebody has answered, when; empty where nobody
            knows, and then it stays known for ever.
        since: Time of their last trial; what came after it belongs to the next.
        rested: Cards answered until then are forgotten by now, and test again; empty
            lets none.

    Examples:
        >>> seen = {Digest("a"): "2026-01-01", Digest("b"): "2026-05-01"}
        >>> sorted(known_cards(seen, since="2026-06-01", rested="2026-03-01"))
        ['b']
    """
    return {
        item
        for item, at in answered.items()
        if at <= since and not (at and rested and at <= rested)
    }


def qualify(
    cards: Collection[GoldCard],
    annotations: Iterable[Annotation],
    *,
    task: TaskDefinition,
    language: str,
    annotator: str,
    now: str,
) -> Qualification | None:
    """Score what an annotator answered on the cards of a trial.

    The last answer counts. An answer is right when it names the known labels, all and
    no other; not knowing is not right.

    Args:
        cards: The cards of the trial, at least one.
        annotations: Answers in the order in which they were entered, of one task.
        task: The task, which says what has to be right and for how long it holds.
        language: Language of the cards.
        annotator: Pseudonym.
        now: ISO 8601 time with its zone.

    Returns:
        None until every card of the trial has an answer, and where a trial has fewer
        cards than the task asks for.

    Raises:
        DataError: The time has no zone; code `experts.time`.
    """
    words = last_words(one for one in annotations if one.annotator == annotator)
    said = {item: one for item, (one,) in words.items()}
    enough = len(cards) >= max(1, task.asking.qualification_cards)
    if not enough or any(card.item not in said for card in cards):
        return None
    right = sum({*said[card.item].labels} == {*card.labels} for card in cards)
    expires = moment_of(now) + timedelta(days=task.asking.qualification_days)
    made = Qualification(
        id=UNNAMED,
        task=task.name,
        language=language,
        annotator=annotator,
        guideline=task.version,
        cards=len(cards),
        right=right,
        pass_mark=task.asking.pass_mark,
        passed=right >= task.asking.pass_mark * len(cards) - 1e-9,
        at=now,
        expires=expires.isoformat(),
    )
    return identified(made)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether somebody may answer in a language now.

    Attributes:
        is_qualified: Whether they may.
        reason: Why not: `not tried`, `not passed`, `expired` or `guideline changed`;
            empty where they may.
        qualification: What it rests on; none where nothing was asked or tried.
    """

    is_qualified: bool
    reason: str = ""
    qualification: Qualification | None = None


def standing(
    qualifications: Iterable[Qualification],
    versions: Iterable[TaskVersion],
    *,
    task: TaskDefinition,
    language: str,
    annotator: str,
    now: str,
) -> Standing:
    """Tell whether an annotator is qualified in a language now.

    The last trial counts, passed or not. It holds until it expires, or until a later
    version of the task asks for answers again: then what some label means has changed,
    and whoever qualified under the old guideline has not shown that they know the new
    one. A version that asks nothing again, such as a corrected spelling or a further
    example, leaves qualifications as they are. A qualification under a version that
    nobody kept is older than all. Where the task asks no cards everybody may answer.

    Args:
        qualifications: In the order in which they were entered, of one task.
        versions: Versions of the same task, in any order.
        task: The task as it stands.
        language: Language of the cards to be answered.
        annotator: Pseudonym.
        now: ISO 8601 time with its zone.

    Raises:
        DataError: A time has no zone; code `experts.time`.
    """
    if task.asking.qualification_cards == 0:
        return Standing(is_qualified=True)
    mine = [
        one
        for one in qualifications
        if (one.annotator, one.language) == (annotator, language)
    ]
    if not mine:
        return Standing(is_qualified=False, reason="not tried")
    last, known = mine[-1], list(versions)
    numbers = {one.id: one.number for one in known}
    since = numbers.get(last.guideline, 0)
    is_changed = any(one.ask_again for one in known if one.number > since)
    checks = (
        (not last.passed, "not passed"),
        (moment_of(now) >= moment_of(last.expires), "expired"),
        (is_changed and last.guideline != task.version, "guideline changed"),
    )
    reason = next((why for fails, why in checks if fails), "")
    return Standing(is_qualified=not reason, reason=reason, qualification=last)


def _place(*names: str) -> bytes:
    return hashlib.sha256("\n".join(names).encode("utf-8", "surrogatepass")).digest()
