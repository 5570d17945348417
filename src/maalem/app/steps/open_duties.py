# SPDX-License-Identifier: Apache-2.0
"""What is left to do after erasures, each with the command that comes next."""

from dataclasses import dataclass

from maalem.app.steps.begun import to_finish
from maalem.app.steps.deciding import differences, next_command
from maalem.app.steps.retraining import Duty, still_open
from maalem.app.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDuty:
    """A model that something is left to do about.

    Attributes:
        duty: Which, and how it stands.
        next_command: What to do.
        differences: Where the settings would teach otherwise than it was taught.
    """

    duty: Duty
    next_command: str
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDuties:
    """What is left to do after erasures.

    Attributes:
        models: Models to teach again, or to decide about.
        unfinished: What must be typed again, since it was interrupted.
    """

    models: tuple[OpenDuty, ...]
    unfinished: tuple[str, ...]


def open_duties(work: Workspace) -> OpenDuties:
    """Give what is left to do, in the order of the ledger."""
    return OpenDuties(
        models=tuple(
            OpenDuty(
                duty=one,
                next_command=next_command(work, one),
                differences=differences(work, one),
            )
            for one in still_open(work)
        ),
        unfinished=to_finish(work),
    )
