# SPDX-License-Identifier: Apache-2.0
"""How the page speaks: a catalogue of strings a language, and how numbers are said."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources

from markupsafe import Markup, escape

from maalem.records import Estimate
from maalem.translation import set_apart, translation_in


@dataclass(frozen=True, slots=True)
class Wording:
    """The strings of one language.

    Attributes:
        language: Language code, for the page's `lang`.
        direction: `ltr` or `rtl`, for the page's `dir`.
        strings: Every string of the page by its name.
    """

    language: str
    direction: str
    strings: Mapping[str, str]

    def say(self, key: str, **values: object) -> Markup:
        """Give a string as HTML, each value isolated from the text around it."""
        isolated = {
            name: value if isinstance(value, Markup) else _isolate(value)
            for name, value in values.items()
        }
        return Markup(escape(self.strings[key])).format(**isolated)  # noqa: S704  # escaped in the same breath

    def tell(self, text: str, *, ours: bool = True) -> Markup:
        """Say what a room wrote in English; `ours` is as for a translation."""
        return translation_in(self.language).tell(text, ours=ours)

    def known(self, key: str) -> bool:
        """Tell whether there is such a string."""
        return key in self.strings

    def unknown(self) -> Markup:
        """Say that something was not recorded."""
        return Markup('<span class="unknown">{}</span>').format(
            self.strings["not_recorded"]
        )

    def number(self, value: float | None) -> Markup:
        """Say a count; 1,234 for English."""
        if value is None:
            return self.unknown()
        return _isolate(f"{value:,.0f}".replace(",", self.strings["thousands"]))

    def percent(self, value: float | None, *, digits: int = 1) -> Markup:
        """Say a share of 1 in percent."""
        if value is None:
            return self.unknown()
        return self.say("percent", value=self._decimal(100.0 * value, digits))

    def points(self, value: float | None) -> Markup:
        """Say a difference of shares in percentage points, with its sign."""
        if value is None:
            return self.unknown()
        shown = f"{100.0 * value:+.1f}".replace("-", "\N{MINUS SIGN}")
        return _isolate(shown.replace(".", self.strings["decimal"]))

    def range(self, estimate: Estimate) -> Markup:
        """Say the interval of a share, or why there is none."""
        if estimate.low is None or estimate.high is None:
            reason = self.strings["not_recorded"]
            reason = self.tell(estimate.reason) if estimate.reason else reason
            return self.say("no_interval", reason=reason)
        return self.say(
            "interval",
            low=self._decimal(100.0 * estimate.low, 1),
            high=self.percent(estimate.high),
        )

    def duration(self, seconds: float | None) -> Markup:
        """Say a time in the largest unit that fits."""
        if seconds is None:
            return self.unknown()
        for unit, size in (("hours", 3600.0), ("minutes", 60.0)):
            if seconds >= 1.5 * size:
                return self.say(unit, value=self._decimal(seconds / size, 1))
        return self.say("seconds", value=self._decimal(seconds, 1))

    def size(self, count: int) -> Markup:
        """Say a number of bytes."""
        if count < 100_000:
            return self.say("kilobytes", value=self._decimal(count / 1000.0, 1))
        return self.say("megabytes", value=self._decimal(count / 1e6, 1))

    def moment(self, at: str) -> Markup:
        """Say an ISO 8601 time to the minute, in UTC; anything else as it stands."""
        try:
            then = datetime.fromisoformat(at).astimezone(UTC)
        except ValueError:
            return _isolate(at)
        return _isolate(f"{then:%Y-%m-%d %H:%M} UTC")

    def decimal(self, value: float | None, *, digits: int = 3) -> Markup:
        """Say a number that is no share."""
        return self.unknown() if value is None else self._decimal(value, digits)

    def _decimal(self, value: float, digits: int) -> Markup:
        return _isolate(f"{value:.{digits}f}".replace(".", self.strings["decimal"]))


@cache
def wording(language: str = "en") -> Wording:
    """Read the catalogue of a language.

    Raises:
        FileNotFoundError: There is none yet.
    """
    folder = resources.files("maalem.release") / "catalogues"
    text = (folder / f"{language}.toml").read_text(encoding="utf-8")
    strings = tomllib.loads(set_apart(text, language))
    return Wording(language, strings.pop("direction"), strings)


def _isolate(value: object) -> Markup:
    return Markup("<bdi>{}</bdi>").format(value)
