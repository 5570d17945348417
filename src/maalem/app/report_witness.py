# SPDX-License-Identifier: Apache-2.0
"""How the answers of witnesses look on a terminal."""

from typing import TYPE_CHECKING

from maalem.app.report import plain
from maalem.app.screen import Screen

if TYPE_CHECKING:
    from maalem.app.steps.asking import Asked


def show_asked(screen: Screen, found: "Asked") -> None:
    """Show who signed; the first who did not is the failure of the command.

    Raises:
        MaalemError: A witness gave no signature.
    """
    for one in found.cosigned:
        screen.say(f"signed by {one.witness} at {one.at.isoformat()}")
    for address, error in found.failures:
        screen.say(f"not signed by {address}: {error.message}")
    if found.failures:
        raise found.failures[0][1]
    screen.result("ledger.ask", {"cosigned": [plain(one) for one in found.cosigned]})
