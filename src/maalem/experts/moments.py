# SPDX-License-Identifier: Apache-2.0
"""When something was, so that two clocks in two zones mean the same."""

from datetime import datetime

from maalem.errors import DataError


def moment_of(text: str) -> datetime:
    """Read an ISO 8601 time with its zone.

    Raises:
        DataError: It has none, or is no time; code `experts.time`.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise DataError(
            f"{text!r} is no time with a zone",
            hint="write it with its zone, such as 2026-03-01T08:00:00+00:00",
            code="experts.time",
        )
    return moment
