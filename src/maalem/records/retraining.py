# SPDX-License-Identifier: Apache-2.0
"""What was decided about a model that learned from what was forgotten."""

from dataclasses import dataclass
from typing import ClassVar

from maalem.records.digests import Digest

RETRAIN, RESTRICT, JUSTIFY = "retrain", "restrict", "justify"
DECISIONS = (RETRAIN, RESTRICT, JUSTIFY)
"""Teach again without; withdraw it from use; keep it, with a written reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDecision:
    """A decision about one model; a later one about the same model takes its place.

    Attributes:
        id: Digest of all other fields.
        model: The checkpoint.
        decision: One of `DECISIONS`.
        reason: Why, in words; never empty where the model is kept.
        by: Who decided, as a pseudonym.
        at: ISO 8601 time.
    """

    kind: ClassVar[str] = "model-decision.v1"
    id: Digest
    model: Digest
    decision: str
    reason: str
    by: str
    at: str

    @property
    def topic(self) -> str:
        """The model."""
        return self.model
