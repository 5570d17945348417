# SPDX-License-Identifier: Apache-2.0
"""Which card comes next, what stands on it, and how many are in front of somebody.

A sitting mixes all streams. While the exam wants answers, every second card is one of
its, since nothing can be released without it; the other cards are drawn from the rest
in proportion to the answers that each still wants. Exam, later and calibration cards
come in an order that no model has a say in, and never with a suggestion. Gold cards
stand among them at places that cannot be foreseen. What is drawn is drawn by name and
number of the card, so that a restart deals as if nothing had happened.
"""

from collections.abc import Iterable, Sequence
from itertools import chain

from maalem.app.desk.dealing_board import BLIND
from maalem.app.desk.dealing_deck import Asker, Deck
from maalem.app.desk.dealing_shown import Shown
from maalem.records import Digest

EXAM_FIRST = 0.5
"""Part of the cards that are the exam's until it is complete."""
MOST_LEFT = 1_000
"""Where counting what is left ends: nobody sees more in front of them."""


def pick(deck: Deck, asker: Asker) -> Digest | None:
    """Give the item of somebody's next card; none where there is none for them.

    What they put off comes after all others, gold cards like any, in the order in which
    they did.
    """
    holder = asker.holder
    mine, later = deck.leases.of(holder), deck.leases.put_off_by(holder)
    if asker.trial:
        places = {item: place for place, item in enumerate(later, 1)}
        taken = {*mine, *asker.has}
        cards = deck.gold.trials.unanswered(holder, asker.trial)
        items = (card.item for card in cards if card.item not in taken)
        return min(items, key=lambda item: places.get(item, 0), default=None)
    number = deck.board.count(holder) + len(mine)
    splits = _splits(deck, asker, number)
    found = (_first(deck, split, asker, number=number) for split in splits)
    ordinary = next((item for item in found if item is not None), None)
    if ordinary is None:  # gold cards alone would tell that they are
        back = (item for item in later if _is_back(deck, item, asker))
        return next((item for item in back if _is_new(deck, item, asker)), None)
    return deck.gold.hidden(holder, number, {*mine, *asker.has, *later}) or ordinary


def count_left(deck: Deck, asker: Asker) -> int:
    """Count the cards in front of somebody, up to `MOST_LEFT`."""
    holder = asker.holder
    if asker.trial:
        return len(deck.gold.trials.unanswered(holder, asker.trial))
    done = deck.board.done.get(holder, set())
    ordinary = deck.streams.count(holder, asker.languages) - sum(
        item not in done
        and deck.streams.missing(item) > 0
        and not deck.has_room(item, holder)
        for item in deck.leases.items()
    )
    later = deck.leases.put_off_by(holder)
    put_off = sum(_is_back(deck, item, asker) for item in later)
    left = deck.gold.total(holder, max(0, ordinary), most=MOST_LEFT)
    return max(left, put_off)  # gold cards that were put off are the last to come


def shown_on(deck: Deck, item: Digest, holder: str) -> Shown:
    """Tell what stands on a card besides the item."""
    case = deck.board.cases[item]
    suggestion = None
    is_blind = deck.chance.draw("blind", holder, item) < deck.task.asking.blind_share
    is_aided = case.split not in BLIND and item not in deck.unaided
    may = is_aided and case.gold is None and not is_blind
    if deck.teaching is not None and may:
        suggestion = deck.teaching.suggestion(item)
    options = len(deck.task.option_fields)
    return Shown(
        guideline=deck.task.version,
        order=deck.chance.shuffled(options, "order", holder, item),
        suggestion=suggestion,
    )


def _splits(deck: Deck, asker: Asker, number: int) -> Sequence[str]:
    """Give the splits in the order in which this card looks for an item."""
    wanting = {split: left for split, left in deck.streams.wanting.items() if left}
    rest = [split for split in wanting if split != "exam"]
    drawn = deck.chance.draw("split", asker.holder, str(number))
    mark = drawn * sum(wanting[split] for split in rest)
    first = ""
    for split in rest:
        mark -= wanting[split]
        first = first or (split if mark < 0 else "")
    is_exam = deck.chance.draw("exam", asker.holder, str(number)) < EXAM_FIRST
    order = ["exam", first] if is_exam else [first, "exam"]
    others = sorted(set(rest) - {first}, key=lambda split: -wanting[split])
    return [split for split in (*order, *others) if split in wanting]


def _first(deck: Deck, split: str, asker: Asker, *, number: int) -> Digest | None:
    """Give the first item of a split that somebody may be given, if there is one."""
    walk = deck.streams.walk(split, asker.holder, asker.languages)
    first: Iterable[Digest] = ()
    if split == "teaching":
        drawn = deck.chance.draw("random", asker.holder, str(number))
        gear = deck.teaching
        if gear is not None and drawn < deck.task.asking.random_share:
            again = deck.streams.walk(split, asker.holder, asker.languages)
            first = (item for item in again if item in deck.drawn)
        else:
            chosen = () if gear is None else gear.chosen()
            several = (item for item in chosen if _may_be_chosen(deck, item))
            first = chain(deck.urgent, several)
    later = deck.leases.put_off_by(asker.holder)
    found = (item for item in chain(first, walk) if item not in later)
    return next((item for item in found if _is_for(deck, item, asker)), None)


def _may_be_chosen(deck: Deck, item: Digest) -> bool:
    """Tell whether a gear has a say in when an item is asked, whatever it says."""
    return deck.board.cases[item].split == "teaching" and item not in deck.drawn


def _is_for(deck: Deck, item: Digest, asker: Asker) -> bool:
    case = deck.board.cases[item]
    may = asker.languages is None or case.language in asker.languages
    return may and _is_new(deck, item, asker) and deck.has_room(item, asker.holder)


def _is_new(deck: Deck, item: Digest, asker: Asker) -> bool:
    holder = asker.holder
    is_here = item in asker.has or item in deck.leases.of(holder)
    return not is_here and item not in deck.board.done.get(holder, set())


def _is_back(deck: Deck, item: Digest, asker: Asker) -> bool:
    """Tell whether what somebody put off is still in front of them."""
    case, holder = deck.board.cases[item], asker.holder
    may = asker.languages is None or case.language in asker.languages
    is_done = item in deck.board.done.get(holder, set())
    is_asked = case.gold is not None or deck.has_room(item, holder)
    return may and is_asked and not is_done
