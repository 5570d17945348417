# SPDX-License-Identifier: Apache-2.0
"""What was begun to be forgotten and was interrupted, as the ledger says it."""

from maalem.app.workspace import Workspace
from maalem.store.erasing import FORGET

BEGUN = "forget.begin"
"""The deed that announces an erasure before anything is erased."""


def unfinished(work: Workspace) -> frozenset[str]:
    """Name what was begun to be forgotten and is not yet."""
    last = {
        str(entry.details.get("subject")): entry.index
        for entry in work.store.entries(BEGUN)
    }
    done = (
        {
            str(entry.details.get("subject")): entry.index
            for entry in work.store.entries(FORGET)
        }
        if last
        else {}
    )
    return frozenset(name for name, index in last.items() if done.get(name, -1) < index)
