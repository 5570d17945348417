# SPDX-License-Identifier: Apache-2.0
"""How a decision about answers is named: by the digest of all that it says."""

import dataclasses
from typing import TypeVar

from maalem.records import (
    Adjudication,
    Digest,
    Hold,
    Pause,
    Qualification,
    digest_of,
    to_json,
)

UNNAMED = Digest("")
"""The id of a decision before `identified` gave it one."""
_LATER = ("ratings", "ranking")
T = TypeVar("T", Adjudication, Hold, Pause, Qualification)


def identified(decision: T) -> T:
    """Give a decision its id: the digest of all its other fields.

    A field that says nothing and did not exist in the first version does not count, so
    that old names hold.
    """
    said = to_json(decision)
    del said["id"]
    counted = {key: value for key, value in said.items() if value or key not in _LATER}
    return dataclasses.replace(decision, id=digest_of(counted))
