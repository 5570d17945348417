# SPDX-License-Identifier: Apache-2.0
"""What a dealer deals from, and who asks for cards."""

from collections.abc import Collection
from dataclasses import dataclass
from threading import RLock

from maalem.app.desk.dealing_board import Board
from maalem.app.desk.dealing_chance import Chance
from maalem.app.desk.dealing_gold import GoldCards
from maalem.app.desk.dealing_leases import Leases
from maalem.app.desk.dealing_streams import Streams
from maalem.app.desk.dealing_teaching import Teaching
from maalem.records import Digest, GoldCard
from maalem.tasks import TaskDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class Deck:
    """What a dealer deals from; all of it is used under the dealer's lock.

    Attributes:
        task: The task.
        board: Who said what.
        streams: What is open.
        gold: Gold cards, and who qualified.
        leases: Who holds what.
        chance: Draws.
        teaching: Chooses teaching cards and suggests; none where no gear learns.
        drawn: The teaching items that are drawn at random and never chosen, so that
            they tell what is true of all; a share of the teaching cards is theirs.
        urgent: Teaching items that the gateway asks about, the first to be asked first.
        unaided: Items on which nobody is shown a suggestion: they check what a model
            has answered.
        lock: Held by whoever looks at any of it.
    """

    task: TaskDefinition
    board: Board
    streams: Streams
    gold: GoldCards
    leases: Leases
    chance: Chance
    teaching: Teaching | None
    drawn: frozenset[Digest]
    lock: RLock
    urgent: tuple[Digest, ...] = ()
    unaided: frozenset[Digest] = frozenset()

    def has_room(self, item: Digest, holder: str) -> bool:
        """Tell whether an item wants more answers than others are about to give."""
        return self.streams.missing(item) > self.leases.others(item, holder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Somebody who asks for cards, and what they may be given.

    Attributes:
        holder: Pseudonym.
        now: Seconds since 1970.
        languages: Languages that they may answer in; none for all.
        trial: Gold cards that they are to qualify on; none where they need not.
        has: Cards that their browser has.
    """

    holder: str
    now: float
    languages: Collection[str] | None
    trial: tuple[GoldCard, ...]
    has: Collection[Digest]
