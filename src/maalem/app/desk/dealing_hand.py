# SPDX-License-Identifier: Apache-2.0
"""What somebody who asks for cards is given, or why they are given none."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from maalem.app.desk.dealing_leases import Lease

State: TypeAlias = Literal["cards", "empty", "unqualified", "paused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """What somebody is given.

    Attributes:
        cards: The cards, the first to be answered first.
        left: Cards in front of them, these included; `MOST_LEFT` is that or more.
        state: `cards`, `empty`, `unqualified`: they may not answer for now, or
            `paused`: an owner lets them rest, or the task.
        opens: When they may try to qualify again, in seconds since 1970; none where
            they need not, or no trial will open by itself.
    """

    cards: tuple[Lease, ...]
    left: int
    state: State
    opens: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The cards on which somebody is to qualify.

    Attributes:
        language: Their language.
        cards: How many there are.
        answered: How many of them are answered.
    """

    language: str
    cards: int
    answered: int
