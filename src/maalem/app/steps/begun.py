# SPDX-License-Identifier: Apache-2.0
"""What was begun to be forgotten and was interrupted, as the ledger says it."""

from maalem.app.workspace import Workspace
from maalem.store.erasing import FORGET

BEGUN = "forget.begin"
"""The deed that announces an erasure before anything is erased."""


def unfinished(work: Workspace) -> dict[str, bool]:
    """Give what was begun to be forgotten and is not yet, and whether with answers."""
    begun = {
        str(entry.details.get("subject")): entry for entry in work.store.entries(BEGUN)
    }
    if not begun:
        return {}
    done = {
        str(entry.details.get("subject")): entry.index
        for entry in work.store.entries(FORGET)
    }
    return {
        name: bool(entry.details.get("with_answers"))
        for name, entry in sorted(begun.items())
        if done.get(name, -1) < entry.index
    }


def to_finish(work: Workspace) -> tuple[str, ...]:
    """Say what must be typed after `maalem forget` to finish what was begun."""
    found = unfinished(work).items()
    return tuple(f"{name} --answers" if answers else name for name, answers in found)
