# SPDX-License-Identifier: Apache-2.0
"""What somebody who asks for cards may be given: languages, or cards to qualify on."""

from collections.abc import Collection
from datetime import UTC, datetime

from maalem.app.desk.dealing_deck import Asker, Deck
from maalem.records import Digest, GoldCard, Json
from maalem.store import Store


def asker_of(
    deck: Deck, holder: str, *, has: Collection[Digest], language: str, now: float
) -> Asker:
    """Tell what somebody may be given: passages in languages that they read.

    While there are cards in languages that they are qualified in, they qualify in no
    other: nobody is sent through a trial in a language that they do not read.

    Args:
        deck: What is dealt from; its lock is held.
        holder: Pseudonym.
        has: Items of cards that their browser has.
        language: Language in which they are asked to qualify first.
        now: Seconds since 1970.
    """
    read = {one for one in deck.streams.languages() if deck.board.is_read(one, holder)}
    languages = read if deck.board.reads.get(holder) else None
    trial: tuple[GoldCard, ...] = ()
    if deck.gold.is_asked:
        moment = datetime.fromtimestamp(now, UTC)
        wanted = sorted(read, key=lambda one: (one != language, one))
        languages = {
            one
            for one in wanted
            if deck.gold.trials.standing(holder, one, moment).is_qualified
        }
        if not deck.streams.count(holder, languages):
            trials = (deck.gold.trials.trial(holder, one, moment) for one in wanted)
            trial = next((cards for cards in trials if cards), ())
    return Asker(holder=holder, now=now, languages=languages, trial=trial, has=has)


def reopening(deck: Deck, holder: str, *, now: float) -> float | None:
    """Tell when somebody who did not qualify may try again, in seconds since 1970.

    Returns:
        None where no trial will open by itself: they failed none, or there are too few
        cards that they do not know.
    """
    moment = datetime.fromtimestamp(now, UTC)
    found = (
        deck.gold.trials.reopens(holder, language, moment)
        for language in deck.streams.languages()
    )
    return min((one.timestamp() for one in found if one is not None), default=None)


def score_trials(store: Store, deck: Deck, holder: str, *, now: float) -> None:
    """Write down a qualification as soon as its last card is answered.

    It is written under the deck's lock: nobody is given a card by it before it is
    durable.
    """
    if not deck.gold.is_asked:
        return
    moment = datetime.fromtimestamp(now, UTC)
    for language in sorted(deck.gold.languages()):
        made = deck.gold.trials.score(holder, language, moment)
        if made is not None:
            details: dict[str, Json] = {"task": made.task, "passed": made.passed}
            store.append("qualification", [made], details=details)
            deck.gold.hear(made)
