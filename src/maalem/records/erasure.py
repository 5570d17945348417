# SPDX-License-Identifier: Apache-2.0
"""What was forgotten: names that stay, of content that is gone."""

from dataclasses import dataclass
from typing import ClassVar

from maalem.records.digests import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """The content of some records and blobs is gone; their names and hashes stay.

    Attributes:
        id: Digest of all other fields.
        subject: What was asked for, such as `document:<digest>` or
            `expert:<pseudonym>`.
        erased: Kind and id of each record whose content is gone.
        blobs: Blobs that are gone.
        reason: Why, in somebody's words, without what was to be forgotten.
        at: ISO 8601 time at which it was asked for.
    """

    kind: ClassVar[str] = "erasure.v1"
    id: Digest
    subject: str
    erased: tuple[tuple[str, Digest], ...]
    blobs: tuple[Digest, ...]
    reason: str
    at: str

    @property
    def topic(self) -> str:
        """The subject."""
        return self.subject
