# SPDX-License-Identifier: Apache-2.0
"""Where records are kept, and who watches the ledger over them."""

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSettings:
    """Who watches this project's ledger, and whose ledgers it watches.

    Attributes:
        witnesses: Public keys of those whose cosignatures count here, each the line of
            their `keys/witness.pub`.
        watched: Public keys of the ledgers that this project cosigns, each the line of
            their `keys/ledger.pub`.
    """

    witnesses: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in self.watched:
            read_verifier(line)
        for line in self.witnesses:
            read_verifier(line, use=COSIGNING)
