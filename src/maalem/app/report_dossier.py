# SPDX-License-Identifier: Apache-2.0
"""How a dossier, and what its check found, look on a terminal."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from maalem.app.report import plain
from maalem.app.screen import Screen
from maalem.errors import IntegrityError
from maalem.records import to_json
from maalem.release.dossier.outline import CHAPTERS, count_states

if TYPE_CHECKING:
    from maalem.app.steps.dossiers import Written
    from maalem.release.claims import Claim

_STATES = ("filled", "stated", "not recorded", "to be written")


def show_dossier(screen: Screen, found: "Written") -> None:
    """Show how far each document is filled."""
    facts = found.dossier.by_field
    rows = []
    for name in CHAPTERS:
        counts = count_states(name, facts)
        rows.append((name, *(counts[state] for state in _STATES)))
    screen.table(f"Dossier of {found.dossier.name}", ("document", *_STATES), rows)
    screen.say(f"wrote {', '.join(found.files)} to {found.folder}")
    screen.say(
        "  what a person must write: copy tables of to-write.toml to dossier.toml"
    )
    screen.say(f"  check it with maalem verify {found.folder}")
    screen.result(
        "report.dossier",
        {
            "folder": str(found.folder),
            "files": list(found.files),
            "dossier": to_json(found.dossier),
        },
    )


def show_check(screen: Screen, claims: Sequence["Claim"], path: Path) -> None:
    """Show each claim of a dossier.

    Raises:
        IntegrityError: A claim does not hold.
    """
    rows = [(claim.name, claim.status, claim.text) for claim in claims]
    screen.table(f"Dossier {path}", ("claim", "", "why"), rows)
    bad = [claim for claim in claims if claim.status == "red"]
    if bad:
        raise IntegrityError(
            f"{path} is not what the records say",
            why=" ".join(claim.text for claim in bad),
            hint="maalem report --dossier writes it anew",
            code="dossier.unverified",
        )
    screen.result("verify", {"ok": True, "claims": [plain(one) for one in claims]})
