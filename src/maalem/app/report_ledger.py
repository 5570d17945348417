# SPDX-License-Identifier: Apache-2.0
"""How a ledger's verification, its proofs and its static files look on a terminal."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from maalem.app.report import plain
from maalem.app.screen import Screen
from maalem.errors import IntegrityError

if TYPE_CHECKING:
    from maalem.app.steps.comparing import Comparison
    from maalem.app.steps.keys import KeyRow
    from maalem.store import LedgerReport
    from maalem.store.notes import TlogProof
    from maalem.store.tiles import Tiles


def show_history(
    screen: Screen, found: "LedgerReport", compared: "Sequence[Comparison]"
) -> None:
    """Show a ledger's verification, and what it was compared with.

    Raises:
        IntegrityError: The ledger or what it vouches for was changed.
    """
    if not found.ok:
        place = "" if found.first_bad is None else f" from entry {found.first_bad}"
        raise IntegrityError(
            f"the ledger is bad{place}",
            why=found.what,
            hint="restore the project from a backup made before the change",
            code="ledger.bad",
        )
    screen.say(f"ledger of {found.size} entries holds; root {found.root}")
    for one in compared:
        screen.say(f"  it agrees with {one.file}, over {one.size} entries")
        for name in one.cosigned:
            screen.say(f"    witnessed by {name.witness} at {name.at.isoformat()}")
    if not compared:
        screen.say(
            "  compared with no checkpoint from outside: whoever holds database and "
            "key could have written another history; say --against CHECKPOINT"
        )
    rows = [plain(one) for one in compared]
    screen.result("verify", {**plain(found), "against": rows})


def show_proof(screen: Screen, leaf: bytes, proof: "TlogProof") -> None:
    """Show the entry that a proof proves."""
    entry = json.loads(leaf)
    screen.say(f"entry {proof.index} is in the ledger that signed the checkpoint:")
    screen.show(json.dumps(entry, ensure_ascii=False, indent=2))
    screen.result("verify", {"ok": True, "index": proof.index, "entry": entry})


def show_tiles(screen: Screen, found: "Tiles", path: Path) -> None:
    """Show the verification of a ledger's static files."""
    screen.say(f"{path}: {found.size} entries are those that the checkpoint signed")
    if found.too_long:
        firsts = ", ".join(map(str, found.too_long))
        screen.say(f"  only hashes, no entries, in the bundles from: {firsts}")
    screen.result("verify", {"ok": True, **plain(found)})


def show_keys(screen: Screen, rows: "Sequence[KeyRow]") -> None:
    """Show the keys of a ledger, and which of them are not believed any more."""
    table = [(one.id, one.fingerprint, one.begins, _state(one)) for one in rows]
    screen.table("Keys of the ledger", ("key", "fingerprint", "from", ""), table)
    screen.say("  whoever verifies with an older key needs keys/ledger.keys")
    screen.result("ledger.keys", {"keys": [plain(one) for one in rows]})


def _state(row: "KeyRow") -> str:
    if row.since is None:
        return row.state
    return f"revoked, believed up to entry {row.since}: {row.why}"
