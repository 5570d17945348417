# SPDX-License-Identifier: Apache-2.0
"""What an expert saw on a card beside the text, as the lease keeps it."""

import json
from dataclasses import dataclass

from maalem.records import Digest, canonical_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What stood on a card when it was given to somebody.

    Attributes:
        guideline: Version of the task definition.
        order: Numbers of the item's options from 0, in the order shown.
        suggestion: A label and its probability; none where none was shown.
    """

    guideline: Digest
    order: tuple[int, ...] = ()
    suggestion: tuple[str, float] | None = None

    def to_text(self) -> str:
        """Write it as the lease keeps it."""
        return canonical_json(
            {
                "guideline": self.guideline,
                "order": list(self.order),
                "suggestion": list(self.suggestion) if self.suggestion else None,
            }
        ).decode()


def read_shown(text: str) -> Shown:
    """Read what `Shown.to_text` wrote."""
    told = json.loads(text)
    suggestion = told["suggestion"]
    return Shown(
        guideline=Digest(told["guideline"]),
        order=tuple(told["order"]),
        suggestion=(suggestion[0], float(suggestion[1])) if suggestion else None,
    )
