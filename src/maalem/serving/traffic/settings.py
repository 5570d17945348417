# SPDX-License-Identifier: Apache-2.0
"""What of the traffic is kept, for how long, and who else is told."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from maalem.errors import SettingsError

TEXTS = ("redacted", "whole", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficSettings:
    """What of the traffic at the gateway is kept, for how long, and who is told.

    Attributes:
        keep_days: Days for which a request stays in the log, at least 1.
        texts: `redacted` keeps a text with pseudonyms for the personal data that is
            found in it, `whole` keeps it as it came, `none` keeps no text.
        keep_texts_days: Days for which the text and its digest stay, from 0 to
            `keep_days`; the answer stays without them.
        keep_callers: Whether the public part of the caller's key is kept.
        must_log: Whether requests are refused while the log cannot be written;
            otherwise they are answered, and what is lost is counted.
        open_metrics: Whether `/metrics` needs no key; only where the gateway listens
            on this machine alone, without a proxy before it.
        otlp: Address of an OpenTelemetry collector, such as
            `http://127.0.0.1:4318/v1/traces`; empty sends nothing anywhere.
    """

    keep_days: int = 365
    texts: str = "redacted"
    keep_texts_days: int = 90
    keep_callers: bool = True
    must_log: bool = False
    open_metrics: bool = False
    otlp: str = ""

    def __post_init__(self) -> None:
        if self.texts not in TEXTS:
            raise SettingsError(
                f"texts must be redacted, whole or none, got {self.texts!r}"
            )
        if not 1 <= self.keep_days <= 36_500:
            raise SettingsError(
                f"keep_days must be from 1 to 36500, got {self.keep_days}"
            )
        if not 0 <= self.keep_texts_days <= self.keep_days:
            raise SettingsError(
                f"keep_texts_days must be from 0 to keep_days, {self.keep_days}, got "
                f"{self.keep_texts_days}"
            )
        if self.otlp and not _is_address(self.otlp):
            raise SettingsError(
                f"otlp must be an address of http or https, got {self.otlp!r}"
            )


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
