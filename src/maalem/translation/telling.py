# SPDX-License-Identifier: Apache-2.0
"""English sentences of the rooms, read back by their patterns and told otherwise.

A room writes what it found, or why it refuses, as one English sentence, and so it
stands in records, in ledgers and in answers to programs. Each kind of sentence is a
pattern with named places, the same in every catalogue here: reading a sentence back
gives the pattern and its values, also where it was written years ago. What no catalogue
knows is quoted as English, and never guessed.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from markupsafe import Markup, escape

from maalem.translation.numbers import form_of, localised
from maalem.translation.spacing import set_apart

_PLACE = re.compile(r"\{(\w+(?::[nw])?)\}")
_HOLDS = {"n": r"[+-]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?%?", "w": r"\S+", "": ".+"}
"""What a place takes: a number `{count:n}`, a word `{key:w}`, or any text `{name}`."""
_MODELS = "models"
_NAMES = frozenset({"model", _MODELS, "document"})
"""Places of phrases that may also be names, which stay as they are."""
_PHRASES = (
    _NAMES
    | {"beside", "end", "finding", "interval", "points", "reason"}
    | {"lack", "seal", "split", "version", "wanted"}
)
"""Places of what is told by a pattern of its own."""
_QUOTED = re.compile(r"""(['"])(.*)\1""", re.DOTALL)
_SENTENCES = re.compile(r"(?<=\.) ")
_OPEN, _CLOSE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_LONGEST = 4000  # no room says more in one go
_COMMAND = "maalem "


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One kind of sentence.

    Attributes:
        english: It, with its places in braces.
        reader: Finds it, and the values in it, in time that grows with its length.
        forms: What it is called, by plural category; `other` is always there.
        by: The place whose number chooses the form; empty where there is one form.
    """

    english: str
    reader: re.Pattern[str]
    forms: Mapping[str, str]
    by: str


@dataclass(frozen=True)
class Translation:
    """What the rooms say, in one language.

    Attributes:
        language: `fr` or `ar`; English has no patterns and stays as it is.
        signs: How numbers and lists are written.
        patterns: The kinds of sentences, those with most words of their own first.
    """

    language: str
    signs: Mapping[str, str]
    patterns: tuple[Pattern, ...]

    def tell(self, text: str, *, ours: bool = True) -> Markup:
        """Tell a sentence for a page; every value stands isolated in it.

        Args:
            text: The sentence, or several.
            ours: Whether a room of ours wrote it, so that what is not known is
                English; people write in any language.
        """
        if text.startswith(_COMMAND):
            return Markup('<code dir="ltr">{}</code>').format(text)
        if self.language == "en":
            return escape(text)
        known = self._read(text)
        if known is None:
            english = Markup('<bdi lang="en">{}</bdi>')
            return (english if ours else Markup("<bdi>{}</bdi>")).format(text)
        told = escape(known).replace(_OPEN, Markup("<bdi>"))
        return told.replace(_CLOSE, Markup("</bdi>"))

    def plain(self, text: str) -> str:
        """Tell a sentence where there is no markup; what is not known stays."""
        told = (self._read(text) or text) if self.language != "en" else text
        return told.replace(_OPEN, "").replace(_CLOSE, "")

    def _read(self, text: str) -> str | None:
        if not text or len(text) > _LONGEST:
            return None
        return self._told(text) or self._joined(text)

    def _told(self, text: str) -> str | None:
        """Tell what is one pattern from end to end."""
        readings = ((one, one.reader.fullmatch(text)) for one in self.patterns)
        told = (
            self._filled(one, found.groupdict()) for one, found in readings if found
        )
        return next((one for one in told if one is not None), None)

    def _joined(self, text: str) -> str | None:
        """Tell sentences one after the other, or clauses with semicolons between."""
        sentences = _SENTENCES.split(text)
        if len(sentences) > 1:
            return _join([self._read(one) for one in sentences], " ")
        body = text.removesuffix(".")
        clauses = body.split("; ")
        if body == text and len(clauses) == 1:
            return None
        joined = _join([self._phrase(one) for one in clauses], self.signs["semicolon"])
        return None if joined is None else joined + text[len(body) :]

    def _filled(self, pattern: Pattern, values: Mapping[str, str]) -> str | None:
        """Fill a pattern; none if a phrase in it is not known."""
        told = {name: self._value(name, value) for name, value in values.items()}
        form = form_of(values[pattern.by], self.language) if pattern.by else "other"
        chosen = pattern.forms.get(form) or pattern.forms["other"]
        return None if None in told.values() else chosen.format(**told)

    def _value(self, name: str, value: str) -> str | None:
        """Write a value as the language does, isolated; a phrase is told instead."""
        parts = value.split(", ") if name == _MODELS else [value]
        told = [self._phrase(one) for one in parts] if name in _PHRASES else []
        if told and (None not in told or name not in _NAMES):
            return _join(told, self.signs["comma"])
        quoted = _QUOTED.fullmatch(value)
        shown = quoted[2] if quoted else localised(value, self.signs)
        return f"{_OPEN}{shown.replace(_OPEN, '').replace(_CLOSE, '')}{_CLOSE}"

    def _phrase(self, value: str) -> str | None:
        """Tell a phrase; one that begins a sentence is known without its capital."""
        told = self._told(value)
        if told is None and value[:1].isupper():
            told = self._told(value[0].lower() + value[1:])
            return None if told is None else told[0].upper() + told[1:]
        return told


def _join(told: Sequence[str | None], joint: str) -> str | None:
    known = [one for one in told if one is not None]
    return joint.join(known) if len(known) == len(told) else None


@cache
def translation_in(language: str) -> Translation:
    """Give a language; English stays as it is.

    Raises:
        FileNotFoundError: There is no catalogue of it.
    """
    if language == "en":
        return Translation(language, {}, ())
    folder = resources.files("maalem.translation") / "catalogues"
    read = tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8"))
    told = [_pattern(english, one, language) for english, one in read["said"].items()]
    own = sorted(told, key=lambda one: -len(_PLACE.sub("", one.english)))
    return Translation(language, read["signs"], tuple(own))


def _pattern(english: str, told: str | dict[str, str], language: str) -> Pattern:
    forms = {"other": told} if isinstance(told, str) else dict(told)
    forms = {name: set_apart(form, language) for name, form in forms.items()}
    return Pattern(
        english=english, reader=_reader(english), by=forms.pop("by", ""), forms=forms
    )


def _reader(english: str) -> re.Pattern[str]:
    """Make a reader that takes each value up to what next follows it, no further."""
    first, *pieces = _PLACE.split(english)
    written = re.escape(first)
    for number, (place, after) in enumerate(zip(*[iter(pieces)] * 2, strict=True), 1):
        name, _, kind = place.partition(":")
        until = f"(?P<{name}>{_HOLDS[kind]}?){re.escape(after)}"
        is_last = 2 * number == len(pieces)
        written += until if is_last else f"(?>{until})"
    return re.compile(written, re.DOTALL)
