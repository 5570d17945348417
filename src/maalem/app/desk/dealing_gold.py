# SPDX-License-Identifier: Apache-2.0
"""Gold cards: which of somebody's cards is one unseen, and how many are in front."""

from collections.abc import Callable, Collection, Sequence

from maalem.app.desk.dealing_board import Board
from maalem.app.desk.dealing_trials import Trials
from maalem.experts.hidden_cards import find_hidden_card
from maalem.records import Digest, GoldCard, Item, Qualification, TaskVersion
from maalem.tasks import TaskDefinition

_PROBE = GoldCard(
    id=Digest(""), task="", item=Digest(""), labels=("",), by="", at=""
)  # fits everybody: asks whether a number is one of a gold card's


class GoldCards:
    """The gold cards of a task and who qualified on them; for use under a lock.

    Attributes:
        trials: Who qualified.
    """

    def __init__(
        self,
        task: TaskDefinition,
        *,
        board: Board,
        versions: Sequence[TaskVersion],
        item_of: Callable[[Digest], Item],
        salt: str,
    ) -> None:
        """Begin without cards.

        Args:
            task: The task.
            board: Who answered what.
            versions: The versions of the task.
            item_of: Gives an item.
            salt: What makes gold cards unforeseeable; kept from everybody.
        """
        self._task = task
        self._board = board
        self._item_of = item_of
        self._salt = salt
        self._cards: dict[Digest, GoldCard] = {}
        self._items: dict[Digest, Item] = {}
        self._due: dict[str, list[bool]] = {}
        self.trials = Trials(
            task, board=board, versions=versions, cards=self._cards, items=self._items
        )

    def hear(self, record: GoldCard | Qualification) -> None:
        """Take in a record."""
        if isinstance(record, Qualification):
            self.trials.hear(record)
        elif record.labels:
            self._cards[record.item] = record
            self._items[record.item] = self._item_of(record.item)
        else:
            self._cards.pop(record.item, None)

    @property
    def is_asked(self) -> bool:
        """Whether newcomers must qualify."""
        return self._task.asking.qualification_cards > 0

    def languages(self) -> set[str]:
        """Name the languages of the gold cards."""
        return {self._items[item].language for item in self._cards}

    def hidden(
        self, holder: str, number: int, taken: Collection[Digest]
    ) -> Digest | None:
        """Tell which gold card somebody's next card is; none for an ordinary one.

        Args:
            holder: Pseudonym.
            number: How many cards they were given before.
            taken: Items that they hold.
        """
        card = find_hidden_card(
            number,
            self._fitting(holder),
            task=self._task,
            annotator=holder,
            answered={*self._board.done.get(holder, set()), *taken},
            salt=self._salt,
        )
        return card.item if card else None

    def total(self, holder: str, ordinary: int, *, most: int) -> int:
        """Count the cards in front of somebody, gold cards among them.

        The number goes down by one with every answer, to a gold card as to any other:
        a count of the ordinary cards alone would stand still after a gold card, and
        tell it.

        Args:
            holder: Pseudonym.
            ordinary: Ordinary cards in front of them.
            most: Where counting ends.
        """
        done = self._board.done.get(holder, set())
        gold = sum(item not in done for item in self._fitting(holder))
        due = self._due.setdefault(holder, [])
        total, number = 0, self._board.count(holder)
        while ordinary > 0 and total < most:
            if number >= len(due):
                due.append(self._is_due(holder, len(due)))
                continue
            is_gold = due[number] and gold > 0
            gold, ordinary = (gold - 1, ordinary) if is_gold else (gold, ordinary - 1)
            total, number = total + 1, number + 1
        return total

    def _is_due(self, holder: str, number: int) -> bool:
        found = find_hidden_card(
            number,
            {_PROBE.item: _PROBE},
            task=self._task,
            annotator=holder,
            answered=(),
            salt=self._salt,
        )
        return found is not None

    def _fitting(self, holder: str) -> dict[Digest, GoldCard]:
        """Give the cards that somebody did not make, in languages that they read."""
        mine = {one.language for one in self.trials.of(holder) if one.passed}
        return {
            item: card
            for item, card in self._cards.items()
            if holder not in self._board.cases[item].knowing
            and self._board.is_read(self._items[item].language, holder)
            and (not self.is_asked or self._items[item].language in mine)
        }
