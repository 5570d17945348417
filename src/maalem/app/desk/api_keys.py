# SPDX-License-Identifier: Apache-2.0
"""Keys with which programs call the desk: hashed, bounded, expiring, revocable."""

import json
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field

from maalem.app.desk.permissions import ROLES
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.tokens import is_same, new_token, token_hash
from maalem.serving.allowances import MOST, NAMES, Allowance
from maalem.store import Store
from maalem.store.tables import Cells

SCOPES = tuple(sorted(ROLES["service"]))
"""What a key may be allowed to do."""
MOST_DAYS = 366
_FORM = re.compile(r"mlm_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_LIMITS = ", ".join(NAMES)
_COLUMNS = (
    f"id, token, name, scopes, created, expires, last_used, revoked, tasks, {_LIMITS}"
)
_STEP = 60.0  # seconds between two times that a key's last use is written down
_NOBODY = token_hash("no key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a key may ask the models for.

    Attributes:
        tasks: Names of tasks; none for all of them.
        allowance: How much; what is left open is as the settings say.

    Raises:
        RefusedError: A task or a number is none.
    """

    tasks: frozenset[str] = frozenset()
    allowance: Allowance = field(default_factory=Allowance)

    def __post_init__(self) -> None:
        for task in self.tasks:
            if not 0 < len(task) <= 200 or not task.isprintable():
                raise _refusal("a key is bound to tasks by their names")
        for name in NAMES:
            value = getattr(self.allowance, name)
            if value is not None and not 0 <= value <= MOST:
                raise _refusal(f"{name} is a number from 0 to {MOST}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key of a program.

    Attributes:
        id: Its public part.
        token: SHA-256 of its secret part.
        name: What it is for.
        scopes: Permissions that it holds.
        created: When it was made, in seconds since 1970.
        expires: Until when it opens.
        last_used: When it was used last, to a minute; none if never.
        revoked: When it was revoked; none if it was not.
        bounds: What it may ask the models for.
    """

    id: str
    token: str
    name: str
    scopes: frozenset[str]
    created: float
    expires: float
    last_used: float | None
    revoked: float | None
    bounds: Bounds

    def opens(self, now: float) -> bool:
        """Tell whether the key may still be used."""
        return self.revoked is None and now < self.expires


def create(
    store: Store, name: str, *, scopes: Iterable[str], days: int, now: float, by: str
) -> str:
    """Make a key; the ledger learns its public part and scopes.

    Args:
        store: The project's store.
        name: What it is for, up to 200 characters.
        scopes: Permissions, of those in `SCOPES`.
        days: Until it expires, from 1 to 366.
        now: Seconds since 1970.
        by: Pseudonym of who makes it.

    Returns:
        The key, which is kept nowhere.

    Raises:
        RefusedError: Name, scopes or days are outside what is allowed.
    """
    wanted = sorted(set(scopes))
    is_named = 0 < len(name.strip()) <= 200 and name.isprintable()
    if not is_named or not wanted or not set(wanted) <= set(SCOPES):
        raise _refusal("a key has a name, and one scope or more of those offered")
    if not 1 <= days <= MOST_DAYS:
        raise _refusal(f"a key expires in 1 to {MOST_DAYS} days")
    key_id, token = secrets.token_hex(6), new_token()
    row = (key_id, token_hash(token), name.strip(), " ".join(wanted), now)
    query = "INSERT INTO api_key (id, token, name, scopes, created, expires)"
    query += " VALUES (?, ?, ?, ?, ?, ?)"
    expires = now + days * 86400.0
    store.change(lambda tables: tables.execute(query, (*row, expires)))
    store.append("key.create", details={"key": key_id, "scopes": wanted, "by": by})
    return f"mlm_{key_id}_{token}"


def bind(store: Store, key: str, bounds: Bounds, *, by: str) -> None:
    """Bound what a key may ask the models for, from the next seconds on.

    Args:
        store: The project's store, which learns the bounds.
        key: The key, or its public part.
        bounds: What holds from now on.
        by: Pseudonym of who does it.
    """
    key_id = public_part(key)
    tasks, limits = sorted(bounds.tasks), asdict(bounds.allowance)
    query = f"UPDATE api_key SET tasks = ?, ({_LIMITS}) = (?, ?, ?, ?) WHERE id = ?"  # noqa: S608  # fixed columns
    row = (json.dumps(tasks, ensure_ascii=False), *limits.values(), key_id)
    if store.change(lambda tables: tables.execute(query, row).rowcount):
        details = {"key": key_id, "tasks": tasks, **limits, "by": by}
        store.append("key.bind", details=details)


def allowed(written: Sequence[str]) -> Allowance:
    """Read limits as people write them, in the order of `NAMES`; empty is left open.

    Raises:
        RefusedError: One is no number.
    """
    if not all(not one or (one.isascii() and one.isdigit()) for one in written):
        raise _refusal("limits are numbers")
    numbers = (int(one[:20]) if one else None for one in written)
    return Allowance(**dict(zip(NAMES, numbers, strict=False)))


def public_part(key: str) -> str:
    """Give the public part of a key, or what is that already."""
    form = _FORM.fullmatch(key)
    return form[1] if form else key


def find(store: Store, text: str, *, now: float) -> ApiKey | None:
    """Give the key that a program sent, and write down that it was used."""
    found = known(store, text, now=now)
    if found is not None:
        _use(store, found, now)
    return found


def known(store: Store, text: str, *, now: float) -> ApiKey | None:
    """Give the key that a program sent; none for whatever opens nothing.

    An unknown, an expired, a revoked and a wrong key take the same time.
    """
    form = _FORM.fullmatch(text)
    key_id, token = form.groups() if form else ("", text)
    query = f"SELECT {_COLUMNS} FROM api_key WHERE id = ?"  # noqa: S608  # fixed columns
    row = store.look(lambda tables: tables.execute(query, (key_id,)).fetchone())
    found = _api_key(row) if row else None
    is_right = is_same(token_hash(token), found.token if found else _NOBODY)
    if found is None or not is_right or not found.opens(now):
        return None
    return found


def everyone(store: Store) -> list[ApiKey]:
    """Give all keys, the newest first."""
    query = f"SELECT {_COLUMNS} FROM api_key ORDER BY created DESC, id"  # noqa: S608  # as above
    rows = store.look(lambda tables: tables.execute(query).fetchall())
    return [_api_key(row) for row in rows]


def revoke(store: Store, key_id: str, *, now: float, by: str) -> None:
    """Make a key useless from now on; one that is so already stays so."""
    query = "UPDATE api_key SET revoked = ? WHERE id = ? AND revoked IS NULL"
    if store.change(lambda tables: tables.execute(query, (now, key_id)).rowcount):
        store.append("key.revoke", details={"key": key_id, "by": by})


def _use(store: Store, key: ApiKey, now: float) -> None:
    if key.last_used is None or now - key.last_used > _STEP:
        query = "UPDATE api_key SET last_used = ? WHERE id = ?"
        store.change(lambda tables: tables.execute(query, (now, key.id)))


def _api_key(row: Cells) -> ApiKey:
    return ApiKey(
        id=row[0],
        token=row[1],
        name=row[2],
        scopes=frozenset(row[3].split()),
        created=row[4],
        expires=row[5],
        last_used=row[6],
        revoked=row[7],
        bounds=Bounds(
            tasks=frozenset(json.loads(row[8])),
            allowance=Allowance(**dict(zip(NAMES, row[9:], strict=True))),
        ),
    )


def _refusal(what: str) -> RefusedError:
    return RefusedError(what, status=422, code="people.key")
