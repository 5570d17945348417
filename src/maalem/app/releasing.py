# SPDX-License-Identifier: Apache-2.0
"""How many people it takes to release a model."""

from dataclasses import dataclass

from maalem.errors import SettingsError

_MOST = 5  # a release for which more are needed is never made


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSettings:
    """How many people it takes to release a model.

    Attributes:
        people: People who must stand behind a release, 1 to 5. With 1, who taught a
            model may release it alone. With 2, `maalem release` only proposes, and
            somebody else, an owner or a releaser of the desk, has to approve before
            anything is signed; who taught, proposed or set the desk up from the
            machine's terminal counts as one and the same person.
    """

    people: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.people <= _MOST:
            raise SettingsError(
                f"people must be 1 to {_MOST}, got {self.people}",
                hint="[release] people = 2",
            )
