# SPDX-License-Identifier: Apache-2.0
"""How much of what the gateway answers is put before experts."""

from dataclasses import dataclass
from urllib.parse import urlsplit

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
        link: Where people reach the desk, such as `https://desk.example`; programs then
            get links to single answers, which open without an account.
        link_days: Days for which such a link opens, from 1 to 366.
    """

    audit_share: float = 0.02
    most_open: int = 500
    most_a_day: int = 100
    link: str = ""
    link_days: int = 14

    def __post_init__(self) -> None:
        checks = (
            ("audit_share", 0.0 <= self.audit_share <= 1.0, "in [0, 1]"),
            ("most_open", self.most_open >= 1, "at least 1"),
            ("most_a_day", self.most_a_day >= 1, "at least 1"),
            ("link_days", 1 <= self.link_days <= 366, "from 1 to 366"),
            ("link", not self.link or _is_address(self.link), "an https address"),
        )
        for name, holds, wanted in checks:
            if not holds:
                value = getattr(self, name)
                raise SettingsError(f"{name} must be {wanted}, got {value!r}")


def _is_address(link: str) -> bool:
    """Tell whether the desk can be reached there; without TLS only on this machine."""
    parts = urlsplit(link)
    is_here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    is_bare = not (parts.query or parts.fragment or parts.username)
    return bool(parts.hostname) and is_bare and (parts.scheme == "https" or is_here)
