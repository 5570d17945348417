# SPDX-License-Identifier: Apache-2.0
"""Whether a ledger still says what it said: reads everything, writes nothing."""

import base64
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from maalem.errors import MaalemError
from maalem.store.audit_erased import Forgotten, read_forgotten
from maalem.store.audit_rows import Fault, blob_faults, entry_faults
from maalem.store.audit_tree import checkpoint_faults, node_faults
from maalem.store.database import Database, snapshot
from maalem.store.durable import DATABASE_ERRORS, facing_disk
from maalem.store.folder import BLOBS, PUBLIC_KEY
from maalem.store.key_chain import KeyChain, chain_in, read_founding
from maalem.store.keys import read_verifier
from maalem.store.merkle import WIDTH, complete_levels, node_in, tree_root
from maalem.store.opening import (
    SQLITE,
    copied_checkpoint,
    home_of,
    refuse_no_store,
)

_NOWHERE = Fault(sys.maxsize, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerReport:
    """What verification found.

    Attributes:
        size: Entries that could be read.
        root: Merkle root over them, in base64 as in a checkpoint.
        ok: Whether all is as it was written.
        first_bad: The first bad entry; none if all is well, or if the damage
            belongs to no entry.
        what: One sentence for a person.
        checkpoints: Signed checkpoints that were compared.
        erased: Records whose content is gone, as later entries say.
    """

    size: int
    root: str
    ok: bool
    first_bad: int | None
    what: str
    checkpoints: int = 0
    erased: int = 0


def verify_ledger(
    folder: Path, *, kept: Sequence[str] = (), database: str = SQLITE
) -> LedgerReport:
    """Check every entry, row, blob, tree node and checkpoint of a folder.

    Found is an edited, missing, inserted, reordered or cut off entry or row, an
    altered tree node, a forged or replaced checkpoint, a damaged or missing blob, a
    damaged database page; an emptied row that no later entry forgets, and content that
    came back after one forgot it. Works beside a writer, on what it had written when
    verification began.

    Not found, without a checkpoint in `kept`: a history rewritten as a whole by
    somebody who has the signing key, or a folder put back to an earlier state.

    Args:
        folder: The store's folder.
        kept: Checkpoints of this ledger that were kept elsewhere.
        database: Where its tables lie, as `create_store` was told.

    Raises:
        DataError: There is no store, or a newer version has written it.
        MaalemError: The disk refused to be read.
    """
    home = home_of(folder, database)
    with facing_disk(f"verify {folder}"), ThreadPoolExecutor(1) as pool:
        refuse_no_store(folder, home)
        notes = [*copied_checkpoint(folder), *kept]  # before the snapshot
        damage = pool.submit(home.damage)  # in the database, so truly beside the rest
        try:
            with closing(home.for_audit()) as tables, snapshot(tables):
                return _report(*_audit(tables, folder, notes), damage.result())
        except DATABASE_ERRORS as error:
            what = f"the database cannot be read: {error}"
            return LedgerReport(size=0, root="", ok=False, first_bad=None, what=what)


def _audit(
    database: Database, folder: Path, kept: Sequence[str]
) -> tuple[LedgerReport, list[Fault]]:
    """Give the report of a sound ledger, and what speaks against it."""
    forgotten = read_forgotten(database)
    leaves, erased, faults = entry_faults(database, forgotten)
    levels, size = complete_levels(leaves), len(leaves) // WIDTH
    faults += node_faults(database, levels)
    faults += blob_faults(database, folder / BLOBS, forgotten)
    faults += _wrong_notes(forgotten)
    chain, wrong = _keys(database, folder)
    faults += wrong
    agreeing = 0
    if chain is not None:
        agreeing, more = checkpoint_faults(database, levels, chain=chain, kept=kept)
        # A checkpoint over entries that are known to be bad adds nothing to that.
        known = min(f.entry for f in [*faults, _NOWHERE] if f.entry is not None)
        faults += [fault for fault in more if fault.covers <= known]
    report = LedgerReport(
        size=size,
        root=base64.b64encode(tree_root(size, node_in(levels))).decode(),
        ok=True,
        first_bad=None,
        what=f"all {size} entries are as they were written",
        checkpoints=agreeing,
        erased=erased,
    )
    return report, faults


def _wrong_notes(forgotten: Forgotten) -> list[Fault]:
    return [
        Fault(entry, f"whether {name} was erased is noted otherwise than entries say")
        for entry, name in forgotten.wrong_notes()
    ]


def _report(
    report: LedgerReport, faults: Sequence[Fault], damage: Sequence[str]
) -> LedgerReport:
    """Name the fault that touches the first entry; damage of no entry comes last."""
    first = min(
        [*faults, *(Fault(None, what) for what in damage)],
        key=lambda fault: (fault.entry is None, fault.entry or 0),
        default=None,
    )
    if first is None:
        return report
    return replace(report, ok=False, first_bad=first.entry, what=first.what)


def _keys(database: Database, folder: Path) -> tuple[KeyChain | None, list[Fault]]:
    """Give the ledger's keys, and what is wrong with them."""
    chain, fault = _chain(database)
    if chain is None:
        return None, [fault]
    try:
        name, told = read_verifier((folder / PUBLIC_KEY).read_text("utf-8"))
    except (OSError, ValueError, MaalemError) as error:
        return chain, [Fault(None, f"the public key cannot be read: {error}")]
    if name != chain.origin or told not in chain.public_keys:
        what = "the public key in the folder is not the one the ledger began with"
        return chain, [Fault(0, what)]
    return chain, []


def _chain(database: Database) -> tuple[KeyChain | None, Fault]:
    try:
        read_founding(database)
    except (MaalemError, *DATABASE_ERRORS) as error:
        return None, Fault(0, f"entry 0 does not name the ledger: {error}")
    try:
        return chain_in(database), _NOWHERE
    except (MaalemError, *DATABASE_ERRORS) as error:
        return None, Fault(None, f"{error}, {getattr(error, 'why', '')}")
