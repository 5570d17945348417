# SPDX-License-Identifier: Apache-2.0
"""What is told of personal data: how much was found, and what was not looked for."""

from dataclasses import dataclass

NOT_SCANNED = (
    "names of persons",
    "postal addresses",
    "dates of birth",
    "pictures and scanned pages",
)
"""What nobody has looked for: that needs a model, or a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """Personal data in the passages that a dataset asks about.

    Attributes:
        passages: Passages that were looked at.
        found: Pieces in them by kind, sorted by kind; pseudonyms where they stand.
        replaced: Of these passages, those whose document was read with `personal =
            "replace"`.
    """

    passages: int
    found: tuple[tuple[str, int], ...] = ()
    replaced: int = 0
