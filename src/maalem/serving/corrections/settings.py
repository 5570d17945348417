# SPDX-License-Identifier: Apache-2.0
"""How much of what the gateway answers is put before experts."""

from dataclasses import dataclass

from maalem.errors import SettingsError

SCOPE = "feedback"
"""What a key must be allowed to do, to send corrections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionsSettings:
    """How much of what the gateway answers is put before experts.

    Attributes:
        audit_share: Part of the automatic answers that experts check blind, in [0, 1];
            near the threshold it is twice this, far above it half; 0 checks none, and
            the error in use is then unknown.
        most_open: Questions from the gateway that may wait for experts, by task, at
            least 1; what comes beyond them is counted and not asked.
        most_a_day: New questions of one day in UTC, by task, for cases and for the
            audit each, at least 1; likewise.
    """

    audit_share: float = 0.02
    most_open: int = 500
    most_a_day: int = 100

    def __post_init__(self) -> None:
        checks = (
            ("audit_share", 0.0 <= self.audit_share <= 1.0, "in [0, 1]"),
            ("most_open", self.most_open >= 1, "at least 1"),
            ("most_a_day", self.most_a_day >= 1, "at least 1"),
        )
        for name, holds, wanted in checks:
            if not holds:
                value = getattr(self, name)
                raise SettingsError(f"{name} must be {wanted}, got {value!r}")
