# SPDX-License-Identifier: Apache-2.0
"""What the dealer asks of a gear that learns while experts answer."""

from collections.abc import Sequence
from typing import Protocol

from maalem.app.desk.dealing_board import Board
from maalem.records import Digest
from maalem.tasks.stopping import CurvePoint


class Teaching(Protocol):
    """Chooses teaching cards and suggests answers; called under the dealer's lock.

    None of it waits for a gear that is learning: what was known last is given.
    """

    def hear(self, item: Digest, board: Board) -> None:
        """Take note that something about an item has changed.

        Args:
            item: The item, of any split.
            board: What is known of it; only open teaching items and their answers may
                be learned from.
        """
        ...

    def chosen(self) -> Sequence[Digest]:
        """Give items that are worth asking, the best first; some may be closed now."""
        ...

    def suggestion(self, item: Digest) -> tuple[str, float] | None:
        """Give the likeliest label of an item and its probability, if there is one."""
        ...

    def curve(self) -> tuple[CurvePoint, ...]:
        """Give how good the gear was after how many answers."""
        ...

    def close(self) -> None:
        """End what it has running."""
        ...
