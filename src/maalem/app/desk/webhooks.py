# SPDX-License-Identifier: Apache-2.0
"""Which addresses an owner wants told of what happens at the desk."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.tokens import new_token
from maalem.app.desk.webhook_address import refuse_literal, target_of
from maalem.store import Store
from maalem.store.tables import Cells

EVENTS = ("annotation", "dispute", "dataset", "training", "release")
"""What may be told: an answer kept or taken back, a dispute settled; and what is done
while the desk is closed: a dataset frozen, a training ended, a release signed."""

_COLUMNS = "id, url, secret, events, created, may_be_private"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that is told of events.

    Attributes:
        id: Its public name.
        url: The address.
        secret: What its notices are signed with; the receiver has it too.
        events: What it is told of, of those in `EVENTS`.
        created: When it was added, in seconds since 1970.
        may_be_private: Whether an owner allows an address that is not public.
    """

    id: str
    url: str = field(repr=False)
    secret: str = field(repr=False)
    events: frozenset[str]
    created: float
    may_be_private: bool


def create(
    store: Store,
    url: str,
    *,
    events: Iterable[str],
    may_be_private: bool,
    now: float,
    by: str,
) -> Webhook:
    """Add a webhook; the ledger learns its name, its events, and what is allowed.

    Nothing is sent, and no name is looked up, before there is an event.

    Args:
        store: The project's store.
        url: Where to; https, or http on this machine.
        events: What it is told of.
        may_be_private: Whether the address may be none of the public internet.
        now: Seconds since 1970.
        by: Pseudonym of who adds it.

    Raises:
        RefusedError: The address or an event cannot be.
    """
    wanted = sorted(set(events))
    if not wanted or not set(wanted) <= set(EVENTS):
        raise RefusedError(
            f"no events to tell of: {', '.join(wanted)[:80] or 'none named'}",
            status=422,
            hint=f"events: {', '.join(EVENTS)}",
            code="webhooks.event",
        )
    refuse_literal(target_of(url), may_be_private=may_be_private)
    hook = Webhook(
        id=secrets.token_hex(6),
        url=url,
        secret=new_token(),
        events=frozenset(wanted),
        created=now,
        may_be_private=may_be_private,
    )
    query = f"INSERT INTO webhook ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608  # fixed columns
    row = (hook.id, url, hook.secret, " ".join(wanted), now, int(may_be_private))
    store.change(lambda tables: tables.execute(query, row))
    store.append(
        "webhook.add",
        details={
            "webhook": hook.id,
            "events": wanted,
            "may_be_private": may_be_private,
            "by": by,
        },
    )
    return hook


def everyone(store: Store) -> list[Webhook]:
    """Give all webhooks, the oldest first."""
    query = f"SELECT {_COLUMNS} FROM webhook ORDER BY created, id"  # noqa: S608  # as above
    rows = store.look(lambda tables: tables.execute(query).fetchall())
    return [_webhook(row) for row in rows]


def remove(store: Store, name: str, *, by: str) -> None:
    """Tell an address nothing any more.

    Raises:
        RefusedError: There is no such webhook.
    """
    query = "DELETE FROM webhook WHERE id = ?"
    if not store.change(lambda tables: tables.execute(query, (name,)).rowcount):
        raise RefusedError(
            f"there is no webhook {name[:80]!r}",
            status=404,
            hint="maalem webhooks list",
            code="webhooks.missing",
        )
    store.append("webhook.remove", details={"webhook": name, "by": by})


def _webhook(row: Cells) -> Webhook:
    return Webhook(
        id=row[0],
        url=row[1],
        secret=row[2],
        events=frozenset(row[3].split()),
        created=row[4],
        may_be_private=bool(row[5]),
    )
