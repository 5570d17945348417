# SPDX-License-Identifier: Apache-2.0
"""How the desk speaks: gettext catalogues, plurals, dates and digits of a language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from io import BytesIO
from types import MappingProxyType

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton, format_time
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.plural import PluralRule
from markupsafe import Markup, escape

from maalem.translation import set_apart, translation_in

LANGUAGES: Mapping[str, str] = MappingProxyType(
    {"en": "English", "fr": "Français", "ar": "العربية"}
)
"""The languages of the desk, each by its own name."""

_LOCALES = {"en": "en_GB", "fr": "fr_FR", "ar": "ar_MA"}  # ar_MA writes 0-9
_RULES: Mapping[str, PluralRule] = MappingProxyType(
    {name: Locale.parse(code).plural_form for name, code in _LOCALES.items()}
)
_FORMS = ("zero", "one", "two", "few", "many", "other")


@dataclass(frozen=True, slots=True)
class Speech:
    """One language of the desk.

    Attributes:
        language: `en`, `fr` or `ar`.
        strings: English text and what it is called here; a plural's forms as a tuple
            in the order of `forms`.
    """

    language: str
    strings: Mapping[str, str | tuple[str, ...]]

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`."""
        return "rtl" if self.language == "ar" else "ltr"

    @property
    def forms(self) -> tuple[str, ...]:
        """The plural categories of the language, in the catalogue's order."""
        present = {*_RULES[self.language].tags, "other"}
        return tuple(form for form in _FORMS if form in present)

    def say(self, text: str, /, **values: object) -> Markup:
        """Say an English text in this language; each value stands isolated in it."""
        found = self.strings.get(text) or text
        chosen = found if isinstance(found, str) else found[0]
        return _filled(chosen, values)

    def plain(self, text: str, /, **values: object) -> str:
        """Say a text for an attribute or a title, without markup, values isolated."""
        found = self.strings.get(text) or text
        chosen = found if isinstance(found, str) else found[0]
        return chosen.format(
            **{name: f"\u2068{value}\u2069" for name, value in values.items()}
        )

    def count(self, one: str, several: str, number: int, /, **values: object) -> Markup:
        """Say a text that depends on a number, which stands in it as `{number}`."""
        found = self.strings.get(one)
        form = _RULES[self.language](number)
        if isinstance(found, tuple):
            chosen = found[self.forms.index(form)] or several
        else:
            chosen = one if number == 1 else several
        return _filled(chosen, {"number": self.number(number), **values})

    def every(self, one: str, several: str) -> dict[str, str]:
        """Give every plural form of a text by its category, as scripts need them."""
        found = self.strings.get(one)
        if isinstance(found, tuple) and all(found):
            return dict(zip(self.forms, found, strict=True))
        return {"one": one, "other": several}

    def tell(self, text: str, *, ours: bool = True) -> Markup:
        """Say what a room below wrote in English; `ours` is as for a translation."""
        return translation_in(self.language).tell(text, ours=ours)

    def number(self, value: float) -> str:
        """Say a number with the language's digits and separators."""
        return str(format_decimal(value, locale=_LOCALES[self.language]))

    def decimal(self, value: float) -> str:
        """Say a number with two decimals, as measures of agreement are."""
        return str(format_decimal(value, "0.00", locale=_LOCALES[self.language]))

    def percent(self, value: float) -> str:
        """Say a share of 1 in percent, to a tenth."""
        locale = _LOCALES[self.language]
        pattern = Locale.parse(locale).percent_formats[None].pattern
        tenths = pattern.replace("#,##0", "#,##0.#")
        return str(format_percent(value, tenths, locale=locale))

    def day(self, written: str) -> str:
        """Say the weekday and the day of an ISO 8601 date."""
        moment = date.fromisoformat(written)
        return str(format_skeleton("MMMEd", moment, locale=_LOCALES[self.language]))

    def short_day(self, moment: datetime) -> str:
        """Say the day of a month in numbers, as below a picture."""
        told = str(format_skeleton("MMdd", moment, locale=_LOCALES[self.language]))
        return told.replace("\u200f", "")  # a picture runs from left to right

    def time(self, moment: datetime) -> str:
        """Say the time of day in hours and minutes."""
        return str(format_time(moment, "HH:mm", locale=_LOCALES[self.language]))

    def written(self, date_or_time: str) -> str:
        """Say the day of an ISO 8601 date or time; anything else as it stands."""
        try:
            moment = date.fromisoformat(date_or_time[:10])
        except ValueError:
            return date_or_time
        return str(format_date(moment, locale=_LOCALES[self.language]))

    def date(self, moment: datetime, *, length: str = "medium") -> str:
        """Say a date and a time; `short`, `medium` or `long`."""
        return str(format_datetime(moment, length, locale=_LOCALES[self.language]))


def _filled(text: str, values: Mapping[str, object]) -> Markup:
    isolated = {
        name: value
        if isinstance(value, Markup)
        else Markup("<bdi>{}</bdi>").format(value)
        for name, value in values.items()
    }
    return Markup(escape(text)).format(**isolated)  # noqa: S704  # escaped in the same breath


@cache
def speech_in(language: str) -> Speech:
    """Give a language of the desk; English for one that it does not speak."""
    if language not in LANGUAGES:
        language = "en"
    if language == "en":
        return Speech(language, MappingProxyType({}))
    file = resources.files("maalem.app.desk") / "catalogues" / f"{language}.po"
    catalogue = read_po(BytesIO(file.read_bytes()), locale=language)
    strings: dict[str, str | tuple[str, ...]] = {}
    for message in catalogue:
        name = message.id if isinstance(message.id, str) else message.id[0]
        if name:
            told = message.string or ""
            forms = (told,) if isinstance(told, str) else told
            apart = tuple(set_apart(form, language) for form in forms)
            strings[name] = apart[0] if isinstance(told, str) else apart
    return Speech(language, MappingProxyType(strings))
