# SPDX-License-Identifier: Apache-2.0
"""What an owner does about keys of programs from the command line."""

from collections.abc import Iterable

from maalem.app.desk import api_keys
from maalem.app.desk.api_keys import ApiKey, Bounds
from maalem.app.workspace import Workspace, now
from maalem.errors import UsageError
from maalem.serving.allowances import NAMES, Allowance
from maalem.serving.counters import PLACE, Used, read_counters
from maalem.serving.limits import month_of


def make_key(
    work: Workspace, name: str, *, scopes: Iterable[str], days: int, bounds: Bounds
) -> str:
    """Make a key with its bounds; it is kept nowhere.

    Raises:
        RefusedError: Name, scopes or days are outside what is allowed.
    """
    store, by = work.store, work.project.project.owner
    moment = now().timestamp()
    key = api_keys.create(store, name, scopes=scopes, days=days, now=moment, by=by)
    if bounds != Bounds():
        api_keys.bind(store, key, bounds, by=by)
    return key


def bind_key(work: Workspace, key: str, bounds: Bounds) -> str:
    """Bound a key anew; give its public part.

    Raises:
        UsageError: There is no such key.
    """
    found = _found(work, key)
    api_keys.bind(work.store, found.id, bounds, by=work.project.project.owner)
    return found.id


def revoke_key(work: Workspace, key: str) -> str:
    """Make a key useless; give its public part.

    Raises:
        UsageError: There is no such key.
    """
    found = _found(work, key)
    by = work.project.project.owner
    api_keys.revoke(work.store, found.id, now=now().timestamp(), by=by)
    return found.id


def bounds_of(tasks: Iterable[str], limits: Iterable[str]) -> Bounds:
    """Read bounds as the command line has them.

    Args:
        tasks: Names of tasks; none for all.
        limits: Each a name of `NAMES`, hyphens for underscores, `=`, and a number.

    Raises:
        UsageError: One is no such limit.
        RefusedError: A task or a number is none.
    """
    told: dict[str, int | None] = {}
    for one in limits:
        name, _, number = one.partition("=")
        name = name.replace("-", "_")
        if name not in NAMES or not (number.isascii() and number.isdigit()):
            known = ", ".join(known.replace("_", "-") for known in NAMES)
            raise UsageError(
                f"{one!r} is no limit",
                why=f"limits are {known}",
                hint="--limit requests-per-minute=60",
            )
        told[name] = int(number[:20])
    return Bounds(tasks=frozenset(tasks), allowance=Allowance(**told))


def key_rows(work: Workspace) -> list[dict[str, object]]:
    """Give each key's row for a table: what it may do, and what it used."""
    moment = now().timestamp()
    kept = read_counters(work.folder / PLACE)
    return [
        _row(one, kept.get(one.id, Used()), moment)
        for one in api_keys.everyone(work.store)
    ]


def _row(one: ApiKey, used: Used, moment: float) -> dict[str, object]:
    state = "open" if one.opens(moment) else "revoked" if one.revoked else "expired"
    is_now = used.month == month_of(moment)
    own = {name: getattr(one.bounds.allowance, name) for name in NAMES}
    limits = [f"{name}={most}" for name, most in own.items() if most is not None]
    return {
        "key": one.id,
        "name": one.name,
        "state": state,
        "scopes": " ".join(sorted(one.scopes)),
        "tasks": " ".join(sorted(one.bounds.tasks)) or "all",
        "limits": " ".join(limits).replace("_", "-") or "the project's",
        "texts this month": used.texts if is_now else 0,
        "tokens this month": used.tokens if is_now else 0,
    }


def _found(work: Workspace, key: str) -> ApiKey:
    wanted = api_keys.public_part(key)
    for one in api_keys.everyone(work.store):
        if one.id == wanted:
            return one
    raise UsageError(
        f"there is no key {wanted[:40]!r}", hint="maalem keys list", code="people.key"
    )
