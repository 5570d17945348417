# SPDX-License-Identifier: Apache-2.0
"""What one entry of the ledger says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from maalem.records import Digest, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One change of state, as the ledger's leaf says it.

    The leaf is the canonical JSON of these fields. It names deeds, digests and
    counts; document text and answers stand in the record rows, never in it.

    Attributes:
        index: Its place in the ledger, from 0; the only order there is.
        at: ISO 8601 time in UTC, for information: clocks step back, indexes do not.
        action: Name of the deed, such as `add` or `freeze`.
        actor: Who did it, as a pseudonym.
        records_digest: Merkle root over the rows written with it, records in order,
            then blobs by digest; of the empty tree where there are none.
        added: Records written with it.
        blobs: Blobs that became known with it.
        details: Digests, counts and settings worth keeping.
    """

    index: int
    at: str
    action: str
    actor: str
    records_digest: Digest
    added: int
    blobs: int = 0
    details: Mapping[str, Json] = field(default_factory=dict)
