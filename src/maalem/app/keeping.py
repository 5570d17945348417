# SPDX-License-Identifier: Apache-2.0
"""Where records are kept, and who watches the ledger over them."""

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from maalem.errors import SettingsError
from maalem.store.keys import COSIGNING, read_verifier
from maalem.store.opening import SQLITE, refuse_password


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where records and the ledger are kept; keys and blobs lie in the folder.

    Attributes:
        database: `sqlite`, a file in the project, or `postgresql://user@host/name`;
            its password comes from `PGPASSWORD` or `~/.pgpass`.
    """

    database: str = SQLITE

    def __post_init__(self) -> None:
        refuse_password(self.database)


_SPAN = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=31)  # a ledger without a checkpoint for longer has no guard


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSettings:
    """Who watches this project's ledger, whose it watches, and how often it is signed.

    Attributes:
        witnesses: Public keys of those whose cosignatures count here, each the line of
            their `keys/witness.pub`.
        watched: Public keys of the ledgers that this project cosigns, each the line of
            their `keys/ledger.pub`.
        asked: Addresses of witnesses that are asked over HTTP, such as
            `https://witness.example.org`, without `/add-checkpoint`.
        checkpoint_every: After how long a ledger that grew is signed again and the
            checkpoint written to `checkpoints/`: a number with `m`, `h` or `d`.
        checkpoint_entries: After how many entries at the latest, at least 1.
    """

    witnesses: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    checkpoint_every: str = "1h"
    checkpoint_entries: int = 1000

    def __post_init__(self) -> None:
        for line in self.watched:
            read_verifier(line)
        for line in self.witnesses:
            read_verifier(line, use=COSIGNING)
        for address in self.asked:
            refuse_address(address)
        if not timedelta(minutes=1) <= self.interval <= _LONGEST:
            raise SettingsError(
                "checkpoint_every must be from 1m to 31d, such as 1h, got "
                f"{self.checkpoint_every!r}"
            )
        if self.checkpoint_entries < 1:
            raise SettingsError(
                f"checkpoint_entries must be at least 1, got {self.checkpoint_entries}"
            )

    @property
    def interval(self) -> timedelta:
        """`checkpoint_every` as a span of time; nothing, if it is written wrongly."""
        found = _SPAN.fullmatch(self.checkpoint_every)
        if found is None:
            return timedelta()
        return timedelta(**{_UNITS[found[2]]: int(found[1])})


def refuse_address(address: str) -> None:
    """Refuse what is no address of a witness.

    Raises:
        SettingsError: It is not http or https, or says more than host, port and path.
    """
    try:
        parts = urlsplit(address)
        says_more = parts.query or parts.fragment or parts.username or parts.password
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname)
        is_one = is_one and parts.port != 0 and not says_more
    except ValueError:
        is_one = False
    if not is_one or not address.isascii() or not address.isprintable():
        raise SettingsError(
            f"asked must be addresses such as https://witness.example.org, got "
            f"{address!r}"
        )
