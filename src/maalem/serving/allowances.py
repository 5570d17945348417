# SPDX-License-Identifier: Apache-2.0
"""How much a key may ask for, and what one may that says nothing of it."""

from dataclasses import dataclass, fields

from maalem.errors import SettingsError

MOST = 10**12
"""What no limit exceeds; a row of counters holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How much a key may ask for; none is what the settings say, 0 is no limit.

    Attributes:
        requests_per_minute: Requests.
        texts_per_minute: Texts in them.
        texts_per_month: Texts in a month, from its first day in UTC.
        tokens_per_month: Tokens that other servers counted, read and written.
    """

    requests_per_minute: int | None = None
    texts_per_minute: int | None = None
    texts_per_month: int | None = None
    tokens_per_month: int | None = None

    @property
    def counts_requests(self) -> bool:
        """Whether a request is counted, or refused, before it is read."""
        month = self.texts_per_month or self.tokens_per_month
        return bool(self.requests_per_minute or month)


NAMES = tuple(one.name for one in fields(Allowance))
"""What can be limited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """How much a key may ask for that has no limits of its own; 0 is no limit.

    Attributes:
        requests_per_minute: Requests; as many may come at once.
        texts_per_minute: Texts in them.
        texts_per_month: Texts in a month, from its first day in UTC.
        tokens_per_month: Tokens that other servers counted, read and written.
    """

    requests_per_minute: int = 0
    texts_per_minute: int = 0
    texts_per_month: int = 0
    tokens_per_month: int = 0

    def __post_init__(self) -> None:
        for name in NAMES:
            value = getattr(self, name)
            if not 0 <= value <= MOST:
                raise SettingsError(f"{name} must be from 0 to {MOST}, got {value}")

    def filled(self, own: Allowance) -> Allowance:
        """Give an allowance with what it leaves open filled in."""
        told = {
            name: getattr(self, name) if given is None else given
            for name, given in ((one, getattr(own, one)) for one in NAMES)
        }
        return Allowance(**told)
