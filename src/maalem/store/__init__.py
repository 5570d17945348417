# SPDX-License-Identifier: Apache-2.0
"""Where records and blobs are kept, and the ledger that every change passes through.

Nothing is changed in place: blobs are named by their content, record rows and ledger
entries are only ever added. A folder holds `maalem.db`, `blobs/`, `keys/`, the copy
`ledger.checkpoint` of the latest signed checkpoint, and `maalem.lock`.

What it does not know: whoever holds the database, the key and every copy of the
checkpoints can write another history. Only a checkpoint kept elsewhere shows that.
"""

from maalem.store.entry import Entry
from maalem.store.folder import FolderStore
from maalem.store.keys import SigningKey
from maalem.store.opening import create_store, open_store
from maalem.store.protocol import Store
from maalem.store.verify import LedgerReport, verify_ledger

__all__ = [
    "Entry",
    "FolderStore",
    "LedgerReport",
    "SigningKey",
    "Store",
    "create_store",
    "open_store",
    "verify_ledger",
]
